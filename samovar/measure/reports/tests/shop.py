"""A shop of some months for the tests of reports: people of a few cities, their orders with lines, returns, and what they did."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import duckdb

from samovar.engine.warehouse import registry, schema
from samovar.kit.clock import DAY_US, HOUR_US, Zone, parse_moment
from samovar.measure import reports_warehouse_queries
from samovar.measure.reports.answers import Behind, Found, ask, people_of
from samovar.understand import warehouse_queries

assert reports_warehouse_queries  # its queries are registered by its import
assert warehouse_queries
CITIES = ("Москва", "Kazan", 'Rostov "on" Don', None)
GOODS = (("tea", "black"), ("tea", "green"), ("cup", "white"), ("cup", "blue"), ("gift's box", "red"))


class Shop:
    """Answers named queries over a warehouse in memory, as `Asker` does."""

    def __init__(self, zone: str = "UTC", at: str = "2026-06-15T12:00") -> None:
        self.zone = Zone(zone)
        self.at_us = parse_moment(at, self.zone)
        self.cursor = duckdb.connect()
        schema.create(self.cursor)
        self._number = 0

    def query(self, name: str, /, **params: Any) -> Any:
        return registry.answer(name, self.cursor, registry.Context(zone=self.zone, currency="RUB"), params)

    def query_all(self, *asked: tuple[str, dict[str, Any]]) -> list[Any]:
        return [self.query(name, **params) for name, params in asked]

    def add(self, table: str, **values: Any) -> None:
        marks = ", ".join("?" * len(values))
        self.cursor.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))

    def person(self, person: int, *, city: str | None = None, known_us: int | None = 0) -> None:
        self.add("profiles", profile_id=person, person_id=person, first_us=known_us or 0, known_us=known_us)
        self.add("people", person_id=person, first_us=known_us or 0, known_us=known_us)
        if city is not None:
            self.add(
                "attributes", profile_id=person, person_id=person, name="city", time_us=0, day=0, event_key=person, kind="text",
                text=city, folded=city.lower(),
            )  # fmt: skip

    def _row(self, person: int | None, time_us: int) -> dict[str, Any]:
        self._number += 1
        return {
            "profile_id": person, "person_id": person, "time_us": time_us, "day": self.zone.day(time_us),
            "event_key": self._number,
        }  # fmt: skip

    def order(
        self, person: int | None, time_us: int, *goods: int, until_us: int = schema.NEVER_US, amount: int | None = None
    ) -> str:
        row = self._row(person, time_us)
        order_id, spans = f"o{self._number}", {"valid_from_us": time_us, "valid_to_us": until_us}
        total = sum((good + 1) * 1050 for good in goods) if amount is None else amount
        self.add("orders", order_id=order_id, **row, **spans, amount_minor=total, currency="RUB", channel="web")
        for line, good in enumerate(goods):
            category, name = GOODS[good]
            self.add(
                "lines", order_id=order_id, line=line, **row, **spans, sku=f"s{good}", name=f"{name} {category}", folded="",
                category=category, brand=None, price_minor=(good + 1) * 1050, quantity=10_000, amount_minor=(good + 1) * 1050,
            )  # fmt: skip
        self.event(person, "Order Completed", time_us, order_id=order_id)
        return order_id

    def refund(self, person: int, time_us: int, amount: int, order_id: str) -> None:
        self.add("returns", order_id=order_id, **self._row(person, time_us), amount_minor=amount, lines=1)

    def event(self, person: int | None, name: str, time_us: int, kind: str = "track", **props: Any) -> None:
        row = self._row(person, time_us)
        self.add(
            "events", **row, name=name, kind=kind, source="web", message_id=str(self._number), props=json.dumps(props),
            received_us=time_us, log_offset=self._number,
        )  # fmt: skip

    def events(self, person: int, name: str, times: list[int]) -> None:
        """Many events of one person at once."""
        self.event(person, name, times[0])
        self.cursor.execute(
            "INSERT INTO events BY NAME SELECT * REPLACE (unnest($times) AS time_us, unnest($keys) AS event_key, "
            "unnest($days) AS day) FROM events WHERE event_key = $first",
            {
                "times": times[1:], "keys": [self._number + n + 1 for n in range(len(times) - 1)],
                "days": [self.zone.day(one) for one in times[1:]], "first": self._number,
            },
        )  # fmt: skip
        self._number += len(times) - 1

    def report(self, name: str, params: Mapping[str, str] | None = None, at_us: int | None = None) -> Found:
        return ask(name, params or {}, warehouse=self, at_us=self.at_us if at_us is None else at_us)

    def behind(self, found: Found, cell: Mapping[str, str]) -> Behind:
        return people_of(found.report.name, found.params, cell, warehouse=self, at_us=found.at_us)

    def count(self, rule: str, at_us: int) -> int:
        return int(self.query("understand.segment_count", text=rule, at_us=at_us).column("count")[0].as_py())


def a_shop(seed: int, zone: str = "UTC", people: int = 60) -> Shop:
    """A year of a shop that a seed decides: some order often, some once, some only look; some orders are cancelled."""
    shop, chance = Shop(zone), random.Random(seed)
    for person in range(1, people + 1):
        shop.person(person, city=chance.choice(CITIES), known_us=None if chance.random() < 0.05 else 0)
        at = shop.at_us - chance.randrange(5, 420) * DAY_US
        for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
            at += chance.choice((0, 0, 1, 20, 30, 90)) * DAY_US + chance.randrange(24) * HOUR_US
            shop.event(person, chance.choice(("Product Viewed", "Product Added", "Quiz Finished")), at - HOUR_US)
            shop.event(person, "", at - 2 * HOUR_US, kind="page")
            goods = chance.sample(range(len(GOODS)), chance.randrange(4))
            until = at + 10 * DAY_US if chance.random() < 0.1 else schema.NEVER_US
            order = shop.order(person, at, *goods, until_us=until)
            if chance.random() < 0.15:
                shop.refund(person, at + 3 * DAY_US, 500, order)
    shop.order(None, shop.at_us - DAY_US, 0)
    shop.cursor.execute(
        "INSERT INTO visits SELECT profile_id, person_id, time_us, time_us, day, event_key, 1 FROM events WHERE kind = 'page'"
    )
    return shop
