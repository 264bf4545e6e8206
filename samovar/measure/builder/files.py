"""A report as a file to take away, CSV, XLSX or PDF, its columns by the names that people read; a board as XLSX or PDF."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from samovar.engine.warehouse.client import Asker, WarehouseBusy
from samovar.kit.clock import day_date
from samovar.kit.errors import Refusal
from samovar.measure.builder import labels, looking, pdf, queries
from samovar.measure.builder.fields import BadReport
from samovar.measure.builder.queries import Tile
from samovar.measure.models import Board
from samovar.measure.reports import exports
from samovar.measure.reports.answers import Found
from samovar.measure.reports.files import FILES
from samovar.understand.sayings import sentence

TYPES: dict[str, str] = {**{form: kind for form, (kind, _write) in FILES.items()}, "pdf": "application/pdf"}
BOARD_TYPES = {form: TYPES[form] for form in ("xlsx", "pdf")}


def content(found: Found, format: str, *, title: str) -> bytes:
    """The bytes of the file."""
    zone, currency, heads = settings.WORKSPACE.zone, settings.WORKSPACE.currency, labels.heads(found)
    if format == "csv":
        return exports.as_csv(found, currency, heads)
    if format == "xlsx":
        return exports.as_xlsx(found, currency, heads, labels.sheet_title(title))
    section = pdf.section(looking.drawn(found, "table", title), "")
    return pdf.document(title, labels.asked(found), [section], at_us=found.at_us, zone=zone)


def board_content(row: Board, format: str, *, period: str, among: str, warehouse: Asker, at_us: int) -> bytes:
    """A board as a file: each tile a sheet, or its title with its table or figures. A tile that fails has its words in its place
    and stops no other. Raises `BadReport` for a board without tiles, `WarehouseBusy`.
    """
    tiles = queries.tiles(row.tiles)
    if not tiles:
        raise BadReport("no_tiles", _("The board has no tiles: there is nothing to write into a file."))
    answered = [(tile, *_answered(tile, period, among, warehouse, at_us)) for tile in tiles]
    currency = settings.WORKSPACE.currency
    if format == "xlsx":
        sheets = [
            exports.Sheet(labels.sheet_title(tile.title), found, labels.heads(found) if found else (), fault)
            for tile, found, fault in answered
        ]
        return exports.workbook(sheets, currency)
    sections = [_section(tile, found) if found else pdf.words(fault, tile.title) for tile, found, fault in answered]
    note = " · ".join(text for text in (row.description, labels.periods().get(period, period) if period else "", among) if text)
    return pdf.document(row.name, note, sections, at_us=at_us, zone=settings.WORKSPACE.zone)


def _answered(tile: Tile, period: str, among: str, warehouse: Asker, at_us: int) -> tuple[Found | None, str]:
    try:
        return queries.answer_tile(tile, period=period, among=among, warehouse=warehouse, at_us=at_us), ""
    except WarehouseBusy:
        raise
    except Refusal as refusal:
        return None, sentence(refusal)


def _section(tile: Tile, found: Found) -> SafeString:
    drawn = looking.drawn(found, tile.chart, tile.title)
    if drawn.figures:
        return pdf.figures([(one.label, one.text, one.note) for one in drawn.figures], tile.title)
    return pdf.section(drawn, tile.title)


def response(file: bytes, format: str, *, slug: str, at_us: int) -> HttpResponse:
    """The file as an answer that a browser saves."""
    day = day_date(settings.WORKSPACE.zone.day(at_us))
    answer = HttpResponse(file, content_type=TYPES[format])
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{day}.{format}"'
    return answer
