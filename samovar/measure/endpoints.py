"""The REST API of reports. Money is in minor units of the workspace's currency; `at` is ISO 8601, naive in its zone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from samovar.decide import queries as campaigns
from samovar.engine.warehouse.client import current
from samovar.kit.clock import BadMoment, day_date, parse_moment
from samovar.kit.errors import Refusal
from samovar.measure import queries, verdicts
from samovar.staff.access import Allowed
from samovar.webkit.requests import OfficeRequest

PEOPLE_MAX = 1_000
router = Router(tags=["reports"])


class SummaryOut(Schema):
    customers: int
    visitors: int
    buyers: int
    orders: int
    gross_minor: int
    returns_minor: int = Field(description="negative")
    currency: str
    first_order_at: str | None
    last_order_at: str | None
    repeat_rate: float | None = Field(description="the share of buyers with at least two orders")


class WeekOut(Schema):
    monday: str
    orders: int
    gross_minor: int
    returns_minor: int


class CohortOut(Schema):
    month: str = Field(description="of the first order, 2026-01")
    size: int
    active: list[int] = Field(description="how many bought in each month of their life, the first is month 0")
    gross_minor: list[int]


class GroupOut(Schema):
    people: int
    buyers: int
    orders: int
    gross_minor: int
    returns_minor: int
    net_minor: int


class GroupsOut(Schema):
    treated: GroupOut
    control: GroupOut
    variants: dict[str, GroupOut]


class PointOut(Schema):
    day: int
    treated_minor: float
    control_minor: float
    low_minor: float | None = Field(description="of the difference treated - control, as high_minor")
    high_minor: float | None


class ReportOut(Schema):
    campaign: str
    status: str
    at: str
    treated: int
    control: int
    crossed: int
    sent: int
    outcomes: dict[str, int]
    reasons: dict[str, int]
    waiting: int
    opened: int
    opened_by_machine: int
    clicked: int
    ordered: int
    verdict: str = Field(description="earned, lost, no_difference or not_enough_data")
    sentence: str
    is_complete: bool
    incremental_minor: int
    interval_minor: list[int] | None
    per_person_minor: float | None
    groups: GroupsOut
    curve: list[PointOut]
    window_days: int


class PersonOut(Schema):
    person_id: int
    is_control: bool
    variant: str
    claimed_us: int
    orders: int
    gross_minor: int
    returns_minor: int
    net_minor: int


class PeopleOut(Schema):
    people: list[PersonOut]
    next_after: int | None = Field(description="give it as `after` for the next page; null on the last")


def _moment(request: OfficeRequest, at: str) -> int:
    if not at:
        return request.at_us
    try:
        return parse_moment(at, settings.WORKSPACE.zone)
    except BadMoment as error:
        raise Refusal("bad_moment", _("“%(at)s” is not a time.") % {"at": at[:40]}, field="at", status=422) from error


@router.get("/reports/summary", auth=Allowed("reports:read"), response=SummaryOut)
def get_summary(request: OfficeRequest, at: str = "") -> dict[str, Any]:
    """The workspace in figures."""
    found = queries.summary(warehouse=current(), at_us=_moment(request, at))
    return {**queries.summary_as_json(found, settings.WORKSPACE.currency), "repeat_rate": found.repeat_rate}


@router.get("/reports/weeks", auth=Allowed("reports:read"), response=list[WeekOut])
def get_weeks(request: OfficeRequest, at: str = "") -> list[dict[str, Any]]:
    """Revenue by local week."""
    rows = queries.weeks(warehouse=current(), at_us=_moment(request, at))
    return [
        {
            "monday": day_date(row.monday).isoformat(), "orders": row.orders, "gross_minor": row.gross_minor,
            "returns_minor": row.returns_minor,
        }
        for row in rows
    ]  # fmt: skip


@router.get("/reports/cohorts", auth=Allowed("reports:read"), response=list[CohortOut])
def get_cohorts(request: OfficeRequest, at: str = "") -> list[dict[str, Any]]:
    """Buyers by the month of their first order."""
    rows = queries.cohorts(warehouse=current(), at_us=_moment(request, at))
    return [
        {
            "month": f"{1970 + row.month // 12}-{row.month % 12 + 1:02}", "size": row.size, "active": list(row.active),
            "gross_minor": list(row.gross_minor),
        }
        for row in rows
    ]  # fmt: skip


@router.get("/reports/campaigns/{slug}", auth=Allowed("reports:read"), response=ReportOut)
def get_campaign_report(request: OfficeRequest, slug: str, at: str = "") -> dict[str, Any]:
    """What a campaign earned, with its interval."""
    found = queries.campaign_report(campaign=campaigns.campaign(slug), warehouse=current(), at_us=_moment(request, at))
    return {**queries.report_as_json(found), "sentence": verdicts.sentence(found, settings.WORKSPACE.currency)}


@router.get("/reports/campaigns/{slug}/people", auth=Allowed("reports:read"), response=PeopleOut)
def get_campaign_people(
    request: OfficeRequest, slug: str, at: str = "", after: int = 0, group: str = "", limit: int = 100
) -> dict[str, Any]:
    """The people behind the figures; `group` is treated or control."""
    limit = max(1, min(limit, PEOPLE_MAX))
    rows = queries.campaign_people(
        campaign=campaigns.campaign(slug), warehouse=current(), at_us=_moment(request, at), after=after, limit=limit, group=group
    )
    return {"people": rows, "next_after": rows[-1]["person_id"] if len(rows) == limit else None}
