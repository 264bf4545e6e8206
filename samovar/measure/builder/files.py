"""A report as a file to take away, CSV, XLSX or PDF, its columns by the names that people read; a board as XLSX or PDF."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from samovar.engine.warehouse.client import Asker, WarehouseBusy
from samovar.kit.clock import day_date
from samovar.kit.errors import Refusal
from samovar.measure.builder import labels, looking, pdf, queries, tables
from samovar.measure.builder.fields import BadReport
from samovar.measure.builder.queries import Tile
from samovar.measure.models import Board
from samovar.measure.reports import exports
from samovar.measure.reports.answers import Found
from samovar.understand.sayings import sentence

TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}  # fmt: skip
TABLE_TYPES = {form: TYPES[form] for form in ("csv", "xlsx")}
BOARD_TYPES = {form: TYPES[form] for form in ("xlsx", "pdf")}


def content(found: Found, format: str, *, title: str) -> bytes:
    """The bytes of the file."""
    zone, currency, table = settings.WORKSPACE.zone, settings.WORKSPACE.currency, tables.table(found)
    if format == "csv":
        return exports.as_csv(table, currency)
    if format == "xlsx":
        return exports.as_xlsx(table, currency, labels.sheet_title(title))
    section = pdf.section(looking.drawn(found, "table", title))
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

    def aside(found: Found | None) -> str:
        return labels.unheeded(found.report.name, period=period, among=among) if found else ""

    if format == "xlsx":
        sheets = [
            exports.Sheet(labels.sheet_title(tile.title), tables.table(found) if found else None, fault, aside(found))
            for tile, found, fault in answered
        ]
        return exports.workbook(sheets, currency)
    sections = [_section(tile, found, aside(found)) if found else pdf.words(fault, tile.title) for tile, found, fault in answered]
    note = " · ".join(text for text in (row.description, labels.periods().get(period, period) if period else "", among) if text)
    return pdf.document(row.name, note, sections, at_us=at_us, zone=settings.WORKSPACE.zone)


def _answered(tile: Tile, period: str, among: str, warehouse: Asker, at_us: int) -> tuple[Found | None, str]:
    try:
        return queries.answer_tile(tile, period=period, among=among, warehouse=warehouse, at_us=at_us), ""
    except WarehouseBusy:
        raise
    except Refusal as refusal:
        return None, sentence(refusal)


def _section(tile: Tile, found: Found, aside: str) -> SafeString:
    drawn = looking.drawn(found, tile.chart, tile.title)
    if drawn.figures:
        return pdf.figures([(one.label, one.text, one.note) for one in drawn.figures], tile.title, aside)
    return pdf.section(drawn, tile.title, aside)


def response(file: bytes, format: str, *, slug: str, at_us: int) -> HttpResponse:
    """The file as an answer that a browser saves."""
    day = day_date(settings.WORKSPACE.zone.day(at_us))
    return _kept(file, format, f"{slug}-{day}")


def of_report(found: Found, format: str) -> HttpResponse:
    """A report that is not saved, by its own name."""
    return _kept(content(found, format, title=found.report.name), format, found.report.name)


def _kept(file: bytes, format: str, name: str) -> HttpResponse:
    answer = HttpResponse(file, content_type=TYPES[format])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{format}"'
    return answer
