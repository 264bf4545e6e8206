"""How each report looks: its verdict in a sentence, its charts, the grid of RFM, and the lines of its table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from samovar.measure.reports.answers import Found
from samovar.measure.reports.live import drawing as counter
from samovar.measure.reports.periods import period
from samovar.measure.reports.question import OTHERS
from samovar.measure.reports.report import Cell, Column
from samovar.measure.reports.rfm import SCORES
from samovar.measure.reports.words import ADVICE, FIGURES, RUNGS, STATES, called, event_text, heading, step_text
from samovar.measure.screens.campaign import short_date
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series

TURNED_ROWS_MAX, TURNED_COLUMNS_MIN = 4, 10  # of a table that is laid on its side
HEATS = 6  # shades of a figure that is a share
PAIRS_DRAWN, STEPS_DRAWN, PARTS_DRAWN = 12, 6, 7
Address = Callable[[Cell], str]


@dataclass(frozen=True)
class Shown:
    """One cell of a table: what it says, exactly what on hover, where its people are, its shade from 0, how far it is
    set in, and what stands small under it."""

    text: str
    exact: str = ""
    url: str = ""
    heat: int = 0
    inset: int = 0
    is_figure: bool = True
    note: str = ""


def lines(found: Found, address: Address) -> list[list[Shown]]:
    """The table's rows."""
    return [
        [
            _shown(found, row, column, place, address(cells[column.name]) if column.name in cells else "")
            for place, column in enumerate(found.columns)
            if is_on_screen(found, column)
        ]
        for row, cells in zip(found.rows, found.cells, strict=True)
    ]


def is_on_screen(found: Found, column: Column) -> bool:
    """Whether a column stands on the page: a branch of paths is set in, which says its way and depth."""
    return (found.report.name, column.name) not in {("paths", "path"), ("paths", "depth"), ("loyalty", "kind")}


def _shown(found: Found, row: Sequence[Any], column: Column, place: int, url: str) -> Shown:
    value, name = row[place], found.report.name
    if column.kind == "text":
        inset = row[2] if (name, column.name) == ("paths", "step") else 0
        return Shown(_called(found, column, value), url=url, inset=inset, is_figure=False, note=_note(found, column, value))
    if name == "cohorts" and column.name.isdigit() and value is not None and found.params.get("shows", "people") == "people":
        share, exact = value / row[1], _("%(people)s people") % {"people": formats.number(value)}
        return Shown(formats.percent(share), exact, url if value else "", heat(share))
    if name == "loyalty" and column.name in ("value", "before"):
        return Shown(_measured(value, row[1]))
    if column.kind == "percent":
        return Shown(formats.percent(value))
    text = {"number": lambda one: formats.number(one, 2), "decimal": formats.decimal}.get(column.kind, formats.money)(value)
    return Shown(text, url=url if value else "")


def _note(found: Found, column: Column, value: Any) -> str:
    """What stands small under a text: the formula of a figure, what would change a state."""
    if found.report.name == "loyalty" and column.name == "figure":
        return str(FIGURES[value][1])
    if found.report.name == "reach" and column.name == "state":
        return str(ADVICE.get(value, ""))
    return ""


def _measured(value: float | None, kind: str) -> str:
    """A figure of the scorecard, whose rows have kinds of their own."""
    if value is None:
        return formats.DASH
    return {"percent": formats.percent, "money": lambda one: formats.money(round(one))}.get(kind, formats.decimal)(value)


def turned(found: Found, shown: list[list[Shown]]) -> tuple[list[tuple[str, bool]], list[list[Shown]]] | None:
    """Heads and lines of a table of few rows and many columns, laid on its side: a column a row; None for any other."""
    names = [heading(column) for column in found.columns]
    if not (len(found.rows) <= TURNED_ROWS_MAX < TURNED_COLUMNS_MIN <= len(names)):
        return None
    heads = [(_("Figure"), False), *((line[0].text, True) for line in shown)]
    return heads, [[Shown(names[place], is_figure=False), *(line[place] for line in shown)] for place in range(1, len(names))]


