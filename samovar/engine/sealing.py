"""Moving closed months of the log and of the outbox into Parquet files, in bounded steps, any of which may be the last.

A month is sealed in three steps, in this order:

1. its rows are written to a file, which gets its name when it is whole and on the disk;
2. the store that holds the rows notes up to where it is sealed: from this commit on they are read from the file;
3. what the file holds now is removed from the store, a slice at a time.

After a fall in step 1 the file is written anew, after one in step 3 the removal goes on; readers look at the note of step 2
and at nothing else. Why so: docs/adr/0012-closed-months-are-sealed.md.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from samovar.engine import outbox, outbox_reader
from samovar.engine.log_reader import LogReader
from samovar.engine.months import MonthWriter, Row, Span, file_name, month_start_us, spans
from samovar.engine.workspace import Workspace

STEP_EVENTS = 2_000  # read and written at once: about 10 ms

LOG_COLUMNS = pa.schema(
    [
        ("offset", pa.int64()), ("received_us", pa.int64()), ("source", pa.string()), ("kind", pa.string()),
        ("count", pa.int64()), ("sent_us", pa.int64()), ("body", pa.binary()),
    ]
)  # fmt: skip
OUTBOX_COLUMNS = pa.schema(
    [
        ("id", pa.int64()), ("time_us", pa.int64()), ("key", pa.string()), ("name", pa.string()),
        ("profile_id", pa.int64()), ("payload", pa.string()),
    ]
)  # fmt: skip


class NotApplied(Exception):
    """A closed month has rows that the warehouse does not hold yet: seal it later."""


class Stream(Protocol):
    """A store whose rows are numbered and never change, and where its sealed files lie."""

    folder: Path
    columns: pa.Schema

    def sealed_up_to(self) -> int:
        """The last position that is sealed."""

    def read(self, after: int) -> list[Row]:
        """Some rows after a position, in the order of `columns`; none when there are none."""

    def seal(self, span: Span) -> None:
        """Note that a file holds the rows of its span."""

    def clear_sealed(self) -> bool:
        """Remove a slice of what sealed files hold; whether some is left."""


class LogKeeper(Protocol):
    """Who writes the log: a `LogWriter` here, or a `RemoteLog` in front of the edge's."""

    def seal(self, last: int, file: str) -> None: ...

    def clear_sealed(self) -> bool: ...


class LogStream:
    """The event log of a workspace."""

    columns = LOG_COLUMNS

    def __init__(self, workspace: Workspace, keeper: LogKeeper) -> None:
        self.folder: Path = workspace.log_months_dir
        self._beside: Path = workspace.log_path.parent
        self._reader, self._keeper = LogReader(workspace.log_path), keeper

    def sealed_up_to(self) -> int:
        sealed = self._reader.sealed()
        return sealed[-1].last if sealed else 0

    def read(self, after: int) -> list[Row]:
        rows = self._reader.read(after, STEP_EVENTS)
        return [(row.offset, row.received_us, row.source, row.kind, row.count, row.sent_us, row.body) for row in rows]

    def seal(self, span: Span) -> None:
        self._keeper.seal(span.last, span.path.relative_to(self._beside).as_posix())

    def clear_sealed(self) -> bool:
        return self._keeper.clear_sealed()


class OutboxStream:
    """The outbox in the operational store."""

    columns = OUTBOX_COLUMNS

    def __init__(self, workspace: Workspace) -> None:
        self.folder: Path = workspace.outbox_months_dir

    def sealed_up_to(self) -> int:
        return outbox.sealed_up_to()

    def read(self, after: int) -> list[Row]:
        return outbox_reader.live(after, STEP_EVENTS)

    def seal(self, span: Span) -> None:
        """Names and the note say which files count, so one that a fall left without a note must go first."""
        for stray in spans(self.folder):
            if stray.last > span.after and stray != span:
                stray.path.unlink()
        outbox.seal(span.last)

    def clear_sealed(self) -> bool:
        return outbox.clear_sealed()


def seal_months(stream: Stream, *, before_us: int, applied: int) -> Iterator[Span | None]:
    """Seal every month that ended by `before_us`: a step at each turn of the iterator.

    It gives a file's span when the store has noted it, and None after any other step. Raises `NotApplied` at a month with
    rows after the position `applied`.
    """
    while stream.clear_sealed():
        yield None
    while (span := (yield from _write_month(stream, before_us, applied))) is not None:
        stream.seal(span)
        yield span
        while stream.clear_sealed():
            yield None


def _write_month(stream: Stream, before_us: int, applied: int) -> Generator[None, None, Span | None]:
    """The file of the oldest month that is not sealed, None when it is not closed.

    It ends before the first row of a later month, so rows stay in order; one that is dated back lies with its neighbours.
    """
    after = last = stream.sealed_up_to()
    rows = stream.read(after)
    if not rows or rows[0][1] >= before_us:
        return None
    began_us = rows[0][1]
    end_us = min(month_start_us(began_us, -1), before_us)
    writer = MonthWriter(stream.folder, stream.columns)
    try:
        while rows:
            closed = list(takewhile(lambda row: row[1] < end_us, rows))
            if closed and closed[-1][0] > applied:
                raise NotApplied
            if closed:
                writer.add(closed)
                last = closed[-1][0]
            if len(closed) < len(rows):
                break
            yield
            rows = stream.read(last)
        return Span(after, last, writer.finish(file_name(began_us, after, last)))
    finally:
        writer.abandon()
