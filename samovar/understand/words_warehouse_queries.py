"""The named queries of the words of rules: all of them with what they are borne out by, and those of one rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from samovar import rules
from samovar.engine.warehouse.registry import Context, named
from samovar.kit.numbers import SCALE
from samovar.rules.catalogue import BASKET, Catalogue, Collection, Kind, Source
from samovar.rules.vocabulary import learned_words
from samovar.understand.learned import TRAITS_MAX, WarehouseWords
from samovar.understand.sql import words_sql as sql
from samovar.understand.warehouse_queries import catalogue

EVENTS_MAX = 500
EXAMPLE_PEOPLE_MIN = 3  # who have a value before it is shown as an example
EXAMPLE_LENGTH_MAX = 60
Word = dict[str, Any]


@named("understand.words")
def words(cursor: Any, context: Context, /, *, at_us: int) -> pa.Table:
    """One row, `words` as JSON: `people` (customers), `attributes` (name, kind, people, examples) and `collections` (name, rows,
    fields).

    It goes through all that is known of people once for each trait: two seconds a million people. Pages read what the worker
    stored of it.
    """
    learned = WarehouseWords(cursor)
    known = rules.builtin_catalogue(context.currency).with_learned(learned)
    people, registered = cursor.execute(sql.known_people_sql(), {"at": at_us}).fetchone()
    attributes = [*_traits(cursor, at_us), *_of_people(cursor, at_us, registered, known)]
    told = {
        "people": people,
        "attributes": sorted(attributes, key=lambda word: (-word["people"], word["name"])),
        "collections": list(_collections(cursor, known, learned)),
    }
    return pa.table({"words": [json.dumps(told, ensure_ascii=False)]})


@named("understand.words_of")
def words_of(cursor: Any, context: Context, /, *, tree: dict[str, Any]) -> pa.Table:
    """`word` and `kind` of the words of a stored rule that this shop's data taught; those not known are left out."""
    found = learned_words(rules.from_json(tree).condition, catalogue(cursor, context))
    return pa.table({"word": pa.array(list(found), pa.string()), "kind": pa.array(list(found.values()), pa.string())})


def _traits(cursor: Any, at_us: int) -> Iterator[Word]:
    for name, kind, _rows in cursor.execute(sql.trait_words_sql(), {"limit": TRAITS_MAX}).fetchall():
        asked = {"name": name, "kind": kind, "at": at_us, "least": EXAMPLE_PEOPLE_MIN}
        people, examples = cursor.execute(sql.trait_people_sql(), asked).fetchone()
        yield {"name": name, "kind": kind, "people": people, "examples": [_shown(text, kind) for text in examples or []]}


def _shown(text: str, kind: str) -> str | int | float | bool:
    """An example as people write it."""
    if kind == Kind.NUMBER:
        number = int(text)
        return number // SCALE if number % SCALE == 0 else number / SCALE
    return text == "true" if kind == Kind.BOOLEAN else text[:EXAMPLE_LENGTH_MAX]


def _of_people(cursor: Any, at_us: int, registered: int, known: Catalogue) -> Iterator[Word]:
    """Attributes that are no traits: registration and stage, contacts, consents."""
    contacts = dict(cursor.execute(sql.contact_people_sql(), {"at": at_us}).fetchall())
    for attribute in known.attributes.values():
        if attribute.source is Source.CONTACT:
            yield {"name": attribute.name, "kind": attribute.kind, "people": contacts.get(attribute.keys[0], 0), "examples": []}
        elif attribute.source in (Source.REGISTERED, Source.LIFECYCLE):
            yield {"name": attribute.name, "kind": attribute.kind, "people": registered, "examples": []}
    for channel, purpose, people in cursor.execute(sql.consent_people_sql(), {"at": at_us}).fetchall():
        yield {"name": f"consent.{channel}.{purpose}", "kind": Kind.BOOLEAN, "people": people, "examples": []}


def _collections(cursor: Any, known: Catalogue, learned: WarehouseWords) -> Iterator[Word]:
    happened = dict(cursor.execute(sql.events_sql(), {"limit": EVENTS_MAX}).fetchall())
    built_in = {collection.event: collection for collection in known.collections.values()}
    for collection in known.collections.values():
        if collection.table != BASKET:
            event = collection.event
            rows = happened.get(event, 0) if event is not None else _rows(cursor, f"{collection.table}")
            yield _collection(collection.name, rows, collection, learned.event_fields(event) if event and rows else {})
    for name, rows in happened.items():
        if name not in built_in:
            yield _collection(f'event("{name}")', rows, None, learned.event_fields(name))
    for name in learned.records():
        yield _collection(f'record("{name}")', _rows(cursor, "records", name), None, learned.record_fields(name))


def _rows(cursor: Any, table: str, record: str | None = None) -> int:
    where, values = ("", []) if record is None else (" WHERE type = ?", [record])
    [(rows,)] = cursor.execute(f"SELECT count(*) FROM {table}{where}", values).fetchall()
    return int(rows)


def _collection(name: str, rows: int, declared: Collection | None, learned: Any) -> Word:
    fields = {**learned, **({} if declared is None else {one.name: one.kind for one in declared.fields.values()})}
    return {"name": name, "rows": rows, "fields": [{"name": field, "kind": fields[field]} for field in sorted(fields)]}
