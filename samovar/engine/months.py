"""Closed months of a stream as Parquet files: how they are named, written whole, and read by position.

A file holds consecutive rows, by the position in its first column, with the moment of each in the second. What a stream is
and which of its files count is its store's to say (`engine.log_reader`, `engine.outbox`); when a month is sealed stands in
`engine.sealing`.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from samovar.engine.copies import sync_file
from samovar.engine.workspace import sync_directory
from samovar.kit.clock import from_us, to_us
from samovar.kit.errors import Refusal

Row = tuple[Any, ...]
_PARTIAL = ".partial"
_position = itemgetter(0)


class MonthUnreadable(Refusal):
    """A sealed file is gone or damaged; nothing can be read across it."""

    status = 500

    def __init__(self, path: Path, why: object) -> None:
        super().__init__(
            "month_unreadable", f"{path} cannot be read: {why}. Put it back from a backup; nothing else holds its rows.",
            file=str(path),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A sealed file and the rows it holds: after one position, up to another, inclusive."""

    after: int
    last: int
    path: Path


def month_name(at_us: int) -> str:
    """The UTC month of a moment, such as 2026-01."""
    return f"{from_us(at_us):%Y-%m}"


def month_start_us(at_us: int, back: int = 0) -> int:
    """When the UTC month of a moment began, or the month that many before it."""
    moment = from_us(at_us)
    months = moment.year * 12 + moment.month - 1 - back
    return to_us(dt.datetime(months // 12, months % 12 + 1, 1, tzinfo=dt.UTC))


def file_name(at_us: int, after: int, last: int) -> str:
    """What the file of these rows is called, whose first is of this moment."""
    return f"{month_name(at_us)}.{after}-{last}.parquet"


def spans(folder: Path) -> list[Span]:
    """The files in a folder by what their names say, in order."""
    found = []
    for path in folder.glob("*.*-*.parquet"):
        after, last = path.name.split(".")[1].split("-")
        found.append(Span(int(after), int(last), path))
    return sorted(found, key=lambda span: (span.after, span.last))


def rows_of(span: Span) -> int:
    """How many rows a file holds by its own footer. Raises `MonthUnreadable`."""
    with _reading(span.path):
        return int(pq.read_metadata(span.path).num_rows)


def chain(folder: Path, up_to: int) -> list[Span]:
    """The files that hold a stream from its beginning up to a position, without a gap. Raises `MonthUnreadable`."""
    held = [span for span in spans(folder) if span.last <= up_to]
    ends = [0, *(span.last for span in held)]
    for end, begin in zip(ends, [*(span.after for span in held), up_to], strict=True):
        if end != begin:
            raise MonthUnreadable(folder / f"*.{end}-*.parquet", "it is gone")
    return held


class MonthWriter:
    """One file in the making. It gets its name when it is whole and on the disk, so a fall leaves nothing that looks like one."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            sync_directory(folder.parent)
            sync_directory(folder.parent.parent)
        self._folder, self._schema, self._partial = folder, schema, folder / _PARTIAL
        repeating = [field.name for field in schema if field.type == pa.string()]
        self._writer = pq.ParquetWriter(
            self._partial, schema, compression="zstd", use_dictionary=repeating, write_page_checksum=True,
            sorting_columns=[pq.SortingColumn(0)],
        )  # fmt: skip

    def add(self, rows: Sequence[Row]) -> None:
        """Rows in order; a reader unpacks what was added together as one."""
        columns = zip(*rows, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=self._schema))

    def finish(self, name: str) -> Path:
        """Close the file and name it; on the disk when it returns."""
        self._writer.close()
        sync_file(self._partial)
        path = self._partial.replace(self._folder / name)
        sync_directory(self._folder)
        return path

    def abandon(self) -> None:
        """Leave nothing behind; does nothing after `finish`."""
        with suppress(OSError):  # the disk that refused the rows refuses the footer too
            self._writer.close()
        self._partial.unlink(missing_ok=True)


class MonthReader:
    """Reads sealed files by position. Readers go forward, so the group of rows unpacked last is kept."""

    def __init__(self) -> None:
        self._file: tuple[Path, pq.ParquetFile] | None = None
        self._group: tuple[Path, int, list[Row]] | None = None

    def rows(self, months: Iterable[Span], after: int, up_to: int) -> Iterator[Row]:
        """Every row after a position up to another, inclusive. Raises `MonthUnreadable`."""
        for span in months:
            if span.last <= after or span.after >= up_to:
                continue
            with _reading(span.path):
                yield from self._rows_of(span.path, after, up_to)

    def where(self, months: Iterable[Span], column: str, value: str) -> Iterator[Row]:
        """Every row with this value in a column. Raises `MonthUnreadable`."""
        for span in months:
            with _reading(span.path):
                yield from _tuples(pq.read_table(span.path, filters=[(column, "=", value)]))

    def _rows_of(self, path: Path, after: int, up_to: int) -> Iterator[Row]:
        file = self._opened(path)
        for group in range(file.num_row_groups):
            held = file.metadata.row_group(group).column(0).statistics
            if held.max > after and held.min <= up_to:
                rows = self._unpacked(path, file, group)
                yield from rows[bisect_right(rows, after, key=_position) : bisect_right(rows, up_to, key=_position)]

    def _opened(self, path: Path) -> pq.ParquetFile:
        if self._file is None or self._file[0] != path:
            self.close()
            self._file = path, pq.ParquetFile(path, page_checksum_verification=True)
        return self._file[1]

    def _unpacked(self, path: Path, file: pq.ParquetFile, group: int) -> list[Row]:
        if self._group is None or self._group[:2] != (path, group):
            self._group = path, group, list(_tuples(file.read_row_group(group)))
        return self._group[2]

    def close(self) -> None:
        """Let go of the file and of the rows kept; what was put in the file's place is seen from then on."""
        if self._file is not None:
            self._file[1].close()
        self._file = self._group = None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise MonthUnreadable(path, error) from error


def _tuples(table: pa.Table) -> Iterator[Row]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)
