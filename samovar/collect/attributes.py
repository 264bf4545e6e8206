"""Traits of a batch as rows of the warehouse's `attributes`: what was told, and what the house derives from it. Pure apart from
PyArrow.

What is the same for all rows of an event is repeated as a column and never as objects: imports bring a dozen traits an event.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from samovar.collect.batches import Incoming
from samovar.collect.contacts.marks import HOUSE
from samovar.collect.properties import Scalar
from samovar.kit.clock import day_number
from samovar.kit.text import fold

_OF_EVENT = (
    ("profile_id", pa.int64()), ("time_us", pa.int64()), ("day", pa.int32()), ("event_key", pa.int64()), ("source", pa.string()),
    ("is_weak", pa.bool_()), ("precedence_us", pa.int64()),
)  # fmt: skip
_OF_ROW = (
    ("name", pa.string()), ("kind", pa.string()), ("text", pa.string()), ("folded", pa.string()), ("number", pa.int64()),
    ("boolean", pa.bool_()), ("date_day", pa.int32()), ("came", pa.string()), ("verdict", pa.string()),
)  # fmt: skip
ATTRIBUTES = pa.schema([*_OF_EVENT, *_OF_ROW])
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_UNJUDGED = (None, None)
# What the house derives yields to what was told, whatever their times: it stands so much before its own. What follows from parts
# of a name yields to nothing else that is derived.
_YIELDING_US = {False: 1 << 62, True: 1 << 61}
Row = tuple[Any, ...]
Ints = np.ndarray[Any, Any]


def attributes_of(events: Sequence[Incoming], ids: Ints, times: Ints, days: Ints) -> pa.Table:
    """`ATTRIBUTES` of events with the profiles, moments and local days of each."""
    told: list[Row] = []
    derived: list[Row] = []
    told_at: list[int] = []  # the place of each row's event
    derived_at: list[int] = []
    yielding: list[int] = []
    for place in np.flatnonzero(ids > 0).tolist():
        event = events[place]
        if not event.traits:
            continue
        before = len(told)
        told += _told(event)
        told_at += [place] * (len(told) - before)
        if event.follows:
            derived += [_derived(name, value) for name, value, _ in event.follows]
            derived_at += [place] * len(event.follows)
            yielding += [_YIELDING_US[is_of_parts] for _, _, is_of_parts in event.follows]
    keys = np.array([event.key for event in events], dtype=np.int64)
    is_weak = np.array([not event.is_trusted for event in events], dtype=bool)
    sources = pa.array([event.source for event in events], pa.string())
    at, of_house = np.array(told_at, dtype=np.int64), np.array(derived_at, dtype=np.int64)
    own_time = pa.nulls(at.size, pa.int64())
    rows = _table(told, (ids[at], times[at], days[at], keys[at], sources.take(pa.array(at)), is_weak[at], own_time))
    if not derived:
        return rows
    house, precedence = pa.repeat(HOUSE, of_house.size), times[of_house] - np.array(yielding, dtype=np.int64)
    columns = (ids[of_house], times[of_house], days[of_house], keys[of_house], house, is_weak[of_house], precedence)
    return pa.concat_tables([rows, _table(derived, columns)])


def _table(rows: Sequence[Row], of_event: Sequence[Any]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(_OF_ROW)
    own = [pa.array(column, kind) for column, (_, kind) in zip(columns, _OF_ROW, strict=True)]
    return pa.table([*(pa.array(c, kind) for c, (_, kind) in zip(of_event, _OF_EVENT, strict=True)), *own], schema=ATTRIBUTES)


def _told(event: Incoming) -> list[Row]:
    own, notes = event.traits or {}, event.notes or {}
    return [
        _row(name, value, own.get("~" + name), notes.get(name, _UNJUDGED))
        for name, value in own.items()
        if not name.startswith("~") and name != "registered_at"
    ]


def _derived(name: str, value: Scalar) -> Row:
    """A row that the house derives; one that says of a name that it follows no more is of no kind, for nobody told of it."""
    if value is None:
        return (name, *[None] * (len(_OF_ROW) - 1))
    return _row(name, value, fold(value) if type(value) is str else None, _UNJUDGED)


def _row(name: str, value: Any, twin: Any, note: tuple[Any, Any]) -> Row:
    """A row of `_OF_ROW`; `twin` is None for a text that is its own."""
    if isinstance(value, bool):
        return (name, "boolean", None, None, None, value, None, *note)
    if isinstance(value, int):
        return (name, "number", None, None, value, None, None, *note)
    if not isinstance(value, str):
        return (name, "text", None, None, None, None, None, *note)
    folded = value if twin is None else twin
    if _DATE.match(value) and (day := _date_day(value)) is not None:
        return (name, "date", value, folded, None, None, day, *note)
    return (name, "text", value, folded, None, None, None, *note)


def _date_day(text: str) -> int | None:
    try:
        return day_number(dt.date.fromisoformat(text))
    except ValueError:
        return None
