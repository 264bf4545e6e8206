"""Live counters on screen: the one that is kept to be watched, the list of counters and alerts, a word on an alert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from samovar.measure.builder import operations as reports
from samovar.measure.builder.queries import saved_reports
from samovar.measure.models import CounterAlert, CounterWatch, SavedReport
from samovar.measure.reports.live import Live
from samovar.measure.watch import labels, operations, queries
from samovar.staff.permissions import may, needs
from samovar.webkit.requests import OfficeRequest


@dataclass(frozen=True)
class Shown:
    """An alert with its words."""

    row: CounterAlert
    title: str
    text: str
    url: str
    note_url: str


@dataclass(frozen=True)
class Counter:
    """A counter that is watched: its line, its alert where one is open, and why it cannot be counted."""

    report: SavedReport
    line: str
    alert: CounterAlert | None
    fault: str


def shown(rows: Sequence[CounterAlert]) -> list[Shown]:
    """Alerts as a page lists them."""
    return [
        Shown(
            row, labels.title(row), labels.text(row), reverse("own_report", args=[row.report.slug]),
            reverse("acknowledge_alert", args=[row.pk]),
        )
        for row in rows
    ]  # fmt: skip


@needs("reports:read")
@require_GET
def alerts(request: OfficeRequest) -> HttpResponse:
    """The counters that are watched, and every alert of theirs, the open ones first."""
    role, actor = request.user.role, request.actor
    listed = shown(queries.alerts(role, actor))
    opened = {one.row.report_id: one.row for one in listed if one.row.closed_us is None}
    faults = dict(CounterWatch.objects.values_list("report_id", "fault"))
    counters = [
        Counter(row, line.text, opened.get(row.pk), faults.get(row.pk, ""))
        for row in saved_reports(role, actor)
        if row.report == Live.name and (line := Live.line.value(row.params)) is not None
    ]
    return render(request, "measure/watch/alerts.html", {
        "counters": counters, "open": [one for one in listed if one.row.closed_us is None],
        "closed": [one for one in listed if one.row.closed_us is not None], "may_write": may(role, "reports:write"),
    })  # fmt: skip


@needs("reports:write")
@require_POST
def keep(request: OfficeRequest) -> HttpResponse:
    """Save the counter of a form, to be watched where it has a line."""
    names = [one.name for one in Live.params if one.name != Live.minutes.name]
    params = {name: text for name in names if (text := request.POST.get(name, "").strip())}
    values = {"name": request.POST.get("title", ""), "report": Live.name, "params": params, "chart": "line"}
    row = reports.save_report(values=values, actor=request.actor, at_us=request.at_us)
    if params.get(Live.line.name):
        messages.success(request, _("“%(name)s” is watched from now on.") % {"name": row.name})
    return redirect("own_report", row.slug)


@needs("reports:write")
@require_POST
def acknowledge(request: OfficeRequest, number: int) -> HttpResponse:
    """Take note of an open alert."""
    alert = queries.alert(number, request.user.role, request.actor)
    try:
        operations.acknowledge(alert=alert, note=request.POST.get("note", ""), actor=request.actor, at_us=request.at_us)
    except operations.AlreadyClosed as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("Noted. The alert stays until the figure is back."))
    return redirect("alerts")


urlpatterns = [
    path("reports/alerts/", alerts, name="alerts"),
    path("reports/alerts/<int:number>/acknowledge/", acknowledge, name="acknowledge_alert"),
    path("reports/live/keep/", keep, name="keep_counter"),
]
