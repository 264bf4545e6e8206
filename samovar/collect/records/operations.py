"""Writing records: their types are declared here; a record that a person or a program changes goes into the log as an event, as
one that a shop's server tells does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from samovar.collect.erasure.queries import person_of
from samovar.collect.properties import TooNested
from samovar.collect.records.models import RecordType
from samovar.collect.records.queries import as_json
from samovar.collect.records.told import RECORD_VERBS, BadRecord, record_facts
from samovar.collect.records.types import declared
from samovar.collect.told_here import Append, event_row, naming
from samovar.engine import outbox, store
from samovar.engine.outbox import Announcement
from samovar.kit.clock import Zone
from samovar.kit.errors import Refusal
from samovar.kit.numbers import BadNumber
from samovar.staff import audit
from samovar.staff.actors import Actor

_EVENTS = {verb: name for name, verb in RECORD_VERBS.items()}


class RecordRefused(Refusal):
    """A record that cannot be told."""

    status = 422


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


def put(
    *,
    person: int,
    record_type: str,
    record_id: str,
    fields: Mapping[str, Any],
    zone: Zone,
    append: Append,
    actor: Actor,
    at_us: int,
) -> None:
    """Give a person a record with these fields, in place of those it had. Raises `NotFound`, `Erased`, `RecordRefused`,
    `Nameless`, `TooLarge`."""
    if taken := sorted({"type", "id"} & set(fields)):
        message = _("“%(name)s” cannot be the name of a field.") % {"name": taken[0]}
        raise RecordRefused("bad_field", message, field="fields")
    told = {**fields, "type": record_type, "id": record_id}
    _tell("updated", person, told, zone, append, actor, at_us)


def remove(*, person: int, record_type: str, record_id: str, zone: Zone, append: Append, actor: Actor, at_us: int) -> None:
    """Take a record away from now on; what it was stays. Raises `NotFound`, `Erased`, `RecordRefused`,
    `Nameless`, `TooLarge`."""
    _tell("removed", person, {"type": record_type, "id": record_id}, zone, append, actor, at_us)


def _tell(verb: str, person: int, properties: dict[str, Any], zone: Zone, append: Append, actor: Actor, at_us: int) -> None:
    try:
        record_facts(verb, properties, zone)
    except (BadRecord, BadNumber, TooNested) as error:
        message = _("The record cannot be taken: %(reason)s.") % {"reason": error}
        raise RecordRefused("bad_record", message, field="fields") from error
    event = {"type": "track", "event": _EVENTS[verb], "properties": properties}
    with store.transaction():
        person = person_of(person)
        row = event_row(event, naming(person), at_us, "fields")
        # The type alone: what else names a record may name its owner, and the trail outlives an erasure.
        audit.record(
            actor=actor, action=f"record.{'put' if verb == 'updated' else 'remove'}", subject=f"profile:{person}", at_us=at_us,
            new={"type": properties["type"]},
        )  # fmt: skip
        append([row])
