"""The report of one's own: what is counted, by what it is parted, over which period, beside which other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from samovar.kit.clock import day_date, day_number
from samovar.measure.reports.custom import spec
from samovar.measure.reports.custom.meaning import Definition, Meaning, major
from samovar.measure.reports.custom.query import OTHERS_OF, Query
from samovar.measure.reports.custom.spans import Span
from samovar.measure.reports.custom.spec import Basic, Measure
from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.periods import Period, month_at, period, week_at
from samovar.measure.reports.question import OTHERS, Question
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Kind, Param, Report, whole
from samovar.rules import catalogue

LIMIT_MAX = 1_000
UNKNOWN = "—"  # a column of those whose part is not known
_PEOPLE = (Basic("count"), Basic("people"))  # figures of rows, behind which their people stand


class Custom(Report):
    """A row for each part of what happened, and a column for each measure; with `columns`, for each measure and part of them.

    A share is of all rows. Where a comparison is asked for, each measure is followed by that of the other period, the difference
    and its share. What lies beyond `limit`, or beyond twelve columns, stands together in the last.
    """

    name: ClassVar[str] = "custom"
    params: ClassVar[tuple[Param, ...]] = (
        Param(
            "of", "orders", help=gettext_noop('What is counted: orders, lines, event("Quiz Finished"), record("vehicle").')
        ),
        Param("where", help=gettext_noop("A filter of its rows, such as amount > 1000.")),
        AMONG,
        Param("rows", read=spec.parts, help=gettext_noop("Up to three parts, such as month; person.city; category.")),
        Param("columns", read=spec.parts, help=gettext_noop("One part to spread over columns.")),
        Param(
            "measures", "count", read=spec.measures,
            help=gettext_noop("Such as count; people; sum(amount); share of count; sum(amount) / people."),
        ),
        Param("period", help=gettext_noop("A window of the rule language, such as in last 30 days; empty for ever.")),
        Param(
            "compare", choices=("", "before", "year"),
            help=gettext_noop("Beside it: the period before, or the same days a year ago."),
        ),
        Param("sort", read=spec.order, help=gettext_noop("A part or a measure; asc for the least first.")),
        Param("limit", "50", read=whole(1, LIMIT_MAX), help=gettext_noop("Rows by name; the rest stands together.")),
    )  # fmt: skip

    def check(self, params: Mapping[str, str]) -> None:
        super().check(params)
        self.definition(params)

    def definition(self, params: Any) -> Definition:
        """The parameters, read. Raises `BadParameter`."""
        found = {one.name: one.value(params) for one in self.params}
        if len(found["columns"]) > 1:
            raise BadParameter("bad_parameter", _("Only one part can be spread over columns."), field="columns")
        if set(found["columns"]) & set(found["rows"]):
            message = _("“%(name)s” cannot part both rows and columns.") % {"name": found["columns"][0].name}
            raise BadParameter("bad_parameter", message, field="columns")
        known = [part.name for part in found["rows"]] + [measure.text for measure in found["measures"]]
        if found["sort"].by and found["sort"].by not in known:
            message = _("Rows can be put in order by %(known)s, not by “%(name)s”.")
            raise BadParameter(
                "bad_parameter", message % {"known": ", ".join(known), "name": found["sort"].by[:60]}, field="sort"
            )
        return Definition(
            of=found["of"], where=found["where"], rows=found["rows"], columns=found["columns"], measures=found["measures"],
            period=found["period"], compare=found["compare"], order=found["sort"], limit=found["limit"],
        )  # fmt: skip

    def answer(self, asked: Question) -> Answer:
        query = Query(Meaning(self.definition(asked.params), asked))
        return _Table(query).answer()

    def rule(self, asked: Question, cell: Cell) -> str | None:
        """Somebody has a row of this part: said where the rule language has the part's words."""
        return _Place(Meaning(self.definition(asked.params), asked), cell).rule()

    def people(self, asked: Question, cell: Cell) -> str:
        query = Query(Meaning(self.definition(asked.params), asked))
        return query.people(cell)


class _Table:
    """The table of a query: figures of groups into columns."""

    def __init__(self, query: Query) -> None:
        self.query, self.meaning, self.of = query, query.meaning, query.of
        self.has_other = self.meaning.earlier is not None
        self.totals = query.totals() if any(one.is_share for one in self.of.measures) else ()

    def answer(self) -> Answer:
        """The whole of it; over nothing it has its columns and no rows."""
        kept, groups = self.query.kept, self.query.grouped()
        columns = self._columns()
        heads = [head for column in columns for head in self._heads(column)]
        answer = Answer([*(Column(part.name, "text") for part in self.of.rows), *heads], [], [])
        if not groups:
            return answer
        for row in range(len(kept.rows) + kept.are_rows_cut):
            lead, cells, line = self._lead(row), dict[str, Cell](), list[Any]()
            for place, col in enumerate(columns):
                figures = groups.get((row, place), self._nothing())
                line += self._figures(figures)
                cells |= self._cells(row, place, col, figures)
            answer.rows.append([*lead, *line])
            answer.cells.append(cells)
        return _with_kinds(answer, len(self.of.rows))

    def _columns(self) -> list[str]:
        """What the parts spread over columns are called; one without a name where nothing is spread."""
        if not self.of.columns:
            return [""]
        kept = self.query.kept
        names = [self.meaning.called(self.of.columns[0], key) or UNKNOWN for (key,) in kept.columns]
        return [*names, OTHERS] if kept.are_columns_cut else names

    def _lead(self, row: int) -> list[str | None]:
        rows = self.query.kept.rows
        if row == len(rows):
            return [OTHERS, *([""] * (len(self.of.rows) - 1))]
        return [self.meaning.called(part, key) for part, key in zip(self.of.rows, rows[row], strict=True)]

    def _heads(self, column: str) -> list[Column]:
        found = []
        for measure in self.of.measures:
            kind, name = self._kind(measure), self._name(measure, column)
            found.append(Column(name, kind))
            if self.has_other:
                change = name.removesuffix("_minor")
                money = "_minor" if kind == "money" else ""
                found += [
                    Column(f"{change}_before{money}", kind), Column(f"{change}_change{money}", kind),
                    Column(f"{change}_change_share", "percent"),
                ]  # fmt: skip
        return found

    def _name(self, measure: Measure, column: str) -> str:
        money = "_minor" if self._kind(measure) == "money" else ""
        return f"{column}: {measure.name}{money}" if column else f"{measure.name}{money}"

    def _kind(self, measure: Measure) -> Kind:
        if measure.is_share:
            return "percent"
        kind = self.meaning.column_kind(measure.basic)
        if measure.per:
            of_money = kind is catalogue.Kind.MONEY and self.meaning.column_kind(measure.per) is not catalogue.Kind.MONEY
            return "money" if of_money else "decimal"
        if kind is catalogue.Kind.MONEY:
            return "money"
        if kind is catalogue.Kind.DATE:
            return "text"
        return "decimal" if measure.basic.function in ("avg", "median") else "number"

    def _nothing(self) -> tuple[Any, ...]:
        return tuple(
            0 if basic.function in ("count", "people", "days", "distinct", "sum") else None
            for _side in range(2 if self.has_other else 1)
            for basic in self.meaning.basics
        )

    def _figures(self, figures: Sequence[Any]) -> list[Any]:
        line: list[Any] = []
        count = len(self.meaning.basics)
        for measure in self.of.measures:
            now = self._value(measure, figures[:count], self.totals[:count])
            line.append(now)
            if self.has_other:
                was = self._value(measure, figures[count:], self.totals[count:])
                line += [was, *_change(now, was)]
        return line

    def _value(self, measure: Measure, figures: Sequence[Any], totals: Sequence[Any]) -> Any:
        places = [self.meaning.basics.index(basic) for basic in measure.basics()]
        held = figures[places[0]]
        if measure.is_share:
            return float(held) / float(totals[places[0]]) if held is not None and totals[places[0]] else None
        if measure.per:
            return self._ratio(measure, held, figures[places[1]])
        return self._told(measure.basic, held)

    def _ratio(self, measure: Measure, above: Any, below: Any) -> Any:
        """One figure by another in major units, of money in minor ones; unknown where it would be divided by nothing."""
        assert measure.per is not None
        if above is None or not below:
            return None
        is_money = self._kind(measure) == "money"
        value = float(above) / self._scale(measure.basic) / (float(below) / self._scale(measure.per))
        return round(value * self._scale(measure.basic)) if is_money else value

    def _scale(self, basic: Basic) -> int:
        return self.meaning.fields[basic.field].scale if basic.field and basic.function != "distinct" else 1

    def _told(self, basic: Basic, held: Any) -> Any:
        if held is None or basic.function in ("count", "people", "days", "distinct"):
            return held
        told, kind = self.meaning.fields[basic.field], self.meaning.column_kind(basic)
        if kind is catalogue.Kind.MONEY:
            return round(held)
        if kind is catalogue.Kind.DATE:
            return told.read(int(held), self.meaning.asked.moment)
        return held / told.scale if basic.function in ("avg", "median") else major(told, held)

    def _cells(self, row: int, place: int, column: str, figures: Sequence[Any]) -> dict[str, Cell]:
        """The cells of rows and people counted: where in the table, and which keys say it as a rule."""
        found: dict[str, Cell] = {}
        count = len(self.meaning.basics)
        for measure in self.of.measures:
            if measure.is_share or measure.per or measure.basic not in _PEOPLE:
                continue
            name = self._name(measure, column)
            base = self._keys(row, place)
            at = self.meaning.basics.index(measure.basic)
            if figures[at]:
                found[name] = base
            if self.has_other and figures[count + at]:
                found[f"{name}_before"] = {**base, "earlier": "1"}
        return found

    def _keys(self, row: int, place: int) -> Cell:
        """What a place stands for: its keys, the unknown ones left out, and whether its row or its column is the others'."""
        kept = self.query.kept
        is_row, is_column = row < len(kept.rows), place < len(kept.columns)
        unnamed = [name for name, is_named in (("rows", is_row), ("columns", is_column)) if not is_named]
        keys = dict(zip(self.query.keys[: self.query.rows], kept.rows[row], strict=True)) if is_row else {}
        keys |= dict(zip(self.query.keys[self.query.rows :], kept.columns[place], strict=True)) if is_column else {}
        named = {name: _key_text(key) for name, key in keys.items() if key is not None}
        return named | ({OTHERS_OF: " ".join(unnamed)} if unnamed else {})


