"""Masks and closures against the reference, over the same features that SQL gives them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samovar import rules
from samovar.rules import tree
from samovar.rules.closure import closure
from samovar.rules.formulas import Read, Truth, Type, features
from samovar.rules.lowering import Lowering
from samovar.rules.masks import Column, mask
from samovar.rules.sql import Moment, features_sql
from samovar.rules.tests.histories import MOMENTS, ZONE, Histories
from samovar.rules.tests.reference import holds, is_customer
from samovar.rules.tests.strategies import CATALOGUE, conditions

TYPES = {Type.WHOLE: np.int64, Type.DOUBLE: np.float64, Type.BOOLEAN: np.bool_}


@lru_cache
def histories(seed: int) -> Histories:
    return Histories(seed)


def lowered(condition: tree.Condition, at_us: int) -> tuple[Truth, list[Read]]:
    truth = Lowering(CATALOGUE, Moment(at_us, ZONE)).truth(condition)
    return truth, list(dict.fromkeys(features(truth)))


def rows_of(reads: list[Read], history: Histories, at_us: int) -> dict[int, tuple[Any, ...]]:
    found = history.cursor.execute(features_sql(reads, CATALOGUE, Moment(at_us, ZONE))).fetchall()
    return {row[0]: row[1:] for row in found}


def column(values: list[Any], read: Read) -> Column:
    known = np.array([value is not None for value in values])
    if read.type is not Type.TEXT:
        return Column(np.array([value or 0 for value in values], TYPES[read.type]), known)
    words = tuple(sorted({value for value in values if value is not None}))
    return Column(np.array([words.index(value) if value is not None else 0 for value in values], np.int32), known, words)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(condition=conditions(), seed=st.integers(0, 3), at_us=st.sampled_from(MOMENTS))
def test_masks_and_closures_agree_with_the_reference(condition: tree.Condition, seed: int, at_us: int) -> None:
    history = histories(seed)
    world = history.world(at_us)
    wanted = {p: holds(condition, facts, world) for p, facts in history.people.items() if is_customer(facts, world)}
    truth, reads = lowered(condition, at_us)
    rows = rows_of(reads, history, at_us)
    text = rules.to_text(rules.Rule(condition))
    ask = closure(truth, {read: place for place, read in enumerate(reads)})
    assert {person: ask(row) for person, row in rows.items()} == wanted, text
    columns = {read: column([row[place] for row in rows.values()], read) for place, read in enumerate(reads)}
    assert dict(zip(rows, mask(truth, columns, len(rows)).tolist(), strict=True)) == wanted, text


@pytest.mark.parametrize(("opens", "levels"), [("not ", 199), ("is_vip and (is_vip or ", 99), ("is_vip and not (is_vip or ", 65)])
def test_the_deepest_rule_becomes_a_function(opens, levels):
    text = opens * levels + "is_vip" + ")" * (opens.count("(") * levels)
    truth, [read] = lowered(rules.parse(text, CATALOGUE).condition, MOMENTS[0])
    ask = closure(truth, {read: 0})
    columns = {read: Column(np.array([True, False, False]), np.array([True, True, False]))}
    assert [ask([True]), ask([False]), ask([None])] == mask(truth, columns, 3).tolist()


@pytest.mark.parametrize("text", ["city = \"x'); import os; ('\"", 'city contains "\\"); raise SystemExit; (\\""'])
def test_a_strangers_text_never_becomes_code(text):
    truth, [read] = lowered(rules.parse(text, CATALOGUE).condition, MOMENTS[0])
    assert closure(truth, {read: 0})(["Tver"]) is False


def test_numbers_beyond_int64_stay_exact_in_masks():
    """900 trillion of 1/10000 minus as much is 0, times itself it is unknown, and compared at another scale it is still less."""
    score = Read(next(features(lowered(rules.parse("score > 1", CATALOGUE).condition, MOMENTS[0])[0])).feature, Type.WHOLE)
    most = 9 * 10**18 - 1
    columns = {score: Column(np.array([most, -most, 5000]))}
    for text, wanted in {
        "score - score = 0": [True, True, True],
        "score + score is known": [False, False, True],
        "score * score is known": [False, False, True],
        "score * 3 = 1.5": [False, False, True],
        "score * 0.00005 * 10000 = 0": [False, False, True],
        "score / 0 is unknown": [True, True, True],
    }.items():
        truth, _ = lowered(rules.parse(text.replace("0.00005", "0.0001 * 0.5"), CATALOGUE).condition, MOMENTS[0])
        assert mask(truth, columns, 3).tolist() == wanted, text
        ask = closure(truth, {score: 0})
        assert [ask([int(value)]) for value in columns[score].values] == wanted, text
