"""Schedules on the page of a report or a board: made, removed, and what became of the last files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel.dates import get_day_names
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from samovar.kit.errors import Refusal
from samovar.measure.builder import queries
from samovar.measure.builder import schedules as rows
from samovar.measure.models import Dispatch, Schedule
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest

SHOWN = 10


@dataclass(frozen=True)
class Line:
    """A schedule in words, with what became of its last files."""

    row: Schedule
    said: str
    language: str
    dispatches: list[tuple[Dispatch, str]]


def panel(of: rows.Subject) -> dict[str, Any]:
    """What the panel of schedules takes."""
    lines = [
        Line(
            row,
            said(row),
            dict(settings.LANGUAGES)[row.language],
            [(one, states()[one.state]) for one in row.dispatches.order_by("-due_us", "id")[:SHOWN]],
        )
        for row in of.schedules.order_by("id")
    ]
    return {
        "schedules": lines, "weekdays": weekdays(), "formats": [(one, one.upper()) for one in rows.formats(of)],
        "can_alert": rows.is_watched(of), "languages": settings.LANGUAGES, "language": get_language(),
        "scheduled": {"new": f"new_{_prefix(of)}schedule", "remove": f"remove_{_prefix(of)}schedule", "slug": of.slug},
    }  # fmt: skip


def _prefix(of: rows.Subject) -> str:
    return "board_" if rows.kind_of(of) == "board" else ""


def said(row: Schedule) -> str:
    """When a schedule is due, in words."""
    if row.every == rows.ON_ALERT:
        return _("when its alert opens")
    time = rows.values(row)["time"]
    if row.every == "weekly":
        return _("every week, %(day)s, at %(time)s") % {"day": dict(weekdays())[row.weekday], "time": time}
    if row.every == "monthly":
        return _("every month on day %(day)s at %(time)s") % {"day": row.day, "time": time}
    return _("every day at %(time)s") % {"time": time}


def weekdays() -> list[tuple[int, str]]:
    """Days of the week from Monday."""
    names = get_day_names("wide", "stand-alone", locale=formats.locale())
    return [(number + 1, str(names[number])) for number in range(7)]


def states() -> dict[str, str]:
    """What became of a file, in words."""
    return {
        "planned": _("waits"), "sending": _("on its way"), "sent": _("delivered"), "failed": _("not delivered"),
        "in_doubt": _("in doubt: a crash or silence left its delivery unknown"),
    }  # fmt: skip


@needs("reports:export")
@require_POST
def new(request: OfficeRequest, slug: str) -> HttpResponse:
    """Schedule a report."""
    return _made(request, queries.saved_report(slug, request.user.role, request.actor), "own_report")


@needs("reports:export")
@require_POST
def new_of_board(request: OfficeRequest, slug: str) -> HttpResponse:
    """Schedule a board."""
    return _made(request, queries.board(slug, request.user.role, request.actor), "board")


@needs("reports:export")
@require_POST
def remove(request: OfficeRequest, slug: str, number: int) -> HttpResponse:
    """Stop a schedule of a report. Raises `NotFound`."""
    return _removed(request, queries.saved_report(slug, request.user.role, request.actor), number, "own_report")


@needs("reports:export")
@require_POST
def remove_of_board(request: OfficeRequest, slug: str, number: int) -> HttpResponse:
    """Stop a schedule of a board. Raises `NotFound`."""
    return _removed(request, queries.board(slug, request.user.role, request.actor), number, "board")


def _made(request: OfficeRequest, of: rows.Subject, page: str) -> HttpResponse:
    values: dict[str, Any] = {name: text for name, text in request.POST.items() if isinstance(text, str)}
    try:
        rows.save(of=of, values=values, zone=settings.WORKSPACE.zone, actor=request.actor, at_us=request.at_us)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It is scheduled."))
    return redirect(page, of.slug)


def _removed(request: OfficeRequest, of: rows.Subject, number: int, page: str) -> HttpResponse:
    rows.remove(schedule=rows.one(of, number), actor=request.actor, at_us=request.at_us)
    messages.success(request, _("It is no longer sent."))
    return redirect(page, of.slug)
