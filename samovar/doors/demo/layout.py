"""The shop's truth written straight into the warehouse's tables: what the log would have made of it, without the log.

For benchmarks at sizes no log is fed with, and as a second opinion in tests: both ways give the same rows but for
`log_offset`. Profiles are numbered as the worker numbers them, by their first event in time; slices come one by one, so
memory holds one slice and three numbers a person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from samovar.doors.demo import render, tea
from samovar.doors.demo.acts import Via
from samovar.doors.demo.people import END_US, SLICE
from samovar.doors.demo.shop import Shop
from samovar.doors.demo.tables import Numbers, SliceTables
from samovar.engine.warehouse.schema import NEVER_US
from samovar.kit.clock import Zone

Done = Callable[[int], None]


def write(shop: Shop, cursor: Any, *, done: Done = lambda slices: None) -> int:
    """Fill the warehouse behind a DuckDB cursor, its tables made and empty, with the shop's whole history.

    The house is said to have received all of it at its end. Calls `done` with 1 after each slice; returns the events of
    customers (house events not counted).
    """
    zone, numbers, count = Zone(tea.TIMEZONE), number_profiles(shop), 0
    goods: list[pa.Table] = []
    for piece in shop.slices():
        events = piece.events.where(piece.events.time_us < END_US)
        tables = SliceTables(piece, events, numbers, zone, END_US).all()
        goods.append(tables.pop("goods"))
        cursor.execute("BEGIN")
        for name, table in tables.items():
            insert(cursor, name, table)
        cursor.execute("COMMIT")
        count += len(events.person)
        done(1)
    _write_goods(cursor, pa.concat_tables(goods))
    return count


def insert(cursor: Any, name: str, table: pa.Table) -> None:
    """Append an Arrow table to the warehouse table of that name, columns by name."""
    cursor.register("slice", table)
    cursor.execute(f"INSERT INTO {name} BY NAME SELECT * FROM slice")
    cursor.unregister("slice")


# Column of `Numbers` by `Via`: device, account, twin, other.
_COLUMN = np.array([{Via.DEVICE: 0, Via.TWIN: 2, Via.OTHER_DEVICE: 3}.get(via, 1) for via in Via])


def number_profiles(shop: Shop) -> Numbers:
    """Ids from 1 in the order in which profiles first appear in time."""
    never = np.int64(NEVER_US)
    first = np.full((shop.parts * SLICE, 4), never)
    for piece in shop.slices():
        events = piece.events.where(piece.events.time_us < END_US)
        which = _COLUMN[events.via]
        np.minimum.at(first, (piece.people.index[events.person], which), events.time_us)
    order = np.argsort(first.ravel(), kind="stable")
    ids = np.empty(first.size, dtype=np.int64)
    ids[order] = np.arange(1, first.size + 1)
    ids[first.ravel() == never] = 0
    return Numbers(*ids.reshape(first.shape).T)


def _write_goods(cursor: Any, named: pa.Table) -> None:
    goods = tea.GOODS
    place, time_us, key = (named.column(name).to_numpy() for name in ("place", "time_us", "event_key"))
    order = np.lexsort((key, time_us, place))
    chosen = order[np.flatnonzero(np.diff(place[order], append=-1))]
    sku, name, category = render.tea_columns(place[chosen])
    insert(
        cursor,
        "goods",
        pa.table(
            {
                "sku": sku, "name": name, "category": category, "price_minor": goods.price_minor[place[chosen]],
                "time_us": time_us[chosen], "event_key": key[chosen],
            }
        ),
    )  # fmt: skip
