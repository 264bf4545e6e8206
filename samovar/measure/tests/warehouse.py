"""A small warehouse in memory for the tests of reports: people, orders, returns and who passed a campaign's gate."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from samovar.engine.warehouse import registry, schema
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import DAY_US, Zone
from samovar.measure import warehouse_queries  # noqa: F401 - registers the queries

ZONE = Zone("UTC")


class SmallWarehouse(Asker):
    """Answers named queries over tables that a test fills row by row."""

    def __init__(self) -> None:
        self.cursor = duckdb.connect()
        schema.create(self.cursor)
        self._number = 0

    def query(self, name: str, /, **params: Any) -> pa.Table:
        self.cursor.execute("DELETE FROM people")
        self.cursor.execute(f"INSERT INTO people {schema.people_sql()}")
        return registry.answer(name, self.cursor, registry.Context(zone=ZONE, currency="RUB"), params)

    def add(self, table: str, **values: Any) -> None:
        marks = ", ".join("?" * len(values))
        self.cursor.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))

    def person(self, person_id: int, *, known_us: int | None = 0, profile_id: int | None = None, first_us: int = 0) -> None:
        self.add("profiles", profile_id=profile_id or person_id, person_id=person_id, first_us=first_us, known_us=known_us)

    def order(
        self, order_id: str, person_id: int | None, time_us: int, amount_minor: int, *, until_us: int = schema.NEVER_US
    ) -> None:
        self._number += 1
        self.add(
            "orders", order_id=order_id, profile_id=person_id, person_id=person_id, time_us=time_us, day=time_us // DAY_US,
            event_key=self._number, valid_from_us=time_us, valid_to_us=until_us, amount_minor=amount_minor, currency="RUB",
        )  # fmt: skip

    def refund(self, order_id: str, person_id: int | None, time_us: int, amount_minor: int) -> None:
        self._number += 1
        self.add(
            "returns", order_id=order_id, profile_id=person_id, person_id=person_id, time_us=time_us, day=time_us // DAY_US,
            event_key=self._number, amount_minor=amount_minor, lines=1,
        )  # fmt: skip

    def passed(
        self, campaign: int, person_id: int, claimed_us: int, *, control: bool = False, outcome: str = "", variant: str = "A",
        profile_id: int | None = None,
    ) -> None:  # fmt: skip
        self.add(
            "campaign_people", campaign_id=campaign, profile_id=profile_id or person_id, person_id=person_id,
            variant="" if control else variant, is_control=control, claimed_us=claimed_us,
            outcome=outcome or ("held_out" if control else "sent"),
        )  # fmt: skip
