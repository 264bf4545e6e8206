"""Reads of records: the declared types from the store, a person's records from the warehouse."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from samovar.collect.records.models import RecordType
from samovar.collect.timeline import plain
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import iso
from samovar.kit.errors import NotFound


def record_types() -> list[RecordType]:
    """Every declared type by name."""
    return list(RecordType.objects.order_by("name"))


def record_type(name: str) -> RecordType:
    """A declared type. Raises `NotFound`."""
    row = RecordType.objects.filter(name=name).first()
    if row is None:
        message = _("No type of records “%(name)s” is declared.") % {"name": name[:100]}
        raise NotFound("no_record_type", message, name=name[:100])
    return row


def as_json(row: RecordType) -> dict[str, Any]:
    """A type for programs and for text."""
    return {"name": row.name, "label": row.label, "time": row.time_field, "fields": row.fields}


@dataclass(frozen=True)
class Record:
    """A record as it stands at a moment.

    `fields` are as they are stored, numbers in 1/10000; `days` are the local days of those that are dates, `kinds` what its
    type declares.
    """

    type: str
    record_id: str
    label: str
    fields: dict[str, Any]
    days: dict[str, int]
    kinds: dict[str, str]
    since_us: int
    changed_us: int


def records_of(*, warehouse: Asker, person_id: int, at_us: int, limit: int = 200) -> list[Record]:
    """A person's records as they stand at a moment, the newest first."""
    return read_records(warehouse.query("collect.records_of", person_id=person_id, at_us=at_us, limit=limit))


def read_records(rows: pa.Table) -> list[Record]:
    """The rows of `collect.records_of`."""
    return [
        Record(
            type=row["type"], record_id=row["record_id"], label=row["label"] or row["type"],
            fields={name: value for name, value in json.loads(row["props"] or "{}").items() if not name.startswith("~")},
            days={name: day for name, (day, _instant) in json.loads(row["dates"] or "{}").items()},
            kinds=json.loads(row["kinds"] or "{}"), since_us=row["since_us"], changed_us=row["changed_us"],
        )
        for row in rows.to_pylist()
    ]  # fmt: skip


def record_as_json(record: Record) -> dict[str, Any]:
    """A record for programs: its fields as they were told."""
    return {
        "type": record.type, "id": record.record_id, "fields": {name: plain(value) for name, value in record.fields.items()},
        "since": iso(record.since_us), "changed": iso(record.changed_us),
    }  # fmt: skip
