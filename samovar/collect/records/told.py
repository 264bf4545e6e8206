"""Records as events tell them: what one Record Updated or Record Removed says. Pure.

An update tells all fields of its record as they are from its moment on. Texts that are dates carry them as whole numbers, so
that no engine reads a calendar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from samovar.collect.properties import Scalar, as_json, normalised
from samovar.kit.clock import BadMoment, Zone, parse_moment
from samovar.kit.text import normal

RECORD_VERBS = {"Record Updated": "updated", "Record Removed": "removed"}
TYPE_CHARS_MAX = 100
ID_CHARS_MAX = 320
_OWN = frozenset({"type", "id"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?\Z")
_encode = msgspec.json.Encoder().encode


class RecordFacts(msgspec.Struct, gc=False):
    """What one event says of a record.

    `props` is the JSON of its normalised fields; `dates` is the JSON of {field: [local day, instant]} of those that are dates
    or moments.
    """

    type: str
    record_id: str
    verb: str
    props: str | None
    dates: str | None


class BadRecord(ValueError):
    """A record event that does not say of which record it speaks."""


def record_facts(verb: str, properties: Mapping[str, Any] | None, zone: Zone) -> RecordFacts | None:
    """Facts of a record event; None for the empty stub that an erasure leaves. Raises `BadRecord`, `BadNumber`, `TooNested`."""
    if not properties:
        return None
    type_ = named(properties.get("type"), "type", TYPE_CHARS_MAX)
    record_id = named(properties.get("id"), "id", ID_CHARS_MAX)
    if verb == "removed":
        return RecordFacts(type_, record_id, verb, None, None)
    bag = normalised({name: value for name, value in properties.items() if name not in _OWN})
    dates = dates_of(bag, zone)
    return RecordFacts(type_, record_id, verb, as_json(bag), _encode(dates).decode() if dates else None)


def named(value: Any, name: str, characters_max: int) -> str:
    """A record's type or id as it is compared: NFC without outer blanks. Raises `BadRecord`."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = normal(value).strip() if isinstance(value, str) else ""
    if not text or len(text) > characters_max or "\0" in text:
        raise BadRecord(f"a record event needs properties.{name}, a text of at most {characters_max} characters")
    return text


def dates_of(bag: Mapping[str, Scalar], zone: Zone) -> dict[str, tuple[int, int]]:
    """Of each text that is a date or a moment: its local day, and its instant, a date's being its first."""
    found = {}
    for name, value in bag.items():
        if isinstance(value, str) and not name.startswith("~") and _DATE.match(value):
            try:
                at_us = parse_moment(value, zone)
            except BadMoment:
                continue
            found[name] = (zone.day(at_us), at_us)
    return found
