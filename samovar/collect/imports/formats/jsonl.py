"""JSON Lines: one object a line. Nested objects become columns with dots in their names; a list stays JSON."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from samovar.collect.imports.formats import header as headers
from samovar.collect.imports.mapping import Layout
from samovar.collect.imports.staging import Progress, Staging
from samovar.kit.text import normal

ROWS = 20_000
LOOK_AT_ROWS = 1_000  # the columns are those of the first rows and those the mapping names
LINE_BYTES_MAX = 1_048_576
DEPTH_MAX = 32

# Numbers keep the digits they were written with: "19.90" must not pass through a float.
_decoder = msgspec.json.Decoder(float_hook=str)
Row = tuple[int, dict[str, str | None]]


class NotAnObject(ValueError):
    """A line that is JSON but no object, or one too deep to read."""


def read(path: Path, layout: Layout, wanted: Collection[str], staging: Staging, progress: Progress) -> None:
    """Read a JSON Lines file into `staging`. Raises `headers.BadHeader`."""
    total = path.stat().st_size
    with path.open("rb") as stream:
        rows = _rows(stream, staging)
        first = list(itertools.islice(rows, LOOK_AT_ROWS))
        staging.open_table(headers.clean(list(dict.fromkeys([*(name for _, row in first for name in row), *wanted]))))
        rows = itertools.chain(first, rows)
        while batch := list(itertools.islice(rows, ROWS)):
            columns = [pa.array([row.get(name) for _, row in batch], pa.string()) for name in staging.header]
            staging.add([line for line, _ in batch], columns)
            progress("read", min(stream.tell(), total), total)


def _rows(stream: Any, staging: Staging) -> Iterator[Row]:
    for number in itertools.count(1):
        line = stream.readline(LINE_BYTES_MAX)
        if not line:
            return
        if len(line) >= LINE_BYTES_MAX and not line.endswith(b"\n"):
            while (rest := stream.readline(LINE_BYTES_MAX)) and not rest.endswith(b"\n"):
                pass
            staging.add_bad(number, "row_too_long", line[:1000].decode("utf-8", "replace"))
            continue
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if not text:
            continue
        try:
            yield number, _flat(text)
        except (ValueError, RecursionError) as error:
            staging.add_bad(number, "bad_json", text[:10_000].decode("utf-8", "replace"), str(error)[:200])


def _flat(text: bytes) -> dict[str, str | None]:
    value = _decoder.decode(text)
    if not isinstance(value, dict):
        raise NotAnObject("a row must be an object")
    cells: dict[str, str | None] = {}
    _flatten("", value, cells, 0)
    return cells


def _flatten(prefix: str, value: dict[str, Any], cells: dict[str, str | None], depth: int) -> None:
    if depth > DEPTH_MAX:
        raise NotAnObject("nested too deep")
    for name, inner in value.items():
        path = normal(f"{prefix}{name}")
        if isinstance(inner, dict):
            _flatten(f"{path}.", inner, cells, depth + 1)
        elif inner is None or isinstance(inner, str):
            cells[path] = inner
        elif isinstance(inner, bool):
            cells[path] = "true" if inner else "false"
        else:
            cells[path] = msgspec.json.encode(inner).decode() if isinstance(inner, list) else str(inner)
