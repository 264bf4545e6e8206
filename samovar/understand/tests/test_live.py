"""Live segments against everybody asked anew: generated rules and histories, moments that follow one another, crashes between."""

from __future__ import annotations

import random
from collections.abc import Sequence
from errno import ENOSPC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from samovar import rules
from samovar.collect.news import reread
from samovar.engine.warehouse.registry import Context
from samovar.kit.clock import DAY_US, HOUR_US
from samovar.rules import tree
from samovar.rules.parser import parse_text
from samovar.rules.sql import Moment, truths_sql
from samovar.rules.tests.histories import MOMENTS, SEGMENTS, ZONE, Histories, fill
from samovar.rules.tests.strategies import WORDS, conditions
from samovar.understand.live.live import Live
from samovar.understand.live.moves import LiveRule, Move

CONTEXT = Context(zone=ZONE, currency="GBP")
OF_ADDRESSES = ("consents", "suppressions")
TABLES = (
    "profiles",
    "people",
    "identifiers",
    "attributes",
    "events",
    "visits",
    "orders",
    "lines",
    "returns",
    "records",
    *OF_ADDRESSES,
)


class Told:
    """What was announced, as the warehouse's table would hold it."""

    def __init__(self, cursor: Any) -> None:
        self._cursor, self.moves = cursor, list[Move]()
        self.until_full: int | None = None  # transactions before one finds the disk full

    def __call__(self, moves: Sequence[Move]) -> None:
        if self.until_full is not None:
            self.until_full -= 1
            if self.until_full < 0:
                raise OSError(ENOSPC, "No space left on device")
        for move in moves:
            self._tell(move)

    def _tell(self, move: Move) -> None:
        self.moves.append(move)
        where, when = (move.rule.id, move.rule.version), (move.time_us, ZONE.day(move.time_us), len(self.moves))
        if move.is_first:
            fill(self._cursor, "beginnings", [(*where, move.entered.serialize(), *when)])
            return
        told = [(person, True) for person in move.entered] + [(person, False) for person in move.left]
        fill(self._cursor, "membership", [(*where, person, is_in, *when) for person, is_in in told])

    def replayed(self, segment: int) -> BitMap:
        """The members as the moves tell them; who enters was out, who leaves was in."""
        members = BitMap()
        for move in self.moves:
            if move.rule.id == segment:
                assert not members & move.entered
                assert move.left <= members
                members = (members | move.entered) - move.left
        return members


AGEING = [
    parse_text(text)
    for text in (
        "count(views in last 6 hours) >= 1",
        "count(visits between 14 and 6 hours ago) >= 1",
        "count(orders before 6 hours ago) >= 2",
        "hours_since(last orders) > 1 and hours_since(first visits) in (1, 6, 14)",
        "did visits then not orders within 6 hours in last 45 days",
        "did views in last 30 hours",
        "not hours_since(last lines where quantity > 0) <= 13.5",
        "days_since(registered_at) = 1",
        'count(record("policy") in last 6 hours) >= 1',
    )
]


def live_rules(asked: list[tree.Condition]) -> list[LiveRule]:
    """Generated rules, after the segments they may rest on."""
    named = {**SEGMENTS, **{f"rule{n}": condition for n, condition in enumerate(asked)}}
    return [LiveRule(n, 1, name, condition) for n, (name, condition) in enumerate(named.items(), 1)]


def agree(live: Live, told: Told, defined: list[LiveRule], cursor: Any, at_us: int) -> None:
    """Members are who the rules hold for, and what was announced."""
    words = WORDS.with_segments({rule.slug: rule.condition for rule in defined})
    asked = [rules.Rule(rule.condition) for rule in defined]
    rows = cursor.execute(truths_sql(asked, words, Moment(at_us, ZONE))).fetchall()
    for place, rule in enumerate(defined, 1):
        wanted = BitMap([row[0] for row in rows if row[place]])
        text = rules.to_text(rules.Rule(rule.condition))
        assert live.members(rule.id) == wanted, text
        assert told.replayed(rule.id) == wanted, text


