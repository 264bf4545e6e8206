"""CSV of any encoding and delimiter. Lines keep their numbers; a row with too few or too many cells is refused, not padded.

A quote that is never closed would swallow the rest of the file, so it costs only its own line: reading goes on from the next.
Blocks of lines that are each a whole row of the right width are read as columns at once; Python's reader takes the others.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from samovar.collect.imports.formats import header as headers
from samovar.collect.imports.mapping import Layout
from samovar.collect.imports.staging import Progress, Staging
from samovar.kit.errors import Refusal

ROWS = 50_000  # rows at a time: some 50 MB of texts
SAMPLE_BYTES = 262_144
DELIMITERS = (",", ";", "\t", "|")
FIELD_CHARS_MAX = 131_072
ENCODINGS = ("cp1251", "koi8_r", "cp866", "cp1252", "cp1250", "cp1253", "cp1254", "shift_jis", "gb18030", "big5", "euc_kr")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LINE_END = re.compile("\r\n|\r|\n")
# Cells without a quote, or between quotes with those inside doubled.
_CELL = '(?:[^"{mark}\\r\\n]*|"(?:[^"\\r\\n]|"")*")'
_QUOTED_ROW = f"{_CELL}(?:{{mark}}{_CELL}){{{{{{more}}}}}}(?:\\r?\\n)?"


class BadEncoding(Refusal):
    """A name that is no encoding."""


def read(path: Path, layout: Layout, wanted: Collection[str], staging: Staging, progress: Progress) -> None:
    """Read a CSV file into `staging`. Raises `BadEncoding`, `headers.BadHeader`."""
    encoding = layout.encoding or detect_encoding(path)
    try:
        binary = path.open("rb")
        stream = io.TextIOWrapper(binary, encoding=encoding, errors="surrogateescape", newline="")
    except LookupError as error:
        raise BadEncoding("bad_encoding", _("“%(name)s” is not an encoding.") % {"name": encoding}, field="encoding") from error
    total = path.stat().st_size
    with stream:
        lines = Lines(stream)
        delimiter = layout.delimiter or detect_delimiter(path, encoding)
        rows = _rows(lines, delimiter, staging)
        first, cells = _first_row(rows)
        staging.open_table(headers.clean(cells))
        for numbers, batch in itertools.chain(first, rows):
            if isinstance(batch, pa.Table):
                staging.add(numbers, batch.columns)
            else:
                _add(numbers, batch, staging)
            progress("read", min(binary.tell(), total), total)


class Lines:
    """Physical lines, remembered since the last `forget`, so that those behind a broken row can be read again."""

    def __init__(self, stream: IO[str]) -> None:
        self._source: Iterator[str] = iter(stream)
        self.kept: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._source:
            self.kept.append(line)
            yield line

    def take(self, count: int) -> list[str]:
        """The next lines, as many as there are."""
        return list(itertools.islice(self._source, count))

    def give_back(self, lines: Sequence[str]) -> None:
        self._source = itertools.chain(list(lines), self._source)
        self.kept = []


# The numbers of the lines at which rows begin, and the rows: their cells, or a table of columns.
Rows = tuple[list[int], list[list[str]]]
Block = Rows | tuple[Sequence[int], pa.Table]


def _rows(lines: Lines, delimiter: str, staging: Staging) -> Iterator[Block]:
    """Batches of rows, the first as cells, after which the header must be known; broken rows go to `staging` at once."""
    csv.field_size_limit(FIELD_CHARS_MAX)
    number = 1
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    while True:
        batch: list[list[str]] = []
        lines.kept = []
        broken = ""
        if staging.header:
            block = lines.take(ROWS)
            if (columns := _plain(block, delimiter, len(staging.header))) is not None:
                yield range(number, number + len(block)), columns
                number += len(block)
                continue
            lines.give_back(block)
            reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
        try:
            batch.extend(itertools.islice(reader, ROWS))
        except csv.Error as error:
            broken = str(error)
        heights = _heights(batch, len(lines.kept))
        used = int(heights.sum())
        if batch:
            yield (number + np.cumsum(heights) - heights).tolist(), batch
        number += used
        if broken:
            staging.add_bad(number, "broken_row", lines.kept[used].rstrip("\r\n")[:10_000], broken)
            lines.give_back(lines.kept[used + 1 :])
            number += 1
            reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
        elif not batch:
            return


def _plain(block: list[str], delimiter: str, width: int) -> pa.Table | None:
    """Lines as columns of text, when each is a whole row of `width` cells that can be read in one way only; else None."""
    if width < 2 or len(delimiter.encode()) > 1 or not block or block[0][:1] == "\ufeff":
        return None
    quoted = re.compile(_QUOTED_ROW.format(mark=re.escape(delimiter), more=width - 1))
    for line in block:
        if not quoted.fullmatch(line) if '"' in line else line.count(delimiter) != width - 1:
            return None
    text = "".join(block)
    if max(map(len, block)) > FIELD_CHARS_MAX or "\0" in text or text.count("\r") != text.count("\r\n"):
        return None
    try:
        source = pa.BufferReader(text.encode())
    except UnicodeEncodeError:
        return None
    names = [f"c{place}" for place in range(width)]
    return pa_csv.read_csv(
        source,
        read_options=pa_csv.ReadOptions(column_names=names, use_threads=False),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )


def _heights(batch: list[list[str]], lines: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many lines each row takes: one, but for cells with line ends inside."""
    if len(batch) == lines:
        return np.ones(len(batch), dtype=np.int64)
    return np.array([1 + sum(len(_LINE_END.findall(cell)) for cell in row) for row in batch], dtype=np.int64)


