"""Generated rules over generated histories: SQL, masks and functions against the plain reference, 100,000 pairs.

    python bench/pairs.py [--pairs 100000] [--seed 1]

A pair is one rule asked of one person's history as of one moment. Rules and histories are those of the tests (late events,
merges, cancellations that come first, unknown values, both changes of the clock, leap days, equal times); a tenth of the rules
read a basket, which only functions do. One difference is a failure: the smallest rule that shows it is printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from samovar import rules
from samovar.rules import tree
from samovar.rules.baskets import read_basket
from samovar.rules.closure import basket_closure, closure, person_reads
from samovar.rules.formulas import features
from samovar.rules.lowering import Lowering
from samovar.rules.masks import mask
from samovar.rules.sql import Moment, features_sql, people_sql
from samovar.rules.tests.histories import MOMENTS, ZONE, Histories
from samovar.rules.tests.reference import World, holds, is_customer
from samovar.rules.tests.strategies import BASKET_CATALOGUE, CATALOGUE, basket_conditions, baskets, conditions
from samovar.rules.tests.test_baskets import as_reference
from samovar.rules.tests.test_compilers import column

SEEDS = 8  # of histories, sixty people each
AT_ONCE = 50  # rules of one run of the generator
_generated: dict[str, Any] = {
    "deadline": None, "database": None, "print_blob": False, "suppress_health_check": list(HealthCheck),
}  # fmt: skip
counts: Counter[str] = Counter()


@lru_cache
def histories(number: int) -> Histories:
    """The same histories for the same number."""
    return Histories(number)


def wanted(condition: tree.Condition, history: Histories, world: World) -> dict[int, bool]:
    """What the reference says of each customer."""
    return {person: holds(condition, facts, world) for person, facts in history.people.items() if is_customer(facts, world)}


def compare(condition: tree.Condition, number: int, at_us: int) -> None:
    """One rule over the histories of a number, by all compilers. Raises `AssertionError` where one differs."""
    history, moment = histories(number), Moment(at_us, ZONE)
    world = history.world(at_us)
    expected, text = wanted(condition, history, world), rules.to_text(rules.Rule(condition))
    truth = Lowering(CATALOGUE, moment).truth(condition)
    reads = list(dict.fromkeys(features(truth)))
    told = (f"histories {number}, at {at_us}: {text}", expected)
    people = {person for (person,) in history.cursor.execute(people_sql(rules.Rule(condition), CATALOGUE, moment)).fetchall()}
    agree("sql", {person: person in people for person in expected}, told)
    rows = {row[0]: row[1:] for row in history.cursor.execute(features_sql(reads, CATALOGUE, moment)).fetchall()}
    ask = closure(truth, {read: place for place, read in enumerate(reads)})
    agree("function", {person: ask(row) for person, row in rows.items()}, told)
    columns = {read: column([row[place] for row in rows.values()], read) for place, read in enumerate(reads)}
    agree("masks", dict(zip(rows, mask(truth, columns, len(rows)).tolist(), strict=True)), told)
    counts["rules"] += 1
    counts["pairs"] += len(expected)


def compare_basket(condition: tree.Condition, values: dict[str, Any], number: int, at_us: int) -> None:
    """One rule of a basket over the histories of a number. Raises `AssertionError` where the function differs."""
    history, moment = histories(number), Moment(at_us, ZONE)
    world = history.world(at_us)
    world.basket = as_reference(values)
    truth = Lowering(BASKET_CATALOGUE, moment).truth(condition)
    reads = list(dict.fromkeys(person_reads(truth)))
    rows = history.cursor.execute(features_sql(reads, CATALOGUE, moment)).fetchall()
    ask = basket_closure(truth, {read: place for place, read in enumerate(reads)})
    basket = read_basket(values, currency="GBP", at_us=at_us, zone=ZONE)
    expected = wanted(condition, history, world)
    told = (f"histories {number}, at {at_us}, basket {values}: {rules.to_text(rules.Rule(condition))}", expected)
    agree("function of a basket", {row[0]: ask(row[1:], basket) for row in rows}, told)
    counts["basket_rules"] += 1
    counts["pairs"] += len(expected)


def agree(compiler: str, found: dict[int, bool], told: tuple[str, dict[int, bool]]) -> None:
    """Raise `AssertionError` with what differs."""
    text, expected = told
    differing = sorted(person for person in {*expected, *found} if expected.get(person) != found.get(person))
    if differing:
        raise AssertionError(f"{compiler} differs from the reference for people {differing[:5]} of {text}")


def batch(number: int) -> list[Callable[[], None]]:
    """Runs of the generator under one seed: rules of people, and rules of baskets."""
    moments, seeds = st.sampled_from(MOMENTS), st.integers(0, SEEDS - 1)
    people = given(conditions(), seeds, moments)(compare)
    of_baskets = given(basket_conditions(), baskets(), seeds, moments)(compare_basket)
    sizes = ((people, AT_ONCE * 9 // 10), (of_baskets, AT_ONCE // 10))
    return [seed(number)(settings(max_examples=size, **_generated)(test)) for test, size in sizes]


def main() -> int:
    """Compare until there are enough pairs, say whether all agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began, fault = time.perf_counter(), ""
    for number in itertools.count(asked.seed * 1_000_000):
        try:
            for run in batch(number):
                run()
        except AssertionError as error:
            fault = str(error)
            print(fault, file=sys.stderr)
        if fault or counts["pairs"] >= asked.pairs:
            break
    result = {"benchmark": "pairs", **counts, "seconds": round(time.perf_counter() - began, 1), "ok": not fault}
    print(json.dumps(result))
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