def heat(share: float) -> int:
    """The shade of a share."""
    return 0 if share <= 0 else min(1 + int(share * HEATS * 1.6), HEATS)


def _called(found: Found, column: Column, value: Any) -> str:
    """A text of a table as people read it."""
    if counter.is_live(found):
        return counter.minute(value) if column.name == "minute" else counter.state(value)
    if value is not None and (text := called(found.report.name, column.name, value)) != value:
        return text
    if column.name in ("period", "cohort") and found.params.get("by") != "product":
        return span(value)
    return part_text(value)


def part_text(value: Any) -> str:
    """A part of people or goods as people read it."""
    if value in (None, ""):
        return _("unknown")
    return _("others") if value == OTHERS else str(value)


def span(name: str) -> str:
    """A period as people read it: October 2011."""
    if name == "all":
        return _("All")
    try:
        asked = period(name)
    except ValueError:
        return name
    is_month = asked.first.day == 1 and asked.first.month == asked.last.month and (asked.last + dt.timedelta(days=1)).day == 1
    return short_date(asked.first, "LLL y") if is_month else name


@dataclass(frozen=True)
class Grid:
    """Buyers by recency (rows, the latest first) and frequency: of each cell its people, their share and where they are."""

    rows: list[tuple[int, list[Shown]]]
    scores: list[int]


def grid(found: Found, address: Address) -> Grid | None:
    """The grid of RFM; None for any other report, and over nobody."""
    if found.report.name != "rfm" or not found.rows:
        return None
    people: dict[tuple[int, int], int] = {}
    money: dict[tuple[int, int], int] = {}
    for row in found.records():
        key = row["r"], row["f"]
        people[key] = people.get(key, 0) + row["people"]
        money[key] = money.get(key, 0) + row["gross_minor"]
    every, most = sum(people.values()), max(people.values())

    def cell(r: int, f: int) -> Shown:
        count = people.get((r, f), 0)
        if not count:
            return Shown("")
        exact = _("%(share)s of buyers, %(money)s") % {
            "share": formats.percent(count / every),
            "money": formats.money(money[r, f]),
        }
        return Shown(formats.number(count), exact, address({"r": str(r), "f": str(f)}), max(1, round(HEATS * count / most)))

    return Grid([(r, [cell(r, f) for f in SCORES]) for r in reversed(SCORES)], list(SCORES))


def charts(found: Found) -> list[Chart]:
    """The charts of a report, none over nothing."""
    draw = _CHARTS.get(found.report.name)
    return draw(found) if draw is not None and found.rows else []


def _funnel(found: Found) -> list[Chart]:
    records = found.records()
    if "by" not in records[0]:
        steps, people = [step_text(row["step"]) for row in records], [row["people"] for row in records]
        return [Chart(_("How many came to each step"), x=steps, kind="across", series=[Series(_("people"), people)])]
    parts = [part for part in dict.fromkeys(row["by"] for row in records) if part != OTHERS][:PARTS_DRAWN]
    steps = list(dict.fromkeys(row["step"] for row in records))
    shares = {(row["by"], row["step"]): row["of_first"] for row in records}
    series = [Series(part_text(part), [shares.get((part, step)) for step in steps]) for part in parts]
    return [
        Chart(
            _("What share of the first step came to each"),
            x=[step_text(step) for step in steps],
            kind="bar",
            unit="percent",
            series=series,
        )
    ]


def _cohorts(found: Found) -> list[Chart]:
    """The share that ordered again by months since the first order, of all cohorts that lived the whole month together.

    The last column a cohort has is of the month that still runs: not over yet, it would look like a fall.
    """
    if found.params.get("shows", "people") != "people" or found.params.get("by") == "product":
        return []
    shares: list[float | None] = []
    later = [column.name for column in found.columns if column.name.isdigit()]
    for number in range(len(later)):
        whole = [
            row for row in found.rows if number + 3 < len(row) and row[2 + number] is not None and row[3 + number] is not None
        ]
        size = sum(row[1] for row in whole)
        shares.append(sum(row[2 + number] for row in whole) / size if size else None)
    while shares and shares[-1] is None:
        shares.pop()
    if len(shares) < 2:
        return []
    by_week = found.params.get("by") == "week"
    title = _("weeks since the first order") if by_week else _("months since the first order")
    series = [Series(_("ordered again"), shares)]
    return [Chart(_("Share of buyers who order again"), x=later[: len(shares)], unit="percent", series=series, x_title=title)]


