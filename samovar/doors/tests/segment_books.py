"""What must hold of live segments at rest, whatever happened before: what is stored, announced and counted afresh is one.

Memberships are read as the worker reads them when it begins, announcements as the worker reads the outbox, sealed or not.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from pyroaring import BitMap

POPULATED, ENTERED, LEFT = "Segment Populated", "Segment Entered", "Segment Left"
PAGE = 500
DAYS_MAX = 1_000
SHOWN_MAX = 5  # people named in a complaint


class Told:
    """The announcements of segments in their order, played back."""

    def __init__(self, session: Any) -> None:
        self.rows = [row for row in _outbox(session) if row.name in (POPULATED, ENTERED, LEFT)]
        self.members: dict[int, BitMap] = {}
        self.wrong: list[str] = []
        self._sizes: list[tuple[int, int, int]] = []  # (local day, segment, people) after each
        for before, row in zip([None, *self.rows], self.rows, strict=False):
            if before is not None and row.time_us < before.time_us:
                self.wrong.append(f"{row.id} is told of a moment before that of {before.id}")
            self._play(row)
            segment = int(row.payload["segment_id"])
            self._sizes.append((session.workspace.zone.day(row.time_us), segment, len(self.members[segment])))

    def _play(self, row: Any) -> None:
        segment, told = int(row.payload["segment_id"]), f"{row.payload['segment']} by {row.id}"
        if row.name == POPULATED:
            if segment in self.members:
                self.wrong.append(f"{told} begins a second time")
            self.members[segment] = BitMap.deserialize(base64.b64decode(row.payload["members"]))
            return
        if (members := self.members.get(segment)) is None:
            self.wrong.append(f"{told} moves somebody before it begins")
            members = self.members[segment] = BitMap()
        if (row.profile_id in members) == (row.name == ENTERED):
            self.wrong.append(f"{row.profile_id} is in {told} or out of it already")
        (members.add if row.name == ENTERED else members.discard)(row.profile_id)

    def size_on(self, segment: int, day: int) -> int:
        """The people of a segment at the end of a local day."""
        places = [place for place, (told_day, _segment, _size) in enumerate(self._sizes) if told_day <= day]
        sizes = [size for _day, told, size in self._sizes[: max(places, default=-1) + 1] if told == segment]
        return sizes[-1] if sizes else 0

    def moves(self, segment: int) -> list[tuple[int, int, bool, int]]:
        """(number, person, whether in, moment) of who came and went, in order."""
        return [
            (row.id, row.profile_id, row.name == ENTERED, row.time_us)
            for row in self.rows
            if row.payload["segment_id"] == segment and row.name != POPULATED
        ]


def _outbox(session: Any) -> Iterator[Any]:
    from samovar.engine import outbox_reader

    after = 0
    while rows := outbox_reader.read(after, PAGE, session.workspace.outbox_months_dir):
        yield from rows
        after = rows[-1].id


def books(session: Any) -> list[str]:
    """What is wrong with the segments of a settled session, a sentence each."""
    from samovar.understand import queries

    told, rows = Told(session), queries.segments(with_archived=True)
    held = stored(session, rows)
    wrong = list(told.wrong)
    if told.rows and max(row.time_us for row in told.rows) > session.clock.now_us():
        wrong.append("the clock went back behind what was told")
    for row in rows:
        members = held[row.slug]
        if members != (replayed := told.members.get(row.id, BitMap())):
            wrong.append(f"{row.slug} is stored otherwise than told: {_apart(members, replayed)}")
        if members != (known := session.live.members(row.id)):
            wrong.append(f"{row.slug} is stored otherwise than known: {_apart(members, known)}")
        if not row.is_archived and members != (afresh := _afresh(session, row)):
            wrong.append(f"{row.slug} is stored otherwise than the rule has it: {_apart(members, afresh)}")
        if _moves(session, row) != told.moves(row.id):
            wrong.append(f"the moves of {row.slug} are not those told")
        wrong += _sizes(session, row, told)
    return [*wrong, *_overlaps(session, rows, held)]


def stored(session: Any, rows: Sequence[Any]) -> dict[str, BitMap]:
    """The people of segments by slug, as the warehouse has them stored."""
    from samovar.understand import jobs

    live = jobs.live(session.owner.cursor(), session.owner.context)
    return {row.slug: live.members(row.id) for row in rows}


def _afresh(session: Any, row: Any) -> BitMap:
    answer = session.owner.query("understand.audience", tree=row.tree, at_us=session.clock.now_us())
    return BitMap(answer.column("person_id").to_pylist())


def _moves(session: Any, row: Any) -> list[tuple[int, int, bool, int]]:
    found: list[tuple[int, int, bool, int]] = []
    before = 2**62
    while page := session.owner.query("understand.moves", segment_id=row.id, before=before, limit=PAGE).to_pylist():
        found += [(one["outbox_id"], one["person_id"], one["is_in"], one["time_us"]) for one in page]
        before = page[-1]["outbox_id"]
    return found[::-1]


def _sizes(session: Any, row: Any, told: Told) -> Iterator[str]:
    """Of each day on which it was counted, and of each on which somebody moved."""
    from samovar.understand import queries

    for size in queries.sizes_of(row, days_max=DAYS_MAX):
        if size.people != (people := told.size_on(row.id, size.day)):
            yield f"{row.slug} has {size.people} people stored of day {size.day}, and {people} were told"
    days = session.owner.query("understand.move_days", segment_id=row.id, first_day=0).to_pylist()
    zone, moves = session.workspace.zone, told.moves(row.id)
    for day in days:
        ways = [is_in for _id, _person, is_in, time_us in moves if zone.day(time_us) == day["day"]]
        if (day["came"], day["went"]) != (ways.count(True), ways.count(False)):
            yield f"{row.slug} says {day} of a day on which {ways.count(True)} came and {ways.count(False)} went"
    if sum(day["came"] + day["went"] for day in days) != len(moves):
        yield f"{row.slug} has days that it says nothing of"


def _overlaps(session: Any, rows: Sequence[Any], held: dict[str, BitMap]) -> Iterator[str]:
    for one, other in combinations(rows[:4], 2):
        its, others = held[one.slug], held[other.slug]
        found = session.owner.query("understand.overlap", segment_ids=[one.id, other.id]).to_pylist()
        sizes = {line["combination"]: line["people"] for line in found}
        if [sizes.get(combination, 0) for combination in (1, 2, 3)] != [len(its - others), len(others - its), len(its & others)]:
            yield f"{one.slug} and {other.slug} overlap otherwise: {sizes}"


def told_so_far(session: Any) -> tuple[dict[str, BitMap], int]:
    """The people of all segments by slug, as they are stored, and the last announcement."""
    from samovar.engine import outbox
    from samovar.understand import queries

    return stored(session, queries.segments(with_archived=True)), outbox.last_id()


def made_anew(data: Path, before: tuple[dict[str, BitMap], int]) -> list[str]:
    """Make the warehouse again from log, decisions and outbox: it must hold the same, and nobody has anything to announce."""
    from samovar.doors import advance
    from samovar.doors.tests.segment_story import opened
    from samovar.engine.warehouse.owner import discard
    from samovar.engine.workspace import Workspace

    discard(Workspace.open(data).warehouse_path)
    with opened(data) as session:
        session.settle()
        held, _last = told_so_far(session)
        advance.settle(session)
        wrong = books(session)
        _held, last = told_so_far(session)
    if last != before[1]:
        wrong.append(f"{last - before[1]} announcements more than before")
    apart = [f"{slug} held otherwise: {_apart(held[slug], people)}" for slug, people in before[0].items() if held[slug] != people]
    return apart + wrong


def _apart(one: BitMap, other: BitMap) -> str:
    return f"{list(one - other)[:SHOWN_MAX]} more, {list(other - one)[:SHOWN_MAX]} less of {len(other)}"
