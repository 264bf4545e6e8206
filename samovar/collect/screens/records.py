"""A person's linked records on the card, each field as its kind is told."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from samovar.collect.records.queries import Record, read_records
from samovar.collect.timeline import plain
from samovar.engine.warehouse.client import Asked
from samovar.kit.numbers import minor_of_scaled
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest

RECORDS_SHOWN = 20


def asked_records(request: OfficeRequest, person_id: int) -> Asked:
    """What to ask the warehouse for `shown_records`."""
    return "collect.records_of", {"person_id": person_id, "at_us": request.at_us, "limit": RECORDS_SHOWN + 1}


def shown_records(rows: pa.Table) -> dict[str, Any]:
    """What the card shows: up to `RECORDS_SHOWN` records, and whether there are more."""
    found = read_records(rows)
    shown = [
        {
            "label": record.label, "id": record.record_id, "since_us": record.since_us,
            "fields": [(name, _shown(record, name, value)) for name, value in record.fields.items()],
        }
        for record in found[:RECORDS_SHOWN]
    ]  # fmt: skip
    return {"shown": shown, "has_more": len(found) > RECORDS_SHOWN}


def _shown(record: Record, name: str, value: Any) -> str:
    kind = record.kinds.get(name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return formats.money(minor_of_scaled(value, formats.currency())) if kind == "money" else formats.number(plain(value), 4)
    if name in record.days and kind in (None, "date"):
        return formats.day(record.days[name])
    return value or formats.DASH