def _drivers(found: Found) -> list[Chart]:
    last = found.records()[-1]
    if "by" in last:
        return [_drivers_by_part(found)]
    factors = [
        (heading(Column(name)), last[name]) for name in ("from_buyers_minor", "from_frequency_minor", "from_average_minor")
    ]
    groups = [(heading(Column(name)), last[name]) for name in ("new_minor", "kept_minor", "returned_minor", "lost_minor")]
    return [
        Chart(
            title, x=[name for name, _value in told], kind="across", unit="money",
            series=[Series(_("change of revenue"), [value for _name, value in told])],
        )
        for title, told in ((_("What changed"), factors), (_("Whose orders changed"), groups))
    ]  # fmt: skip


def _drivers_by_part(found: Found) -> Chart:
    """What each part brought in the two periods, the largest first."""
    money: dict[Any, dict[str, int]] = {}
    for row in found.records():
        money.setdefault(row["by"], {})[row["period"]] = row["gross_minor"]
    periods = list(dict.fromkeys(row["period"] for row in found.records()))
    parts = sorted(money, key=lambda part: (part == OTHERS, -sum(money[part].values())))[:PAIRS_DRAWN]
    x = [part_text(part) for part in parts]
    series = [Series(span(one), [money[part].get(one, 0) for part in parts]) for one in periods]
    return Chart(_("Orders of each part in the two periods"), x=x, kind="across", unit="money", series=series, height="tall")


def _paths(found: Found) -> list[Chart]:
    """Of those who began, what share did what as their first step, as their second and so on; the commonest steps by name."""
    depth = max(row["depth"] for row in found.records())
    steps: dict[str, list[float]] = {}
    for row in found.records():
        steps.setdefault(row["step"], [0.0] * depth)[row["depth"] - 1] += row["of_all"]
    largest = sorted(steps, key=lambda step: (step == OTHERS, -sum(steps[step])))
    named = [step for step in largest if step != OTHERS][:STEPS_DRAWN]
    series = [Series(event_text(step), steps[step]) for step in named]
    if others := [steps[step] for step in largest if step not in named]:
        series.append(Series(_("others"), [sum(shares) for shares in zip(*others, strict=True)], role="others"))
    x = [formats.number(number) for number in range(1, depth + 1)]
    return [Chart(_("What people do step by step"), x=x, kind="stacked", unit="percent", series=series, x_title=_("step"))]


def _loyalty(found: Found) -> list[Chart]:
    shares = [row for row in found.records() if row["kind"] == "percent" and row["value"] is not None]
    if not shares:
        return []
    names = [str(FIGURES[row["figure"]][0]) for row in shares]
    series = [Series(_("now"), [row["value"] for row in shares]), Series(_("before"), [row["before"] for row in shares])]
    return [Chart(_("Shares of buyers, now and a period before"), x=names, kind="bar", unit="percent", series=series)]


def _baskets(found: Found) -> list[Chart]:
    months = found.records()[1:]
    if len(months) < 2:
        return []
    series = [
        Series(_("average"), [row["average_order_minor"] for row in months]),
        Series(_("middle"), [row["median_order_minor"] for row in months]),
    ]
    return [Chart(_("The order by months"), x=[span(row["period"]) for row in months], unit="money", series=series)]


