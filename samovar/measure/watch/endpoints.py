"""The REST API of alerts of live counters. Figures of money are in minor units, shares of 1."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from samovar.measure.bodies import Body
from samovar.measure.watch import operations, queries
from samovar.staff.access import Allowed, Principal
from samovar.webkit.requests import OfficeRequest

router = Router(tags=["reports"])


class AlertOut(Schema):
    id: int
    report: str = Field(description="the slug of the saved report")
    name: str
    side: str = Field(description="below or above")
    kind: str = Field(description="of the figure: number, decimal, money, percent")
    since_us: int
    opened_us: int
    last_us: int = Field(description="when it was last beyond the line")
    closed_us: int | None
    figure: float
    line: float
    worst: float
    acknowledged_us: int | None
    acknowledged_by: str
    note: str


class AlertsOut(Schema):
    alerts: list[AlertOut]


class AlertNote(Body):
    note: str = Field("", max_length=operations.NOTE_MAX)


def _role(request: HttpRequest) -> str:
    return cast(Principal, request.auth).role  # type: ignore[attr-defined]


@router.get("/alerts", auth=Allowed("reports:read"), response=AlertsOut)
def list_alerts(request: OfficeRequest, only_open: bool = False) -> dict[str, Any]:
    """Alerts of live counters, the open ones first."""
    found = queries.alerts(_role(request), request.actor, only_open=only_open)
    return {"alerts": [queries.as_json(row) for row in found]}


@router.post("/alerts/{alert_id}/acknowledge", auth=Allowed("reports:write"), response=AlertOut)
def acknowledge_alert(request: OfficeRequest, alert_id: int, body: AlertNote) -> dict[str, Any]:
    """Say that somebody knows of an open alert."""
    alert = queries.alert(alert_id, _role(request), request.actor)
    return queries.as_json(operations.acknowledge(alert=alert, note=body.note, actor=request.actor, at_us=request.at_us))
