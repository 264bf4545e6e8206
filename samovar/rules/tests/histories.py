"""Random histories of a few hundred people: the same facts for the reference and for the warehouse's tables.

Times crowd around the edges of windows (midnights, whole hours, equal times), values are few, so that ties and boundaries
are the rule and not the exception.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from samovar.engine.warehouse import schema
from samovar.kit.clock import DAY_US, HOUR_US, Zone, day_date, day_number, parse_moment
from samovar.kit.text import fold
from samovar.rules.parser import parse_text
from samovar.rules.tests.reference import EVENTS, Facts, World

ZONE = Zone("Europe/London")
# Both sides of the two changes of the clock, a month's end, a leap day, a midnight.
MOMENTS = [
    parse_moment(text, ZONE)
    for text in ("2024-03-31T12:00", "2023-10-30T00:00", "2024-02-29T23:59:59", "2023-12-31T08:30", "2024-06-15T00:00")
]
TEXTS = ["tea", "Tea", "чай", "Чай с ёлкой", "", 'te"a', "100%_a"]
NUMBERS = [Fraction(n, 4) for n in (-8, -1, 0, 1, 2, 3, 4, 10, 22, 40)]
MONEY = [Fraction(n, 100) for n in (0, 1, 99, 100, 101, 1000, 1050, 99_999)]
DATES = [dt.date(1990, 2, 28), dt.date(1992, 2, 29), dt.date(2000, 3, 1), dt.date(2023, 12, 31), dt.date(2024, 3, 31)]
SEGMENTS = {
    name: parse_text(text)
    for name, text in {
        "buyers": "count(orders) >= 1 and sum(orders.amount in last 90 days) > 5",
        "vip": "is_vip or count(views) >= 2",
        "of both": 'in segment "vip" and not in segment "buyers" or entered segment "vip" in last 60 days',
        "did it": "did visits then orders within 30 days",
    }.items()
}
PEOPLE = 60
# Traits with their kinds: those that people are told to have, and those that the house writes.
_TOLD = {"city": "text", "score": "number", "is_vip": "boolean", "birthday": "date", "Любимый чай": "text"}
_OF_CONTACTS = {"contact.email.is_valid": "boolean", "contact.phone.type": "text"}


def fill(cursor: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Put rows into a table, all at once."""
    schema = cursor.sql(f"FROM {table} LIMIT 0").to_arrow_table().schema
    columns = [pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)]
    cursor.register("filled", pa.table(columns, schema=schema))
    cursor.execute(f"INSERT INTO {table} FROM filled")
    cursor.unregister("filled")


