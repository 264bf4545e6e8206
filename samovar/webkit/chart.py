"""Charts: a small description in Python, drawn by the island `<samovar-chart>`, readable as a table without it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext

from samovar.kit.numbers import minor_per_major
from samovar.webkit import formats

_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
Unit = Literal["number", "money", "percent"]


@dataclass(frozen=True)
class Series:
    """One row of figures, as long as the chart's `x`; None is a gap.

    `role` draws it: `treated` solid, `control` dashed and grey, `limit` thin in the colour of a warning, `others` grey, empty by
    the palette, which has twelve colours.
    `low` and `high` make a band.
    Money is given in minor units, percentages as shares of 1.
    """

    name: str
    values: Sequence[float | None]
    role: Literal["", "treated", "control", "limit", "others"] = ""
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True)
class Chart:
    """`title` is what a screen reader says and should state the finding; `x` are labels already written for people.

    `across` lays the bars down, the first on top, for labels that are long.

    The axis begins at zero, or near the least figure when `is_close`: for a line of a figure that changes little.

    `partial` are the places of `x` whose time is not whole, because it is cut off or still runs: they are drawn apart, and `note`
    names them, so that an end of a line does not read as a fall.
    """

    title: str
    x: Sequence[str]
    series: Sequence[Series]
    kind: Literal["line", "bar", "stacked", "across"] = "line"
    unit: Unit = "number"
    x_title: str = ""
    height: Literal["small", "medium", "tall"] = "medium"
    is_close: bool = False
    partial: Sequence[int] = ()
    rows: list[list[str]] = field(init=False)

    def __post_init__(self) -> None:
        rows = [[label, *(written(one.values[place], self.unit) for one in self.series)] for place, label in enumerate(self.x)]
        object.__setattr__(self, "rows", rows)

    @property
    def note(self) -> str:
        """Which times are not whole; nothing where all are."""
        if not self.partial:
            return ""
        told = ngettext("%(names)s is not a whole period.", "%(names)s are not whole periods.", len(self.partial))
        return told % {"names": ", ".join(self.x[place] for place in self.partial)}


def written(value: float | None, unit: Unit) -> str:
    """A figure of a chart as people read it."""
    if value is None:
        return formats.DASH
    if unit == "money":
        return formats.money(round(value))
    if unit == "percent":
        return formats.percent(value)
    return formats.number(value, 2)


def to_script(chart: Chart) -> SafeString:
    """What the island reads: figures, the exact texts for hovering, and how to write the axis."""
    data: dict[str, Any] = {
        "title": chart.title, "kind": chart.kind, "unit": chart.unit, "x": list(chart.x), "close": chart.is_close,
        "partial": list(chart.partial),
        "language": get_language() or "ru", "currency": formats.currency(), "perMajor": minor_per_major(formats.currency()),
        "series": [
            {
                "name": one.name, "role": one.role, "values": list(one.values), "low": list(one.low), "high": list(one.high),
                "texts": [written(value, chart.unit) for value in one.values],
                "ranges": [_range(low, high, chart.unit) for low, high in zip(one.low, one.high, strict=True)],
            }
            for one in chart.series
        ],
    }  # fmt: skip
    return json_script(json.dumps(data, ensure_ascii=False))


def _range(low: float | None, high: float | None, unit: Unit) -> str:
    return f"{written(low, unit)} … {written(high, unit)}"


def json_script(text: str) -> SafeString:
    """JSON inside a script element that runs nothing; what would end the element is escaped."""
    safe = text.translate(_ESCAPES)
    return mark_safe(f'<script type="application/json">{safe}</script>')  # noqa: S308 (escaped above)
