"""Which rows and which facts about people live segments read: walked once over the formulas of all rules. Pure.

A *source* is the rows of a table, events of one name or records of one type among them. Everything that any rule asks of it is
read together: the columns that a `where` or a figure names, the time where hours matter, the key where ties are broken.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from samovar.rules import formulas as f
from samovar.rules.catalogue import Catalogue, Collection, Source
from samovar.rules.lifecycle import stage_conditions
from samovar.rules.lowering import Lowering
from samovar.rules.sql.loading import BY_MACHINE
from samovar.rules.tree import Condition, Selection, Window
from samovar.rules.windows import Moment, bounds

_KEYED = ("first", "last")
_TIMED = ("first_time", "last_time", *_KEYED)


@dataclass(frozen=True)
class RowSource:
    """Rows of a table, of one event or of one type of records."""

    table: str
    event: str | None = None
    record: str | None = None


@dataclass
class Need:
    """What is asked of a source. `first_day` is the first local day of rows that any rule may still look at, None for all."""

    collection: Collection
    columns: set[f.OfRow] = field(default_factory=set)
    has_time: bool = False
    has_key: bool = False
    has_machine: bool = False
    first_day: int | None = None

    @property
    def stored(self) -> tuple[str, ...]:
        """Columns of the table that are asked for as they are."""
        found = ["day"]
        if self.has_time or self.has_key:
            found.append("time_us")
        if self.has_key:
            found += self.collection.tie_columns
        if self.has_machine:
            found.append(BY_MACHINE)
        if self.collection.table == "visits":  # a day of a profile is told anew
            found.append("profile_id")
        return tuple(found)

    @property
    def fields(self) -> tuple[f.OfRow, ...]:
        """Fields of the row, in an order of their own."""
        return tuple(sorted(self.columns, key=lambda one: (one.field.name, one.kind, one.is_folded)))

    @property
    def names(self) -> tuple[Hashable, ...]:
        """What the columns are called by, beside the person."""
        return (*self.stored, *self.fields)

    @property
    def columns_told(self) -> list[str] | None:
        """The columns of the table that hold what is asked for, None where something is to be read out of another."""
        fields = [one.field.folded_column if one.is_folded else one.field.column for one in self.fields]
        told = ["person_id", *self.stored, *(name for name in fields if name is not None)]
        return None if None in fields or BY_MACHINE in self.stored or self.collection.record is not None else told

    def joined(self, other: Need) -> Need:
        """What both ask for."""
        return Need(
            self.collection, self.columns | other.columns, self.has_time or other.has_time, self.has_key or other.has_key,
            self.has_machine or other.has_machine, _least(self.first_day, other.first_day),
        )  # fmt: skip

    def covers(self, other: Need) -> bool:
        """Whether rows read for this need serve the other too."""
        is_wide = self.first_day is None or (other.first_day is not None and self.first_day <= other.first_day)
        flags = ((self.has_time, other.has_time), (self.has_key, other.has_key), (self.has_machine, other.has_machine))
        return is_wide and self.columns >= other.columns and all(mine or not its for mine, its in flags)


@dataclass(frozen=True)
class Needs:
    """Rows by their source, and the facts about people."""

    rows: Mapping[RowSource, Need]
    facts: tuple[f.Read, ...]


def source_of(collection: Collection) -> RowSource:
    """The rows a collection speaks of; two collections may speak of the same."""
    return RowSource(collection.table, collection.event, collection.record)


def needs_of(conditions: Iterable[Condition], catalogue: Catalogue, moment: Moment) -> Needs:
    """What checked rules read, and the segments they name."""
    walk = _Walk(catalogue, moment)
    for condition in conditions:
        walk.condition(condition, None)
    return Needs(walk.rows, tuple(walk.facts))


class _Walk:
    def __init__(self, catalogue: Catalogue, moment: Moment) -> None:
        self.rows: dict[RowSource, Need] = {}
        self.facts: dict[f.Read, None] = {}
        self._catalogue, self._moment = catalogue, moment
        self._segments: set[str] = set()

    def condition(self, condition: Condition, collection: Collection | None) -> None:
        """A rule, or the `where` of a collection."""
        truth = Lowering(self._catalogue, self._moment, collection).truth(condition)
        for read in f.features(truth):
            self._feature(read, collection)

    def _feature(self, read: f.Read, collection: Collection | None) -> None:
        match read.feature:
            case f.Figure(function=function, of=of):
                need = self._selection(of, of.window)
                need.has_time |= function in _TIMED
                need.has_key |= function in _KEYED
                if read.feature.field is not None:
                    need.columns.add(f.OfRow(read.feature.field, read.feature.kind, read.feature.is_folded))
            case f.Happened(sequence=sequence):
                first = sequence.steps[0]
                for step in sequence.steps:  # every step lies in the first one's window or after it
                    self._selection(step.of, sequence.window, is_open=step is not first).has_time = True
            case f.OfRow():
                assert collection is not None
                self._need(collection).columns.add(read.feature)
            case f.Known(attribute=attribute) if attribute.source is Source.LIFECYCLE:
                for stage in stage_conditions().values():
                    self.condition(stage, None)
            case f.Known():
                self.facts[read] = None
            case f.Member(segment=segment):
                self._segment(segment)

    def _segment(self, name: str) -> None:
        condition = self._catalogue.segment(name)
        if name not in self._segments and condition is not None:
            self._segments.add(name)
            self.condition(condition, None)

    def _need(self, collection: Collection) -> Need:
        plain = replace(collection, name=collection.table, by_people_only=False)
        found = self.rows.setdefault(source_of(collection), Need(plain, first_day=_NEVER))
        found.has_machine |= collection.by_people_only
        found.has_time |= collection.record is not None  # its own time may be unknown, or not have come
        return found

    def _selection(self, of: Selection, window: Window | None, *, is_open: bool = False) -> Need:
        collection = self._catalogue.collection(of)
        need = self._need(collection)
        need.first_day = _least(need.first_day, self._first_day(window))
        need.has_time |= any(bound.column == "time_us" for bound in bounds(window, self._moment)) and not is_open
        if of.where is not None:
            self.condition(of.where, collection)
        return need

    def _first_day(self, window: Window | None) -> int | None:
        """The first local day of a window's rows. It never moves back as time passes."""
        lowest = [b for b in bounds(window, self._moment) if b.operator in (">", ">=")]
        if not lowest:
            return None
        bound = lowest[0]
        return bound.value if bound.column == "day" else self._moment.zone.day(self._moment.at_us - bound.value)


_NEVER = 1 << 30  # a day after all others


def _least(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else min(one, other)
