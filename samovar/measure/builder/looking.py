"""A report as its page shows it: one of one's own by `drawing`, one of the house by the looks of its own page."""

from __future__ import annotations

from collections.abc import Callable

from samovar.measure.builder import drawing
from samovar.measure.builder.drawing import Drawn, Field
from samovar.measure.reports.answers import Found
from samovar.measure.reports.custom import Custom
from samovar.measure.reports.report import Cell
from samovar.measure.reports.words import heading


def _nowhere(_cell: Cell) -> str:
    return ""


def drawn(found: Found, chart: str, title: str, address: Callable[[Cell], str] = _nowhere) -> Drawn:
    """A report as a page, a tile and a PDF show it; `address` says where the people of a cell of a grid are."""
    own = drawing.drawn(found, chart, title)
    return own if isinstance(found.report, Custom) else _looked(found, chart, own, address)


def _looked(found: Found, chart: str, own: Drawn, address: Callable[[Cell], str]) -> Drawn:
    """A report that has a page of its own, as that page shows it: its first chart or its grid unless a table or figures are
    wanted."""
    from samovar.measure.screens import looks  # the screens draw by this module, and their package reads all of them

    columns = [column for column in found.columns if looks.is_on_screen(found, column)]
    rows = [
        [Field(one.text, one.is_figure, cells.get(column.name)) for one, column in zip(line, columns, strict=True)]
        for line, cells in zip(looks.lines(found, _nowhere), found.cells, strict=True)
    ]
    is_drawn = chart in ("line", "bar", "stacked")
    charts, grid = (looks.charts(found), looks.grid(found, address)) if is_drawn else ([], None)
    heads = [(heading(column), column.kind != "text") for column in columns]
    return Drawn(heads, rows, charts[0] if charts else None, own.figures, grid)
