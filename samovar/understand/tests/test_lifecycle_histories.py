"""Random histories, many at once: the query of the stages says of everybody what the rules say."""

from __future__ import annotations

import dataclasses

import duckdb
import pytest

from samovar.engine.warehouse import registry, schema
from samovar.rules.sql import Moment, stages_sql
from samovar.understand import warehouse_queries
from samovar.understand.tests import histories
from samovar.understand.tests.histories import MOMENTS, STAGES, ZONE

PEOPLE = 30_000
assert warehouse_queries  # its queries are registered by its import


@pytest.fixture(scope="module")
def told():
    return histories.histories(1, PEOPLE)


@pytest.fixture(scope="module")
def cursor(told):
    with duckdb.connect() as cursor:
        schema.create(cursor)
        histories.store(cursor, told)
        yield cursor


@pytest.mark.parametrize("at_us", MOMENTS)
def test_every_registered_person_stands_in_the_one_stage_of_the_rules_and_others_in_none(told, cursor, at_us):
    found = histories.compare(told, cursor.sql(stages_sql(Moment(at_us, ZONE))).to_arrow_table(), at_us)
    assert (found.differing, found.in_several) == (0, 0)
    assert sum(found.by_stage.values()) == found.registered
    assert min(found.by_stage.values()) > 200, found.by_stage
    assert 0.5 * PEOPLE < found.registered < 0.95 * PEOPLE


@pytest.mark.parametrize("at_us", MOMENTS)
def test_the_counts_of_stages_are_those_of_the_rules(told, cursor, at_us):
    answer = registry.answer("understand.stages", cursor, registry.Context(zone=ZONE, currency="RUB"), {"at_us": at_us})
    expected = histories.stages(told, at_us)
    assert [row["people"] for row in answer.to_pylist()] == [int((expected == number).sum()) for number in range(len(STAGES))]


def test_the_comparison_sees_a_person_moved_by_a_day(told, cursor):
    moved = dataclasses.replace(told, order_day=told.order_day - 1)
    found = histories.compare(moved, cursor.sql(stages_sql(Moment(MOMENTS[0], ZONE))).to_arrow_table(), MOMENTS[0])
    assert found.differing > 100