def _first_row(rows: Iterator[Block]) -> tuple[list[Rows], list[str]]:
    """The header's cells, and what is left of the batch it came in. A line `sep=;` of a spreadsheet program is skipped."""
    for numbers, batch in rows:
        assert isinstance(numbers, list) and isinstance(batch, list)  # until the header is known there are only cells
        for place, row in enumerate(batch):
            if row and not (len(row) <= 2 and row[0].lower().startswith("sep=")) and any(cell.strip() for cell in row):
                return [(numbers[place + 1 :], batch[place + 1 :])], row
    return [], []


def _add(numbers: Sequence[int], batch: list[list[str]], staging: Staging) -> None:
    width = len(staging.header)
    if set(map(len, batch)) == {width}:
        _add_good(numbers, batch, staging)
        return
    good: list[list[str]] = []
    lines: list[int] = []
    for line, row in zip(numbers, batch, strict=True):
        if len(row) == width:
            good.append(row)
            lines.append(line)
        elif len(row) > width and not any(row[width:]):
            good.append(row[:width])
            lines.append(line)
        elif row:
            staging.add_bad(line, "half_row" if len(row) < width else "extra_cells", _joined(row), f"{len(row)} / {width}")
    _add_good(lines, good, staging)


def _add_good(lines: Sequence[int], rows: list[list[str]], staging: Staging) -> None:
    if not rows:
        return
    try:
        columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    except UnicodeEncodeError:
        clean = [place for place, row in enumerate(rows) if _is_text(row)]
        for place in sorted(set(range(len(rows))) - set(clean)):
            staging.add_bad(lines[place], "undecodable", _joined(rows[place]))
        _add_good([lines[place] for place in clean], [rows[place] for place in clean], staging)
        return
    staging.add(lines, columns)


def _is_text(row: list[str]) -> bool:
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return False
    return True


def _joined(row: list[str]) -> str:
    """A refused row as one text; bytes that are no letters show as �."""
    return "\t".join(row)[:10_000].encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def detect_encoding(path: Path) -> str:
    """The encoding of a text file: by its mark, else UTF-8 if its start, middle and end are, else by its letters."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
        parts = [head]
        for place in (size // 2, size - SAMPLE_BYTES):
            if place > SAMPLE_BYTES:
                stream.seek(place)
                parts.append(stream.read(SAMPLE_BYTES))
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if wide := _wide(head):
        return wide
    if all(_is_utf8(part) for part in parts):
        return "utf-8"
    foreign = b"\n".join(line for part in parts for line in part.splitlines() if not line.isascii())
    best = from_bytes(foreign[:SAMPLE_BYTES] or head, cp_isolation=list(ENCODINGS), enable_fallback=False).best()
    return best.encoding if best is not None else "cp1251"


def _wide(head: bytes) -> str:
    """UTF-16 without a mark shows as a NUL in every other byte of plain letters."""
    sample = head[: len(head) // 2 * 2]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half >= 8 and max(even, odd) > 0.2 * half and min(even, odd) < 0.02 * half:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _is_utf8(part: bytes) -> bool:
    """Whether a piece cut out of a text is UTF-8; a letter cut in two at either end is forgiven."""
    start = next((place for place in range(min(4, len(part))) if part[place] & 0xC0 != 0x80), 0)
    try:
        part[start:].decode()
    except UnicodeDecodeError as error:
        return error.start + start >= len(part) - 3 and error.reason == "unexpected end of data"
    return True


def detect_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that cuts the first lines into the same number of cells, most cells first."""
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        lines = list(itertools.islice(stream, 50))
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].rstrip()) == 5:
        return lines[0][4]

    def score(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0
        if not widths or widths[0] < 2:
            return 0.0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    return max(DELIMITERS, key=score)
