"""Going through everything the log holds for people who were erased: live rows, closed months, sealed batches of imports.

Each function is an iterator whose turns are some 10 ms long and give how many rows they changed; stopped at any turn and begun
again it finds the rest. Positions never move: an event gives way to what `stubs` leaves of it, in its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samovar.collect.batches import INDEX_BITS
from samovar.collect.erasure import stubs
from samovar.collect.erasure.sealed import Rows, swept
from samovar.collect.erasure.sought import Finder, Sought
from samovar.collect.queries import decision_after
from samovar.engine import store
from samovar.engine.log_reader import LogReader
from samovar.engine.rewriting import rewrite
from samovar.engine.workspace import Workspace

STEP_EVENTS = 2_000
STEP_DECISIONS = 20
REPLACED_ROWS_MAX = 200  # of one transaction of the log's writer
REPLACED_BYTES_MAX = 1 << 20

_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode
Places = NDArray[np.bool_]


class LogKeeper(Protocol):
    """Who writes the log: a `LogWriter` here, or a `RemoteLog` in front of the edge's."""

    def replace(self, bodies: Sequence[tuple[int, bytes]]) -> None: ...

    def flush(self) -> bool: ...


class Owners:
    """Whose the events are, in the order of the log from a position on, as they were decided."""

    def __init__(self, from_position: int) -> None:
        self._next, self._left = from_position, np.zeros(0, dtype=np.int64)

    def take(self, count: int) -> NDArray[np.int64]:
        """The profiles of the next events; 0 for those nobody has decided yet."""
        while self._left.size < count and (decision := decision_after(self._next)) is not None:
            self._next = decision[1]
            self._left = np.concatenate([self._left, np.frombuffer(decision[2], dtype="<i8").astype(np.int64)])
        taken, self._left = self._left[:count], self._left[count:]
        return np.pad(taken, (0, count - taken.size))


def sweep_log(workspace: Workspace, keeper: LogKeeper, sought: Sought, decided: Callable[[], int]) -> Iterator[int]:
    """Stub the events of the log that were decided to be theirs, and clean those that mention them.

    `decided` tells the position up to which events are decided, while this is under way.
    """
    begin = min((erasure.from_position for erasure in sought.erasures), default=0)
    first, inside = begin >> INDEX_BITS, begin & ((1 << INDEX_BITS) - 1)
    change = _Change(Owners(begin), sought, inside)
    reader = LogReader(workspace.log_path)
    try:
        after = max(first - 1, 0)
        for span in reader.sealed():
            if span.last > after:
                yield from map(int, rewrite(span.path, partial(_month, change, after)))
                after = span.last
        while rows := [row for row in reader.read(after, STEP_EVENTS) if row.offset <= (decided() - 1) >> INDEX_BITS]:
            after = rows[-1].offset
            told = [(row.offset, change(row.kind, row.received_us, row.count, row.body)) for row in rows]
            bodies = [(offset, body) for offset, body in told if body is not None]
            for part in _slices(bodies):
                keeper.replace(part)
            yield len(bodies)
    finally:
        reader.close()
    for file, told_us, places in change.batches:
        for is_changed in rewrite(workspace.sealed_dir / file, Rows(places, partial(swept, finder=sought.at(told_us)))):
            yield int(is_changed)


class _Change:
    """What becomes of one row of the log after another; asked in their order."""

    def __init__(self, owners: Owners, sought: Sought, inside: int) -> None:
        self._owners, self._sought, self._inside = owners, sought, inside
        self.batches: list[tuple[str, int, Places]] = []  # a sealed file, when it was told, which of its rows are theirs

    def __call__(self, kind: str, told_us: int, count: int, body: bytes) -> bytes | None:
        """The row's body as it shall be, None to leave it; a sealed batch is only noted."""
        if kind == "events":
            return events_without(body, self._sought.owns(self._owners.take(count)), self._sought.at(told_us))
        if kind == "refused":
            return refused_without(body, self._sought.at(told_us))
        if kind == "sealed":
            told = json.loads(body)
            places = np.zeros(int(told["rows"]), dtype=bool)
            places[self._inside :] = self._sought.owns(self._owners.take(places.size - self._inside))
            self._inside = 0
            self.batches.append((str(told["file"]), told_us, places))
        return None


def _month(change: _Change, after: int, table: pa.Table) -> pa.Table | None:
    """A group of rows of a sealed month."""
    columns = [table.column(name).to_pylist() for name in ("offset", "kind", "received_us", "count", "body")]
    bodies = [None if offset <= after else change(*row) for offset, *row in zip(*columns, strict=True)]
    if not any(body is not None for body in bodies):
        return None
    new = [old if body is None else body for old, body in zip(columns[-1], bodies, strict=True)]
    return table.set_column(table.schema.get_field_index("body"), table.schema.field("body"), pa.array(new, pa.binary()))


def events_without(body: bytes, own: Places, finder: Finder) -> bytes | None:
    """The events of a row with those at the places `own` stubbed and the others cleaned; None when nothing changes."""
    if not own.any() and not finder.may_be_in(body):
        return None
    raws = [bytes(raw) for raw in _decode_raws(body)]
    kept = [_event_without(raw, bool(is_own), finder) for raw, is_own in zip(raws, own, strict=True)]
    return b"[" + b",".join(kept) + b"]" if kept != raws else None


def _event_without(raw: bytes, is_own: bool, finder: Finder) -> bytes:
    if not is_own and not finder.may_be_in(raw):
        return raw
    event: dict[str, Any] = msgspec.json.decode(raw)
    left = stubs.own(event, finder.redactor, finder.region) if is_own else stubs.mention(event, finder.redactor)
    return raw if left == event else msgspec.json.encode(left)


def refused_without(body: bytes, finder: Finder) -> bytes | None:
    """What the edge refused, without the events that name somebody sought: which of them were hers nobody decided."""
    if not finder.may_be_in(body):
        return None
    rows = json.loads(body)
    kept = [{**row, "event": None, "detail": ""} if finder.may_be_in(json.dumps(row).encode()) else row for row in rows]
    return msgspec.json.encode(kept) if kept != rows else None


def _slices(bodies: Sequence[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    part: list[tuple[int, bytes]] = []
    size = 0
    for one in bodies:
        if part and (len(part) == REPLACED_ROWS_MAX or size + len(one[1]) > REPLACED_BYTES_MAX):
            yield part
            part, size = [], 0
        part.append(one)
        size += len(one[1])
    if part:
        yield part


def sweep_decisions(sought: Sought) -> Iterator[int]:
    """Take their identifiers out of what was decided, from which a rebuild would bring them back."""
    after, profiles = -1, set(sought.profiles.tolist())
    while rows := store.fetch(
        "SELECT first_position, attached FROM collect_decision WHERE first_position > %s ORDER BY first_position LIMIT %s",
        [after, STEP_DECISIONS],
    ):
        after = rows[-1][0]
        changed = []
        for position, blob in rows:
            attached = json.loads(bytes(blob))
            kept = [one for one in attached if one[0] not in profiles]
            if len(kept) < len(attached):
                changed.append((json.dumps(kept).encode(), position))
        store.execute_many("UPDATE collect_decision SET attached = %s WHERE first_position = %s", changed)
        yield len(changed)
