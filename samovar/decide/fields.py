"""What a person may fill in of a campaign, checked and turned into columns: one place for screens, REST API and text files."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from samovar.decide.rules import CONTROL_SHARE_MAX, PER_WHOLE, VARIANTS_MAX, WEIGHT_MAX, WINDOW_DAYS_MAX, Kind
from samovar.kit.errors import Refusal
from samovar.kit.text import normal

RULE_CHARS_MAX = 65_536
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\Z")
_PURPOSE = re.compile(r"[a-z][a-z0-9_.]{0,59}\Z")
_VARIANT = re.compile(r"[\w-]{1,40}\Z")


class BadField(Refusal):
    """A field's value is not allowed; `field` names it."""


def columns(values: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """Model columns of the fields given; with `partial` only of those, else with defaults for the rest. Raises `BadField`."""
    for name in values:
        if name not in FIELDS:
            raise BadField("unknown_field", _("A campaign has no field “%(field)s”.") % {"field": name[:60]}, field=name[:60])
    result: dict[str, Any] = {}
    for name, (column, default, clean) in FIELDS.items():
        if name in values:
            result[column] = clean(name, values[name])
        elif not partial:
            result[column] = clean(name, default)
    return result


def slug(value: Any) -> str:
    """A slug as it is stored. Raises `BadField`."""
    if not isinstance(value, str) or not _SLUG.match(value):
        raise BadField("bad_slug", _("A slug is of small Latin letters, digits and hyphens, at most 60."), field="slug")
    return value


def _short(limit: int, *, needed: bool = False) -> Callable[[str, Any], str]:
    def clean(field: str, value: Any) -> str:
        text = normal(value).replace("\r\n", "\n").strip() if isinstance(value, str) else ""
        if not isinstance(value, str) or len(text) > limit or "\x00" in text or (needed and not text):
            raise BadField(
                "bad_text",
                _("“%(field)s” must be a text of at most %(limit)s characters.") % {"field": field, "limit": limit},
                field=field,
            )
        return text

    return clean


def _kind(field: str, value: Any) -> str:
    if value not in list(Kind):
        raise BadField("bad_kind", _("A campaign is either “activation” or “information”."), field=field)
    return str(value)


def _purpose(field: str, value: Any) -> str:
    if not isinstance(value, str) or not _PURPOSE.match(value):
        raise BadField("bad_purpose", _("Name the purpose of consent in small Latin letters, such as marketing."), field=field)
    return value


def _channel(field: str, value: Any) -> str:
    if value != "email":
        raise BadField("bad_channel", _("The channel must be “email”."), field=field)
    return "email"


def _control_share(field: str, value: Any) -> int:
    """A share from 0 to 0.5 as ten-thousandths."""
    share = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not 0 <= share <= CONTROL_SHARE_MAX / PER_WHOLE:
        raise BadField("bad_control_share", _("The control group takes from 0 to 50 % of the people."), field=field)
    return round(share * PER_WHOLE)


def _variants(field: str, value: Any) -> list[dict[str, Any]]:
    rows = value if isinstance(value, list) else []
    names = [row.get("name") for row in rows if isinstance(row, dict)]
    weights = [row.get("weight", 1) for row in rows if isinstance(row, dict)]
    good = (
        1 <= len(rows) <= VARIANTS_MAX
        and len(names) == len(rows) == len({str(name) for name in names})
        and all(isinstance(name, str) and _VARIANT.match(name) for name in names)
        and all(type(weight) is int and 1 <= weight <= WEIGHT_MAX for weight in weights)
    )
    if not good:
        raise BadField(
            "bad_variants",
            _("Give 1 to %(limit)s variants, each with a name of its own and a whole positive weight.") % {"limit": VARIANTS_MAX},
            field=field,
        )
    return [{"name": name, "weight": weight} for name, weight in zip(names, weights, strict=True)]


def _start(field: str, value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise BadField("bad_start", _("The start must be a moment."), field=field)
    return value


def _window(field: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value <= WINDOW_DAYS_MAX:
        raise BadField("bad_window", _("The window is from 1 to %(limit)s days.") % {"limit": WINDOW_DAYS_MAX}, field=field)
    return value


def _action(field: str, value: Any) -> dict[str, Any]:
    params = value.get("params", {}) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not isinstance(params, dict):
        raise BadField("bad_action", _("An action has a name and parameters."), field=field)
    return {"name": value["name"], "params": params}


# Field for people → column, default, check.
FIELDS: dict[str, tuple[str, Any, Callable[[str, Any], Any]]] = {
    "name": ("name", "", _short(150, needed=True)),
    "kind": ("kind", "activation", _kind),
    "goal": ("goal", "", _short(300)),
    "audience": ("audience_text", "", _short(RULE_CHARS_MAX)),
    "segment": ("audience_segment", "", _short(100)),
    "purpose": ("purpose", "marketing", _purpose),
    "channel": ("channel", "email", _channel),
    "control_share": ("control_share", 0.10, _control_share),
    "variants": ("variants", [{"name": "A", "weight": 1}], _variants),
    "start_us": ("start_us", None, _start),
    "window_days": ("window_days", 14, _window),
    "action": ("action", {"name": "send_email", "params": {}}, _action),
}
