"""The reports of the workspace: its figures, its weeks, and the way to every report."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from samovar.collect.quality import unsafe
from samovar.collect.quality.screens import unsafe_note
from samovar.engine.warehouse.client import current
from samovar.kit.clock import day_date
from samovar.kit.errors import NotFound
from samovar.measure import queries
from samovar.measure.builder import queries as builder
from samovar.measure.builder.screens import boards
from samovar.measure.models import Board
from samovar.measure.reports.words import TITLES
from samovar.measure.screens.campaign import short_date
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series
from samovar.webkit.requests import OfficeRequest

WEEKS_SHOWN = 104


@needs("reports:read")
@require_GET
def reports(request: OfficeRequest) -> HttpResponse:
    """The page of reports: the board that opens it, or the workspace in figures."""
    board = builder.first_board(request.user.role, request.actor)
    return _in_figures(request, None) if board is None else boards.opened(request, board, is_front=True)


@needs("reports:read")
@require_GET
def all_reports(request: OfficeRequest) -> HttpResponse:
    """The workspace in figures, whatever opens the page of reports."""
    return _in_figures(request, builder.first_board(request.user.role, request.actor))


def _in_figures(request: OfficeRequest, front: Board | None) -> HttpResponse:
    """The way to every report. The page itself asks nothing of the warehouse; its parts come when they are counted."""
    listed = [
        {"url": reverse("own_reports") if name == "custom" else reverse("report", args=[name]), "title": title, "sentence": says}
        for name, (title, says) in TITLES.items()
    ]
    parts = [reverse("report_part", args=[name]) for name in _PARTS]
    return render(request, "measure/reports.html", {"parts": parts, "listed": listed, "front": front})


@needs("reports:read")
@require_GET
def report_part(request: OfficeRequest, name: str) -> HttpResponse:
    """One part of the reports. Raises `NotFound`."""
    if name not in _PARTS:
        raise NotFound("unknown_part", _("There is nothing at this address."))
    note = unsafe_note(unsafe.alarms_of("report").get(name, ()))
    return render(request, f"measure/part_{name}.html", {**_PARTS[name](request.at_us), "unsafe": note})


def _summary_part(at_us: int) -> dict[str, Any]:
    found = queries.summary(warehouse=current(), at_us=at_us)
    return {"found": found, "returned_minor": -found.returns_minor, "at_us": at_us}


def _weeks_part(at_us: int) -> dict[str, Any]:
    return {"chart": _weeks_chart(queries.weeks(warehouse=current(), at_us=at_us)[-WEEKS_SHOWN:], at_us)}


_PARTS = {"summary": _summary_part, "weeks": _weeks_part}


def _weeks_chart(weeks: list[queries.Week], at_us: int) -> Chart | None:
    if not weeks:
        return None
    is_running = weeks[-1].monday + 7 > formats.zone().day(at_us + 1)  # its Sunday is not over
    return Chart(
        _("Revenue by week, net of returns"),
        x=[short_date(day_date(week.monday), "d MMM y") for week in weeks],
        unit="money",
        kind="bar",
        partial=[len(weeks) - 1] if is_running else [],
        series=[Series(_("Revenue"), [week.gross_minor + week.returns_minor for week in weeks])],
    )
