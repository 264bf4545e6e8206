"""What may be declared of a type of records. Pure.

A type and its fields are known from the first record that comes. Declaring says what data cannot: which field is the time, that
a number is money, what the type is called by people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from samovar.engine.definitions import SLUG
from samovar.kit.errors import Refusal
from samovar.kit.text import normal

KINDS = ("text", "number", "money", "boolean", "date")
FIELDS_MAX = 200
NAME_CHARS_MAX = 200
LABEL_CHARS_MAX = 100


class BadRecordType(Refusal):
    """A declaration that cannot hold."""

    status = 422


@dataclass(frozen=True)
class Declared:
    """A type as it is declared: `fields` maps names to `KINDS`; `time_field` is a date among them, empty for none."""

    name: str
    label: str
    time_field: str
    fields: dict[str, str]


def declared(name: str, label: str, time_field: str, fields: Mapping[str, Any]) -> Declared:
    """A checked declaration. Raises `BadRecordType`."""
    if not SLUG.match(name):
        message = _("A type of records is called by small Latin letters, digits, dots, hyphens and underscores.")
        raise BadRecordType("bad_name", message, field="name")
    label = normal(label).strip()
    if len(label) > LABEL_CHARS_MAX or "\0" in label:
        message = _("The label has at most %(limit)d characters.") % {"limit": LABEL_CHARS_MAX}
        raise BadRecordType("bad_label", message, field="label")
    if len(fields) > FIELDS_MAX:
        message = _("A type has at most %(limit)d declared fields.") % {"limit": FIELDS_MAX}
        raise BadRecordType("too_many_fields", message, field="fields")
    kinds = {_field(field): _kind(field, kind) for field, kind in fields.items()}
    if time_field and kinds.get(normal(time_field)) != "date":
        message = _("The time must be one of the declared fields, of the kind date; “%(name)s” is not.")
        raise BadRecordType("bad_time_field", message % {"name": time_field[:60]}, field="time")
    return Declared(name, label, normal(time_field), kinds)


def _field(name: str) -> str:
    if not name.strip() or len(name) > NAME_CHARS_MAX or name.startswith("~") or "\0" in name or name in ("type", "id"):
        raise BadRecordType("bad_field", _("“%(name)s” cannot be the name of a field.") % {"name": name[:60]}, field="fields")
    return normal(name)


def _kind(field: str, kind: Any) -> str:
    if kind not in KINDS:
        message = _("The kind of “%(name)s” is one of: %(kinds)s.")
        raise BadRecordType("bad_kind", message % {"name": field[:60], "kinds": ", ".join(KINDS)}, field="fields")
    return str(kind)