class _Place:
    """A cell as a rule."""

    def __init__(self, meaning: Meaning, cell: Cell) -> None:
        self.meaning, self.of, self.cell = meaning, meaning.of, cell

    def rule(self) -> str | None:
        """None where the rule language has no words for the place: others, weekdays and hours, parts of the period before."""
        if OTHERS_OF in self.cell:
            return None
        of_rows, of_person, span = [self.meaning.filter_text()], list[str](), self._span()
        for place, part in enumerate(self.of.parts):
            key = self.cell.get(f"k{place}")
            if part.kind == "time":
                lies = _days_of(part.text, key)
                if lies is None or "earlier" in self.cell or (self.of.period and span is None):
                    return None
                span = lies if span is None else span.within(lies.first, lies.last)
            else:
                (of_person if part.kind == "person" else of_rows).append(self.meaning.condition(part, key))
        where = " and ".join(f"({one})" for one in of_rows if one)
        window = span.window() if span is not None else self.of.period
        counted = (
            f"count({self.meaning.collection_text()}{f' where {where}' if where else ''}{f' {window}' if window else ''}) >= 1"
        )
        return " and ".join(f"({one})" for one in (counted, *of_person))

    def _span(self) -> Span | None:
        """The days the cell lies in, as far as the period says them."""
        if "earlier" not in self.cell:
            return self.meaning.span
        return self.meaning.earlier


def _days_of(unit: str, key: str | None) -> Span | None:
    """The days of a part of time, None for weekdays and hours."""
    if key is None or unit in ("weekday", "hour"):
        return None
    try:
        number = int(key)
        found = {
            "day": lambda: Period("", day_date(number), day_date(number)), "week": lambda: week_at(number),
            "month": lambda: month_at(number), "quarter": lambda: period(f"{number // 4:04}-Q{number % 4 + 1}"),
            "year": lambda: period(f"{number:04}"),
        }[unit]()  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise BadParameter("bad_cell", _("There is no such figure in this report."), field="cell") from error
    return Span(day_number(found.first), day_number(found.last))


def _key_text(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _change(now: Any, was: Any) -> tuple[Any, float | None]:
    """The difference, and its share of what it was; unknown where either is, or where it was nothing."""
    if now is None or was is None or isinstance(now, str) or isinstance(was, str):
        return None, None
    return now - was, (now - was) / abs(was) if was else None


def _with_kinds(answer: Answer, lead: int) -> Answer:
    """Numbers that are not whole are written with decimals."""
    columns = [
        Column(column.name, "decimal") if place >= lead and column.kind == "number" and _has_fraction(answer, place) else column
        for place, column in enumerate(answer.columns)
    ]
    return Answer(columns, answer.rows, answer.cells)


def _has_fraction(answer: Answer, place: int) -> bool:
    return any(isinstance(row[place], float) for row in answer.rows)
