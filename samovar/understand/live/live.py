"""Live segments: the people of every published segment, kept up with what happens and with time.

A step asks the rules again of the people whom something has touched since the last one: facts that came, rows whose age reached
the edge of an exact window, and at local midnight everybody. What differs from the members known so far is announced, and only
then taken in, so that members in memory, announcements in the outbox and the warehouse's table tell one story: after a crash the
table is read, everybody is asked, and the difference goes out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pyroaring import BitMap

from samovar import rules
from samovar.engine.warehouse.registry import Context
from samovar.kit.clock import SECOND_US
from samovar.rules import masks
from samovar.rules.formulas import Member, Read, Truth, Type
from samovar.rules.masks import Bools, Column
from samovar.rules.windows import Moment
from samovar.understand.learned import WarehouseWords
from samovar.understand.live.moves import LiveRule, Move
from samovar.understand.live.plan import Plan, plan
from samovar.understand.live.reading import Ints, Reader
from samovar.understand.sql import live_sql

log = logging.getLogger("samovar.understand")

RETRY_US = 10 * SECOND_US
Announce = Callable[[Move], None]
Definitions = Callable[[], Sequence[LiveRule]]


class Live:
    """The live segments of one warehouse; used by one thread at a time, and only while no batch is being applied."""

    def __init__(self, cursor: Any, context: Context, definitions: Definitions, announce: Announce) -> None:
        self._cursor, self._context = cursor, context
        self._definitions, self._announce = definitions, announce
        self._members: dict[int, BitMap] = {}
        self._versions: dict[int, int] = {}  # of the rules that the members are of
        self._plan: Plan | None = None
        self._reader: Reader | None = None
        self._known_versions: dict[int, int] = {}
        self._retry_us: int | None = None  # when rules that made no sense are looked at again
        self._touched = BitMap()
        self._at_us: int | None = None
        self._load()
        self._latest_us = int(self._cursor.execute(live_sql.latest_sql()).fetchall()[0][0] or 0)

    # What is known

    def members(self, segment_id: int) -> BitMap:
        """The people of a segment at the last step, by person_id; nobody for one that was never asked."""
        return self._members.get(segment_id, BitMap())

    def sizes(self) -> dict[int, tuple[int, int]]:
        """(version, people) of each segment that was asked, at the last step."""
        return {id_: (version, len(self._members[id_])) for id_, version in self._versions.items() if version}

    @property
    def at_us(self) -> int | None:
        """The moment of the last step."""
        return self._at_us

    def touch(self, people: Ints, latest_us: int) -> None:
        """Facts of these people have changed; none of any is later than `latest_us`."""
        self._touched.update(people.tolist())
        self._latest_us = max(self._latest_us, latest_us)

    def _load(self) -> None:
        """The members as the warehouse's table tells them."""
        found = self._cursor.execute(live_sql.members_sql()).fetchnumpy()
        segments, people = np.asarray(found["segment_id"], np.int64), np.ma.filled(np.ma.asarray(found["person_id"]), 0)
        for segment in np.unique(segments).tolist():
            self._members[segment] = BitMap(people[segments == segment].astype(np.uint32))
            self._members[segment].discard(0)

    # Steps

    def step(self, at_us: int) -> int:
        """Bring every segment to a moment not earlier than the last; how many people moved, counted in each segment."""
        if self._at_us is not None and at_us < self._at_us:
            return 0
        moved = sum(self._ask(midnight_us, None) for midnight_us in self._midnights(at_us))
        moved += self._redefine(at_us)
        if self._at_us is None:
            moved += self._ask(at_us, None)
        elif people := self._touched | self._aged(at_us) | self._happened(at_us):
            moved += self._ask(at_us, np.array(people, dtype=np.int64))
        self._touched = BitMap()
        self._at_us = at_us
        return moved

    def _midnights(self, at_us: int) -> list[int]:
        """The first instants of the local days that began since the last step."""
        if self._at_us is None:
            return []
        zone = self._context.zone
        days = range(zone.day(self._at_us) + 1, zone.day(at_us) + 1)
        return [zone.midnight_us(day) for day in days]

    def _redefine(self, at_us: int) -> int:
        """Take in what was published or put away; a new or changed rule is asked of everybody, and what rests on it."""
        found = self._definitions()
        is_due = self._retry_us is not None and at_us >= self._retry_us
        if self._plan is not None and not is_due and {r.id: r.version for r in found} == self._known_versions:
            return 0
        whole = self._planned(found, at_us)
        changed = {rule.slug for rule in whole.rules if self._versions.get(rule.id) != rule.version}
        self._plan, self._reader = whole, Reader(self._cursor, whole.reads, whole.catalogue)
        self._versions = {rule.id: self._versions.get(rule.id, 0) for rule in whole.rules}
        moved = 0
        if self._at_us is not None and changed:
            moved = self._ask(at_us, None, whole.resting_on(changed, self._moment(at_us)))
        self._known_versions = {rule.id: rule.version for rule in found}  # last: after a failure it is done again
        return moved

    def _planned(self, found: Sequence[LiveRule], at_us: int) -> Plan:
        """The plan of the rules that make sense today; those whose words no data has taught yet wait for it."""
        words = rules.builtin_catalogue(self._context.currency).with_learned(WarehouseWords(self._cursor))
        words = words.with_segments({rule.slug: rule.condition for rule in found})
        good = []
        for rule in found:
            try:
                rules.check_rule(rules.Rule(rule.condition), words)
                good.append(rule)
            except rules.RuleError as error:
                log.info("segment_waits", extra={"facts": {"segment": rule.slug, "code": error.code}})
        self._retry_us = at_us + RETRY_US if len(good) < len(found) else None
        return plan(good, words, self._moment(at_us))

    def _moment(self, at_us: int) -> Moment:
        return Moment(at_us, self._context.zone)

    # Whom time has moved

    def _aged(self, at_us: int) -> BitMap:
        """People with a row whose age reached the edge of an exact window since the last step."""
        assert self._plan is not None and self._at_us is not None
        found = BitMap()
        if at_us > self._at_us:
            for timer in self._plan.timers:
                params: dict[str, Any] = {"after": self._at_us - timer.age_us, "up_to": at_us - timer.age_us}
                name, column = timer.event or timer.record, "name" if timer.event else "type" if timer.record else ""
                if name is not None:
                    params["name"] = name
                found |= self._people(live_sql.aged_sql(timer.table, column), params)
        return found

    def _happened(self, at_us: int) -> BitMap:
        """People with facts that were stored before their time; there are hardly ever any."""
        assert self._at_us is not None
        if self._latest_us <= self._at_us:
            return BitMap()
        return self._people(live_sql.happened_sql(), {"after": self._at_us, "up_to": at_us})

    def _people(self, sql: str, params: Mapping[str, Any]) -> BitMap:
        found = self._cursor.execute(sql, params).fetchnumpy()["person_id"]
        return BitMap(np.asarray(found, dtype=np.uint32))

    # Asking

    def _ask(self, at_us: int, people: Ints | None, some: Plan | None = None) -> int:
        """Ask rules of some people or of everybody, and announce who moved. Without `some` it is every rule."""
        assert self._plan is not None and self._reader is not None
        asked = some or self._plan
        if not asked.rules:
            return 0
        reader = self._reader if some is None else Reader(self._cursor, some.reads, some.catalogue)
        moment = self._moment(at_us)
        truths = asked.truths(moment)
        now: dict[int, BitMap] = {rule.id: BitMap() for rule in asked.rules}
        for ids, columns in reader.slices(moment, people):
            for rule, held in self._holds(asked, truths, ids, columns):
                now[rule.id].update(ids[held].tolist())
        return sum(self._move(rule, now[rule.id], people, at_us) for rule in asked.rules)

    def _holds(
        self, asked: Plan, truths: Sequence[Truth], ids: Ints, columns: Mapping[Read, Column]
    ) -> Iterable[tuple[LiveRule, Bools]]:
        """Each rule with whom of a slice it holds for; a segment that rests on another reads that one's answer."""
        known = dict(columns)
        named = {rule.slug for rule in asked.rules}
        for rule in self._plan.rules if self._plan is not None else ():
            if rule.slug not in named and rule.id in self._members:
                known[_member(rule)] = Column(_among(ids, self._members[rule.id]))
        for rule, truth in zip(asked.rules, truths, strict=True):
            held = masks.mask(truth, known, len(ids))
            known[_member(rule)] = Column(held)
            yield rule, held

    def _move(self, rule: LiveRule, now: BitMap, people: Ints | None, at_us: int) -> int:
        """Announce the difference and take it in."""
        before = self._members.get(rule.id)
        if before is None:
            if people is not None:  # only everybody's answer begins a segment
                return 0
            move = Move(rule, now, BitMap(), at_us, is_first=True)
        else:
            asked = before if people is None else before & BitMap(people.astype(np.uint32))
            move = Move(rule, now - before, asked - now, at_us)
        if people is None:
            self._versions[rule.id] = rule.version
        if not move.is_first and not move.entered and not move.left:
            return 0
        self._announce(move)
        self._members[rule.id] = ((before or BitMap()) | move.entered) - move.left
        return len(move.entered) + len(move.left)


def _member(rule: LiveRule) -> Read:
    return Read(Member(rule.slug), Type.BOOLEAN)


def _among(ids: Ints, members: BitMap) -> Bools:
    """Which of some people are members."""
    inside = np.array(BitMap(ids.astype(np.uint32)) & members, dtype=np.int64)
    return np.isin(ids, inside)
