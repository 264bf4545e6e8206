"""What the workspace taught: names of traits, events and linked records with the kinds of their first values, which words have
data at all, and the segments that rules may name. What was declared of a type of records comes before what its data says.

Loaded only as far as a rule asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from samovar import rules
from samovar.rules.catalogue import BASKET, Attribute, Collection, Kind, Source
from samovar.rules.tree import Condition
from samovar.understand.sql.words_sql import ARRIVAL

SAMPLE_ROWS = 500  # of an event, or of a type of records, read to learn its fields
TRAITS_MAX = 5_000
_JSON_KINDS = {"VARCHAR": Kind.TEXT, "BIGINT": Kind.NUMBER, "UBIGINT": Kind.NUMBER, "BOOLEAN": Kind.BOOLEAN}
_RECORD_KINDS = {**_JSON_KINDS, "date": Kind.DATE}
_POINTER = "'/' || replace(replace(field, '~', '~0'), '/', '~1')"


class WarehouseWords:
    """`rules.catalogue.Learned` on a DuckDB cursor, remembered for one query."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._fields: dict[str, Mapping[str, Kind]] = {}
        self._record_fields: dict[str, Mapping[str, Kind]] = {}

    @cached_property
    def _traits(self) -> dict[str, Kind]:
        rows = self._cursor.execute(
            f"SELECT name, arg_min(kind, {ARRIVAL}) FROM attributes WHERE kind IS NOT NULL GROUP BY name ORDER BY name LIMIT ?",
            [TRAITS_MAX],
        ).fetchall()
        return {name: Kind(kind) for name, kind in rows}

    def traits(self) -> Mapping[str, Kind]:
        """Names of traits with the kind of their first value."""
        return self._traits

    @cached_property
    def _events(self) -> frozenset[str]:
        return frozenset(name for (name,) in self._cursor.execute("SELECT DISTINCT name FROM events").fetchall())

    def events(self) -> frozenset[str]:
        """Names of events that happened."""
        return self._events

    def event_fields(self, event: str) -> Mapping[str, Kind]:
        """Fields of an event, from a sample of it."""
        if event not in self._fields:
            rows = self._cursor.execute(
                "WITH sample AS (SELECT props FROM events WHERE name = ? AND props IS NOT NULL LIMIT ?), "
                "named AS (SELECT props, unnest(json_keys(props)) AS field FROM sample) "
                f"SELECT field, json_type(props, {_POINTER}) AS kind, count(*) "
                "FROM named WHERE NOT starts_with(field, '~') GROUP BY ALL ORDER BY 1, 3, 2",
                [event, SAMPLE_ROWS],
            ).fetchall()
            self._fields[event] = {field: _JSON_KINDS[kind] for field, kind, _ in rows if kind in _JSON_KINDS}
        return self._fields[event]

    @cached_property
    def _records(self) -> dict[str, bool]:
        told = "SELECT DISTINCT type, false FROM records ANTI JOIN record_types ON record_types.name = records.type"
        return dict(
            self._cursor.execute(f"SELECT name, time_field IS NOT NULL FROM record_types UNION ALL {told} ORDER BY 1").fetchall()
        )

    def records(self) -> Mapping[str, bool]:
        """Types of records, declared or told of, and whether each has a time."""
        return self._records

    def record_fields(self, record: str) -> Mapping[str, Kind]:
        """Fields of a type of records: as declared, else the kind of most of its first values."""
        if record not in self._record_fields:
            declared = self._cursor.execute("SELECT fields FROM record_types WHERE name = ?", [record]).fetchall()
            rows = self._cursor.execute(
                "WITH sample AS (SELECT props, dates FROM records WHERE type = ? AND props IS NOT NULL "
                "ORDER BY valid_from_us, event_key LIMIT ?), "
                "named AS (SELECT props, dates, unnest(json_keys(props)) AS field FROM sample) "
                f"SELECT field, CASE WHEN json_exists(dates, {_POINTER}) THEN 'date' ELSE json_type(props, {_POINTER}) END, "
                "count(*) FROM named WHERE NOT starts_with(field, '~') GROUP BY ALL ORDER BY 1, 3, 2",
                [record, SAMPLE_ROWS],
            ).fetchall()
            learned = {field: _RECORD_KINDS[kind] for field, kind, _ in rows if kind in _RECORD_KINDS}
            said = {field: Kind(kind) for (text,) in declared if text for field, kind in json.loads(text).items()}
            self._record_fields[record] = learned | said
        return self._record_fields[record]


class StoredSegments(Mapping[str, Condition]):
    """The segments in use by slug, read from the operational store when a rule first names one."""

    @cached_property
    def _trees(self) -> dict[str, Any]:
        from samovar.understand.models import Segment  # words are also learned where there is no operational store

        return dict(Segment.objects.filter(is_archived=False).values_list("slug", "tree"))

    def __getitem__(self, slug: str) -> Condition:
        return rules.from_json(self._trees[slug]).condition

    def __iter__(self) -> Iterator[str]:
        return iter(self._trees)

    def __len__(self) -> int:
        return len(self._trees)


class WarehouseFacts:
    """`rules.unseen.Seen` on a DuckDB cursor. Each answer stops at the first row it meets."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def has_attribute(self, attribute: Attribute) -> bool:
        """Whether anybody has a value of it, or ever had; stage and reach are computed for everybody, a basket is at hand."""
        match attribute.source:
            case Source.TRAIT:
                return self._has("attributes WHERE name = ? AND kind IS NOT NULL", attribute.name)
            case Source.CONSENT:
                return self._has("consents WHERE channel = ? AND purpose = ?", *attribute.keys)
            case Source.CONTACT:
                return self._has("identifiers WHERE kind = ?", *attribute.keys)
            case Source.REGISTERED:
                return self._has("profiles WHERE registered_us IS NOT NULL")
            case Source.LIFECYCLE | Source.REACHABLE | Source.BASKET:
                return True

    def has_rows(self, collection: Collection) -> bool:
        """Whether any of it happened."""
        if collection.event is not None:
            return self._has("events WHERE name = ?", collection.event)
        if collection.record is not None:
            return self._has("records WHERE type = ?", collection.record)
        if collection.table == BASKET:
            return True
        return self._has(collection.table)

    def _has(self, rows: str, *values: str) -> bool:
        return bool(self._cursor.execute(f"SELECT 1 FROM {rows} LIMIT 1", list(values)).fetchall())
