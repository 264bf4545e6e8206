"""Saved reports and boards as text, with their schedules. Figures are no definitions; owners are of one workspace alone."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from samovar.engine.definitions import Kind
from samovar.measure.builder import operations, schedules
from samovar.measure.builder.fields import BadReport
from samovar.measure.builder.queries import board_values, report_values
from samovar.measure.models import Board, SavedReport
from samovar.staff.actors import Actor


def export_reports() -> dict[str, dict[str, Any]]:
    """{slug: fields} of every saved report."""
    rows = SavedReport.objects.order_by("slug")
    return {row.slug: {**report_values(row), "schedules": _scheduled(row)} for row in rows}


def apply_report(slug: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    """Make a saved report or change what differs. Raises `BadReport`, `BadParameter`."""
    _known(values, ("name", "description", "report", "params", "chart", "roles", "schedules"))
    values, wanted = _parted(values)
    row = SavedReport.objects.filter(slug=slug).first()
    if row is None:
        row = operations.save_report(values={"name": slug, **values}, slug=slug, actor=actor, at_us=at_us)
    empty = {"description": "", "report": "custom", "params": {}, "chart": "table", "roles": []}
    row = operations.change_report(report=row, values={"name": slug, **empty, **values}, actor=actor, at_us=at_us)
    schedules.replace(of=row, wanted=wanted, zone=settings.WORKSPACE.zone, actor=actor, at_us=at_us)


def export_boards() -> dict[str, dict[str, Any]]:
    """{slug: fields} of every board."""
    rows = Board.objects.order_by("slug")
    return {
        row.slug: {**board_values(row), "is_first": row.is_first or None, "schedules": _scheduled(row)} for row in rows
    }  # fmt: skip


def apply_board(slug: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    """Make a board or change what differs. Raises `BadReport`, `BadParameter`."""
    _known(values, ("name", "description", "tiles", "period", "among", "roles", "is_first", "schedules"))
    values, wanted = _parted(values)
    row = Board.objects.filter(slug=slug).first()
    if row is None:
        row = operations.save_board(values={"name": slug, **values}, slug=slug, actor=actor, at_us=at_us)
    empty = {"description": "", "tiles": [], "period": "", "among": "", "roles": [], "is_first": False}
    row = operations.change_board(board=row, values={"name": slug, **empty, **values}, actor=actor, at_us=at_us)
    schedules.replace(of=row, wanted=wanted, zone=settings.WORKSPACE.zone, actor=actor, at_us=at_us)


def _parted(values: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """What a thing is, and its schedules."""
    return {name: one for name, one in values.items() if name != "schedules"}, values.get("schedules", [])


def _scheduled(row: SavedReport | Board) -> list[dict[str, Any]]:
    return [schedules.values(one) for one in row.schedules.order_by("id")]


def _known(values: dict[str, Any], names: tuple[str, ...]) -> None:
    if others := sorted(set(values) - set(names)):
        raise BadReport("unknown_field", f"There is no field “{others[0][:60]}” here.", field=others[0][:60])


KINDS = (
    Kind("reports", order=30, export=export_reports, apply=apply_report),
    Kind("boards", order=40, export=export_boards, apply=apply_board),
)
