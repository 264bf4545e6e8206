"""What formulas read of some people, worked out when it is asked for and once: the columns of `rules.masks`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from samovar.rules import formulas as f
from samovar.rules import masks, tree
from samovar.rules.catalogue import Source
from samovar.rules.formulas import OfRow
from samovar.rules.lifecycle import STAGES
from samovar.rules.masks import Bools, Column
from samovar.rules.sql.loading import BY_MACHINE
from samovar.rules.tree import Selection
from samovar.rules.windows import Bound, bounds
from samovar.understand.live.figures import Chosen, figure
from samovar.understand.live.program import Program
from samovar.understand.live.rows import Gathered, Ints
from samovar.understand.live.sequences import StepRows, happened, within_us
from samovar.understand.live.sources import RowSource, source_of
from samovar.understand.live.stacks import Stack

_BY_TIME = frozenset([
    "days", "gap", "streak", "last_streak", "first", "last", "first_day", "last_day", "first_time", "last_time",
])  # fmt: skip


class Asked(Protocol):
    """The people asked about, in the order of their numbers."""

    ids: Ints

    def rows(self, source: RowSource) -> Gathered:
        """Their rows of a source."""

    def fact(self, read: f.Read) -> Column:
        """What is known of each of them."""


class Features:
    """The features of people as of the moment of a program. `members` tells of other segments than the program's own."""

    def __init__(self, asked: Asked, program: Program, members: Callable[[str, Ints], Bools | None]) -> None:
        self._asked, self._program, self._members = asked, program, members
        self._known: dict[int, Column] = {}
        self._leaves: dict[int, Bools] = {}
        self._held: dict[str, Bools] = {}
        self._gathered: dict[RowSource, Gathered] = {}
        self._stacks: dict[RowSource, Stack] = {}
        self._from_days_on: dict[tuple[RowSource, OfRow | None], Ints | None] = {}
        self._chosen: dict[tuple[int, tuple[Bound, ...], bool], Chosen] = {}

    @property
    def ids(self) -> Ints:
        """The people, by person_id."""
        return self._asked.ids

    @property
    def people(self) -> int:
        return int(self._asked.ids.size)

    def __getitem__(self, read: f.Read) -> Column:
        number = self._program.number(read)
        if number not in self._known:
            self._known[number] = self._feature(read)
        return self._known[number]

    def forget_rows(self) -> None:
        """Let go of rows and of what is kept to work out more from them; features stay known."""
        for kept in (self._gathered, self._stacks, self._from_days_on, self._chosen):
            kept.clear()

    # Truths

    def holds(self, truth: f.Truth) -> Bools:
        """Whether a formula of the program holds, (people,). A test that several rules ask is asked once."""
        match truth:
            case f.All(items=items):
                return masks.joined(np.logical_and, [self.holds(item) for item in items])
            case f.Some(items=items):
                return masks.joined(np.logical_or, [self.holds(item) for item in items])
            case f.Not(item=item):
                return ~self.holds(item)
        number = self._program.leaf(truth)
        if number not in self._leaves:
            self._leaves[number] = masks.mask(truth, self, self.people)
        return self._leaves[number]

    def segment(self, slug: str, truth: f.Truth) -> Bools:
        """Whether the rule of a segment holds; those that rest on it find the answer."""
        self._held[slug] = self.holds(truth)
        return self._held[slug]

    # Features

    def _feature(self, read: f.Read) -> Column:
        match read.feature:
            case f.Figure() as asked:
                found = self._over_days(read, asked)
                return figure(asked, self._selected(asked)) if found is None else Column(found)
            case f.Happened(sequence=sequence):
                return Column(self._happened(sequence))
            case f.Known(attribute=attribute) if attribute.source is Source.LIFECYCLE:
                return self._stage()
            case f.Known():
                return self._asked.fact(read)
            case f.Member(segment=slug):
                return Column(self._is_member(slug))
        raise AssertionError(read)

    def _is_member(self, slug: str) -> Bools:
        if slug not in self._held:
            known = self._members(slug, self._asked.ids)
            self._held[slug] = self.holds(self._program.segment(slug)) if known is None else known
        return self._held[slug]

    def _stage(self) -> Column:
        """The lifecycle stage, unknown for who stands in none."""
        found = np.full(self.people, -1, np.int32)
        for name, truth in reversed(self._program.stages().items()):
            found[self.holds(truth)] = STAGES.index(name)
        return Column(np.maximum(found, 0), found >= 0, STAGES)

    def _rows(self, source: RowSource) -> Gathered:
        if source not in self._gathered:
            self._gathered[source] = self._asked.rows(source)
        return self._gathered[source]

    def _over_days(self, read: f.Read, asked: f.Figure) -> Ints | None:
        """A count or sum over a window of days, by way of all such windows of its source; None for what is to be asked alone."""
        spanned = self._program.span(read)
        if spanned is None:
            return None
        source, span = spanned
        if source not in self._stacks:
            rows = self._rows(source)
            self._stacks[source] = Stack(rows.people, rows.owner, rows.column("day").values, self._program.edges(source))
        stack = self._stacks[source]
        if not stack.covers(span):
            return None
        field = None if asked.field is None else OfRow(asked.field, asked.kind, asked.is_folded)
        if (source, field) not in self._from_days_on:
            self._from_days_on[source, field] = self._stacked(source, field)
        found = self._from_days_on[source, field]
        return None if found is None else stack.of(found, span)

    def _stacked(self, source: RowSource, field: OfRow | None) -> Ints | None:
        if field is None:
            return self._stacks[source].counts()
        column = self._rows(source).column(field)
        return self._stacks[source].sums(column.values, column.known)

    def _selected(self, asked: f.Figure) -> Chosen:
        window = bounds(asked.of.window, self._program.moment)
        return self._selection(asked.of, window, is_dated=asked.of.window is not None or asked.function in _BY_TIME)

    def _selection(self, of: Selection, window: tuple[Bound, ...], *, is_dated: bool) -> Chosen:
        """The rows of a selection in a window; `is_dated` leaves out those that have no time, or whose time has not come."""
        key = (self._program.selection(of), window, is_dated)
        if key not in self._chosen:
            self._chosen[key] = self._choose(of, window, is_dated=is_dated)
        return self._chosen[key]

    def _choose(self, of: Selection, window: tuple[Bound, ...], *, is_dated: bool) -> Chosen:
        collection, at_us = self._program.catalogue.collection(of), self._program.moment.at_us
        chosen = Chosen(self._rows(source_of(collection))).within(window, at_us)
        if is_dated and collection.record is not None:
            time = chosen.column("time_us")
            has_come = time.values <= at_us
            chosen = chosen.where(has_come if time.known is None else has_come & time.known)
        if collection.by_people_only:
            chosen = chosen.where(~chosen.column(BY_MACHINE).values)
        truth = self._program.where(of)
        return chosen if truth is None else chosen.where(masks.mask(truth, _OfRows(chosen, self), chosen.owner.size))

    def _happened(self, sequence: tree.Sequence) -> Bools:
        """Every step lies in the window of the first, or after it."""
        window = bounds(sequence.window, self._program.moment)
        lowest = tuple(bound for bound in window if bound.operator in (">", ">="))
        steps = []
        for number, step in enumerate(sequence.steps):
            source = source_of(self._program.catalogue.collection(step.of))
            chosen = self._selection(step.of, lowest if number else window, is_dated=True)
            steps.append(StepRows(source, chosen, step.is_absent, within_us(step)))
        return happened(steps, self.people, self._program.moment.at_us)


class _OfRows:
    """What a `where` reads of rows: their own fields, and what is known of the people they belong to."""

    def __init__(self, chosen: Chosen, features: Features) -> None:
        self._chosen, self._features = chosen, features

    def __getitem__(self, read: f.Read) -> Column:
        if isinstance(read.feature, OfRow):
            return self._chosen.column(read.feature)
        of_person, owner = self._features[read], self._chosen.owner
        known = None if of_person.known is None else of_person.known[owner]
        return Column(of_person.values[owner], known, of_person.words)
