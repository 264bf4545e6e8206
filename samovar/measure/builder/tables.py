"""An answer as the table of a file or a terminal, its texts in the reader's words. Periods stay as they are: so they sort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from samovar.measure.builder import labels
from samovar.measure.reports.answers import Found
from samovar.measure.reports.custom import Custom
from samovar.measure.reports.custom.spec import Part
from samovar.measure.reports.exports import Table
from samovar.measure.reports.question import OTHERS
from samovar.measure.reports.report import Column
from samovar.measure.reports.words import called


def table(found: Found, heads: Sequence[str] = ()) -> Table:
    """The table; `heads` name all columns of the answer, else they are called as people read them."""
    parts = found.report.definition(found.params).rows if isinstance(found.report, Custom) else ()
    places = [place for place, column in enumerate(found.columns) if _is_told(found, column)]
    names = list(heads) or labels.heads(found)

    def told(row: Sequence[Any], place: int) -> Any:
        column = found.columns[place]
        if place < len(parts):
            return _part(parts[place], row[place])
        return _text(found, column, row[place]) if column.kind == "text" else row[place]

    return Table(
        [names[place] for place in places], [found.columns[place].kind for place in places],
        [[(told(row, place), found.report.kind_of(found.columns[place], row)) for place in places] for row in found.rows],
    )  # fmt: skip


def _is_told(found: Found, column: Column) -> bool:
    """The kinds of the scorecard's figures are for programs: the figures show them."""
    return (found.report.name, column.name) != ("loyalty", "kind")


def _part(part: Part, value: Any) -> str:
    is_period = part.kind == "time" and part.text != "weekday" and value not in (None, OTHERS)
    return str(value) if is_period else labels.value(part, value)


def _text(found: Found, column: Column, value: Any) -> str:
    if value is None:
        return _("unknown")
    return _("others") if value == OTHERS else called(found.report.name, column.name, value)
