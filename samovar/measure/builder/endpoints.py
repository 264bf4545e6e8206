"""The REST API of saved reports and boards: keep them, read them, ask them. What a role does not see is not there for it."""

from __future__ import annotations

from typing import Any, Literal, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from samovar.engine.warehouse.client import current
from samovar.kit.clock import BadMoment, parse_moment
from samovar.kit.errors import Refusal
from samovar.measure.bodies import At, Body
from samovar.measure.builder import files, operations, queries, schedules
from samovar.measure.models import Board, SavedReport
from samovar.measure.reports import answers
from samovar.staff.access import Allowed, Principal
from samovar.webkit.requests import OfficeRequest

router = Router(tags=["reports"])


class ReportFields(Body):
    """What is given is set; what is not keeps its value."""

    name: str | None = None
    description: str | None = None
    report: str | None = Field(None, description="a report by its name; custom unless it says otherwise")
    params: dict[str, str] | None = None
    chart: str | None = Field(None, description="table, line, bar, stacked or figure")
    roles: list[str] | None = Field(None, description="who sees it; none: everybody who reads reports")


class NewReport(ReportFields):
    name: str
    slug: str = ""


class SavedReportOut(Schema):
    slug: str
    name: str
    description: str
    report: str
    params: dict[str, str]
    chart: str
    roles: list[str]
    owner: str
    version: int
    changed_us: int


class SavedReports(Schema):
    reports: list[SavedReportOut]


class SavedAnswer(Schema):
    columns: list[str]
    rows: list[list[Any]]
    at: str
    ms: float


class Removed(Schema):
    ok: bool = True


class BoardFields(Body):
    """What is given is set; what is not keeps its value."""

    name: str | None = None
    description: str | None = None
    tiles: list[dict[str, Any]] | None = Field(
        None, description="see the model: saved, or report and params; title, chart, width"
    )
    period: str | None = None
    among: str | None = None
    roles: list[str] | None = None
    is_first: bool | None = Field(None, description="whether it opens the page of reports")


class NewBoard(BoardFields):
    name: str
    slug: str = ""


class BoardOut(Schema):
    slug: str
    name: str
    description: str
    tiles: list[dict[str, Any]]
    period: str
    among: str
    roles: list[str]
    is_first: bool
    owner: str
    version: int
    changed_us: int


class Boards(Schema):
    boards: list[BoardOut]


class ScheduleFields(Schema):
    every: Literal["daily", "weekly", "monthly", "alert"] = Field("daily", description="alert: when that of a counter opens")
    weekday: int | None = Field(None, description="1 for Monday, when weekly")
    day: int | None = Field(None, description="of the month, up to 28, when monthly")
    time: str = Field("", description="on the clock of the workspace's zone, such as 09:00; not of alerts")
    format: Literal["csv", "xlsx", "pdf"] = "xlsx"
    language: Literal["", "ru", "en"] = Field("", description="of the letter and its file; the caller's where it is empty")
    addresses: list[str]


class NewSchedule(ScheduleFields, Body):
    pass


class ScheduleOut(ScheduleFields):
    id: int
    of: Literal["report", "board"]
    slug: str
    next_us: int | None


class Schedules(Schema):
    schedules: list[ScheduleOut]


def _role(request: HttpRequest) -> str:
    return cast(Principal, request.auth).role  # type: ignore[attr-defined]


def _report(request: OfficeRequest, slug: str) -> SavedReport:
    return queries.saved_report(slug, _role(request), request.actor)


def _board(request: OfficeRequest, slug: str) -> Board:
    return queries.board(slug, _role(request), request.actor)


def _schedules(of: schedules.Subject) -> dict[str, Any]:
    return {"schedules": [schedules.as_json(row) for row in of.schedules.order_by("id")]}


def _scheduled(request: OfficeRequest, of: schedules.Subject, body: NewSchedule) -> Status[dict[str, Any]]:
    values, zone = schedules.texts(body.dict()), settings.WORKSPACE.zone
    row = schedules.save(of=of, values=values, zone=zone, actor=request.actor, at_us=request.at_us)
    return Status(201, schedules.as_json(row))


def _unscheduled(request: OfficeRequest, of: schedules.Subject, number: int) -> dict[str, Any]:
    schedules.remove(schedule=schedules.one(of, number), actor=request.actor, at_us=request.at_us)
    return {"ok": True}


def _moment(request: OfficeRequest, at: str) -> int:
    try:
        return parse_moment(at, settings.WORKSPACE.zone) if at else request.at_us
    except BadMoment as error:
        raise Refusal("bad_moment", _("“%(at)s” is not a moment.") % {"at": at[:60]}, field="at") from error


@router.get("/saved-reports", auth=Allowed("reports:read"), response=SavedReports)
def list_saved_reports(request: OfficeRequest) -> dict[str, Any]:
    """Saved reports by name."""
    return {"reports": [queries.as_json(row) for row in queries.saved_reports(_role(request), request.actor)]}


@router.post("/saved-reports", auth=Allowed("reports:write"), response={201: SavedReportOut})
def create_saved_report(request: OfficeRequest, body: NewReport) -> Status[dict[str, Any]]:
    """Save a report."""
    values = body.dict(exclude_unset=True, exclude={"slug"})
    row = operations.save_report(values=values, slug=body.slug, actor=request.actor, at_us=request.at_us)
    return Status(201, queries.as_json(row))


