"""Saved reports: the list with the ones to begin with, one of them, and its files."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from samovar.collect.quality import unsafe
from samovar.collect.quality.screens import unsafe_chip, unsafe_note
from samovar.engine.warehouse.client import current
from samovar.kit.errors import NotFound, Refusal
from samovar.measure import reading
from samovar.measure.builder import files, labels, looking, operations, queries
from samovar.measure.builder.library import LIBRARY
from samovar.measure.builder.screens import schedules
from samovar.measure.models import SavedReport
from samovar.measure.reports.answers import Found
from samovar.measure.reports.live import drawing as counter
from samovar.measure.reports.report import Cell
from samovar.measure.watch import screens as watch
from samovar.measure.watch.queries import alerts_of
from samovar.staff.permissions import may, needs, role_labels
from samovar.understand.sayings import sentence
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest

TOLD_BESIDE = ("name", "description")  # fields of a form whose refusal stands beside them; any other stands above the form


@needs("reports:read")
@require_GET
def listing(request: OfficeRequest) -> HttpResponse:
    """What was saved, the boards, and what there is to begin with."""
    role, actor, fallen = request.user.role, request.actor, unsafe.alarms_of("report")
    context = {
        "reports": [
            (row, shared_with(row.roles), unsafe_chip(fallen.get(reading.own(row.slug), ())))
            for row in queries.saved_reports(role, actor)
        ],
        "boards": [
            (row, shared_with(row.roles), unsafe_chip(fallen.get(reading.board(row.slug), ())))
            for row in queries.boards(role, actor)
        ],
        "library": [{"slug": one.slug, "name": _(one.name), "sentence": _(one.sentence)} for one in LIBRARY],
    }
    return render(request, "measure/builder/list.html", context)


def shared_with(roles: list[str]) -> str:
    """Who sees a thing, in words."""
    return ", ".join(role_labels()[role] for role in roles) if roles else _("everybody")


@needs("reports:read")
@require_GET
def one(request: OfficeRequest, slug: str) -> HttpResponse:
    """A saved report. Its figures come when they are counted."""
    row = queries.saved_report(slug, request.user.role, request.actor)
    return render(request, "measure/builder/report.html", {
        "unsafe": unsafe_note(unsafe.alarms_of("report").get(reading.own(slug), ())),
        "report": row, "shared": shared_with(row.roles), **schedules.panel(row), "alarms": watch.shown(alerts_of(row)),
        "may_write": may(request.user.role, "reports:write"),
    })  # fmt: skip


@needs("reports:read")
@require_GET
def answer(request: OfficeRequest, slug: str) -> HttpResponse:
    """The figures of a saved report."""
    row = queries.saved_report(slug, request.user.role, request.actor)
    return render(request, "measure/builder/answer.html", shown(request, partial(queries.answer, row), row.chart, row.name))


def shown(request: OfficeRequest, ask: Callable[..., Found], chart: str, title: str) -> dict[str, Any]:
    """What the template of an answer takes: the report drawn, or the fault in the reader's language. `ask` is given the
    warehouse and the moment.
    """
    try:
        found = ask(warehouse=current(), at_us=request.at_us)
    except Refusal as refusal:
        return {"fault": sentence(refusal), **{name: refusal.params.get(name) for name in ("line", "column", "suggestions")}}
    asked = {**found.params, "at": formats.zone().local(request.at_us).isoformat()}
    drawn = looking.drawn(found, chart, title, lambda cell: _people_url(found.report.name, asked, cell))
    rows = [[(field, _people_url(found.report.name, asked, field.cell)) for field in row] for row in drawn.rows]
    told = {"drawn": drawn, "title": title, "rows": rows, "asked": labels.asked(found), "ms": found.ms}
    if not counter.is_live(found):
        return told
    again = {"again": request.get_full_path(), "refresh_s": counter.REFRESH_S} if request.method == "GET" else {}
    return {**told, **again, "rows": rows[::-1], "verdict": counter.verdict(found), "is_beyond": counter.is_beyond(found)}


def _people_url(report: str, asked: dict[str, str], cell: Cell | None) -> str:
    """Where the people behind a figure are; nowhere for a figure without them."""
    if cell is None:
        return ""
    return f"{reverse('report_people', args=[report])}?{urlencode({**asked, 'cell': json.dumps(cell, ensure_ascii=False)})}"


@needs("reports:export")
@require_GET
def file(request: OfficeRequest, slug: str, format: str) -> HttpResponse:
    """A saved report as a file. Raises `NotFound`."""
    row = queries.saved_report(slug, request.user.role, request.actor)
    if format not in files.TYPES:
        raise NotFound("unknown_format", _("There is nothing at this address."))
    found = queries.answer(row, warehouse=current(), at_us=request.at_us)
    return files.response(files.content(found, format, title=row.name), format, slug=row.slug, at_us=found.at_us)


@needs("reports:write")
@require_POST
def remove(request: OfficeRequest, slug: str) -> HttpResponse:
    """Remove a saved report."""
    row: SavedReport = queries.saved_report(slug, request.user.role, request.actor)
    try:
        operations.remove_report(report=row, actor=request.actor, at_us=request.at_us)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("own_report", slug)
    messages.success(request, _("“%(name)s” is removed.") % {"name": row.name})
    return redirect("own_reports")
