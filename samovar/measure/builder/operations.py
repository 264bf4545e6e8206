"""Keeping reports and boards: make, change, remove. Each is one transaction with one audit row and one outbox event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from samovar.engine import store
from samovar.engine.definitions import SLUG
from samovar.engine.outbox import Announcement, emit
from samovar.kit.errors import Refusal
from samovar.measure.builder import fields
from samovar.measure.builder.fields import BadReport
from samovar.measure.builder.queries import board_values, report_values
from samovar.measure.models import Board, SavedReport
from samovar.staff import audit
from samovar.staff.actors import Actor
from samovar.understand.rules import slug_of

ADDRESS_WORDS = frozenset(["new", "live", "table", "boards", "chart"])
Row = SavedReport | Board


class SlugTaken(Refusal):
    """Another one has this slug."""

    status = 409


class ChangedMeanwhile(Refusal):
    """Somebody changed it since it was read."""

    status = 409


class InUse(Refusal):
    """A board shows it."""

    status = 409


def save_report(*, values: Mapping[str, Any], actor: Actor, at_us: int, slug: str = "") -> SavedReport:
    """A new saved report of `fields`. Without a slug its name gives one. Raises `SlugTaken`, `BadReport`, `BadParameter`."""
    cleaned = _report(values)
    row: SavedReport = _create(SavedReport, slug, cleaned, actor, at_us)
    _tell("report", row, "Report Saved", "report.save", report_values(row), None, actor, at_us)
    return row


def change_report(*, report: SavedReport, values: Mapping[str, Any], actor: Actor, at_us: int) -> SavedReport:
    """Change what differs; nothing happens where nothing does. Raises `ChangedMeanwhile`, `BadReport`, `BadParameter`."""
    old = report_values(report)
    changed: SavedReport | None = _update(SavedReport, report, _report({**old, **values}), old, at_us)
    if changed is None:
        return report
    _tell("report", changed, "Report Saved", "report.change", report_values(changed), old, actor, at_us)
    return changed


def remove_report(*, report: SavedReport, actor: Actor, at_us: int) -> None:
    """Remove a saved report that no board shows. Raises `InUse`."""
    shown = [board.name for board in Board.objects.all() if any(tile.get("saved") == report.slug for tile in board.tiles)]
    if shown:
        message = _("The report “%(name)s” stands on the board “%(board)s”. Take its tile away first.")
        raise InUse("report_in_use", message % {"name": report.name, "board": shown[0]}, slug=report.slug)
    _remove("report", report, report_values(report), actor, at_us)


def save_board(*, values: Mapping[str, Any], actor: Actor, at_us: int, slug: str = "") -> Board:
    """A new board. Raises as `save_report`."""
    cleaned = _board(values)
    with store.transaction():
        _make_room(cleaned)
        row: Board = _create(Board, slug, cleaned, actor, at_us)
        _tell("board", row, "Board Saved", "board.save", board_values(row), None, actor, at_us)
    return row


def change_board(*, board: Board, values: Mapping[str, Any], actor: Actor, at_us: int) -> Board:
    """Change what differs. Raises as `change_report`."""
    old = board_values(board)
    cleaned = _board({**old, **values})
    with store.transaction():
        if cleaned["is_first"] and not board.is_first:
            _make_room(cleaned)
        changed: Board | None = _update(Board, board, cleaned, old, at_us)
        if changed is None:
            return board
        _tell("board", changed, "Board Saved", "board.change", board_values(changed), old, actor, at_us)
    return changed


def arrange_board(*, board: Board, order: Sequence[int], actor: Actor, at_us: int) -> Board:
    """Put the tiles in the order of their present places. Raises `ChangedMeanwhile`, also where there are other tiles by now."""
    if sorted(order) != list(range(len(board.tiles))):
        raise _changed_meanwhile(board)
    return change_board(board=board, values={"tiles": [board.tiles[place] for place in order]}, actor=actor, at_us=at_us)


def remove_board(*, board: Board, actor: Actor, at_us: int) -> None:
    """Remove a board; the reports it showed stay."""
    _remove("board", board, board_values(board), actor, at_us)


def _report(values: Mapping[str, Any]) -> dict[str, Any]:
    report = str(values.get("report") or "custom")
    return {
        "name": fields.name(str(values.get("name") or "")),
        "description": fields.description(str(values.get("description") or "")),
        "report": report, "params": fields.params(report, values.get("params") or {}),
        "chart": fields.chart(str(values.get("chart") or "table")), "roles": fields.roles(values.get("roles") or []),
    }  # fmt: skip


def _board(values: Mapping[str, Any]) -> dict[str, Any]:
    period, among = str(values.get("period") or "").strip(), str(values.get("among") or "").strip()
    fields.params("custom", {"period": period[: fields.TEXT_MAX], "among": among[: fields.TEXT_MAX]})
    return {
        "name": fields.name(str(values.get("name") or "")),
        "description": fields.description(str(values.get("description") or "")),
        "tiles": fields.tiles(values.get("tiles") or []), "period": period[:200], "among": among[: fields.TEXT_MAX],
        "roles": fields.roles(values.get("roles") or []), "is_first": bool(values.get("is_first")),
    }  # fmt: skip


def _make_room(cleaned: Mapping[str, Any]) -> None:
    """Only one board opens the page of reports."""
    if cleaned["is_first"]:
        Board.objects.filter(is_first=True).update(is_first=False)


def _create(model: Callable[..., Any], slug: str, cleaned: Mapping[str, Any], actor: Actor, at_us: int) -> Any:
    rows: Any = model.objects  # type: ignore[attr-defined]
    slug = _slug(slug) if slug else _free_slug(rows, str(cleaned["name"]))
    try:
        with store.transaction():
            return rows.create(
                slug=slug, owner_kind=actor.kind, owner_id=actor.id, owner_name=actor.name, created_us=at_us, changed_us=at_us,
                **cleaned,
            )  # fmt: skip
    except IntegrityError as error:
        raise SlugTaken("slug_taken", _("“%(slug)s” is taken already.") % {"slug": slug}, field="slug", slug=slug) from error


def _update(model: Any, row: Row, cleaned: Mapping[str, Any], old: Mapping[str, Any], at_us: int) -> Any:
    """One conditional UPDATE from the version that was read; None where nothing differs."""
    if all(old[key] == value for key, value in cleaned.items()):
        return None
    with store.transaction():
        rows = model.objects.filter(id=row.id, version=row.version)
        if not rows.update(**cleaned, version=row.version + 1, changed_us=at_us):
            raise _changed_meanwhile(row)
    return model.objects.get(id=row.id)


def _changed_meanwhile(row: Row) -> ChangedMeanwhile:
    message = _("“%(name)s” was changed by somebody else meanwhile. Open it again.") % {"name": row.name}
    return ChangedMeanwhile("changed_meanwhile", message, slug=row.slug)


def _remove(kind: str, row: Row, old: Mapping[str, Any], actor: Actor, at_us: int) -> None:
    with store.transaction():
        _tell(kind, row, f"{kind.capitalize()} Removed", f"{kind}.remove", None, old, actor, at_us)
        row.delete()


def _tell(
    kind: str, row: Row, event: str, action: str, new: Mapping[str, Any] | None, old: Mapping[str, Any] | None, actor: Actor,
    at_us: int,
) -> None:  # fmt: skip
    with store.transaction():
        audit.record(actor=actor, action=action, subject=f"{kind}:{row.id}", at_us=at_us, old=old, new=new)
        ending = "removed" if new is None else str(row.version)
        payload = {f"{kind}_id": row.id, "slug": row.slug, "version": row.version}
        emit([Announcement(f"{kind}/{row.id}/{ending}", event, at_us, payload)])


def _slug(slug: str) -> str:
    if not SLUG.match(slug) or slug in ADDRESS_WORDS:
        message = _("A slug is of small Latin letters, digits, dots, hyphens and underscores, and not one of: %(words)s.")
        raise BadReport("bad_slug", message % {"words": ", ".join(sorted(ADDRESS_WORDS))}, field="slug")
    return slug


def _free_slug(rows: Any, name: str) -> str:
    base = slug_of(name).replace("segment-", "report-")
    taken = ADDRESS_WORDS | set(rows.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug
