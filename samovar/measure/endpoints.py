"""The REST API of reports. Money is in minor units of the workspace's currency; `at` is ISO 8601, naive in its zone.

A report takes its own parameters in the address beside `at`, as the command line does: `/reports/funnel?steps=views then orders`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from samovar.decide import queries as campaigns
from samovar.engine.warehouse.client import current
from samovar.kit.clock import BadMoment, day_date, parse_moment
from samovar.kit.errors import Refusal
from samovar.measure import queries, verdicts
from samovar.measure.bodies import At, Body
from samovar.measure.builder import files
from samovar.measure.builder.endpoints import router as saved
from samovar.measure.reports import REPORTS, answers
from samovar.measure.reports.answers import read_cell
from samovar.measure.reports.words import TITLES
from samovar.measure.watch.endpoints import router as watched
from samovar.staff.access import Allowed
from samovar.understand import operations as segments
from samovar.understand import words
from samovar.understand.lists import operations as lists
from samovar.understand.rules import NAME_MAX
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
def get_summary(request: OfficeRequest, at: At = "") -> dict[str, Any]:
    """The workspace in figures."""
    found = queries.summary(warehouse=current(), at_us=_moment(request, at))
    return {**queries.summary_as_json(found, settings.WORKSPACE.currency), "repeat_rate": found.repeat_rate}


@router.get("/reports/weeks", auth=Allowed("reports:read"), response=list[WeekOut])
def get_weeks(request: OfficeRequest, at: At = "") -> list[dict[str, Any]]:
    """Revenue by local week."""
    rows = queries.weeks(warehouse=current(), at_us=_moment(request, at))
    return [
        {
            "monday": day_date(row.monday).isoformat(), "orders": row.orders, "gross_minor": row.gross_minor,
            "returns_minor": row.returns_minor,
        }
        for row in rows
    ]  # fmt: skip


@router.get("/reports/campaigns/{slug}", auth=Allowed("reports:read"), response=ReportOut)
def get_campaign_report(request: OfficeRequest, slug: str, at: At = "") -> dict[str, Any]:
    """What a campaign earned, with its interval."""
    found = queries.campaign_report(campaign=campaigns.campaign(slug), warehouse=current(), at_us=_moment(request, at))
    return {**queries.report_as_json(found), "sentence": verdicts.sentence(found, settings.WORKSPACE.currency)}


@router.get("/reports/campaigns/{slug}/people", auth=Allowed("reports:read"), response=PeopleOut)
def get_campaign_people(
    request: OfficeRequest, slug: str, at: At = "", after: int = 0, group: str = "", limit: int = 100
) -> dict[str, Any]:
    """The people behind the figures; `group` is treated or control."""
    limit = max(1, min(limit, PEOPLE_MAX))
    rows = queries.campaign_people(
        campaign=campaigns.campaign(slug), warehouse=current(), at_us=_moment(request, at), after=after, limit=limit, group=group
    )
    return {"people": rows, "next_after": rows[-1]["person_id"] if len(rows) == limit else None}


class ParamOut(Schema):
    name: str
    help: str
    default: str
    choices: list[str]


class ReportListed(Schema):
    name: str
    title: str
    question: str
    params: list[ParamOut]


class AnswerOut(Schema):
    columns: list[str]
    rows: list[list[Any]]
    at: str
    ms: float
    kinds: list[str] = Field(description="of the columns: text, number, decimal, money (minor units) or percent (of 1)")
    cells: list[dict[str, dict[str, str]]] = Field(description="of each row, by column: what to give as `cell` for its people")


class BehindOut(Schema):
    rule: str | None = Field(description="who they are; null where no rule can say it")
    count: int
    people: list[int]


class CellIn(Body):
    cell: dict[str, str] = Field(description="as the answer's `cells` name it")
    name: str = Field("", max_length=NAME_MAX)


class SegmentMade(Schema):
    slug: str
    rule: str
    people: int
    is_list: bool = Field(description="whether they were kept as they are, because no rule says who they are")


@router.get("/reports", auth=Allowed("reports:read"), response=list[ReportListed])
def list_reports(request: OfficeRequest) -> list[dict[str, Any]]:
    """Every report with its parameters."""
    return [
        {
            "name": name, "title": str(TITLES[name][0]), "question": str(TITLES[name][1]),
            "params": [
                {"name": p.name, "help": _(p.help) if p.help else "", "default": p.default, "choices": list(p.choices)}
                for p in report.params
            ],
        }
        for name, report in REPORTS.items()
    ]  # fmt: skip


@router.get("/reports/{name}", auth=Allowed("reports:read"), response=AnswerOut)
def get_report(request: OfficeRequest, name: str, at: At = "") -> dict[str, Any]:
    """A report as of a moment, with the report's own parameters."""
    found = answers.ask(name, _own(request), warehouse=current(), at_us=_moment(request, at))
    kinds = [column.kind for column in found.columns]
    return {**answers.as_json(found, settings.WORKSPACE.zone), "kinds": kinds, "cells": found.cells}


@router.get("/reports/{name}/export", auth=Allowed("reports:read"), response={200: None})
def export_report(request: OfficeRequest, name: str, format: str = "csv", at: At = "") -> HttpResponse:
    """A report as a file: csv or xlsx."""
    if format not in files.TABLE_TYPES:
        message = _("A report is written as %(formats)s.") % {"formats": ", ".join(files.TABLE_TYPES)}
        raise Refusal("bad_format", message, field="format")
    found = answers.ask(name, _own(request, "format"), warehouse=current(), at_us=_moment(request, at))
    return files.of_report(found, format)


@router.get("/reports/{name}/people", auth=Allowed("customers:read"), response=BehindOut)
def get_report_people(request: OfficeRequest, name: str, cell: str, at: At = "") -> dict[str, Any]:
    """The people behind a figure; `cell` is JSON, as the answer's `cells` name it."""
    params, at_us = _own(request, "cell"), _moment(request, at)
    return answers.behind_as_json(answers.people_of(name, params, read_cell(cell), warehouse=current(), at_us=at_us))


@router.post("/reports/{name}/segments", auth=Allowed("segments:write"), response={201: SegmentMade})
def make_segment(request: OfficeRequest, name: str, body: CellIn, at: At = "") -> Any:
    """Make a segment of the people behind a figure: a live one where a rule says who they are, else a list that is kept.

    The parameters of the report and `at` stand in the address, as where the report is asked; the body takes `cell` and `name`.
    """
    found = answers.people_of(name, _own(request), body.cell, warehouse=current(), at_us=_moment(request, at))
    title = body.name or str(TITLES[name][0])
    if found.rule is None:
        row = lists.keep(name=title, people=found.people, actor=request.actor, at_us=request.at_us)
    else:
        rule = words.check(found.rule, current()).rule
        row = segments.create(name=title, rule=rule, actor=request.actor, at_us=request.at_us)
    told = {"slug": row.slug, "rule": row.rule_text, "people": len(found.people), "is_list": found.rule is None}
    return Status(201, told)


def _own(request: OfficeRequest, *others: str) -> dict[str, str]:
    """What the address says beside what every report takes."""
    return {name: str(value) for name, value in request.GET.items() if name not in ("at", *others)}


router.add_router("", saved)
router.add_router("", watched)
