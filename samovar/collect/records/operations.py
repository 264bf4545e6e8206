"""Writing types of records. Records themselves come as events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from samovar.collect.records.models import RecordType
from samovar.collect.records.queries import as_json
from samovar.collect.records.types import declared
from samovar.engine import outbox, store
from samovar.engine.outbox import Announcement
from samovar.kit.errors import Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor


class DeclaredMeanwhile(Refusal):
    """Somebody declared the type at the same moment."""

    status = 409


def declare(*, name: str, label: str, time_field: str, fields: Mapping[str, Any], actor: Actor, at_us: int) -> RecordType:
    """Say what a type of records is, in place of what was said before; the same as before changes nothing.

    The time of records that are there already follows. Raises `BadRecordType`, `DeclaredMeanwhile`.
    """
    told = declared(name, label, time_field, fields)
    values = {"label": told.label, "time_field": told.time_field, "fields": told.fields}
    with store.transaction():
        row, is_new = RecordType.objects.get_or_create(name=told.name, defaults=values)
        old = None if is_new else as_json(row)
        if not is_new:
            if all(getattr(row, field) == value for field, value in values.items()):
                return row
            version = row.version + 1
            if not RecordType.objects.filter(pk=row.pk, version=row.version).update(**values, version=version):
                message = _("“%(name)s” was declared by somebody else just now. Look at it again.") % {"name": name}
                raise DeclaredMeanwhile("declared_meanwhile", message)
            row.refresh_from_db()
        new = as_json(row)
        audit.record(actor=actor, action="record_type.declare", subject=f"record_type:{name}", at_us=at_us, old=old, new=new)
        outbox.emit([Announcement(f"record_type:{name}:{row.version}", "Record Type Declared", at_us, new)])
    return row
