"""The shop's truth written straight into the warehouse's tables: what the log would have made of it, without the log.

For benchmarks at sizes no log is fed with, and as a second opinion in tests: both ways give the same rows but for
`log_offset`. Profiles are numbered as the worker numbers them, by their first event in time; slices come one by one, so
memory holds one slice and three numbers a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samovar.doors.demo import render, tea
from samovar.doors.demo.acts import Via
from samovar.doors.demo.people import END_US, SLICE, Ints
from samovar.doors.demo.shop import Shop
from samovar.doors.demo.tables import Numbers, SliceTables, Tables
from samovar.engine.warehouse.schema import NEVER_US
from samovar.kit.clock import Zone

Done = Callable[[int], object]
T = TypeVar("T")


def write(shop: Shop, cursor: Any, *, workers: int = 0, done: Done = lambda slices: None) -> int:
    """Fill the warehouse behind a DuckDB cursor, its tables made and empty, with the shop's whole history.

    The house is said to have received all of it at its end. `workers` processes make slices while this one inserts; with 0
    this one does both, and the rows are the same. Calls `done` with 1 after each slice; returns the events of customers
    (house events not counted).
    """
    with _mapper(workers) as mapped:
        numbers = number_profiles(list(mapped(_first_seen, [(shop, part) for part in range(shop.parts)])))
        count, goods = 0, []
        for tables in mapped(_rows, [(shop, part, numbers.part(part)) for part in range(shop.parts)]):
            goods.append(tables.pop("goods"))
            count += int(pc.sum(pc.not_equal(tables["events"].column("kind"), "house")).as_py())
            cursor.execute("BEGIN")
            for name, table in tables.items():
                insert(cursor, name, table)
            cursor.execute("COMMIT")
            done(1)
    _write_goods(cursor, pa.concat_tables(goods))
    return count


@contextmanager
def _mapper(workers: int) -> Iterator[Callable[[Callable[..., T], list[tuple[Any, ...]]], Iterator[T]]]:
    """A `map` over argument tuples, here or in processes, that never runs more than a few results ahead."""
    if not workers:
        yield lambda function, calls: (function(*call) for call in calls)
        return
    # Spawned, because a fork would copy DuckDB's locks in whatever state its threads hold them.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:

        def mapped(function: Callable[..., T], calls: list[tuple[Any, ...]]) -> Iterator[T]:
            ahead = [pool.submit(function, *call) for call in calls[: workers + 1]]
            for following in [*calls[workers + 1 :], *([None] * len(ahead))]:
                result = ahead.pop(0).result()
                if following is not None:
                    ahead.append(pool.submit(function, *following))
                yield result

        yield mapped


def _rows(shop: Shop, part: int, numbers: Numbers) -> Tables:
    piece = shop.slice(part)
    return SliceTables(piece, piece.events.where(piece.events.time_us < END_US), numbers, Zone(tea.TIMEZONE), END_US).all()


def insert(cursor: Any, name: str, table: pa.Table) -> None:
    """Append an Arrow table to the warehouse table of that name, columns by name."""
    cursor.register("slice", table)
    cursor.execute(f"INSERT INTO {name} BY NAME SELECT * FROM slice")
    cursor.unregister("slice")


# Column of `Numbers` by `Via`: device, account, twin, other.
_COLUMN = np.array([{Via.DEVICE: 0, Via.TWIN: 2, Via.OTHER_DEVICE: 3}.get(via, 1) for via in Via])


def _first_seen(shop: Shop, part: int) -> Ints:
    """When each profile of a slice first appears, SLICE x 4; NEVER_US for those that do not."""
    piece = shop.slice(part)
    events = piece.events.where(piece.events.time_us < END_US)
    first = np.full((SLICE, 4), np.int64(NEVER_US))
    np.minimum.at(first, (events.person, _COLUMN[events.via]), events.time_us)
    return first


def number_profiles(first_seen: list[Ints]) -> Numbers:
    """Ids from 1 in the order in which profiles first appear in time."""
    first = np.concatenate(first_seen)
    order = np.argsort(first.ravel(), kind="stable")
    ids = np.empty(first.size, dtype=np.int64)
    ids[order] = np.arange(1, first.size + 1)
    ids[first.ravel() == NEVER_US] = 0
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
