"""A small shop in an in-memory warehouse that answers named queries as the worker does, parameters and errors as JSON."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pyarrow as pa

from samovar.engine.warehouse import registry, schema
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import DAY_US, HOUR_US, Zone, parse_moment
from samovar.staff.actors import Actor
from samovar.understand import basket_warehouse_queries, warehouse_queries, words_warehouse_queries

ZONE = Zone("Europe/Moscow")
NOW = parse_moment("2026-01-01T12:00", ZONE)
TODAY = ZONE.day(NOW)
ALICE = Actor("staff", "1", "Alice")
BOB = Actor("staff", "2", "Bob")
assert warehouse_queries and basket_warehouse_queries and words_warehouse_queries  # its queries are registered by its import


class Shop(Asker):
    """`person` adds somebody; days are counted back from NOW."""

    def __init__(self) -> None:
        self.cursor = duckdb.connect()
        schema.create(self.cursor)
        self.context = registry.Context(zone=ZONE, currency="RUB")
        self._keys = 0

    def query(self, name: str, /, **params: Any) -> pa.Table:
        return registry.answer(name, self.cursor, self.context, json.loads(json.dumps(params)))

    def person(
        self, person: int, *, orders: tuple[int, ...] = (), visits: tuple[int, ...] = (), amount: int = 10_000,
        is_registered: bool = True, city: str | None = None, is_known: bool = True,
    ) -> None:  # fmt: skip
        """A person whose orders and visits were so many local days ago, at noon."""
        known = NOW - 900 * DAY_US
        moments = (known, known if is_known else None, known if is_registered else None)
        self._insert("profiles", person, person, *moments, None)
        self._insert("people", person, *moments, None)
        for days in orders:
            self._keys += 1
            at_us = NOW - days * DAY_US
            self._insert(
                "orders",
                f"o{self._keys}",
                person,
                person,
                at_us,
                TODAY - days,
                self._keys,
                at_us,
                schema.NEVER_US,
                amount,
                "RUB",
                "site",
            )
        for days in visits:
            self._keys += 1
            seen_us = NOW - days * DAY_US - HOUR_US
            self._insert("visits", person, person, seen_us, seen_us, TODAY - days, self._keys, 1)
        if city is not None:
            self._insert("attributes", person, person, "city", known, 0, person, "text", city, city.lower(), *[None] * 7)

    def _insert(self, table: str, *values: Any) -> None:
        self.cursor.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", list(values))

    def stage_of(self, person: int) -> str | None:
        return self.query("understand.stage_of", person_id=person, at_us=NOW).column("stage")[0].as_py()
