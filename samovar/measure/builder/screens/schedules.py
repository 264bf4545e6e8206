"""Schedules on the page of a report: made, removed, and what became of the last files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel.dates import get_day_names
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from samovar.kit.errors import NotFound, Refusal
from samovar.measure.builder import queries
from samovar.measure.builder import schedules as rows
from samovar.measure.models import Dispatch, SavedReport, Schedule
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest

SHOWN = 10


@dataclass(frozen=True)
class Line:
    """A schedule in words, with what became of its last files."""

    row: Schedule
    said: str
    dispatches: list[tuple[Dispatch, str]]


def of_report(report: SavedReport) -> list[Line]:
    """The schedules of a report."""
    return [
        Line(row, said(row), [(one, states()[one.state]) for one in row.dispatches.order_by("-due_us", "id")[:SHOWN]])
        for row in report.schedules.order_by("id")
    ]


def said(row: Schedule) -> str:
    """When a schedule is due, in words."""
    time = f"{row.minute // 60:02}:{row.minute % 60:02}"
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
    row = queries.saved_report(slug, request.user.role, request.actor)
    values: dict[str, Any] = {name: text for name, text in request.POST.items() if isinstance(text, str)}
    try:
        rows.save(report=row, values=values, zone=settings.WORKSPACE.zone, actor=request.actor, at_us=request.at_us)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The report is scheduled."))
    return redirect("own_report", slug)


@needs("reports:export")
@require_POST
def remove(request: OfficeRequest, slug: str, number: int) -> HttpResponse:
    """Stop a schedule. Raises `NotFound`."""
    report = queries.saved_report(slug, request.user.role, request.actor)
    row = report.schedules.filter(id=number).first()
    if row is None:
        raise NotFound("unknown_schedule", _("There is nothing at this address."))
    rows.remove(schedule=row, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("The report is no longer sent."))
    return redirect("own_report", slug)
