"""What the rules say of histories: these are put into an empty warehouse in memory, and the house's own SQL is asked.

A history stands in the warehouse as a person. Each is asked about now, and once more after as long a time as no window, age
or step of the rules reaches, in which nothing happens.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from samovar import rules
from samovar.engine.warehouse import schema
from samovar.kit.clock import DAY_US, LAST_US, day_number
from samovar.kit.numbers import SCALE
from samovar.kit.text import fold, normal
from samovar.rules.catalogue import Catalogue, Kind
from samovar.rules.sql import Moment, truths_sql
from samovar.rules.tree import Condition
from samovar.understand.lint.edges import DAYS_MAX
from samovar.understand.lint.histories import Event, History, Mark, Stored
from samovar.understand.lint.sources import RECORD, REGISTERED, REGISTERING, STOPPED
from samovar.understand.lint.terms import Bools

_IN_MEMORY = {"memory_limit": "512MB", "threads": 2, "temp_directory": ""}
LONG_DAYS = DAYS_MAX + 4_000
_ANCIENT_US = -(2**50)  # 1934: before everything that a history tells
_USUAL_MINOR = 10_000
_COLUMNS = {
    "people": "person, 0, $ancient, registered, NULL",
    "attributes": (
        "person, person, name, $ancient, 0, person, kind, text, folded, number, boolean, date_day, 'lint', NULL, NULL, NULL"
    ),
    "identifiers": "person, person, kind, value, $ancient",
    "consents": "channel, address, purpose, given, $ancient, 1, 'lint', '1'",
    "suppressions": "channel, address, 'lint', $ancient",
    "orders": "key, person, person, time, day, key, time, $never, amount, currency, channel",
    "lines": "key, 1, person, person, time, day, key, time, $never, sku, name, folded, category, brand, price, quantity, amount",
    "returns": "order_id, person, person, time, day, key, amount, lines",
    "records": "type, key, person, person, $ancient, $never, time, day, key, props, dates",
    "visits": "person, person, time, time, day, key, views",
    "events": "person, person, name, 'track', time, day, key, 'lint', key, props, time, key",
}
Row = dict[str, Any]


def ask(histories: Sequence[History], leaves: Sequence[Condition], catalogue: Catalogue, moment: Moment) -> tuple[Bools, Bools]:
    """Whether each leaf (column) holds for each history (row): now, and after a long time without anything."""
    told = [rules.Rule(condition=leaf) for leaf in leaves]
    later = Moment(min(moment.at_us + LONG_DAYS * DAY_US, LAST_US - DAY_US), moment.zone)
    with duckdb.connect(config=_IN_MEMORY) as cursor:
        cursor.execute("SET enable_external_access = false")
        schema.create(cursor)
        for table, rows in _Tables(histories, catalogue, moment).rows.items():
            _insert(cursor, table, rows)
        return _truths(cursor, truths_sql(told, catalogue, moment)), _truths(cursor, truths_sql(told, catalogue, later))


def _insert(cursor: Any, table: str, rows: list[Row]) -> None:
    cursor.register("told", pa.Table.from_pylist(rows))
    columns = _COLUMNS[table]
    params = {name: value for name, value in (("ancient", _ANCIENT_US), ("never", schema.NEVER_US)) if f"${name}" in columns}
    cursor.execute(f"INSERT INTO {table} SELECT {columns} FROM told", params)
    cursor.unregister("told")


def _truths(cursor: Any, statement: str) -> Bools:
    columns = cursor.execute(f"SELECT * FROM ({statement}) ORDER BY person_id").fetchnumpy()
    return np.column_stack([np.asarray(column, dtype=bool) for name, column in columns.items() if name != "person_id"])


class _Tables:
    """The rows of the warehouse that tell of people 1 to n."""

    def __init__(self, histories: Sequence[History], catalogue: Catalogue, moment: Moment) -> None:
        self._catalogue, self._moment, self._key = catalogue, moment, 0
        self.rows: dict[str, list[Row]] = {}
        for person, history in enumerate(histories, 1):
            registering = [moment.at_us - e.ago_us for e in history if isinstance(e, Event) and e.source in REGISTERING]
            self._add("people", person=person, registered=min(registering, default=None))
            for fact in history:
                if isinstance(fact, Mark):
                    self._mark(person, fact)
                elif fact.source != REGISTERED:
                    self._event(person, fact)

    def _add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def _event(self, person: int, event: Event) -> None:
        self._key += 1
        time_us = self._moment.at_us - event.ago_us
        row: Row = {"person": person, "time": time_us, "day": self._moment.zone.day(time_us), "key": self._key}
        told = dict(event.values)
        if event.source.startswith("event "):
            self._add("events", **row, name=event.source.removeprefix("event "), props=_props(told))
            return
        if event.source.startswith(RECORD):
            self._add("records", **row, type=event.source.removeprefix(RECORD), props=_props(told), dates=self._dates(told))
            return
        stored = {name: self._stored(event.source, name, value) for name, value in told.items()}
        match event.source:
            case "orders":
                self._order(row, stored)
            case "returns":
                row |= {"order_id": stored.get("order_id"), "amount": stored.get("amount", _USUAL_MINOR)}
                self._add("returns", **row, lines=stored.get("lines", 1))
            case "visits":
                self._add("visits", **row, views=stored.get("views", 1))

    def _dates(self, told: dict[str, Stored]) -> str:
        """The fields of a record that are dates: their local days and first instants."""
        days = {name: day_number(value) for name, value in told.items() if isinstance(value, dt.date)}
        return json.dumps({name: [day, self._moment.zone.midnight_us(day)] for name, day in days.items()})

    def _order(self, row: Row, stored: dict[str, Any]) -> None:
        """An order, and the one line it has."""
        named = {name.removeprefix("lines."): value for name, value in stored.items() if name.startswith("lines.")}
        amount, currency = stored.get("amount", _USUAL_MINOR), stored.get("currency", "RUB")
        self._add("orders", **row, amount=amount, currency=currency, channel=stored.get("channel"))
        line = {name: named.get(name) for name in ("sku", "name", "category", "brand", "price", "quantity", "amount")}
        self._add("lines", **row, **line, folded=None if line["name"] is None else fold(line["name"]))

    def _stored(self, source: str, name: str, value: Stored) -> Any:
        """A field's value as its column holds it."""
        collection, _, field_name = name.rpartition(".")
        field = self._catalogue.collections[collection or source].fields[field_name]
        return int(value * field.scale) if isinstance(value, Decimal) else value

    def _mark(self, person: int, mark: Mark) -> None:
        if mark.source.startswith("trait "):
            self._trait(person, *mark.values[0])
            return
        kind = mark.source.removeprefix("contact ")
        self._add("identifiers", person=person, kind=kind, value=f"a{person}")
        for name, given in mark.values[1:]:
            if given is not None:
                told, channel, *purpose = name.split(".")
                if told == STOPPED:
                    self._add("suppressions", channel=channel, address=f"a{person}")
                else:
                    self._add("consents", channel=channel, address=f"a{person}", purpose=purpose[0], given=given)

    def _trait(self, person: int, name: str, value: Stored) -> None:
        row: Row = {"person": person, "name": name} | dict.fromkeys(("text", "folded", "number", "boolean", "date_day"))
        match value:
            case bool():
                row |= {"kind": Kind.BOOLEAN.value, "boolean": value}
            case Decimal():
                row |= {"kind": Kind.NUMBER.value, "number": int(value * SCALE)}
            case dt.date():
                row |= {"kind": Kind.DATE.value, "date_day": day_number(value)}
            case str():
                row |= {"kind": Kind.TEXT.value, "text": normal(value), "folded": fold(value)}
        self._add("attributes", **row)


def _props(told: dict[str, Stored]) -> str:
    return json.dumps(dict(_properties(told)), ensure_ascii=False)


def _properties(told: dict[str, Stored]) -> Iterator[tuple[str, Any]]:
    """Properties as they are normalised when they come in: numbers of 1/10000, a folded twin where it differs."""
    for name, value in told.items():
        if isinstance(value, Decimal):
            yield name, int(value * SCALE)
        elif isinstance(value, dt.date):
            yield name, value.isoformat()
        elif isinstance(value, str):
            yield name, normal(value)
            if fold(value) != normal(value):
                yield f"~{name}", fold(value)
        elif value is not None:
            yield name, value
