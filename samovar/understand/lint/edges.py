"""Where truth may turn: the moments, counts, steps and values at which some leaf changes its mind.

1. Every test gives its constants to what it compares: the number of an age is a day, of a count a number of rows, of a field a
   value of it, always with its neighbours on both sides.
2. Every window gives its bounds, every streak and gap its steps.
What lies between two edges is all the same to the rules.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, day_number
from samovar.rules import tree
from samovar.rules.catalogue import Attribute, Catalogue, Kind, Source
from samovar.rules.tree import Condition, Node
from samovar.rules.windows import Moment, bounds
from samovar.understand.lint.histories import Stored
from samovar.understand.lint.sources import (
    RECORD,
    STOPPED,
    lifecycle_conditions,
    mark_source,
    reach_consents,
    rows_source,
    timeless,
)

COUNT_MAX = 200  # rows of one source in a history: a rule that counts further is searched up to here
AHEAD_DAYS = 30  # how far ahead the own time of a record lies that has not come
DAYS_MAX = 40_000  # how far from the moment a fact may lie
_LEAP_YEAR = 1996
_COUNTING = ("count", "days", "distinct", "streak", "last_streak")


@dataclass
class Values:
    """What a field or a trait is compared with. `kind` is of the catalogue, or of what it meets first."""

    kind: Kind
    constants: set[Stored] = field(default_factory=set)
    days: set[int] = field(default_factory=set)  # of a date: days since it, negative until it
    anniversaries: set[int] = field(default_factory=set)  # days until one
    is_summed: bool = False
    kinds_wanted: int = 0  # different values that `distinct` asks for

    @property
    def known_kind(self) -> Kind:
        """The kind, a text for what is compared with nothing."""
        return Kind.TEXT if self.kind is Kind.ANY else self.kind

    def meets(self, constants: list[tree.Constant]) -> None:
        self.constants.update(constant.value for constant in constants)
        if self.kind is Kind.ANY and constants:
            first = constants[0]
            by_type = {tree.Text: Kind.TEXT, tree.Number: Kind.NUMBER, tree.Boolean: Kind.BOOLEAN, tree.Date: Kind.DATE}
            self.kind = by_type[type(first)]


@dataclass
class RowEdges:
    """Of one source of rows: offsets before the moment, numbers of rows, days between them, values of fields."""

    agos_us: set[int] = field(default_factory=lambda: {0})
    counts: set[int] = field(default_factory=lambda: {1})
    steps: set[int] = field(default_factory=lambda: {0, 1})
    fields: dict[str, Values] = field(default_factory=dict)

    def add_days(self, *days: int) -> None:
        self.agos_us.update(day * DAY_US for day in days if 0 <= day <= DAYS_MAX)

    def add_instant(self, ago_us: int) -> None:
        near = (ago_us - MINUTE_US, ago_us, ago_us + MINUTE_US)
        self.agos_us.update(ago for ago in near if 0 <= ago <= DAYS_MAX * DAY_US)

    def add_counts(self, *counts: int) -> None:
        self.counts.update(min(count, COUNT_MAX) for count in counts if count > 0)

    @property
    def days(self) -> list[int]:
        return sorted({ago_us // DAY_US for ago_us in self.agos_us})


class Edges:
    """The edges of all sources that some conditions read, `rows` and `marks`, by source; sequences to be walked.

    To a catalogue that knows no data it is `catalogue.Learned`: a trait or a field is of the kind it is compared with.
    """

    def __init__(self, conditions: tuple[Condition, ...], catalogue: Catalogue, moment: Moment) -> None:
        self._catalogue, self._moment = catalogue, moment
        self._timeless = timeless(conditions, catalogue)
        self.rows: dict[str, RowEdges] = {}
        self.marks: dict[str, dict[str, Values]] = {}
        self.sequences: list[tree.Sequence] = []
        for condition in conditions:
            self._read(condition, None)

    def _read(self, node: Node, of: tree.Selection | None) -> None:
        """Every test below a node; `of` is the selection in whose `where` it stands."""
        match node:
            case tree.And() | tree.Or() | tree.Not():
                for item in tree.children(node):
                    self._read(item, of)
            case tree.Sequence():
                self._sequence(node)
            case _:
                self._test(node, of)

    def _test(self, test: Node, of: tree.Selection | None) -> None:
        parts = list(_without_where(test))
        constants = [part for part in parts if isinstance(part, tree.Text | tree.Number | tree.Boolean | tree.Date)]
        for part in parts:
            match part:
                case tree.FieldName(parts=name) if of is not None and not _is_aged(part, parts):
                    self._compared_field(self._field(of, name), constants, test)
                case tree.AttributeName() if not _is_aged(part, parts):
                    self._attribute(part, constants, test)
                case tree.AgeOfAttribute():
                    self._age_of_attribute(part, constants, of)
                case tree.Aggregate():
                    self._aggregate(part, constants)
                case tree.AgeOfEvent():
                    self._age(part, constants)
                case tree.Selection():
                    self._selection(part)

    # Words

    def traits(self) -> Mapping[str, Kind]:
        """Traits that rules name, with their kinds."""
        named = {name: values for source, of in self.marks.items() if source.startswith("trait ") for name, values in of.items()}
        return {name: values.known_kind for name, values in named.items()}

    def events(self) -> frozenset[str]:
        """Events that rules name."""
        return frozenset(source.removeprefix("event ") for source in self.rows)

    def event_fields(self, event: str) -> Mapping[str, Kind]:
        """Fields of an event that rules name."""
        edges = self.rows.get(f"event {event}")
        return {name: values.known_kind for name, values in edges.fields.items()} if edges else {}

    def records(self) -> Mapping[str, bool]:
        """Types of records that rules name; each may have a time, since rules that ask one without were refused when read."""
        return {source.removeprefix(RECORD): True for source in self.rows if source.startswith(RECORD)}

    def record_fields(self, record: str) -> Mapping[str, Kind]:
        """Fields of a type of records that rules name."""
        edges = self.rows.get(f"{RECORD}{record}")
        return {name: values.known_kind for name, values in edges.fields.items()} if edges else {}

    # Rows

    @staticmethod
    def _compared_field(values: Values, constants: list[tree.Constant], test: Node) -> None:
        values.meets(constants)
        if values.kind is Kind.ANY and isinstance(test, tree.Holds):
            values.kind = Kind.BOOLEAN

    def edges(self, selection: tree.Selection) -> RowEdges:
        """The edges of the rows a selection is of. A record may have been told of before its own time comes."""
        source = rows_source(selection, self._catalogue)
        if source not in self.rows:
            self.rows[source] = RowEdges()
            if source.startswith(RECORD) and source not in self._timeless:
                self.rows[source].agos_us.add(-AHEAD_DAYS * DAY_US)
        return self.rows[source]

    def _selection(self, selection: tree.Selection, window: tree.Window | None = None) -> None:
        edges = self.edges(selection)
        for bound in bounds(window or selection.window, self._moment):
            if bound.column == "day":
                edge = self._moment.day - bound.value
                edges.add_days(edge - 1, edge, edge + 1)
            else:
                edges.add_instant(bound.value)
        if selection.where is not None:
            self._read(selection.where, selection)

    def _field(self, selection: tree.Selection, parts: tuple[str, ...]) -> Values:
        """The values of a field: a line's beside those of its order, told apart by the collection's name."""
        collection = self._catalogue.collection(selection)
        found = self._catalogue.field(collection, parts)
        name = f"lines.{found.name}" if collection.table == "lines" else found.name
        return self.edges(selection).fields.setdefault(name, Values(found.kind))

    def _aggregate(self, aggregate: tree.Aggregate, constants: list[tree.Constant]) -> None:
        edges, numbers = self.edges(aggregate.of), _numbers(constants)
        if aggregate.span_days is not None:
            edges.steps.update((aggregate.span_days, aggregate.span_days + 1))
        if aggregate.function == "gap":
            edges.counts.update((2, 3))
            edges.steps.update(near for number in numbers for near in _near(number) if 0 <= near <= DAYS_MAX)
        elif aggregate.function in _COUNTING:
            edges.add_counts(2, *(near for number in numbers for near in _near(number)))
        if aggregate.field is not None:
            values = self._field(aggregate.of, aggregate.field)
            if aggregate.function == "distinct":
                values.kinds_wanted = max([values.kinds_wanted, *(min(int(n) + 1, COUNT_MAX) for n in numbers)])
                return
            edges.counts.add(2)
            values.meets(constants)
            values.is_summed = values.is_summed or aggregate.function == "sum"
            values.kind = Kind.NUMBER if values.kind is Kind.ANY else values.kind

    def _age(self, age: tree.AgeOfEvent, constants: list[tree.Constant]) -> None:
        edges = self.edges(age.of)
        for number in _numbers(constants):
            if age.function == "days_since":
                edges.add_days(*_near(number))
            else:
                edges.add_instant(int(number * HOUR_US))

    def _sequence(self, sequence: tree.Sequence) -> None:
        self.sequences.append(sequence)
        for number, step in enumerate(sequence.steps):
            self._selection(step.of, sequence.window if number == 0 else None)

    # Marks

    def _values(self, attribute: Attribute) -> Values:
        named = self.marks.setdefault(mark_source(attribute), {})
        return named.setdefault(attribute.name, Values(attribute.kind))

    def _attribute(self, name: tree.AttributeName, constants: list[tree.Constant], test: Node) -> None:
        attribute = self._catalogue.attribute(name.parts)
        if attribute.source is Source.LIFECYCLE:
            for condition in lifecycle_conditions():
                self._read(condition, None)
            return
        if attribute.source is Source.REACHABLE:
            for consent in reach_consents(attribute, self._catalogue):
                self._values(consent)
                self.marks[mark_source(consent)].setdefault(f"{STOPPED}.{consent.keys[0]}", Values(Kind.BOOLEAN))
            return
        values = self._values(attribute)
        if attribute.source is Source.REGISTERED:
            values.days.update(self._moment.day - day_number(c.value) for c in constants if isinstance(c, tree.Date))
        else:
            values.meets(constants)
            if values.kind is Kind.ANY and isinstance(test, tree.Holds):
                values.kind = Kind.BOOLEAN

    def _age_of_attribute(self, age: tree.AgeOfAttribute, constants: list[tree.Constant], of: tree.Selection | None) -> None:
        if isinstance(age.of, tree.FieldName):
            assert of is not None
            values = self._field(of, age.of.parts)
        else:
            values = self._values(self._catalogue.attribute(age.of.parts))
        values.kind = Kind.DATE if values.kind is Kind.ANY else values.kind
        numbers = [near for number in _numbers(constants) for near in _near(number)]
        if age.function == "days_until_anniversary":
            values.anniversaries.update(number for number in numbers if 0 <= number <= 366)
        else:
            days = [number if age.function == "days_since" else -number for number in numbers]
            values.days.update(number for number in days if abs(number) <= DAYS_MAX)


def _is_aged(name: Node, parts: Sequence[Node]) -> bool:
    """Whether a name stands in an age, which says what its edges are."""
    return any(isinstance(part, tree.AgeOfAttribute) and part.of is name for part in parts)


def _without_where(node: Node) -> Iterator[Node]:
    """A test and what it compares; what stands in a `where` has tests of its own."""
    yield node
    for child in tree.children(node):
        if not (isinstance(node, tree.Selection) and child is node.where):
            yield from _without_where(child)


def _numbers(constants: list[tree.Constant]) -> list[Decimal]:
    return [constant.value for constant in constants if isinstance(constant, tree.Number)]


def _near(number: Decimal) -> tuple[int, ...]:
    """A number and its neighbours, whole."""
    return tuple(range(math.floor(number) - 1, math.ceil(number) + 2))


def dates_of(values: Values, today: dt.date) -> list[dt.date]:
    """The dates at which a trait's tests turn."""
    dates = [date + dt.timedelta(days=by) for date in values.constants if isinstance(date, dt.date) for by in (-1, 0, 1)]
    dates += [today - dt.timedelta(days=days) for days in values.days]
    coming = [today + dt.timedelta(days=days) for days in values.anniversaries]
    return sorted({*dates, *(date.replace(year=_LEAP_YEAR) for date in coming)} or {today})
