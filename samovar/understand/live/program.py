"""The formulas of rules as of a moment, with a number for each different thing they ask, so that it is worked out once.

Formulas change with the local day; only a rule that counts hours from an event holds the instant itself. So a program serves
for a day, and `at` gives the one of an instant, which lowers these few rules anew. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from samovar.rules import formulas as f
from samovar.rules import tree
from samovar.rules.catalogue import Catalogue
from samovar.rules.errors import RuleError
from samovar.rules.lifecycle import stage_conditions
from samovar.rules.lowering import Lowering
from samovar.rules.tree import Condition, Selection
from samovar.rules.windows import Moment, bounds
from samovar.understand.live.sources import RowSource, source_of
from samovar.understand.live.stacks import Span, span_of


class _Numbers:
    """A number for each different thing; a thing seen before is known by its identity, for to hash one costs more.

    Those beside others give the same numbers to equal things, and remember things of their own only.
    """

    def __init__(self, beside: _Numbers | None = None) -> None:
        self._beside = beside
        self._equal: dict[Any, int] = {} if beside is None else beside._equal
        self._same: dict[int, int] = {}
        self._kept: list[Any] = []

    def number(self, thing: Any) -> int:
        number = self.known(thing)
        if number is None:
            number = self._equal.setdefault(thing, len(self._equal))
            self._same[id(thing)] = number
            self._kept.append(thing)
        return number

    @property
    def things(self) -> list[Any]:
        """What has a number of these, in order of it."""
        return list(self._equal)

    def known(self, thing: Any) -> int | None:
        """The number of a thing seen before."""
        found = self._same.get(id(thing))
        return self._beside.known(thing) if found is None and self._beside is not None else found


class Program:
    """The formulas of a catalogue's segments and of other rules, as of a moment."""

    def __init__(self, catalogue: Catalogue, moment: Moment, day: Program | None = None) -> None:
        self.catalogue, self.moment, self._day = catalogue, moment, day
        self._lowering = Lowering(catalogue, moment)
        self._reads: _Numbers = _Numbers(None if day is None else day._reads)
        self._selections: _Numbers = _Numbers(None if day is None else day._selections)
        self._leaves = _Numbers()
        self._spans: dict[int, tuple[RowSource, Span]] = {}
        self._edges: dict[RowSource, set[int]] = {}
        self._truths: dict[Any, f.Truth] = {}
        self._timed: dict[Any, bool] = {}

    def at(self, at_us: int) -> Program:
        """The program of an instant of the same local day."""
        return Program(self.catalogue, Moment(at_us, self.moment.zone), self)

    # Formulas

    def rule(self, slug: str, condition: Condition) -> f.Truth:
        """The formula of a published rule."""
        return self._truth(slug, condition, self._lowering)

    def segment(self, slug: str) -> f.Truth:
        """The formula of a segment that rules name. Raises `RuleError`."""
        condition = self.catalogue.segment(slug)
        if condition is None:
            raise RuleError("unknown_segment", name=slug)
        return self.rule(slug, condition)

    def stages(self) -> dict[str, f.Truth]:
        """The formulas of the lifecycle stages, the first that holds is the person's."""
        return {name: self.rule(f" {name}", condition) for name, condition in stage_conditions().items()}

    def where(self, of: Selection) -> f.Truth | None:
        """The formula of what a selection asks of its rows."""
        if of.where is None:
            return None
        lowering = Lowering(self.catalogue, self.moment, self.catalogue.collection(of))
        return self._truth(self.selection(of), of.where, lowering)

    def _truth(self, key: Any, condition: Condition, lowering: Lowering) -> f.Truth:
        if self._day is not None and not self._day._is_timed(key, condition):
            return self._day._truth(key, condition, lowering)
        if key not in self._truths:
            truth = self._truths[key] = lowering.truth(condition)
            self._remember(truth)
        return self._truths[key]

    def _remember(self, truth: f.Truth) -> None:
        for leaf in leaves(truth):
            self._leaves.number(leaf)
        for read in f.features(truth):
            number = self._reads.number(read)
            match read.feature:
                case f.Figure(of=of) as figure:
                    self._selections.number(of)
                    if (found := self._span(figure)) is not None:
                        self._spans[number] = found
                        self._edges.setdefault(found[0], set()).update(found[1].edges)
                case f.Happened(sequence=sequence):
                    for step in sequence.steps:
                        self._selections.number(step.of)

    def _is_timed(self, key: Any, condition: Condition) -> bool:
        if key not in self._timed:
            self._timed[key] = timed(condition)
        return self._timed[key]

    def figures(self) -> list[tuple[f.Read, RowSource]]:
        """The figures that the day's rules ask for, and of whose rows."""
        found = []
        for read in (self._day or self)._reads.things:
            if isinstance(read.feature, f.Figure):
                found.append((read, source_of(self.catalogue.collection(read.feature.of))))
        return found

    # Days

    def span(self, read: f.Read) -> tuple[RowSource, Span] | None:
        """Of a count or a sum of all rows in a window of days: whose rows, and the days. None for other figures."""
        return (self._day or self)._spans.get(self.number(read))

    def edges(self, source: RowSource) -> list[int]:
        """The days at which such windows begin and end that the day's rules ask of a source, in order."""
        return sorted((self._day or self)._edges.get(source, ()))

    def _span(self, figure: f.Figure) -> tuple[RowSource, Span] | None:
        collection = self.catalogue.collection(figure.of)
        is_plain = figure.of.where is None and not collection.by_people_only and collection.record is None
        if figure.function not in ("count", "sum") or not is_plain:
            return None
        span = span_of(bounds(figure.of.window, self.moment))
        if span is None:
            return None
        if span.end is not None and span.end > self.moment.day:  # no row is of a later day
            span = Span(span.first)
        return source_of(collection), span

    # Numbers

    def number(self, read: f.Read) -> int:
        """The number of a feature."""
        return self._reads.number(read)

    def selection(self, of: Selection) -> int:
        """The number of a selection."""
        return self._selections.number(of)

    def leaf(self, truth: f.Truth) -> int:
        """The number of a test; those of the instant's own are below zero."""
        if self._day is not None:
            known = self._day._leaves.known(truth)
            return known if known is not None else -1 - self._leaves.number(truth)
        return self._leaves.number(truth)


def leaves(truth: f.Truth) -> Iterator[f.Truth]:
    """The tests of a formula."""
    waiting = [truth]
    while waiting:
        node = waiting.pop()
        match node:
            case f.All(items=items) | f.Some(items=items):
                waiting.extend(items)
            case f.Not(item=item):
                waiting.append(item)
            case _:
                yield node


def timed(condition: Condition) -> bool:
    """Whether the formula of a condition holds the instant it is asked about, not its day alone."""
    return any(isinstance(node, tree.AgeOfEvent) and node.function == "hours_since" for node in tree.walk(condition))
