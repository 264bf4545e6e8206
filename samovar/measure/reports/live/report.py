"""The report of a live counter: a row a minute, and the people behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from django.utils.translation import gettext as _
from msgspec.structs import replace

from samovar.kit.clock import DAY_US, MINUTE_US
from samovar.kit.numbers import minor_per_major
from samovar.measure.reports.custom import spec
from samovar.measure.reports.custom.meaning import field_of, row_feature
from samovar.measure.reports.custom.spec import Basic
from samovar.measure.reports.live import sliding
from samovar.measure.reports.live.line import Line, State, read_line, usual_of
from samovar.measure.reports.live.sliding import Ends, Ints, Rows
from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import Question
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Kind, Param, Report, asked_of, whole
from samovar.measure.reports.values import faults_of
from samovar.rules import catalogue
from samovar.rules.check import operand_kind
from samovar.rules.lowering import Told
from samovar.rules.parser import parse_selection
from samovar.rules.sql import selected_sql
from samovar.rules.tree import Aggregate, Selection

CONVERSION = "conversion"
WEEKS = (1, 2, 3, 4)  # before, whose same minutes are usual
DAY_MINUTES = 24 * 60
Figures = list[float | None]


def read_measure(text: str) -> Basic:
    """`count`, `people`, `conversion`, `sum(amount)`. Raises ValueError."""
    if text == CONVERSION:
        return Basic(CONVERSION)
    found = spec.measures(text)
    basic = found[0].basic
    if len(found) > 1 or found[0].is_share or found[0].per or basic.function not in ("count", "people", "sum"):
        raise ValueError(text)
    return basic


class Live(Report):
    """One row for each of the last `minutes`: what happened in the `window` minutes before it began.

    Counted are rows, people or a sum; with `per` each is divided by rows (or people) of another selection, and `conversion` is
    the share of the people of `per` who did `of` at the same moment or later within the window. Visitors count beside customers,
    unless `among` narrows. `usual` is the middle of the same minutes one to four weeks before, as far as anything happened in
    them. `state` is `ok`, `beyond` the line, or `few` where there is too little to judge: fewer than `least` rows (or people)
    to divide by, or fewer usual rows. `hold` minutes beyond the line on end open an alert once the counter is kept.
    """

    name: ClassVar[str] = "live"
    of: ClassVar[Param] = Param(
        "of", "orders", help=gettext_noop('What is counted: orders, visits, event("Quiz Finished"), also with where.')
    )
    measure: ClassVar[Param] = Param(
        "measure", "count", read=read_measure, help=gettext_noop("count, people, sum(amount), or conversion of those in per.")
    )
    per: ClassVar[Param] = Param("per", help=gettext_noop("What it is divided by, such as visits; empty for the figure itself."))
    window: ClassVar[Param] = Param(
        "window", "60", whole(1, DAY_MINUTES), help=gettext_noop("Over how many minutes each figure is counted.")
    )
    minutes: ClassVar[Param] = Param("minutes", "60", whole(1, DAY_MINUTES), help=gettext_noop("How many minutes are shown."))
    line: ClassVar[Param] = Param(
        "line", read=read_line, help=gettext_noop("A line to watch: below 120, above 2.5%, below 60% of usual.")
    )
    usual: ClassVar[Param] = Param(
        "usual", "no", choices=("no", "yes"), help=gettext_noop("Whether the same minutes of the weeks before stand beside it.")
    )
    least: ClassVar[Param] = Param(
        "least", "20", whole(0, 1_000_000), help=gettext_noop("With fewer rows to compare with, a figure is not judged.")
    )
    hold: ClassVar[Param] = Param(
        "hold", "5", whole(1, 240), help=gettext_noop("How many minutes on end beyond the line open an alert.")
    )
    params: ClassVar[tuple[Param, ...]] = (of, measure, per, AMONG, window, minutes, line, usual, least, hold)

    def check(self, params: Mapping[str, str]) -> None:
        super().check(params)
        basic, per, line = self.measure.value(params), self.per.value(params), self.line.value(params)
        if basic.function == CONVERSION and not per:
            raise BadParameter("bad_parameter", _("Say in “per” whose conversion is counted, such as visits."), field="per")
        if line is None or line.is_of_usual:
            return
        is_share = bool(per) and not basic.field
        if is_share and not line.is_percent and line.amount > 1:
            told = {"line": f"{line.side} {float(line.amount):g}"}
            message = _("The figure is a share: its line is written with a percent sign, “%(line)s%%”, or as a part of 1.") % told
            raise BadParameter("bad_parameter", message, field="line")
        if not is_share and line.is_percent:
            message = _("The figure is no share: its line is a number, or a part of what is usual, such as below 60% of usual.")
            raise BadParameter("bad_parameter", message, field="line")

    def answer(self, asked: Question) -> Answer:
        return _Counter(asked).answer()

    def people(self, asked: Question, cell: Cell) -> str:
        """Those who did what is counted in the window of a minute."""
        return _Counter(asked).people(cell)


@dataclass(frozen=True)
class _Series:
    """Figures at each end: the figure itself, what was counted, what it is divided by, and how many rows stand for it."""

    figures: Figures
    counted: Ints
    divisor: Ints | None
    rows: Ints


class _Counter:
    """One asking of the report."""

    def __init__(self, asked: Question) -> None:
        self.asked = asked
        read = {one.name: one.value(asked.params) for one in Live.params}
        self.basic: Basic = read["measure"]
        self.line: Line | None = read["line"]
        self.least: int = read["least"]
        self.is_beside_usual = read["usual"] == "yes" or (self.line is not None and self.line.is_of_usual)
        end = asked.at_us // MINUTE_US
        self.ends = Ends(end - read["minutes"] + 1, read["minutes"], read["window"])
        self.of = self._selection("of", read["of"])
        self.per = self._selection("per", read["per"]) if read["per"] else None

    def _selection(self, param: str, text: str) -> Selection:
        with faults_of(param):
            found, field = parse_selection(text)
            if field or found.window is not None:
                raise BadParameter("bad_collection", _("“%(of)s” is no collection.") % {"of": text[:60]}, field=param)
            operand_kind(Aggregate(function="days", of=found), self.asked.words, None)
            return found

    @cached_property
    def _field(self) -> Told | None:
        if not self.basic.field:
            return None
        with faults_of("measure", "sum("):
            return field_of(replace(self.of, where=None), self.basic, self.asked)

    @property
    def kind(self) -> Kind:
        """What the figure is."""
        if self._field is not None:
            return "money" if self._field.kind is catalogue.Kind.MONEY else "decimal"
        return "percent" if self.per else "number"

    @property
    def _unit(self) -> int:
        """How many of the units of the figure make one of those that the line is written in."""
        return minor_per_major(self.asked.context.currency) if self.kind == "money" else 1

    # The rows

    def _rows_sql(self, of: Selection, ends: Ends) -> str:
        """SELECT (person_id, time_us, amount) of the rows that count at some ends."""
        told = self._field if of is self.of else None
        fields = [] if told is None else [row_feature(told)]
        who = self.asked.people_sql(self.asked.among) if self.asked.among else None
        found = selected_sql(of, fields, self.asked.words, self.asked.moment, who=who, by_time=True)
        amount = "coalesce(c0, 0)::BIGINT" if fields else "0::BIGINT"
        within = f"time_us >= {ends.from_us} AND time_us < {ends.upto_us}"
        return f"SELECT person_id, time_us, {amount} AS amount FROM ({found}) WHERE {within}"

    def _rows(self, of: Selection, ends: Ends) -> Rows:
        found = self.asked.arrays(self._rows_sql(of, ends))
        return Rows(found["person_id"].astype(np.int64), found["time_us"].astype(np.int64), found["amount"].astype(np.int64))

    # The figures

    def series(self, ends: Ends) -> _Series:
        """The figures at some ends."""
        of = self._rows(self.of, ends)
        after = self._rows(self.per, ends) if self.per is not None else None
        divisor: Ints | None
        if after is not None and self.basic.function == CONVERSION:
            counted, divisor = sliding.converted(of, after, ends), sliding.people(after, ends)
        else:
            count: Mapping[str, Callable[[Rows, Ends], Ints]] = {"people": sliding.people, "sum": sliding.sums}
            counted = count.get(self.basic.function, sliding.rows)(of, ends)
            over = sliding.people if self.basic.function == "people" else sliding.rows
            divisor = over(after, ends) if after is not None else None
        stands_for = sliding.rows(of, ends) if divisor is None else divisor
        return _Series(self._figures(counted, divisor), counted, divisor, stands_for)

    def _figures(self, counted: Ints, divisor: Ints | None) -> Figures:
        scale = self._field.scale if self._field is not None and self.kind != "money" else 1
        if divisor is None:
            return [int(one) if scale == 1 else int(one) / scale for one in counted]
        return [int(one) / scale / int(per) if per else None for one, per in zip(counted, divisor, strict=True)]

    @cached_property
    def _weeks(self) -> list[_Series]:
        """The same minutes on the clock of the weeks before in which anything happened."""
        if not self.is_beside_usual:
            return []
        offset = self._offset_us(self.asked.at_us)
        found = []
        for week in WEEKS:
            back_us = week * 7 * DAY_US
            moved_us = back_us - (offset - self._offset_us(self.asked.at_us - back_us))
            series = self.series(self.ends.shifted(-moved_us // MINUTE_US))
            if series.rows.any() or series.counted.any():
                found.append(series)
        return found

    def _offset_us(self, at_us: int) -> int:
        """What the clock of the workspace is ahead of UTC at a moment."""
        return self.asked.context.zone.offsets_between(at_us, at_us)[0][1]

    # The answer

    def answer(self) -> Answer:
        """A row for each end, the oldest first."""
        now = self.series(self.ends)
        ending = "_minor" if self.kind == "money" else ""
        columns = [Column("minute", "text"), Column(f"figure{ending}", self.kind)]
        columns += [Column(f"counted{ending}", "money" if ending else "number"), Column("per")] if self.per else []
        columns += [Column(f"usual{ending}", self.kind)] if self.is_beside_usual else []
        columns += [Column(f"line{ending}", self.kind), Column("state", "text")] if self.line else []
        answer = Answer(columns, [], [])
        for place in range(self.ends.count):
            answer.rows.append(self._row(now, place))
            answer.cells.append(self._cells(now, place, ending))
        return answer

    def _row(self, now: _Series, place: int) -> list[Any]:
        figure = now.figures[place]
        row: list[Any] = [self._minute(place), self._written(figure)]
        if now.divisor is not None:
            row += [self._counted(now.counted[place]), int(now.divisor[place])]
        usual = usual_of([week.figures[place] for week in self._weeks])
        if self.is_beside_usual:
            row.append(self._written(usual))
        if self.line is not None:
            at = self.line.at(usual, self._unit)
            row += [self._written(at, is_exact=True), self._state(figure, at, now, place)]
        return row

    def _minute(self, place: int) -> str:
        local = self.asked.context.zone.local((self.ends.first + place) * MINUTE_US)
        return f"{local:%Y-%m-%dT%H:%M}"

    def _counted(self, counted: Any) -> int | float:
        scale = self._field.scale if self._field is not None and self.kind != "money" else 1
        return int(counted) if scale == 1 else int(counted) / scale

    def _written(self, figure: float | None, *, is_exact: bool = False) -> float | None:
        return round(figure) if figure is not None and self.kind == "money" and not is_exact else figure

    def _state(self, figure: float | None, at: float | None, now: _Series, place: int) -> State:
        assert self.line is not None
        if figure is None or at is None or self._basis(now, place) < self.least:
            return "few"
        return "beyond" if self.line.is_crossed(figure, at) else "ok"

    def _basis(self, now: _Series, place: int) -> float:
        """How many rows a judgement rests on; any number of them where a figure itself has a line of its own."""
        if now.divisor is not None:
            return float(now.divisor[place])
        if self.line is None or not self.line.is_of_usual:
            return float("inf")
        return usual_of([float(week.rows[place]) for week in self._weeks]) or 0.0

    def _cells(self, now: _Series, place: int, ending: str) -> dict[str, Cell]:
        end = str(self.ends.first + place)
        if now.divisor is None:
            return {f"figure{ending}": {"end": end}} if now.rows[place] else {}
        found: dict[str, Cell] = {f"counted{ending}": {"end": end}} if now.counted[place] else {}
        return {**found, "per": {"end": end, "of": "per"}} if now.divisor[place] else found

    def people(self, cell: Cell) -> str:
        """SELECT person_id behind a cell. Raises `BadParameter`."""
        end = asked_of(cell, "end")
        within = Ends(end, 1, self.ends.window)
        if cell.get("of") == "per" and self.per is not None:
            return self._distinct(self.per, within)
        if self.basic.function == CONVERSION and self.per is not None:
            return (
                f"SELECT DISTINCT o.person_id FROM ({self._rows_sql(self.of, within)}) o "
                f"JOIN ({self._rows_sql(self.per, within)}) p ON p.person_id = o.person_id AND p.time_us <= o.time_us"
            )
        return self._distinct(self.of, within)

    def _distinct(self, of: Selection, within: Ends) -> str:
        return f"SELECT DISTINCT person_id FROM ({self._rows_sql(of, within)})"
