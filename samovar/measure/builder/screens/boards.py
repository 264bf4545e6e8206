"""Boards: tiles that load apart, and the form that arranges them with buttons a keyboard presses as well."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from samovar.collect.quality import unsafe
from samovar.collect.quality.screens import unsafe_note
from samovar.engine.warehouse.client import current
from samovar.kit.errors import NotFound, Refusal
from samovar.measure import reading
from samovar.measure.builder import choices, files, labels, operations, queries
from samovar.measure.builder.fields import WIDTHS
from samovar.measure.builder.library import LIBRARY, ready
from samovar.measure.builder.queries import Tile
from samovar.measure.builder.screens import schedules
from samovar.measure.builder.screens.reports import TOLD_BESIDE, shared_with, shown
from samovar.measure.models import Board
from samovar.measure.reports.custom import Custom
from samovar.measure.reports.words import TITLES
from samovar.staff.permissions import needs, role_labels
from samovar.webkit.requests import OfficeRequest

SAVED, READY, REPORT = "saved:", "ready:", "report:"


@needs("reports:read")
@require_GET
def one(request: OfficeRequest, slug: str) -> HttpResponse:
    """A board."""
    return opened(request, queries.board(slug, request.user.role, request.actor))


def opened(request: OfficeRequest, row: Board, *, is_front: bool = False) -> HttpResponse:
    """The page of a board; `is_front`: the page of reports. It asks nothing of the warehouse; each tile comes when counted."""
    period, among = _narrowed(request, row)
    tiles = [
        {
            "title": tile.title, "width": row.tiles[place].get("width", 1),
            "link": _link(tile, period, among),
            "url": f"{reverse('board_tile', args=[row.slug, place])}?{request.GET.urlencode()}",
        }
        for place, tile in enumerate(queries.tiles(row.tiles))
    ]  # fmt: skip
    context = {
        "unsafe": unsafe_note(unsafe.alarms_of("report").get(reading.board(row.slug), ())),
        "board": row, "tiles": tiles, "asked": request.GET.urlencode(), "shared": shared_with(row.roles),
        "periods": choices.periods(), "period": period, "among": among, "is_front": is_front,
        "is_own_period": period not in labels.periods(), **schedules.panel(row),
    }  # fmt: skip
    return render(request, "measure/builder/board.html", context)


def _link(tile: Tile, period: str, among: str) -> str:
    """Where a tile is whole: the page of a saved report, or of a report that has a page of its own, asked as the tile is."""
    if tile.saved:
        return reverse("own_report", args=[tile.saved])
    if tile.report is None or tile.report == Custom.name:
        return ""
    asked = queries.narrowed(tile.report, tile.params, period=period, among=among)
    return f"{reverse('report', args=[tile.report])}?{urlencode(asked)}"


@needs("reports:read")
@require_GET
def tile(request: OfficeRequest, slug: str, place: int) -> HttpResponse:
    """One tile of a board. Raises `NotFound`."""
    row = queries.board(slug, request.user.role, request.actor)
    if place >= len(row.tiles):
        raise NotFound("unknown_tile", _("There is nothing at this address."))
    found = queries.tiles(row.tiles)[place]
    period, among = _narrowed(request, row)
    answer = shown(request, partial(queries.answer_tile, found, period=period, among=among), found.chart, found.title)
    aside = labels.unheeded(found.report, period=period, among=among) if found.report else ""
    return render(request, "measure/builder/answer.html", {**answer, "is_tile": True, "aside": aside})


@needs("reports:export")
@require_GET
def file(request: OfficeRequest, slug: str, format: str) -> HttpResponse:
    """A board as a file, with the period and the people that its page was asked for. Raises `NotFound`."""
    row = queries.board(slug, request.user.role, request.actor)
    if format not in files.BOARD_TYPES:
        raise NotFound("unknown_format", _("There is nothing at this address."))
    period, among = _narrowed(request, row)
    made = files.board_content(row, format, period=period, among=among, warehouse=current(), at_us=request.at_us)
    return files.response(made, format, slug=row.slug, at_us=request.at_us)


def _narrowed(request: OfficeRequest, row: Board) -> tuple[str, str]:
    """The period and the people of a board, unless its page was asked for others."""
    return request.GET.get("period", row.period), request.GET.get("among", row.among)


@needs("reports:write")
def new(request: OfficeRequest) -> HttpResponse:
    """A new board."""
    return _edited(request, None)


@needs("reports:write")
def edit(request: OfficeRequest, slug: str) -> HttpResponse:
    """The form of a board."""
    return _edited(request, queries.board(slug, request.user.role, request.actor))


@needs("reports:write")
@require_POST
def arrange(request: OfficeRequest, slug: str) -> HttpResponse:
    """Keep the order into which the tiles were dragged: the new version, or why it is not kept."""
    row = _as_read(request, queries.board(slug, request.user.role, request.actor))
    order = [int(place) if place.isdigit() else -1 for place in request.POST.getlist("order")]
    try:
        saved = operations.arrange_board(board=row, order=order, actor=request.actor, at_us=request.at_us)
    except Refusal as refusal:
        return JsonResponse({"message": refusal.message}, status=refusal.status)
    return JsonResponse({"version": saved.version})


@needs("reports:write")
@require_POST
def remove(request: OfficeRequest, slug: str) -> HttpResponse:
    """Remove a board; its reports stay."""
    row = queries.board(slug, request.user.role, request.actor)
    operations.remove_board(board=row, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("“%(name)s” is removed.") % {"name": row.name})
    return redirect("own_reports")


def _edited(request: OfficeRequest, row: Board | None) -> HttpResponse:
    if request.method != "POST":
        stored: dict[str, Any] = queries.board_values(row) if row else {"name": "", "tiles": [], "roles": []}
        return _form(request, row, stored)
    values = _values(request, row)
    do = request.POST.get("do", "save")
    if do != "save":
        return _form(request, row, {**values, "tiles": _arranged(values["tiles"], do, request)})
    try:
        saved = _save(request, row, values)
    except Refusal as refusal:
        return _form(request, row, values, refused=refusal, status=refusal.status)
    messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
    return redirect("board", saved.slug)


def _save(request: OfficeRequest, row: Board | None, values: dict[str, Any]) -> Board:
    if row is None:
        return operations.save_board(values=values, actor=request.actor, at_us=request.at_us)
    return operations.change_board(board=_as_read(request, row), values=values, actor=request.actor, at_us=request.at_us)


def _as_read(request: OfficeRequest, row: Board) -> Board:
    """The board at the version that its page shows."""
    version = request.POST.get("version", "")
    row.version = int(version) if version.isdigit() else row.version
    return row


def _values(request: OfficeRequest, row: Board | None) -> dict[str, Any]:
    """The board as its form says it. The tiles are those of the form, each from what it was."""
    post = request.POST
    names = ("title", "width", "chart", "what")
    lines = zip(*(post.getlist(name) for name in names), strict=False)
    return {
        "name": post.get("name", ""), "description": post.get("description", ""), "period": post.get("period", ""),
        "among": post.get("among", ""), "roles": post.getlist("roles"), "is_first": post.get("is_first") == "on",
        "tiles": [_tile(dict(zip(names, line, strict=True)), row) for line in lines],
    }  # fmt: skip


def _tile(line: dict[str, str], row: Board | None) -> dict[str, Any]:
    """A tile of the form: of a saved report, of the library, of a report by its name, or the board's own by its old place."""
    what, width = line["what"], int(line["width"]) if line["width"].isdigit() else 1
    told: dict[str, Any] = {"title": line["title"], "width": width if width in WIDTHS else 1}
    if line["chart"]:
        told["chart"] = line["chart"]
    begin = ready(what.removeprefix(READY)) if what.startswith(READY) else None
    if begin is not None:
        told.setdefault("chart", begin.chart)
        return {"report": "custom", "params": dict(begin.params), **told, "title": told["title"] or _(begin.name)}
    if what.isdigit() and row is not None and int(what) < len(row.tiles):
        old = row.tiles[int(what)]
        return {**{name: old[name] for name in ("report", "params") if name in old}, **told}
    if what.startswith(REPORT):
        name = what.removeprefix(REPORT)
        return {"report": name, "params": {}, **told}
    return {"saved": what.removeprefix(SAVED), **told}


