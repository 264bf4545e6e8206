"""What the texts of a report of one's own mean in a workspace: the selection of rows, the parts and the fields, all checked.

Faults are those of the rule language: `RuleError` with the place in the text and the nearest names, `field` the parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from msgspec.structs import replace

from samovar.kit.clock import day_date
from samovar.measure.reports.custom.spans import Span, before, span, year_ago
from samovar.measure.reports.custom.spec import Basic, Measure, Order, Part
from samovar.measure.reports.periods import month_at, week_at
from samovar.measure.reports.question import Question
from samovar.measure.reports.report import BadParameter
from samovar.measure.reports.values import TEXTS, Parts, faults_of
from samovar.rules.catalogue import Collection, Kind
from samovar.rules.check import operand_kind
from samovar.rules.formulas import OfRow
from samovar.rules.lowering import Lowering, Told
from samovar.rules.parser import parse_operand, parse_selection, parse_where, parse_window
from samovar.rules.printer import condition_text, selection_text
from samovar.rules.tree import Aggregate, FieldName, Operand, Selection

NUMERIC = (Kind.NUMBER, Kind.MONEY)


@dataclass(frozen=True)
class Definition:
    """The parameters of a report as they were read."""

    of: str
    where: str
    rows: tuple[Part, ...]
    columns: tuple[Part, ...]
    measures: tuple[Measure, ...]
    period: str
    compare: str
    order: Order
    limit: int

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those of the rows, then those of the columns."""
        return self.rows + self.columns

    @property
    def has_time(self) -> bool:
        """Whether rows are parted by when they happened."""
        return any(part.kind == "time" for part in self.parts)


class Meaning:
    """A definition in the words of a workspace. Raises `RuleError`, `BadParameter` as its properties are read."""

    def __init__(self, definition: Definition, asked: Question) -> None:
        self.of, self.asked = definition, asked

    @cached_property
    def selection(self) -> Selection:
        """The rows of the period that the filter keeps."""
        return replace(self._narrowed, window=self._window)

    @cached_property
    def _all(self) -> Selection:
        with faults_of("of"):
            found, field = parse_selection(self.of.of)
            if field or found.where is not None or found.window is not None:
                raise BadParameter("bad_collection", _("“%(of)s” is no collection.") % {"of": self.of.of[:60]}, field="of")
            self.asked.words.collection(found)
            if self.of.has_time or self.of.period or any(one.function == "days" for one in self.basics):
                operand_kind(Aggregate(function="days", of=found), self.asked.words, None)
            return found

    @cached_property
    def _narrowed(self) -> Selection:
        if not self.of.where:
            return self._all
        with faults_of("where"):
            found = replace(self._all, where=parse_where(self.of.where))
            operand_kind(Aggregate(function="count", of=found), self.asked.words, None)
            return found

    @cached_property
    def _window(self) -> Any:
        if not self.of.period:
            return None
        with faults_of("period"):
            return parse_window(self.of.period)

    @cached_property
    def span(self) -> Span | None:
        """The days of the period, None without one and where it counts hours."""
        return span(self._window, self.asked.moment)

    @cached_property
    def earlier(self) -> Span | None:
        """What the period is compared with."""
        if not self.of.compare:
            return None
        if self.span is None:
            message = _("Only a period of days with a beginning can be compared, such as: in last 30 days.")
            raise BadParameter("no_comparison", message, field="compare")
        return year_ago(self.span) if self.of.compare == "year" else before(self._window, self.span)

    @cached_property
    def collection(self) -> Collection:
        """What the rows are rows of."""
        return self.asked.words.collection(self._all)

    @cached_property
    def basics(self) -> tuple[Basic, ...]:
        """The aggregates that are asked for, each once."""
        return tuple(dict.fromkeys(basic for measure in self.of.measures for basic in measure.basics()))

    @cached_property
    def fields(self) -> dict[str, Told]:
        """{text of a field: what is held of it} of the fields that parts and measures read, in order."""
        found: dict[str, Told] = {}
        for part in self.of.parts:
            if part.kind == "field":
                with faults_of("rows" if part in self.of.rows else "columns", "distinct(" + selection_text(self._all) + "."):
                    found[part.text] = self._field(Basic("distinct", part.text))
        for basic in self.basics:
            if basic.field:
                with faults_of("measures"):
                    told = self._field(basic)
                    found.setdefault(basic.field, told)
        return found

    def _field(self, basic: Basic) -> Told:
        return field_of(self._all, basic, self.asked)

    def of_rows(self) -> list[OfRow]:
        """The fields to read, in the order of `fields`."""
        return [row_feature(told) for told in self.fields.values()]

    @cached_property
    def people(self) -> dict[str, Parts]:
        """{text: the values of people} of the parts that are theirs."""
        found = {}
        for part in self.of.parts:
            if part.kind == "person":
                with faults_of("rows" if part in self.of.rows else "columns"):
                    found[part.text] = Parts.by(part.text, self.asked)
        return found

    def column_kind(self, basic: Basic) -> Kind:
        """What a basic measure is a figure of."""
        if basic.function in ("count", "people", "days", "distinct"):
            return Kind.NUMBER
        return self.fields[basic.field].kind

    # Keys

    def called(self, part: Part, key: Any) -> str | None:
        """A part of the rows as people read it; None is unknown."""
        if key is None:
            return None
        if part.kind == "person":
            return self.people[part.text].called(str(key), self.asked)
        if part.kind == "time":
            return time_called(part.text, int(key))
        told = self.fields[part.text]
        if told.kind in TEXTS:
            return str(key).lower() if isinstance(key, bool) else str(key)
        return str(told.read(key, self.asked.moment))

    def condition(self, part: Part, key: str | None) -> str:
        """What holds of the rows, or of the person, of a part: as a rule writes it. Raises `BadParameter`."""
        if part.kind == "person":
            return self.people[part.text].rule({} if key is None else {"part": key})
        told = self.fields[part.text]
        operand = FieldName(parts=_field_parts(part.text))
        return Parts(operand, told, "", ()).rule({} if key is None else {"part": key})

    def filter_text(self) -> str:
        """The filter of rows in its canonical text."""
        return "" if self._narrowed.where is None else condition_text(self._narrowed.where)

    def collection_text(self) -> str:
        """The collection as rules write it."""
        return selection_text(self._all)


