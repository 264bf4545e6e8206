"""The same for a sealed batch of an import, whose events are rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samovar.collect.erasure import stubs
from samovar.collect.erasure.sought import Finder
from samovar.collect.identifiers import ANONYMOUS, KNOWN, normalise

_IDENTIFIERS = (*KNOWN, ANONYMOUS)
_TOLD = (*_IDENTIFIERS, "message_id", "traits", "properties")  # the columns that may name somebody
Row = dict[str, Any]


class Rows:
    """Changes a file group by group: `own` are the places, in the whole file, of the rows that belong to somebody erased."""

    def __init__(self, own: NDArray[np.bool_], sweep: Callable[[pa.Table, NDArray[np.bool_]], pa.Table | None]) -> None:
        self._own, self._sweep, self._done = own, sweep, 0

    def __call__(self, table: pa.Table) -> pa.Table | None:
        own = self._own[self._done : self._done + table.num_rows]
        self._done += table.num_rows
        return self._sweep(table, own)


def swept(table: pa.Table, own: NDArray[np.bool_], *, finder: Finder) -> pa.Table | None:
    """A group of rows with the own ones stubbed and the others cleaned; None when nothing changes."""
    touched = np.flatnonzero(own | _mentions(table, finder))
    if not touched.size:
        return None
    columns = {name: table.column(name).to_pylist() for name in (*_TOLD, "event")}
    is_changed = False
    for place in touched.tolist():
        row = {name: values[place] for name, values in columns.items()}
        left = _own(row, finder) if own[place] else _mention(row, finder)
        for name, value in left.items():
            is_changed |= columns[name][place] != value
            columns[name][place] = value
    if not is_changed:
        return None
    for name in _TOLD:
        field = table.schema.field(name)
        table = table.set_column(table.schema.get_field_index(name), field, pa.array(columns[name], field.type))
    return table


def _mentions(table: pa.Table, finder: Finder) -> NDArray[np.bool_]:
    """Rows that may name somebody sought. A column whose bytes as a whole cannot is not looked at row by row."""
    found = np.zeros(table.num_rows, dtype=bool)
    for name in _TOLD:
        column = table.column(name).combine_chunks()
        values = finder.values(name)
        if values:
            found |= pc.is_in(column, value_set=pa.array(values, pa.string())).to_numpy(zero_copy_only=False)
        data = column.buffers()[2]
        if data is not None and finder.may_be_in(data.to_pybytes()):
            texts = column.to_pylist()
            found |= np.array([text is not None and finder.may_be_in(text.encode()) for text in texts], dtype=bool)
    return found


def _own(row: Row, finder: Finder) -> Row:
    left: Row = dict.fromkeys(_IDENTIFIERS)
    named = [kind for kind in KNOWN if row[kind] is not None and normalise(kind, row[kind], finder.region) is not None]
    if named:
        left["user_id" if "user_id" in named else "external_id"] = stubs.ERASED
    left["traits"] = _text(stubs.own_traits(_object(row["traits"])))
    left["properties"] = _text(
        finder.redactor.cleaned_value(stubs.own_properties(row["event"] or "", _object(row["properties"])))
    )
    left["message_id"] = finder.redactor.cleaned(row["message_id"])
    return left


def _mention(row: Row, finder: Finder) -> Row:
    left: Row = {"message_id": finder.redactor.cleaned(row["message_id"])}
    for kind in _IDENTIFIERS:
        value = row[kind]
        if value is not None:
            normal = normalise(kind, value, finder.region) or value
            left[kind] = finder.redactor.token(kind, normal) or finder.redactor.cleaned(value)
    for name in ("traits", "properties"):
        if row[name] is not None:
            told = _object(row[name])
            cleaned = finder.redactor.cleaned_value(told)
            left[name] = row[name] if cleaned == told else _text(cleaned)
    return left


def _object(text: str | None) -> dict[str, Any]:
    found = msgspec.json.decode(text) if text else {}
    return found if isinstance(found, dict) else {}


def _text(value: dict[str, Any]) -> str | None:
    return msgspec.json.encode(value).decode() if value else None