def _affinity(found: Found) -> list[Chart]:
    """The pairs of the greatest lift, under a title that says on which side of chance they lie."""
    drawn = found.records()[:PAIRS_DRAWN]
    pairs = [f"{row['item']} + {row['with']}" for row in drawn]
    series = [Series(_("times chance"), [row["lift"] for row in drawn])]
    if drawn[0]["lift"] <= 1:
        title = _("No pair is bought together more often than by chance: these come nearest")
    elif drawn[-1]["lift"] > 1:
        title = _("Bought together more often than by chance")
    else:
        title = _("Bought together: above 1 more often than by chance, below 1 less often")
    return [Chart(title, x=pairs, kind="across", series=series, height="tall")]


def _ladder(found: Found) -> list[Chart]:
    rungs = [str(RUNGS.get(row["rung"], row["rung"])) for row in found.records()]
    series = [Series(_("people"), [row["people"] for row in found.records()])]
    return [Chart(_("How many stand on each rung"), x=rungs, kind="across", series=series)]


def _moves(found: Found) -> list[Chart]:
    ways = {_("up"): 0, _("the same"): 0, _("down"): 0, _("new"): 0}
    for row in found.records():
        was, now = row["from_r"] + row["from_f"], row["r"] + row["f"]
        way = _("new") if not was else _("up") if now > was else _("down") if now < was else _("the same")
        ways[way] += row["people"]
    return [Chart(_("Where people moved"), x=list(ways), kind="across", series=[Series(_("people"), list(ways.values()))])]


def _reach(found: Found) -> list[Chart]:
    if found.params.get("by") == "segment":
        rows = found.records()[:20]
        series = [
            Series(heading(Column(name)), [row[name] / row["people"] if row["people"] else None for row in rows])
            for name in ("none", "one", "more")
        ]
        return [
            Chart(
                _("By how many channels each segment is reached"),
                x=[row["segment"] for row in rows],
                kind="across",
                unit="percent",
                series=series,
                height="tall",
            )
        ]
    rows = [row for row in found.records() if row["channel"] == "any"]
    series = [Series(_("people"), [row["people"] for row in rows])]
    return [
        Chart(
            _("By how many channels people are reached"),
            x=[str(STATES[row["state"]]) for row in rows],
            kind="across",
            series=series,
            height="small",
        )
    ]


_CHARTS: dict[str, Callable[[Found], list[Chart]]] = {
    "funnel": _funnel, "cohorts": _cohorts, "drivers": _drivers, "baskets": _baskets, "affinity": _affinity, "ladder": _ladder,
    "rfm-moves": _moves, "reach": _reach, "paths": _paths, "loyalty": _loyalty, "live": counter.charts,
}  # fmt: skip


def verdict(found: Found) -> str:
    """The finding in a sentence; nothing where the table is the finding."""
    if not found.rows:
        return ""
    rows = found.records()
    match found.report.name:
        case "funnel" if "by" not in rows[0] and len(rows) > 1 and rows[0]["people"]:
            worst = max(rows[1:], key=lambda row: row["lost"])
            told = _("%(share)s of those who began came to the last step. Most are lost before “%(step)s”: %(lost)s.")
            return told % {
                "share": formats.percent(rows[-1]["of_first"]), "step": step_text(worst["step"]),
                "lost": formats.number(worst["lost"]),
            }  # fmt: skip
        case "live":
            return counter.verdict(found)
        case "drivers" if "by" not in rows[0]:
            return _changed(rows[0], rows[1])
        case "baskets":
            return _("The average order is %(average)s, and half of those who come again do so within %(days)s days.") % {
                "average": formats.money(rows[0]["average_order_minor"]), "days": formats.number(rows[0]["repeat_days"], 1),
            }  # fmt: skip
    return ""


def _changed(before: dict[str, Any], after: dict[str, Any]) -> str:
    change, base = after["change_minor"], before["gross_minor"]
    told = {
        "change": formats.money(abs(change)), "share": formats.percent(abs(change) / base if base else None),
        "first": span(before["period"]), "last": span(after["period"]),
    }  # fmt: skip
    if not change:
        return _("As much was ordered in %(last)s as in %(first)s.") % told
    if change > 0:
        return _("%(change)s more was ordered in %(last)s than in %(first)s (%(share)s).") % told
    return _("%(change)s less was ordered in %(last)s than in %(first)s (%(share)s).") % told