class Histories:
    """`people` for the reference, `cursor` with the same facts for SQL, both as of `MOMENTS`."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.people = {person: Facts() for person in range(1, PEOPLE + 1)}
        self.consents: list[dict[str, Any]] = []
        self.suppressions: list[dict[str, Any]] = []
        self.tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in schema.TABLES}
        self._key = 0
        for person, facts in self.people.items():
            self._live(person, facts)
        self._consent()
        for person, facts in self.people.items():
            for _ in range(self._random.randrange(4)):
                self._trait(person, facts, _OF_CONTACTS)
        self.cursor = duckdb.connect()
        schema.create(self.cursor)
        for name, rows in self.tables.items():
            if rows:
                fill(self.cursor, name, rows)
        self.cursor.execute(f"INSERT INTO people {schema.people_sql()}")

    def world(self, at_us: int) -> World:
        return World(at_us, ZoneInfo(ZONE.name), self.consents, SEGMENTS, self.suppressions)

    def _time(self) -> int:
        r = self._random
        at_us = r.choice(MOMENTS)
        base = at_us - r.choice([0, 1, 13, 14, 15, 29, 30, 31, 44, 45, 46, 60, 89, 90, 91, 200, 366, 400]) * DAY_US
        midnight = ZONE.midnight_us(ZONE.day(base))
        return r.choice(
            [base, base - HOUR_US, base + 1, base - 6 * HOUR_US, midnight, midnight - 1, midnight + r.randrange(DAY_US)]
        )

    def _next_key(self) -> int:
        self._key += 1
        return self._random.choice([-1, 1]) * self._key

    def _live(self, person: int, facts: Facts) -> None:
        r = self._random
        facts.erased_us = erased = self._time() if r.random() < 0.1 else None
        for profile in range(r.choice([1, 1, 2])):
            known = r.choice([None, self._time(), self._time() - 300 * DAY_US])
            registered = r.choice([None, self._time()])
            self.tables["profiles"].append((person * 10 + profile, person, known or 0, known, registered, erased))
            facts.known_us += [known] if known is not None else []
            facts.registered_us += [registered] if registered is not None else []
        for kind, value in (
            ("email", f"p{person}@x"),
            ("email", f"q{person}@x"),
            ("phone", f"+{person}"),
            ("card", f"c{person}"),
        ):
            if r.random() < 0.6:
                facts.addresses.append((kind, value))
                self.tables["identifiers"].append((person * 10, person, kind, value, self._time()))
        for _ in range(r.randrange(8)):
            self._trait(person, facts, _TOLD)
        for _ in range(r.choice([0, 1, 2, 3, 8])):
            self._order(person, facts)
        for _ in range(r.randrange(4)):
            time_us, key, amount = self._time(), self._next_key(), r.choice(MONEY)
            fields = {"amount": amount, "lines": Fraction(1), "order_id": "o1"}
            facts.returns.append({"time_us": time_us, "event_key": key, "fields": fields})
            self.tables["returns"].append(("o1", person * 10, person, time_us, ZONE.day(time_us), key, int(amount * 100), 1))
        for _ in range(r.randrange(6)):
            time_us, key, views = self._time(), self._next_key(), r.randrange(1, 4)
            facts.visits.append({"time_us": time_us, "event_key": key, "fields": {"views": Fraction(views)}})
            self.tables["visits"].append((person * 10, person, time_us, time_us, ZONE.day(time_us), key, views))
        for _ in range(r.randrange(10)):
            self._event(person, facts)
        for _ in range(r.randrange(5)):
            self._record(person, facts)

    def _trait(self, person: int, facts: Facts, names: Mapping[str, str]) -> None:
        r = self._random
        name, native = r.choice([*names.items()])
        kind = r.choice([native, native, native, native, "text", "number"])
        value = r.choice({"text": [*TEXTS, None], "number": [*NUMBERS, None], "boolean": [True, False], "date": DATES}[kind])
        time_us, key = self._time(), self._next_key()
        precedence_us = time_us - 2**61 if key % 4 == 0 else None  # the house derives some
        facts.traits.append(
            {"name": name, "time_us": time_us, "precedence_us": precedence_us, "event_key": key,
             "value": value if kind == native else None}
        )  # fmt: skip
        stored = {
            "text": value if kind == "text" else None,
            "folded": fold(value) if kind == "text" and value is not None else None,
            "number": int(value * 10_000) if kind == "number" and value is not None else None,
            "boolean": value if kind == "boolean" else None,
            "date": day_number(value) if kind == "date" else None,
        }
        self.tables["attributes"].append(
            (person * 10, person, name, time_us, ZONE.day(time_us), key, kind, *stored.values(), "s", None, None, precedence_us)
        )

    def _order(self, person: int, facts: Facts) -> None:
        """An order with up to three spans of facts; after its last span it was cancelled."""
        r = self._random
        order_id, time_us, key = f"o{self._next_key()}", self._time(), self._next_key()
        edges = sorted({time_us, *(time_us + r.choice([1, HOUR_US, DAY_US, 40 * DAY_US]) for _ in range(r.randrange(3)))})
        ends = [*edges[1:], r.choice([schema.NEVER_US, schema.NEVER_US, edges[-1] + 30 * DAY_US])]
        for begins, ends_us in zip(edges, ends, strict=True):
            amount, channel = r.choice([*MONEY, None]), r.choice(["site", "shop", None])
            minor = None if amount is None else int(amount * 100)
            span = {"time_us": time_us, "event_key": key, "valid_from_us": begins, "valid_to_us": ends_us}
            place = (order_id, person * 10, person, time_us, ZONE.day(time_us), key, begins, ends_us)
            facts.orders.append(
                {**span, "fields": {"amount": amount, "channel": channel, "currency": "GBP", "order_id": order_id}}
            )
            self.tables["orders"].append((*place, minor, "GBP", channel))
            for line in range(r.randrange(3)):
                name, price, quantity = r.choice([*TEXTS, None]), r.choice(MONEY), r.choice(NUMBERS)
                fields = {"sku": f"s{line}", "name": name, "category": r.choice(["a", "b", None]), "brand": None, "price": price,
                          "quantity": quantity, "amount": price, "order_id": order_id}  # fmt: skip
                facts.lines.append({**span, "line": line, "fields": fields})
                self.tables["lines"].append((
                    order_id, line, *place[1:], fields["sku"], name, None if name is None else fold(name),
                    fields["category"], None,
                    int(price * 100), int(quantity * 10_000), int(price * 100),
                ))  # fmt: skip

    def _event(self, person: int, facts: Facts) -> None:
        r = self._random
        name, time_us, key = r.choice([*EVENTS.values(), "Quiz Finished", "Segment Entered"]), self._time(), self._next_key()
        fields: dict[str, Any] = {}
        props: dict[str, Any] = {}
        for field, kind in (
            ("sku", "text"),
            ("price", "number"),
            ("score", "number"),
            ("by_machine", "boolean"),
            ("a.b/c~d", "text"),
        ):
            shape = r.choice([kind, kind, "absent", "text"])
            if shape == "absent":
                continue
            value = r.choice({"text": TEXTS, "number": NUMBERS, "boolean": [True, False]}[shape])
            props[field] = int(value * 10_000) if shape == "number" else value
            if shape == "text" and fold(value) != value:
                props[f"~{field}"] = fold(value)
            if shape == kind:
                fields[field] = value
        if name == "Segment Entered":
            fields = props = {"segment": r.choice(["vip", "buyers"])}
        facts.events.append({"name": name, "time_us": time_us, "event_key": key, "fields": fields})
        self.tables["events"].append((
            person * 10, person, name, "track", time_us, ZONE.day(time_us), key, "s", str(key),
            json.dumps(props, ensure_ascii=False) if props else None, time_us, key,
        ))  # fmt: skip

    def _record(self, person: int, facts: Facts) -> None:
        """A record with up to three spans; its own time is the day it starts on, for a type that has one."""
        r = self._random
        kind, record_id, begins = r.choice(["policy", "vehicle"]), f"r{self._next_key()}", self._time()
        edges = sorted({begins, *(begins + r.choice([1, DAY_US, 40 * DAY_US]) for _ in range(r.randrange(3)))})
        ends = [*edges[1:], r.choice([schema.NEVER_US, schema.NEVER_US, edges[-1] + 30 * DAY_US])]
        for begins_us, ends_us in zip(edges, ends, strict=True):
            key, (fields, props, dates) = self._next_key(), self._record_fields()
            own = dates.get("starts_on") if kind == "policy" else None
            day, time_us = own or (None, None)
            span = {"valid_from_us": begins_us, "valid_to_us": ends_us, "time_us": time_us, "event_key": key}
            facts.records.append({"type": kind, **span, "fields": fields})
            self.tables["records"].append((
                kind, record_id, person * 10, person, begins_us, ends_us, time_us, day, key,
                json.dumps(props, ensure_ascii=False) if props else None, json.dumps(dates) if dates else None,
            ))  # fmt: skip

    def _record_fields(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, tuple[int, int]]]:
        """Fields of a record as the reference has them, as they are stored, and its dates."""
        r = self._random
        fields: dict[str, Any] = {}
        props: dict[str, Any] = {}
        dates: dict[str, tuple[int, int]] = {}
        kinds = {"starts_on": "date", "ends_on": "date", "premium": "money", "plate": "text", "km": "number", "is_new": "boolean"}
        for field, kind in kinds.items():
            shape = r.choice([kind, kind, kind, "text", "absent"])
            if shape == "absent":
                continue
            if shape == "date":
                at_us = r.choice([self._time(), self._time() + 400 * DAY_US])
                day = ZONE.day(at_us)
                dates[field], fields[field], props[field] = (day, at_us), day_date(day), "a date"
                continue
            values = {"text": TEXTS, "number": NUMBERS, "money": MONEY, "boolean": [True, False]}
            value = r.choice(values[shape])
            props[field] = int(value * 10_000) if shape in ("number", "money") else value
            if shape == "text" and fold(value) != value:
                props[f"~{field}"] = fold(value)
            if shape == kind:
                fields[field] = value
        return fields, props, dates

    def _consent(self) -> None:
        r = self._random
        for facts in self.people.values():
            for kind, address in facts.addresses:
                for _ in range(r.randrange(4)):
                    channel = {"email": "email", "phone": "sms"}.get(kind, "email")
                    given, time_us, key = r.random() < 0.6, r.choice([self._time(), MOMENTS[0]]), self._next_key()
                    record = {"channel": channel, "address": address, "purpose": "marketing", "given": given, "time_us": time_us}
                    self.consents.append(record)
                    self.tables["consents"].append((channel, address, "marketing", given, time_us, key, "s", "1"))
                if r.random() < 0.3:
                    stop = {"channel": r.choice(["email", "sms"]), "address": address, "time_us": self._time()}
                    self.suppressions.append(stop)
                    self.tables["suppressions"].append((stop["channel"], address, "bounce", stop["time_us"]))
