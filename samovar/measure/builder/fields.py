"""What a saved report and a board may hold, as texts and plain values become them. Pure but for the words of refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from samovar.kit.errors import Refusal
from samovar.measure.builder.library import CHARTS
from samovar.measure.reports import answers
from samovar.measure.reports.report import check
from samovar.staff.permissions import POLICIES

NAME_MAX, DESCRIPTION_MAX, TILES_MAX, TEXT_MAX = 150, 300, 24, 4_000
WIDTHS = (1, 2, 3)
_TILE = ("title", "saved", "report", "params", "chart", "width")


class BadReport(Refusal):
    """A field of a saved report or of a board holds what it may not."""

    status = 422


def name(text: str) -> str:
    """A name of one line. Raises `BadReport`."""
    cleaned = " ".join(text.split())
    if not 0 < len(cleaned) <= NAME_MAX or "\0" in cleaned:
        raise BadReport("bad_name", _("Give it a name of up to %(limit)s characters.") % {"limit": NAME_MAX}, field="name")
    return cleaned


def description(text: str) -> str:
    """A sentence, or nothing. Raises `BadReport`."""
    cleaned = " ".join(text.split())
    if len(cleaned) > DESCRIPTION_MAX or "\0" in cleaned:
        message = _("The description may have up to %(limit)s characters.") % {"limit": DESCRIPTION_MAX}
        raise BadReport("bad_description", message, field="description")
    return cleaned


def roles(values: Sequence[str]) -> list[str]:
    """The roles that see a thing, in order. Raises `BadReport`."""
    for value in values:
        if value not in list(POLICIES):
            message = _("There is no role “%(name)s”. There are: %(names)s.")
            raise BadReport("bad_role", message % {"name": str(value)[:60], "names": ", ".join(list(POLICIES))}, field="roles")
    return [value for value in list(POLICIES) if value in values]


def params(report: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a report that are given, in its own order. Raises `NotFound`, `BadParameter`."""
    asked = answers.report(report)
    given = {str(key): str(value) for key, value in values.items() if value not in (None, "")}
    check(asked, given)
    return {one.name: given[one.name] for one in asked.params if one.name in given}


def chart(kind: str) -> str:
    """How a report is drawn. Raises `BadReport`."""
    if kind not in CHARTS:
        message = _("A report is drawn as %(names)s, not as “%(name)s”.") % {"names": ", ".join(CHARTS), "name": kind[:60]}
        raise BadReport("bad_chart", message, field="chart")
    return kind


def tiles(values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The tiles of a board. Raises `BadReport`, `NotFound`, `BadParameter`."""
    if len(values) > TILES_MAX:
        raise BadReport("too_many_tiles", _("A board has up to %(limit)s tiles.") % {"limit": TILES_MAX}, field="tiles")
    return [_tile(value) for value in values]


def _tile(value: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) - set(_TILE) or ("saved" in value) == ("report" in value):
        message = _("A tile names either a saved report or a report, with a title, a chart and a width.")
        raise BadReport("bad_tile", message, field="tiles")
    width = value.get("width", 1)
    if width not in WIDTHS:
        raise BadReport("bad_width", _("A tile is 1, 2 or 3 columns wide."), field="tiles")
    told: dict[str, Any] = {"title": description(str(value.get("title") or "")), "width": width}
    if value.get("chart"):
        told["chart"] = chart(str(value["chart"]))
    if "saved" in value:
        return {"saved": str(value["saved"])[:100], **told}
    report = str(value["report"])
    return {"report": report, "params": params(report, value.get("params") or {}), **told}
