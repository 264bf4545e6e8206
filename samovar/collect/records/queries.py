"""Reads of records: the declared types from the store, a person's records from the warehouse."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from samovar.collect.records.models import RecordType
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
