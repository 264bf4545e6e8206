"""The REST API of quality: figures of events and fields, one field by day, alarms, what rests on them, readiness, entry."""

from __future__ import annotations

from datetime import date
from typing import Any

from ninja import Query, Router, Schema
from pydantic import Field

from samovar.collect.imports.office import workspace
from samovar.collect.quality import entry, operations, queries, readiness_queries, unsafe
from samovar.kit.clock import day_number, iso
from samovar.rules.tree import TEXT_BYTES_MAX
from samovar.staff.access import Allowed

router = Router(tags=["quality"])
READY_DAYS = 28


class FiguresOut(Schema):
    """Of the last week; shares are of 1. `field` is empty for an event itself. `state`: good, moved, bad, known."""

    source: str
    event: str
    field: str
    kind: str | None
    rows: int
    rows_before: int = Field(description="in the four weeks before")
    filled: float | None
    valid: float | None
    distinct: int
    drift: float | None = Field(description="Jensen-Shannon divergence from the four weeks before, 0 to 1")
    state: str
    last_at: str | None = Field(description="the hour of the last row")
    alarms: list[int]


class AlarmOut(Schema):
    """`kind`: volume (rows), filled or valid (shares of 1). `closed` is null while the data is not back."""

    id: int
    kind: str
    source: str
    event: str
    field: str
    since: str
    opened: str
    last: str
    closed: str | None
    expected: float
    seen: float
    acknowledged_by: str
    note: str


class QualityOut(Schema):
    fields: list[FiguresOut]
    alarms: list[AlarmOut]
    at: str


class DayOut(Schema):
    day: str
    rows: int
    filled: float | None
    valid: float | None


class RestingOut(Schema):
    kind: str = Field(description="segment, campaign or report")
    slug: str
    name: str


class StreamOut(FiguresOut):
    days: list[DayOut]
    rests: list[RestingOut]


class AlarmsOut(Schema):
    alarms: list[AlarmOut]


class UnsafeReason(Schema):
    """Why a thing is unsafe: the alarm's number, its `kind` (volume, filled, valid), and what fell."""

    alarm: int
    kind: str
    source: str
    event: str
    field: str


class UnsafeOut(RestingOut):
    alarms: list[int]


class UnsafeListOut(Schema):
    unsafe: list[UnsafeOut]


class NoteIn(Schema):
    note: str = Field("", max_length=500)


class ReadinessQuery(Schema):
    """`wants` is steps such as `views then cart_adds then orders`, or any rule. The period is inclusive; default four weeks."""

    wants: str = Field(max_length=TEXT_BYTES_MAX)
    from_: date | None = Field(None, alias="from")
    to: date | None = None


class QualityQuery(Schema):
    source: str = Field("", max_length=100)
    field: str = Field("", max_length=400)


class StreamQuery(Schema):
    source: str = Field(max_length=100)
    event: str = Field("", max_length=200)
    field: str = Field("", max_length=200)


@router.get(
    "/quality", auth=Allowed("sources:read"), response=QualityOut, summary="Events and fields of the last week, open alarms"
)
def get_quality(request: Any, query: Query[QualityQuery]) -> Any:
    return queries.quality_as_json(zone=workspace().zone, at_us=request.at_us, source=query.source, field_name=query.field)


@router.get("/quality/stream", auth=Allowed("sources:read"), response=StreamOut, summary="One source, event or field by day")
def get_stream(request: Any, query: Query[StreamQuery]) -> Any:
    row = queries.stream(query.source, query.event, query.field)
    zone = workspace().zone
    days = queries.Days([row], zone=zone, at_us=request.at_us)
    [figures] = queries.figures_of([row], zone=zone, at_us=request.at_us)
    rests = [{"kind": one.kind, "slug": one.slug, "name": one.name} for one in unsafe.reading(row)]
    return {**queries.figures_as_json(figures), "days": queries.days_as_json(days, row), "rests": rests}


@router.get("/quality/alarms", auth=Allowed("sources:read"), response=AlarmsOut, summary="Alarms, the open ones first")
def list_alarms(request: Any, only_open: bool = False, limit: int = 100) -> Any:
    found = queries.alarms(only_open=only_open, limit=max(1, min(limit, queries.ALARMS_MAX)))
    return {"alarms": [queries.alarm_as_json(one) for one in found]}


@router.post(
    "/quality/alarms/{alarm_id}/acknowledge", auth=Allowed("quarantine:write"), response=AlarmOut,
    summary="Say that somebody knows of an open alarm",
)  # fmt: skip
def acknowledge_alarm(request: Any, alarm_id: int, body: NoteIn) -> Any:
    row = operations.acknowledge(alarm_id=alarm_id, note=body.note, actor=request.actor, at_us=request.at_us)
    return queries.alarm_as_json(row)


@router.get(
    "/quality/unsafe", auth=Allowed("sources:read"), response=UnsafeListOut, summary="What rests on data that fell, by name"
)
def list_unsafe(request: Any) -> Any:
    return {
        "unsafe": [
            {"kind": one.kind, "slug": one.slug, "name": one.name, "alarms": [alarm.pk for alarm in alarms]}
            for one, alarms in unsafe.resting_on_alarms()
        ]
    }


@router.get(
    "/quality/readiness", auth=Allowed("sources:read"), response=dict[str, Any],
    summary="Whether what a funnel, report or forecast wants was all there in a period",
)  # fmt: skip
def get_readiness(request: Any, query: Query[ReadinessQuery]) -> Any:
    """Days that are holes, by how much they bend the answer, and the verdict: ready, caution or not ready."""
    today = workspace().zone.day(request.at_us)
    to_day = today - 1 if query.to is None else day_number(query.to)
    from_day = to_day - READY_DAYS + 1 if query.from_ is None else day_number(query.from_)
    found = readiness_queries.readiness(readiness_queries.wanted(query.wants), from_day=from_day, to_day=to_day)
    return readiness_queries.readiness_as_json(found)


@router.get(
    "/quality/entry", auth=Allowed("staff:read"), response=dict[str, Any],
    summary="How fully and rightly each member of staff enters what they enter",
)  # fmt: skip
def get_entry(request: Any, days: int = entry.DAYS) -> Any:
    """Of the last days: by member what was brought in, refused and corrected later; by role what nobody used."""
    found = entry.discipline(at_us=request.at_us, days=max(1, min(days, entry.DAYS_MAX)))
    return {**entry.as_json(found), "at": iso(request.at_us)}