@pytest.fixture
def learned(monkeypatch):
    """The words of the generated histories, which a sample of their events does not always teach."""
    monkeypatch.setattr("samovar.understand.live.live.WarehouseWords", lambda cursor: WORDS.learned)
    monkeypatch.setattr("samovar.understand.live.live.MOVES_AT_ONCE", 3)  # several transactions a step


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(conditions(), min_size=1, max_size=4), seed=st.integers(0, 3), begins=st.sampled_from(MOMENTS))
def test_time_alone_moves_people_exactly(learned, asked, seed, begins):
    """Facts are all there; time passes by hours, over midnights and to the very edges of windows."""
    history, defined = Histories(seed), live_rules([*AGEING, *asked])
    told = Told(history.cursor)
    live = Live(history.cursor.cursor(), CONTEXT, lambda: defined, told)
    at_us = begins - 7 * HOUR_US
    for later_us in (0, HOUR_US, HOUR_US - 1, 1, 6 * HOUR_US, 1, 6 * HOUR_US, 40 * HOUR_US):
        at_us += later_us
        live.step(at_us)
        agree(live, told, defined, history.cursor, at_us)


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(conditions(), min_size=1, max_size=4), seed=st.integers(0, 3), chance=st.integers(0, 2**32))
def test_facts_that_come_in_any_order_move_the_people_they_touch(learned, asked, seed, chance):
    """Rows arrive late and early, people are merged and parted, rules change, the disk is full, the process starts again: all at
    random."""
    r, whole, parts = random.Random(chance), Histories(seed), Histories(seed)
    cursor, defined = parts.cursor, live_rules(asked)
    for table in TABLES:
        cursor.execute(f"DELETE FROM {table}")
    told, published = Told(cursor), lambda: defined
    live = Live(cursor.cursor(), CONTEXT, published, told)
    people, at_us = list(whole.people), MOMENTS[0] - DAY_US
    r.shuffle(people)
    while people:
        some, people = people[:15], people[15:]
        copied(whole, cursor, some)
        live.learn(reread(some, latest_us=MOMENTS[0] + 400 * DAY_US))
        at_us += r.choice([1, HOUR_US, 13 * HOUR_US, DAY_US])
        if r.random() < 0.5:
            swap(cursor, live, *r.sample(some, 2))
        if r.random() < 0.3:
            rule = r.choice(defined)
            defined = [LiveRule(d.id, d.version + 1, d.slug, tree.Not(item=d.condition)) if d is rule else d for d in defined]
        if r.random() < 0.3:
            live = Live(cursor.cursor(), CONTEXT, published, told)
        told.until_full = r.choice([None, 0, 1, 2])
        try:
            live.step(at_us)
        except OSError:
            told.until_full = None
            live.step(at_us)
        agree(live, told, defined, cursor, at_us)


def copied(whole: Histories, cursor: Any, people: list[int]) -> None:
    """Everything of some people, from one warehouse into another."""
    for table in TABLES:
        if table in OF_ADDRESSES:
            continue
        rows = whole.cursor.execute(f"SELECT * FROM {table} WHERE person_id IN ({', '.join(map(str, people))})").fetchall()
        if rows:
            fill(cursor, table, rows)
    for table in OF_ADDRESSES:
        told = whole.cursor.execute(f"SELECT * FROM {table}").fetchall()
        if rows := [row for row in told if int(row[1].strip("pqc+@x")) in people]:
            fill(cursor, table, rows)


def swap(cursor: Any, live: Live, one: int, other: int) -> None:
    """A merge as the warehouse knows it: facts of one are another's now; the next one takes them apart again or goes on."""
    for table in TABLES:
        if table not in ("people", *OF_ADDRESSES):
            cursor.execute(f"UPDATE {table} SET person_id = {other} WHERE person_id = {one}")
    cursor.execute(f"DELETE FROM people WHERE person_id IN ({one}, {other})")
    cursor.execute(
        "INSERT INTO people SELECT person_id, min(first_us), min(known_us), min(registered_us), min(erased_us) FROM profiles "
        f"WHERE person_id = {other} GROUP BY person_id"
    )
    live.learn(reread([one, other]))