@router.get("/saved-reports/{slug}", auth=Allowed("reports:read"), response=SavedReportOut)
def get_saved_report(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """One saved report."""
    return queries.as_json(_report(request, slug))


@router.patch("/saved-reports/{slug}", auth=Allowed("reports:write"), response=SavedReportOut)
def change_saved_report(request: OfficeRequest, slug: str, body: ReportFields) -> dict[str, Any]:
    """Change a saved report."""
    values = body.dict(exclude_unset=True)
    row = _report(request, slug)
    return queries.as_json(operations.change_report(report=row, values=values, actor=request.actor, at_us=request.at_us))


@router.delete("/saved-reports/{slug}", auth=Allowed("reports:write"), response=Removed)
def remove_saved_report(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """Remove a saved report that no board shows."""
    operations.remove_report(report=_report(request, slug), actor=request.actor, at_us=request.at_us)
    return {"ok": True}


@router.get("/saved-reports/{slug}/answer", auth=Allowed("reports:read"), response=SavedAnswer)
def answer_saved_report(request: OfficeRequest, slug: str, at: At = "") -> dict[str, Any]:
    """A saved report as of a moment."""
    found = queries.answer(_report(request, slug), warehouse=current(), at_us=_moment(request, at))
    return answers.as_json(found, settings.WORKSPACE.zone)


@router.get("/saved-reports/{slug}/file", auth=Allowed("reports:export"))
def file_of_saved_report(
    request: OfficeRequest, slug: str, format: Literal["csv", "xlsx", "pdf"] = "xlsx", at: At = ""
) -> HttpResponse:
    """A saved report as a file."""
    row = _report(request, slug)
    found = queries.answer(row, warehouse=current(), at_us=_moment(request, at))
    return files.response(files.content(found, format, title=row.name), format, slug=row.slug, at_us=found.at_us)


@router.get("/boards", auth=Allowed("reports:read"), response=Boards)
def list_boards(request: OfficeRequest) -> dict[str, Any]:
    """Boards, the one that opens the page of reports first."""
    return {"boards": [queries.board_as_json(row) for row in queries.boards(_role(request), request.actor)]}


@router.post("/boards", auth=Allowed("reports:write"), response={201: BoardOut})
def create_board(request: OfficeRequest, body: NewBoard) -> Status[dict[str, Any]]:
    """Make a board."""
    values = body.dict(exclude_unset=True, exclude={"slug"})
    row = operations.save_board(values=values, slug=body.slug, actor=request.actor, at_us=request.at_us)
    return Status(201, queries.board_as_json(row))


@router.get("/boards/{slug}", auth=Allowed("reports:read"), response=BoardOut)
def get_board(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """One board."""
    return queries.board_as_json(_board(request, slug))


@router.patch("/boards/{slug}", auth=Allowed("reports:write"), response=BoardOut)
def change_board(request: OfficeRequest, slug: str, body: BoardFields) -> dict[str, Any]:
    """Change a board."""
    values = body.dict(exclude_unset=True)
    row = _board(request, slug)
    return queries.board_as_json(operations.change_board(board=row, values=values, actor=request.actor, at_us=request.at_us))


@router.delete("/boards/{slug}", auth=Allowed("reports:write"), response=Removed)
def remove_board(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """Remove a board; its reports stay."""
    operations.remove_board(board=_board(request, slug), actor=request.actor, at_us=request.at_us)
    return {"ok": True}


@router.get("/boards/{slug}/file", auth=Allowed("reports:export"))
def file_of_board(request: OfficeRequest, slug: str, format: Literal["xlsx", "pdf"] = "xlsx", at: At = "") -> HttpResponse:
    """A board as a file: a sheet a tile, or each tile under its title. A tile that fails has its words in its place."""
    row, at_us = _board(request, slug), _moment(request, at)
    made = files.board_content(row, format, period=row.period, among=row.among, warehouse=current(), at_us=at_us)
    return files.response(made, format, slug=row.slug, at_us=at_us)


@router.get("/saved-reports/{slug}/schedules", auth=Allowed("reports:read"), response=Schedules)
def list_schedules_of_report(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """When and to whom a saved report is sent."""
    return _schedules(_report(request, slug))


@router.post("/saved-reports/{slug}/schedules", auth=Allowed("reports:export"), response={201: ScheduleOut})
def schedule_report(request: OfficeRequest, slug: str, body: NewSchedule) -> Status[dict[str, Any]]:
    """Send a saved report by a schedule."""
    return _scheduled(request, _report(request, slug), body)


@router.delete("/saved-reports/{slug}/schedules/{number}", auth=Allowed("reports:export"), response=Removed)
def remove_schedule_of_report(request: OfficeRequest, slug: str, number: int) -> dict[str, Any]:
    """Send a saved report no more by this schedule."""
    return _unscheduled(request, _report(request, slug), number)


@router.get("/boards/{slug}/schedules", auth=Allowed("reports:read"), response=Schedules)
def list_schedules_of_board(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """When and to whom a board is sent."""
    return _schedules(_board(request, slug))


@router.post("/boards/{slug}/schedules", auth=Allowed("reports:export"), response={201: ScheduleOut})
def schedule_board(request: OfficeRequest, slug: str, body: NewSchedule) -> Status[dict[str, Any]]:
    """Send a board by a schedule; not as CSV."""
    return _scheduled(request, _board(request, slug), body)


@router.delete("/boards/{slug}/schedules/{number}", auth=Allowed("reports:export"), response=Removed)
def remove_schedule_of_board(request: OfficeRequest, slug: str, number: int) -> dict[str, Any]:
    """Send a board no more by this schedule."""
    return _unscheduled(request, _board(request, slug), number)
