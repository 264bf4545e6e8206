"""Live segments: the people of every published segment, kept up with what happens and with time.

A step asks the rules again of the people whom something has touched since the last one: facts that came, rows whose age reached
the edge of an exact window, and at local midnight everybody. What differs from the members known so far is announced, and only
then taken in, so that members in memory, announcements in the outbox and the warehouse's table tell one story: after a crash the
table is read, everybody is asked, and the difference goes out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from pyroaring import BitMap

from samovar import rules
from samovar.collect.news import FACTS, KEPT, News
from samovar.engine.warehouse.registry import Context
from samovar.kit.clock import SECOND_US
from samovar.rules import formulas as f
from samovar.rules.masks import Bools
from samovar.rules.windows import Moment
from samovar.understand.learned import WarehouseWords
from samovar.understand.live import stored
from samovar.understand.live.bitmaps import numbers, of_masks
from samovar.understand.live.features import Features
from samovar.understand.live.memory import Memory
from samovar.understand.live.moves import LiveRule, Move, portions
from samovar.understand.live.plan import Plan, plan
from samovar.understand.live.program import Program
from samovar.understand.live.rows import Ints
from samovar.understand.sql import live_sql

log = logging.getLogger("samovar.understand")

RETRY_US = 10 * SECOND_US
MOVES_AT_ONCE = 1_000  # announcements of one transaction: about 15 ms
Announce = Callable[[Sequence[Move]], None]
Definitions = Callable[[], Sequence[LiveRule]]


class Live:
    """The live segments of one warehouse; used by one thread at a time, and only while no batch is being applied."""

    def __init__(self, cursor: Any, context: Context, definitions: Definitions, announce: Announce) -> None:
        self._cursor, self._context = cursor, context
        self._definitions, self._announce = definitions, announce
        self._members = dict(stored.members(cursor))
        self._versions: dict[int, int] = {}  # of the rules that the members are of
        self._memory = Memory(cursor)
        self._plan: Plan | None = None
        self._program: Program | None = None  # of the local day
        self._known_versions: dict[int, int] = {}
        self._retry_us: int | None = None  # when rules that made no sense are looked at again
        self._news: list[News] = []
        self._reread: dict[str, BitMap] = {}  # of which people a step is to read which tables again
        self._at_us: int | None = None
        self._ahead = (
            _Ahead(cursor, live_sql.rows_ahead_sql(), ("events",)),
            _Ahead(cursor, live_sql.words_ahead_sql(), ("events", FACTS)),
        )

    # What is known

    def members(self, segment_id: int) -> BitMap:
        """The people of a segment at the last step, by person_id; nobody for one that was never asked."""
        return BitMap(self._members.get(segment_id, ()))

    def sizes(self) -> dict[int, tuple[int, int]]:
        """(version, people) of each segment that was asked, at the last step."""
        return {id_: (version, len(self._members[id_])) for id_, version in self._versions.items() if version}

    @property
    def at_us(self) -> int | None:
        """The moment of the last step."""
        return self._at_us

    def learn(self, news: News) -> None:
        """What changed in the warehouse since the last news."""
        self._news.append(news)
        for table, people in news.reread.items():
            self._reread[table] = self._reread.get(table, BitMap()) | BitMap(people.tolist())

    @property
    def wants_news(self) -> bool:
        """Whether what changes in the warehouse from now on matters: nothing is kept of it before there is a rule."""
        return self._memory.is_begun

    # Steps

    def step(self, at_us: int) -> int:
        """Bring every segment to a moment not earlier than the last; how many people moved, counted in each segment."""
        if self._at_us is not None and at_us < self._at_us:
            return 0
        news, self._news = self._news, []
        for one in news:
            for ahead in self._ahead:
                ahead.hear(one, at_us)
        people = BitMap.union(BitMap(), *self._reread.values(), *(BitMap(one.people.tolist()) for one in news))
        try:
            moved = self._to(at_us, news)
        except BaseException:
            self._reread = dict.fromkeys(KEPT, people)  # what was taken in, and what not, nobody knows
            raise
        self._reread = {}
        self._at_us = at_us
        return moved

    def _to(self, at_us: int, news: Sequence[News]) -> int:
        """The steps to a moment: over each midnight, at which everybody is asked, to the people whom something touched."""
        moved, after_us, begun_us = 0, None, self._at_us
        for midnight_us in self._midnights(at_us):
            self._take_in(news, midnight_us, after_us, begun_us)
            moved += self._ask(midnight_us, None)
            after_us = begun_us = self._at_us = midnight_us  # a failure after it must not tell this day a second time
        people = self._take_in(news, at_us, after_us, begun_us)
        moved += self._redefine(at_us)
        if self._at_us is None:
            return moved + self._ask(at_us, None)
        if asked := people | self._aged(at_us):
            moved += self._ask(at_us, _numbers(asked))
        return moved

    def _take_in(self, news: Sequence[News], at_us: int, after_us: int | None, begun_us: int | None) -> BitMap:
        """Bring the memory to a moment; of whom it holds something else than before."""
        if begun_us is None:
            return BitMap()
        moment = self._moment(at_us)
        changed = BitMap.union(BitMap(), *(self._memory.learn(one, moment, after_us=after_us) for one in news))
        came = BitMap.union(*(ahead.come(begun_us, at_us) for ahead in self._ahead))
        for table in KEPT:
            people = self._reread.get(table, BitMap()) | came
            self._memory.refresh(table, _numbers(people), moment)
            changed |= people
        return changed

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
        if whole.rules:
            self._memory.load(whole.needs, whole.catalogue, self._moment(at_us))
        self._plan, self._program = whole, None
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
                people = self._memory.aged(timer.source, self._at_us - timer.age_us, at_us - timer.age_us)
                found.update(people.tolist())
        return found

    # Asking

    def _ask(self, at_us: int, people: Ints | None, some: Plan | None = None) -> int:
        """Ask rules of some people or of everybody, and tell who moved: how many did. Without `some` it is every rule."""
        assert self._plan is not None
        asked = some or self._plan
        if not asked.rules:
            return 0
        program = self._program_at(at_us)
        truths = [program.rule(rule.slug, rule.condition) for rule in asked.rules]  # all known before anything is worked out
        if people is None:
            held = self._everybody(asked, truths, program)
            moved = self._tell(self._move(rule, now, None, at_us) for rule, now in zip(asked.rules, held, strict=True))
            self._versions |= {rule.id: rule.version for rule in asked.rules}
            return moved
        features, among = Features(self._memory.some(people), program, self._is_member), BitMap(people.tolist())
        masks = [features.segment(rule.slug, truth) for rule, truth in zip(asked.rules, truths, strict=True)]
        now = (BitMap(features.ids[mask].tolist()) for mask in masks)
        return self._tell(self._move(rule, its, among, at_us) for rule, its in zip(asked.rules, now, strict=True))

    def _everybody(self, asked: Plan, truths: Sequence[f.Truth], program: Program) -> list[BitMap]:
        """The customers for whom each rule holds."""
        held: list[list[Bools]] = [[] for _ in asked.rules]
        for neighbours, is_customer in self._memory.everybody():
            features = Features(neighbours, program, self._is_member)
            for rule, truth, its in zip(asked.rules, truths, held, strict=True):
                its.append(features.segment(rule.slug, truth) & is_customer)
        return [of_masks(its) for its in held]

    def _program_at(self, at_us: int) -> Program:
        assert self._plan is not None
        moment = self._moment(at_us)
        if self._program is None or self._program.moment.day != moment.day:
            self._program = Program(self._plan.catalogue, moment)
        return self._program.at(at_us)

    def _is_member(self, slug: str, people: Ints) -> Bools | None:
        """Who of some people is in a segment, None when that is not known."""
        assert self._plan is not None
        rule = next((rule for rule in self._plan.rules if rule.slug == slug), None)
        if rule is None or rule.id not in self._members:
            return None
        return _among(people, self._members[rule.id])

    def _move(self, rule: LiveRule, now: BitMap, people: BitMap | None, at_us: int) -> Move:
        """Who, among some people or everybody, came in and went out, now that these are in."""
        before = self._members.get(rule.id)
        if before is None:
            is_begun = people is None  # only everybody's answer begins a segment
            return Move(rule, now if is_begun else BitMap(), BitMap(), at_us, is_first=is_begun)
        asked = before if people is None else before & people
        return Move(rule, now - before, asked - now, at_us)

    def _tell(self, moves: Iterable[Move]) -> int:
        """Announce moves and take them in, a transaction's worth at a time, so that a failure leaves no telling done twice."""
        moved = 0
        for portion in portions((m for m in moves if m.is_first or m.entered or m.left), MOVES_AT_ONCE):
            self._announce(portion)
            for move in portion:
                members = self._members.setdefault(move.rule.id, BitMap())
                members |= move.entered
                members -= move.left
                moved += len(move.entered) + len(move.left)
        return moved