def _arranged(tiles: list[dict[str, Any]], do: str, request: OfficeRequest) -> list[dict[str, Any]]:
    """The tiles after a button: `up:2`, `down:2`, `away:2`, `add`."""
    verb, _colon, text = do.partition(":")
    place = int(text) if text.isdigit() else -1
    if verb == "add" and (what := request.POST.get("add", "")):
        return [*tiles, _tile({"what": what, "title": "", "width": "1", "chart": ""}, None)]
    if not 0 <= place < len(tiles):
        return tiles
    tile = tiles.pop(place)
    if verb == "away":
        return tiles
    tiles.insert(max(0, place + (1 if verb == "down" else -1)), tile)
    return tiles


def _form(
    request: OfficeRequest, row: Board | None, values: dict[str, Any], refused: Refusal | None = None, status: int = 200
) -> HttpResponse:
    tiles = [
        {**tile, "what": _what(tile, row, place), "called": read.title, "title": tile.get("title", "")}
        for place, (tile, read) in enumerate(zip(values["tiles"], queries.tiles(values["tiles"]), strict=True))
    ]
    context = {
        "board": row, "values": values, "tiles": tiles, "refused": refused, "told_beside": TOLD_BESIDE,
        "widths": WIDTHS, "charts": choices.charts(),
        "saved": queries.saved_reports(request.user.role, request.actor), "periods": choices.periods(),
        "roles": role_labels().items(),
        "library": [(one.slug, _(one.name)) for one in LIBRARY],
        "reports": [(name, title) for name, (title, _says) in TITLES.items() if name != "custom"],
    }  # fmt: skip
    return render(request, "measure/builder/edit_board.html", context, status=status)


def _what(tile: dict[str, Any], row: Board | None, place: int) -> str:
    """How the form names what a tile shows."""
    if "saved" in tile:
        return f"{SAVED}{tile['saved']}"
    begin = next((one for one in LIBRARY if dict(one.params) == tile.get("params")), None)
    if begin is not None and tile["report"] == "custom":
        return f"{READY}{begin.slug}"
    if tile["report"] != "custom" and not tile["params"]:
        return f"{REPORT}{tile['report']}"
    old = row.tiles if row else []
    kept = {name: tile.get(name) for name in ("report", "params")}
    return str(next((n for n, one in enumerate(old) if {name: one.get(name) for name in kept} == kept), place))
