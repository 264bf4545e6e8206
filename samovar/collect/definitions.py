"""Types of linked records as text: label, time and kinds of fields. Records are facts, not definitions."""

from __future__ import annotations

from typing import Any

from samovar.collect.records import operations, queries
from samovar.collect.records.types import BadRecordType
from samovar.engine.definitions import Kind
from samovar.staff.actors import Actor

_FIELDS = ("label", "time", "fields")


def export_record_types() -> dict[str, dict[str, Any]]:
    """{name: values} of every declared type."""
    return {row.name: {field: queries.as_json(row)[field] for field in _FIELDS} for row in queries.record_types()}


def apply_record_type(name: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    """Declare a type. Raises `BadRecordType`."""
    if unknown := sorted(set(values) - set(_FIELDS)):
        raise BadRecordType("unknown_field", f"A type of records has no “{unknown[0][:60]}”.", field=unknown[0][:60])
    fields = values.get("fields") or {}
    if not isinstance(fields, dict):
        raise BadRecordType("bad_fields", "The fields of a type are names with their kinds.", field="fields")
    label, time_field = str(values.get("label") or ""), str(values.get("time") or "")
    operations.declare(
        name=name, label=label, time_field=time_field, fields={str(field): kind for field, kind in fields.items()}, actor=actor,
        at_us=at_us,
    )  # fmt: skip


KINDS = (Kind("record-types", order=7, export=export_record_types, apply=apply_record_type),)
