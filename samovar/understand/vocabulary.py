"""The words a rule may use, as the builder lists them: with kinds, and with what the reader calls them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from samovar.engine.warehouse.client import Asker
from samovar.engine.warehouse.schema import TABLES
from samovar.kit.errors import Refusal
from samovar.rules.catalogue import CHANNEL_IDENTIFIERS, REACH_STATES, Attribute, Catalogue, Collection, Field, Kind, Source
from samovar.rules.lifecycle import STAGES
from samovar.rules.sentence import LANGUAGES, LanguageCode
from samovar.rules.sentence.grammar import Language, Noun
from samovar.rules.sentence.labels import attribute_label, collection_label, field_label, value_labels
from samovar.understand import queries
from samovar.understand.models import Segment

_UNLISTED = ("entries",)  # the builder asks it of a segment by name
_EVENT = ('event("', '")')  # as the worker's count names one
_NOTHING_LEARNED: dict[str, Any] = {"traits": {}, "events": [], "records": {}}


def vocabulary(catalogue: Catalogue, warehouse: Asker, language: LanguageCode, currency: str) -> dict[str, Any]:
    """`attributes`, `collections`, `events`, `records`, `segments`, each a list; `is_whole` is false where the warehouse did
    not answer, and then what data taught is missing. Fields of events and records are asked apart: see `fields_of`."""
    learned, is_whole = _learned(warehouse)
    words = LANGUAGES[language]
    declared = {one.name: one for one in _attributes(catalogue)}
    listed = [one for one in catalogue.collections.values() if one.table in TABLES and one.name not in _UNLISTED]
    known = {"", *(one.event for one in catalogue.collections.values())}  # a page or a screen has no name of its own
    return {
        "attributes": [
            *(_attribute(one, words) for one in declared.values()),
            *(_trait(name, kind) for name, kind in learned["traits"].items() if name not in declared),
        ],
        "collections": [_collection(one, words) for one in listed],
        "events": [name for name in learned["events"] if name not in known],
        "records": [{"name": name, "timed": is_timed} for name, is_timed in learned["records"].items()],
        "segments": [
            {"name": slug, "label": name}
            for slug, name in Segment.objects.filter(is_archived=False).order_by("name").values_list("slug", "name")
        ],
        "units": {name: _unit_forms(noun) for name, noun in words.words.units.items()},
        "currency": currency,
        "is_whole": is_whole,
    }


def fields_of(warehouse: Asker, **source: str) -> list[dict[str, Any]]:
    """Fields of an `event` or of the records of a type (`record`), as data taught them. Raises `Refusal`."""
    [answer] = warehouse.query("understand.fields", **source).to_pylist()
    found = json.loads(answer["fields"])
    return [{"name": name, "label": name, "kind": kind, "searchable": kind == Kind.TEXT} for name, kind in found.items()]


def values_of(warehouse: Asker, **asked: str) -> list[str]:
    """Values that a name has had, the most frequent first: see `understand.values`. Raises `Refusal`."""
    values: list[str] = warehouse.query("understand.values", **asked).column("value").to_pylist()
    return values


def _unit_forms(noun: Noun) -> dict[str, str]:
    """A unit by the categories of plurals that browsers know: 1 день, 2 дня, 5 дней; 1 day, 2 days."""
    few = noun.of_one or noun.many
    return {"one": noun.one, "few": few, "many": noun.of_many or noun.many, "other": few}


def _learned(warehouse: Asker) -> tuple[dict[str, Any], bool]:
    """What data taught, as the worker counted it last; before that the warehouse goes through all of it."""
    stored = queries.vocabulary()
    counted = _counted(stored.words) if stored.counted_us is not None else {}
    try:
        [answer] = warehouse.query("understand.names", only_records=bool(counted)).to_pylist()
    except Refusal:
        return {**_NOTHING_LEARNED, **counted}, False
    return {name: json.loads(answer[name]) for name in _NOTHING_LEARNED} | counted, True


def _counted(words: Mapping[str, Any]) -> dict[str, Any]:
    names = [one["name"] for one in words.get("collections", [])]
    return {
        "traits": {one["name"]: one["kind"] for one in words.get("attributes", [])},
        "events": [name.removeprefix(_EVENT[0]).removesuffix(_EVENT[1]) for name in names if name.startswith(_EVENT[0])],
    }


def _attributes(catalogue: Catalogue) -> list[Attribute]:
    consents = [
        catalogue.attribute(("consent", channel, purpose)) for channel in CHANNEL_IDENTIFIERS for purpose in catalogue.purposes
    ]
    return [*catalogue.attributes.values(), *consents]


def _attribute(attribute: Attribute, words: Language) -> dict[str, Any]:
    is_of_person = attribute.source in (Source.TRAIT, Source.REGISTERED, Source.LIFECYCLE)
    found: dict[str, Any] = {
        "parts": attribute.name.split("."),
        "label": attribute_label(attribute, words),
        "kind": attribute.kind,
        "searchable": attribute.source is Source.TRAIT and attribute.kind is Kind.TEXT,
        "group": "person" if is_of_person else attribute.source,
    }
    if attribute.source is Source.LIFECYCLE:
        called = value_labels(attribute.name, words)
        found["values"] = [{"value": stage, "label": called.get(stage, stage)} for stage in STAGES]
    if attribute.source is Source.REACHABLE and attribute.kind is Kind.TEXT:
        called = value_labels(attribute.name, words)
        found["values"] = [{"value": state, "label": called[state]} for state in REACH_STATES]
    return found


def _trait(name: str, kind: str) -> dict[str, Any]:
    """A rule names it with `trait.` in front, since a built-in word could be called the same one day."""
    return {"parts": ["trait", name], "label": name, "kind": kind, "searchable": kind == Kind.TEXT, "group": "own"}


def _collection(collection: Collection, words: Language) -> dict[str, Any]:
    return {
        "name": collection.name,
        "label": collection_label(collection.name, words),
        "timed": collection.is_timed,
        "fields": [_field(one, words) for one in collection.fields.values()],
        "event": collection.event or "",
    }


def _field(field: Field, words: Language) -> dict[str, Any]:
    searchable = field.kind is Kind.TEXT and field.has_folded_twin
    return {"name": field.name, "label": field_label(field.name, words), "kind": field.kind, "searchable": searchable}