def time_called(unit: str, key: int) -> str:
    """A part of time: 2026-11-21, 2026-W47, 2026-11, 2026-Q4, 2026, a weekday from 1 for Monday, an hour from 00."""
    match unit:
        case "day":
            return day_date(key).isoformat()
        case "week":
            return week_at(key).name
        case "month":
            return month_at(key).name
        case "quarter":
            return f"{key // 4}-Q{key % 4 + 1}"
        case "hour":
            return f"{key:02}"
    return str(key)


def major(told: Told, held: Any) -> Any:
    """A held number in major units: whole where it is, else a float."""
    if isinstance(held, Decimal):
        held = int(held)
    return held // told.scale if held % told.scale == 0 else held / told.scale


def _field_parts(text: str) -> tuple[str, ...]:
    operand: Operand | None = parse_operand(text)
    parts: tuple[str, ...] = getattr(operand, "parts", ())
    return parts


def field_of(of: Selection, basic: Basic, asked: Question) -> Told:
    """The field that an aggregate over all rows of a collection reads. Raises `RuleError`, `BadParameter`."""
    operand = parse_operand(f"{basic.function}({selection_text(of)}.{basic.field})")
    if not isinstance(operand, Aggregate) or operand.field is None or operand.of.where or operand.of.window:
        raise BadParameter("bad_field", _("“%(of)s” is no field.") % {"of": basic.field[:60]}, field="rows")
    operand_kind(operand, asked.words, None)
    return Lowering(asked.words, asked.moment, asked.words.collection(of)).told(FieldName(parts=operand.field))


def row_feature(told: Told) -> OfRow:
    """What is read of a row for a field."""
    feature = getattr(told.value, "feature", None)
    assert isinstance(feature, OfRow)
    return feature
