"""An answer as a page shows it: a chart of the kind that was chosen, figures, and the table with the people behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings

from samovar.kit.clock import day_date
from samovar.measure.builder import labels
from samovar.measure.reports.answers import Found
from samovar.measure.reports.custom import Custom
from samovar.measure.reports.custom.spans import named_span
from samovar.measure.reports.custom.spec import RUNNING, Part
from samovar.measure.reports.periods import period
from samovar.measure.reports.question import OTHERS
from samovar.measure.reports.report import Cell, Column
from samovar.measure.reports.words import called
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series

if TYPE_CHECKING:
    from samovar.measure.screens.looks import Grid

SERIES_MAX, POINTS_MAX = 12, 400


@dataclass(frozen=True)
class Figure:
    """One figure with what it is called and, beside another period, how it changed."""

    label: str
    text: str
    note: str
    tone: str


@dataclass(frozen=True)
class Field:
    """A field of the table: its text, and the cell of the people behind it."""

    text: str
    is_figure: bool
    cell: Cell | None


@dataclass(frozen=True)
class Drawn:
    """A report on a page."""

    heads: list[tuple[str, bool]]
    rows: list[list[Field]]
    chart: Chart | None
    figures: list[Figure]
    grid: Grid | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.rows


def drawn(found: Found, kind: str, title: str) -> Drawn:
    """A report as it is shown."""
    heads, parts = labels.heads(found), _parts(found)
    rows = [_fields(found, place, parts) for place in range(len(found.rows))]
    figures = _figures(found, heads) if kind == "figure" and found.rows else []
    chart = _chart(found, heads, parts, kind, title) if kind in ("line", "bar", "stacked") and found.rows else None
    named = [(head, column.kind != "text") for head, column in zip(heads, found.columns, strict=True)]
    return Drawn(named, rows, chart, figures)


def _parts(found: Found) -> list[Part]:
    return list(found.report.definition(found.params).rows) if isinstance(found.report, Custom) else []


def _fields(found: Found, place: int, parts: Sequence[Part]) -> list[Field]:
    row, cells = found.rows[place], found.cells[place]
    fields = []
    for number, (value, column) in enumerate(zip(row, found.columns, strict=True)):
        is_part = number < len(parts)
        named = called(found.report.name, column.name, value) if column.kind == "text" and value is not None else value
        text = _value(parts[number], value, row) if is_part else labels.written(named, column)
        fields.append(Field(text, column.kind != "text", cells.get(column.name)))
    return fields


def _value(part: Part, value: Any, row: Sequence[Any]) -> str:
    return "" if value == "" and row[0] == OTHERS else labels.value(part, value)


# Figures


def _figures(found: Found, heads: Sequence[str]) -> list[Figure]:
    """The measures of the first row."""
    names = [column.name for column in found.columns]
    row = dict(zip(names, found.rows[0], strict=True))
    listed = []
    for head, column in zip(heads, found.columns, strict=True):
        stem = column.name.removesuffix("_minor")
        if column.kind == "text" or stem.endswith(("_before", "_change", "_change_share")):
            continue
        change = row.get(f"{stem}_change_share")
        tone = "" if change is None or change == 0 else "good" if change > 0 else "bad"
        listed.append(Figure(head, labels.written(row[column.name], column), _note(found, row, stem), tone))
    return listed


def _note(found: Found, row: Mapping[str, Any], stem: str) -> str:
    by_name = {column.name: column for column in found.columns}
    before = by_name.get(f"{stem}_before_minor") or by_name.get(f"{stem}_before")
    if before is None:
        return ""
    change = row.get(f"{stem}_change_share")
    sign = "+" if change is not None and change > 0 else ""
    was = labels.written(row[before.name], before)
    return was if change is None else f"{sign}{formats.percent(change)} · {was}"


# Charts


def _chart(found: Found, heads: Sequence[str], parts: Sequence[Part], kind: str, title: str) -> Chart | None:
    if not parts or (kind == "line" and len(found.rows) < 2):
        return None
    columns = [number for number in range(len(parts), len(found.columns)) if found.columns[number].kind != "text"]
    if not columns:
        return None
    main = found.columns[columns[0]].kind
    x, series = _by_second(found, parts, columns[0]) if len(parts) > 1 else _by_measure(found, heads, columns, main)
    x, series = _filled(parts[0], x, series)
    return Chart(
        title, x=[labels.value(parts[0], one) for one in x], series=series, partial=_partial(found, parts[0], x),
        kind="stacked" if kind == "stacked" else "bar" if kind == "bar" else "line",
        unit="money" if main == "money" else "percent" if main == "percent" else "number",
    )  # fmt: skip


def _partial(found: Found, part: Part, x: Sequence[Any]) -> list[int]:
    """The places of days, weeks, months and longer that the period cuts off, or that are not over at the moment."""
    if part.kind != "time" or part.text not in RUNNING or not isinstance(found.report, Custom):
        return []
    zone = settings.WORKSPACE.zone
    asked = named_span(found.report.definition(found.params).period, found.at_us, zone)
    last = day_date(zone.day(found.at_us + 1) - 1)  # the last day that is over
    first = day_date(asked.first) if asked else dt.date.min
    if asked:
        last = min(last, day_date(asked.last))
    spans = [None if one is None or one == OTHERS else period(str(one)) for one in x]
    return [place for place, one in enumerate(spans) if one and not first <= one.first <= one.last <= last]


def _by_measure(found: Found, heads: Sequence[str], columns: Sequence[int], main: str) -> tuple[list[Any], list[Series]]:
    """A line for the first measure and for each that may stand on its axis."""
    rows = [row for row in found.rows if row[0] != OTHERS][:POINTS_MAX]
    first = found.columns[columns[0]]
    shown = [number for number in columns if found.columns[number].kind == main and _is_beside(found.columns[number], first)]
    are_others = [found.columns[number].name.startswith(f"{OTHERS}: ") for number in shown]
    named = [number for number, is_other in zip(shown, are_others, strict=True) if not is_other][:SERIES_MAX]
    others = [number for number, is_other in zip(shown, are_others, strict=True) if is_other][:1]
    return [row[0] for row in rows], [
        Series(heads[number], [row[number] for row in rows], role="others" if number in others else "")
        for number in (*named, *others)
    ]


def _is_beside(column: Column, first: Column) -> bool:
    """Whether two share an axis: the measure itself, that of the other period, that of another column, or counts of things."""
    name, other = (one.name.rpartition(": ")[2].removesuffix("_minor") for one in (column, first))
    return name.removesuffix("_before") == other or {name, other} <= {"count", "people", "days"}


def _by_second(found: Found, parts: Sequence[Part], column: int) -> tuple[list[Any], list[Series]]:
    """A line for each value of the second part."""
    rows = [row for row in found.rows if row[0] != OTHERS]
    x = list(dict.fromkeys(row[0] for row in rows))[:POINTS_MAX]
    names = list(dict.fromkeys(labels.value(parts[1], row[1]) for row in rows))[:SERIES_MAX]
    held = {(row[0], labels.value(parts[1], row[1])): row[column] for row in rows}
    return x, [Series(name, [held.get((one, name), 0) for one in x]) for name in names]


def _filled(part: Part, x: list[Any], series: list[Series]) -> tuple[list[Any], list[Series]]:
    """Days, weeks and months in which nothing happened stand as nothing between those in which something did."""
    if part.kind != "time" or part.text not in RUNNING or len(x) < 2 or None in x:
        return x, series
    whole = [str(x[0])]
    while whole[-1] != x[-1] and len(whole) <= POINTS_MAX:
        whole.append(_next(part.text, whole[-1]))
    if len(whole) > POINTS_MAX or not set(x) <= set(whole):
        return x, series
    place = {one: number for number, one in enumerate(x)}
    return whole, [replace(line, values=[line.values[place[one]] if one in place else 0 for one in whole]) for line in series]


def _next(unit: str, text: str) -> str:
    after = period(text).last + dt.timedelta(days=1)
    names = {
        "day": after.isoformat(), "month": f"{after:%Y-%m}", "year": f"{after:%Y}",
        "quarter": f"{after.year}-Q{(after.month + 2) // 3}", "week": "{}-W{:02}".format(*after.isocalendar()[:2]),
    }  # fmt: skip
    return names[unit]
