"""What the lint says of whole sets is what the house's SQL says: of its own histories, and of others that it never saw."""

from __future__ import annotations

from itertools import combinations

import duckdb
import numpy as np
import pytest

from samovar import rules
from samovar.engine.warehouse import schema
from samovar.rules.sql import Moment, truths_sql
from samovar.understand.lint.answers import ask
from samovar.understand.lint.boxes import inside
from samovar.understand.lint.cells import people_of, ranges_of
from samovar.understand.lint.edges import Edges
from samovar.understand.lint.findings import search
from samovar.understand.lint.histories import moment_of
from samovar.understand.lint.terms import terms_of
from samovar.understand.lint.tests.sets import CATALOGUE, MANY, WORDED, named, stages
from samovar.understand.tests import histories

SETS = pytest.mark.parametrize("texts", [[one["rule"] for one in WORDED], *MANY], ids=lambda texts: texts[0])


@SETS
def test_a_history_stands_where_its_finding_says(texts):
    given = stages(*texts)
    terms, found = search(given, CATALOGUE)
    told = [one for one in found if one.history is not None]
    assert told
    moment = moment_of([stage.condition for stage in given])
    known = CATALOGUE.with_learned(Edges(terms.leaves, CATALOGUE, moment))
    now, later = ask([one.history for one in told], terms.conditions, known, moment)
    for one, in_now, in_later in zip(told, now, later, strict=True):
        holding = [stage.name for stage, holds in zip(given, in_now, strict=True) if holds]
        match one.kind:
            case "gap":
                assert holding == []
            case "overlap":
                assert set(one.stages) <= set(holding)
            case "no_exit":
                assert one.stages[0] in holding
                assert in_later[[stage.name for stage in given].index(one.stages[0])]


@SETS
def test_groups_of_tests_that_were_asked_apart_say_of_whole_histories_what_the_rules_say(texts):
    conditions = [stage.condition for stage in stages(*texts)]
    terms, moment = terms_of(conditions, CATALOGUE), moment_of(conditions)
    edges = Edges(terms.leaves, CATALOGUE, moment)
    known = CATALOGUE.with_learned(edges)
    people = people_of(terms, edges, known, moment)
    some = np.random.default_rng(1).integers(0, len(people.chosen), 200)
    now, later = ask([people.history(row) for row in some], terms.conditions, known, moment)
    assert (now == people.now[some]).all()
    assert (later == people.later[some]).all()


@pytest.fixture(scope="module")
def crowd():
    """What the worded stages and their tests say of 20,000 random people: a column a stage, a column a leaf."""
    terms, found = search(named(WORDED), CATALOGUE)
    told = [rules.Rule(condition=condition) for condition in (*terms.conditions, *terms.leaves)]
    with duckdb.connect() as cursor:
        schema.create(cursor)
        histories.store(cursor, histories.histories(3, 20_000))
        columns = cursor.execute(truths_sql(told, CATALOGUE, Moment(histories.NOON, histories.ZONE))).fetchnumpy()
    truths = np.column_stack([columns[f"r{number}"].astype(bool) for number in range(len(told))])
    return terms, found, truths[:, : len(WORDED)], truths[:, len(WORDED) :]


def test_random_people_stand_in_two_stages_where_an_overlap_was_found_and_nowhere_else(crowd):
    _terms, found, held, _leaves = crowd
    names = [stage["name"] for stage in WORDED]
    pairs = {
        (names[one], names[other])
        for one, other in combinations(range(len(names)), 2) if (held[:, one] & held[:, other]).any()
    }  # fmt: skip
    assert pairs == {one.stages for one in found if one.kind == "overlap"}


def test_random_people_whom_no_stage_takes_are_those_of_the_gaps(crowd):
    terms, found, held, leaves = crowd
    ranges, names = ranges_of(terms, leaves), [stage["name"] for stage in WORDED]
    told = np.zeros(len(held), dtype=int)
    for gap in (one for one in found if one.kind == "gap"):
        told += inside(gap.box, ranges) & ~(held[:, names.index(gap.without)] if gap.without else False)
    assert (told == ~held.any(axis=1)).all()
    assert told.sum() > 1_000
