"""Counting what the words of rules are borne out by, in pieces so small that a page's query beside one hardly waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from samovar import rules
from samovar.kit.numbers import SCALE
from samovar.rules.catalogue import BASKET, Collection, Kind, Source
from samovar.understand.learned import WarehouseWords
from samovar.understand.sql import words_sql as sql

SLICE = 50_000  # numbers of people in one piece
EVENTS_MAX = 500
EXAMPLES_MAX = 5
EXAMPLE_PEOPLE_MIN = 3  # who have a value before it is shown as an example
EXAMPLE_LENGTH_MAX = 60
Word = dict[str, Any]


class WordCount:
    """One count at a moment: go through `pieces`, then read `told`. What changes meanwhile is in some pieces and not in others.

    The examples of an attribute are those that most people have, among the values frequent in a slice of people.
    """

    def __init__(self, cursor: Any, currency: str, at_us: int) -> None:
        self._cursor, self._at_us = cursor, at_us
        self._learned = WarehouseWords(cursor)
        self._known = rules.builtin_catalogue(currency).with_learned(self._learned)
        self._people = self._registered = 0
        self._contacts, self._consents = Counter[str](), Counter[tuple[str, str]]()
        self._have, self._examples = Counter[str](), dict[str, Counter[str]]()
        self._collections = list[Word]()

    def pieces(self) -> Iterator[None]:
        """Counts; stops after each piece."""
        self._learned.traits()
        yield
        [(last,)] = self._cursor.execute("SELECT coalesce(max(person_id), 0) FROM people").fetchall()
        for first in range(0, last + 1, SLICE):
            yield from self._count_people({"at": self._at_us, "first": first, "last": first + SLICE - 1})
        yield from self._count_collections()

    def told(self) -> dict[str, Any]:
        """`people` (customers), `attributes` (name, kind, people, examples) and `collections` (name, rows, fields)."""
        attributes = [*self._traits(), *self._of_people()]
        return {
            "people": self._people,
            "attributes": sorted(attributes, key=lambda word: (-word["people"], word["name"])),
            "collections": self._collections,
        }

    def _count_people(self, slice_: dict[str, int]) -> Iterator[None]:
        def ask(statement: str, **also: int) -> list[tuple[Any, ...]]:
            return list(self._cursor.execute(statement, {**slice_, **also}).fetchall())

        [(people, registered)] = ask(sql.known_people_sql())
        self._people, self._registered = self._people + people, self._registered + registered
        for kind, having in ask(sql.contact_people_sql()):
            self._contacts[kind] += having
        yield
        for channel, purpose, having in ask(sql.consent_people_sql()):
            self._consents[channel, purpose] += having
        yield
        kinds = self._learned.traits()
        for name, kind, having, values in ask(sql.trait_people_sql(), least=EXAMPLE_PEOPLE_MIN, examples=EXAMPLES_MAX):
            if kinds.get(name) == kind:
                self._have[name] += having
                common = self._examples.setdefault(name, Counter())
                for value in values or []:
                    common[value["shown"]] += value["people"]
        yield

    def _traits(self) -> Iterator[Word]:
        for name, kind in self._learned.traits().items():
            common = sorted(self._examples.get(name, Counter()).items(), key=lambda one: (-one[1], one[0]))
            examples = [_shown(text, kind) for text, _people in common[:EXAMPLES_MAX]]
            yield {"name": name, "kind": kind, "people": self._have[name], "examples": examples}

    def _of_people(self) -> Iterator[Word]:
        """Attributes that are no traits: registration and stage, contacts, reach, consents."""
        for attribute in self._known.attributes.values():
            if attribute.source is Source.CONTACT:
                people = self._contacts[attribute.keys[0]]
                yield {"name": attribute.name, "kind": attribute.kind, "people": people, "examples": []}
            elif attribute.source in (Source.REGISTERED, Source.LIFECYCLE):
                yield {"name": attribute.name, "kind": attribute.kind, "people": self._registered, "examples": []}
            elif attribute.source is Source.REACHABLE:
                yield {"name": attribute.name, "kind": attribute.kind, "people": self._people, "examples": []}
        for (channel, purpose), people in sorted(self._consents.items()):
            yield {"name": f"consent.{channel}.{purpose}", "kind": Kind.BOOLEAN, "people": people, "examples": []}

    def _count_collections(self) -> Iterator[None]:
        happened = dict(self._cursor.execute(sql.events_sql(), {"limit": EVENTS_MAX}).fetchall())
        yield
        built_in = {collection.event for collection in self._known.collections.values()}
        for collection in self._known.collections.values():
            if collection.table == BASKET:
                continue
            event = collection.event
            rows = happened.get(event, 0) if event is not None else self._rows(collection.table)
            fields = self._learned.event_fields(event) if event and rows else {}
            self._collections.append(_collection(collection.name, rows, collection, fields))
            yield
        for name, rows in happened.items():
            if name not in built_in:
                self._collections.append(_collection(f'event("{name}")', rows, None, self._learned.event_fields(name)))
                yield
        for name in self._learned.records():
            fields = self._learned.record_fields(name)
            self._collections.append(_collection(f'record("{name}")', self._rows("records", name), None, fields))
            yield

    def _rows(self, table: str, record: str | None = None) -> int:
        where, values = ("", []) if record is None else (" WHERE type = ?", [record])
        [(rows,)] = self._cursor.execute(f"SELECT count(*) FROM {table}{where}", values).fetchall()
        return int(rows)


def _shown(text: str, kind: str) -> str | int | float | bool:
    """An example as people write it."""
    if kind == Kind.NUMBER:
        number = int(text)
        return number // SCALE if number % SCALE == 0 else number / SCALE
    return text == "true" if kind == Kind.BOOLEAN else text[:EXAMPLE_LENGTH_MAX]


def _collection(name: str, rows: int, declared: Collection | None, learned: Any) -> Word:
    fields = {**learned, **({} if declared is None else {one.name: one.kind for one in declared.fields.values()})}
    return {"name": name, "rows": rows, "fields": [{"name": field, "kind": fields[field]} for field in sorted(fields)]}
