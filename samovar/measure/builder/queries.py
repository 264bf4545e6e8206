"""Reading saved reports and boards: which a role sees, and what each shows as of a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import NotFound
from samovar.measure.builder import labels
from samovar.measure.models import Board, SavedReport
from samovar.measure.reports import answers
from samovar.measure.reports.answers import Found
from samovar.measure.reports.custom import Custom
from samovar.measure.reports.words import TITLES
from samovar.staff.actors import Actor
from samovar.staff.permissions import may


def is_seen(row: SavedReport | Board, role: str, actor: Actor) -> bool:
    """Whether somebody of a role sees it: it is shared with all or with the role, it is theirs, or they own the workspace."""
    is_owner = (row.owner_kind, row.owner_id) == (actor.kind, actor.id)
    return not row.roles or role in row.roles or is_owner or may(role, "policy:write")


def saved_reports(role: str, actor: Actor) -> list[SavedReport]:
    """Those a role sees, by name."""
    return [row for row in SavedReport.objects.order_by("name", "id") if is_seen(row, role, actor)]


def saved_report(slug: str, role: str, actor: Actor) -> SavedReport:
    """One of them. Raises `NotFound`, also for one that is not shared with the role."""
    row = SavedReport.objects.filter(slug=slug).first()
    if row is None or not is_seen(row, role, actor):
        raise NotFound("unknown_report", _("There is no saved report “%(slug)s”.") % {"slug": slug[:100]}, slug=slug)
    return row


def boards(role: str, actor: Actor) -> list[Board]:
    """Those a role sees, the one that opens the page of reports first, then by name."""
    return [row for row in Board.objects.order_by("-is_first", "name", "id") if is_seen(row, role, actor)]


def first_board(role: str, actor: Actor) -> Board | None:
    """The board that opens the page of reports, where there is one and the role sees it."""
    row = Board.objects.filter(is_first=True).first()
    return row if row is not None and is_seen(row, role, actor) else None


def board(slug: str, role: str, actor: Actor) -> Board:
    """One of them. Raises `NotFound`."""
    row = Board.objects.filter(slug=slug).first()
    if row is None or not is_seen(row, role, actor):
        raise NotFound("unknown_board", _("There is no board “%(slug)s”.") % {"slug": slug[:100]}, slug=slug)
    return row


def report_values(row: SavedReport) -> dict[str, Any]:
    """What a person decided of a saved report."""
    return {
        "name": row.name, "description": row.description, "report": row.report, "params": dict(row.params), "chart": row.chart,
        "roles": list(row.roles),
    }  # fmt: skip


def board_values(row: Board) -> dict[str, Any]:
    """What a person decided of a board."""
    return {
        "name": row.name, "description": row.description, "tiles": [dict(tile) for tile in row.tiles], "period": row.period,
        "among": row.among, "roles": list(row.roles), "is_first": row.is_first,
    }  # fmt: skip


def as_json(row: SavedReport) -> dict[str, Any]:
    """The pinned form of the command line and of the REST API."""
    return {"slug": row.slug, **report_values(row), "owner": row.owner_name, "version": row.version, "changed_us": row.changed_us}


def board_as_json(row: Board) -> dict[str, Any]:
    """The pinned form of a board."""
    return {"slug": row.slug, **board_values(row), "owner": row.owner_name, "version": row.version, "changed_us": row.changed_us}


@dataclass(frozen=True)
class Tile:
    """A tile as it is shown, with the chart of a report that has a page of its own unless it says otherwise; without a report
    where the saved one was removed. `saved` is the slug of a saved report.
    """

    title: str
    report: str | None
    params: Mapping[str, str]
    chart: str
    saved: str = ""


def tiles(stored: Sequence[Mapping[str, Any]]) -> list[Tile]:
    """The tiles that a board holds."""
    wanted = [tile["saved"] for tile in stored if "saved" in tile]
    saved = {row.slug: row for row in SavedReport.objects.filter(slug__in=wanted)}
    return [_tile(tile, saved) for tile in stored]


def _tile(tile: Mapping[str, Any], saved: Mapping[str, SavedReport]) -> Tile:
    title, chart = tile.get("title", ""), tile.get("chart", "")
    if "saved" not in tile:
        report, params = tile["report"], tile.get("params", {})
        if report == Custom.name:
            return Tile(title or labels.own_title(params), report, params, chart or "table")
        return Tile(title or str(TITLES.get(report, (report,))[0]), report, params, chart or "bar")
    row = saved.get(tile["saved"])
    if row is None:
        return Tile(title or tile["saved"], None, {}, chart, tile["saved"])
    return Tile(title or row.name, row.report, row.params, chart or row.chart, row.slug)


def answer_tile(tile: Tile, *, period: str, among: str, warehouse: Asker, at_us: int) -> Found:
    """A tile as of a moment, with the period and the people of its board. Raises `NotFound` and as `answers.ask`."""
    if tile.report is None:
        raise NotFound("report_removed", _("The report of this tile was removed."))
    asked = narrowed(tile.report, tile.params, period=period, among=among)
    return answers.ask(tile.report, asked, warehouse=warehouse, at_us=at_us)


def answer(row: SavedReport, *, warehouse: Asker, at_us: int) -> Found:
    """A saved report as of a moment. Raises as `answers.ask`."""
    return answers.ask(row.report, row.params, warehouse=warehouse, at_us=at_us)


def narrowed(report: str, params: Mapping[str, str], *, period: str, among: str) -> dict[str, str]:
    """The parameters of a tile with the period and the people of its board, where the report has such parameters."""
    known = [one.name for one in answers.report(report).params]
    given = {name: text for name, text in (("period", period), ("among", among)) if text and name in known}
    return {**params, **given}