class _Ahead:
    """Facts that are stored already and whose time is to come, in order of it: there are hardly ever any.

    They are looked for once, and again after news of more such facts, or of people who have other facts of `tables` than before.
    """

    def __init__(self, cursor: Any, sql: str, tables: tuple[str, ...]) -> None:
        self._cursor, self._sql, self._tables = cursor, sql, tables
        self._times: Ints | None = None
        self._people = np.empty(0, np.int64)

    def hear(self, news: News, at_us: int) -> None:
        """Something changed before a step to a moment."""
        is_moved = self._times is not None and self._times.size and not news.reread.keys().isdisjoint(self._tables)
        if news.latest_us > at_us or is_moved:
            self._times = None

    def come(self, after_us: int, up_to_us: int) -> BitMap:
        """Whose facts have their time after one moment and up to another."""
        if self._times is None:
            found = self._cursor.execute(self._sql, {"after": after_us}).fetchnumpy()
            self._times, self._people = np.asarray(found["time_us"]), np.asarray(found["person_id"])
        first, end = np.searchsorted(self._times, [after_us, up_to_us], side="right")
        return BitMap(self._people[first:end].tolist())


def _numbers(people: BitMap) -> Ints:
    return numbers(people).astype(np.int64)


def _among(ids: Ints, members: BitMap) -> Bools:
    """Which of some people are members."""
    return np.isin(ids, _numbers(BitMap(ids.astype(np.uint32)) & members))
