"""Reading alerts of counters: those a role sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from samovar.kit.errors import NotFound
from samovar.measure.builder.queries import is_seen
from samovar.measure.models import CounterAlert, SavedReport
from samovar.staff.actors import Actor

LISTED_MAX = 100


def alerts(role: str, actor: Actor, *, only_open: bool = False) -> list[CounterAlert]:
    """Alerts of the counters a role sees: the open ones first, then the newest."""
    rows = CounterAlert.objects.select_related("report").order_by("-opened_us", "-id")
    listed = [*rows.filter(closed_us=None), *([] if only_open else rows.exclude(closed_us=None)[:LISTED_MAX])]
    return [row for row in listed if is_seen(row.report, role, actor)]


def alert(number: int, role: str, actor: Actor) -> CounterAlert:
    """One of them. Raises `NotFound`, also for one of a report that is not shared with the role."""
    row = CounterAlert.objects.filter(pk=number).select_related("report").first()
    if row is None or not is_seen(row.report, role, actor):
        raise NotFound("unknown_alert", _("There is no alert № %(number)s.") % {"number": number})
    return row


def alerts_of(report: SavedReport) -> Sequence[CounterAlert]:
    """The alerts of one counter, the newest first."""
    return list(CounterAlert.objects.filter(report=report).select_related("report").order_by("-opened_us", "-id")[:LISTED_MAX])


def as_json(row: CounterAlert) -> dict[str, Any]:
    """The pinned form of the command line and of the REST API. Figures of money are in minor units, shares of 1."""
    return {
        "id": row.pk, "report": row.report.slug, "name": row.report.name, "side": row.side, "kind": row.kind,
        "since_us": row.since_us, "opened_us": row.opened_us, "last_us": row.last_us, "closed_us": row.closed_us,
        "figure": row.figure, "line": row.line, "worst": row.worst, "acknowledged_us": row.acknowledged_us,
        "acknowledged_by": row.acknowledged_by, "note": row.note,
    }  # fmt: skip
