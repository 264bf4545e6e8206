"""What live segments read, all together, and when time alone may change it. Pure.

A segment that rests on another comes after it. Features are common to all segments, so that what two rules ask is read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US
from samovar.rules import formulas as f
from samovar.rules import tree
from samovar.rules.catalogue import Catalogue, Collection
from samovar.rules.lowering import Lowering
from samovar.rules.tree import Condition
from samovar.rules.windows import Moment
from samovar.understand.live.moves import LiveRule
from samovar.understand.live.sources import Needs, RowSource, needs_of, source_of

_EXACT_US = {"minutes": MINUTE_US, "hours": HOUR_US, "days": DAY_US, "weeks": 7 * DAY_US}
_EXACT_UNITS = ("minutes", "hours")
_EDGES = ("first_time", "last_time")


@dataclass(frozen=True)
class Timer:
    """Rows of a source may change somebody's segments when they are so old."""

    source: RowSource
    age_us: int


@dataclass(frozen=True)
class Plan:
    """Rules in the order in which one rests on another; what they read; the ages at which rows move people by themselves."""

    rules: tuple[LiveRule, ...]
    needs: Needs
    timers: frozenset[Timer]
    catalogue: Catalogue

    def resting_on(self, slugs: Iterable[str], moment: Moment) -> Plan:
        """The plan of some rules and of all that rest on them."""
        names = set(slugs)
        for rule in self.rules:
            if names.intersection(_named(rule.condition)):
                names.add(rule.slug)
        return plan([rule for rule in self.rules if rule.slug in names], self.catalogue, moment)


def plan(rules: Iterable[LiveRule], catalogue: Catalogue, moment: Moment) -> Plan:
    """The plan of checked rules. What they read is the same at any moment."""
    ordered = tuple(_in_order(list(rules)))
    lowering = Lowering(catalogue, moment)
    timers: set[Timer] = set()
    for rule in ordered:
        timers |= set(_timers(lowering.truth(rule.condition), catalogue))
    needs = needs_of([rule.condition for rule in ordered], catalogue, moment)
    return Plan(ordered, needs, frozenset(timers), catalogue)


def _in_order(rules: Sequence[LiveRule]) -> Iterator[LiveRule]:
    """Those that others rest on first; the rules are known to have no cycle."""
    by_slug = {rule.slug: rule for rule in rules}
    done: set[str] = set()
    for rule in rules:
        waiting = [rule]
        while waiting:
            current = waiting[-1]
            missing = [by_slug[name] for name in _named(current.condition) if name in by_slug and name not in done]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            if current.slug not in done:
                done.add(current.slug)
                yield current


def _named(condition: Condition) -> list[str]:
    return [node.segment for node in tree.walk(condition) if isinstance(node, tree.InSegment)]


# Time


def _timers(truth: f.Truth, catalogue: Catalogue) -> Iterator[Timer]:
    for read in f.features(truth):
        match read.feature:
            case f.Figure(of=of):
                yield from _of_selection(of, of.window, catalogue)
            case f.Happened(sequence=sequence):
                yield from _of_sequence(sequence, catalogue)
    yield from _of_ages(truth, catalogue)


def _of_selection(of: tree.Selection, window: tree.Window | None, catalogue: Catalogue) -> Iterator[Timer]:
    for age_us in _ages_of(window):
        yield _timer(catalogue.collection(of), age_us)
    if of.record is not None:  # its own time may come long after it was told of
        yield _timer(catalogue.collection(of), 0)


def _timer(collection: Collection, age_us: int) -> Timer:
    return Timer(source_of(collection), age_us)


def _ages_of(window: tree.Window | None) -> list[int]:
    """The ages at which a row goes into or out of an exact window; day windows move at midnight only."""
    match window:
        case tree.Last(amount=amount, unit=unit) | tree.Before(amount=amount, unit=unit) if unit in _EXACT_UNITS:
            return [amount * _EXACT_US[unit]]
        case tree.Ago(from_amount=first, to_amount=last, unit=unit) if unit in _EXACT_UNITS:
            return [first * _EXACT_US[unit], last * _EXACT_US[unit]]
    return []


def _of_sequence(sequence: tree.Sequence, catalogue: Catalogue) -> Iterator[Timer]:
    """The first step's window, and the end of the time in which something must not happen, told by the step before it."""
    before = sequence.steps[0].of
    for step in sequence.steps:
        yield from _of_selection(step.of, sequence.window if step is sequence.steps[0] else None, catalogue)
        if not step.is_absent:
            before = step.of
        elif step.within is not None:
            yield _timer(catalogue.collection(before), step.within.amount * _EXACT_US[step.within.unit])


def _of_ages(truth: f.Truth, catalogue: Catalogue) -> Iterator[Timer]:
    """`hours_since` against a constant: the age at which the comparison turns, and one microsecond on."""
    waiting = [truth]
    while waiting:
        match waiting.pop():
            case f.All(items=items) | f.Some(items=items):
                waiting.extend(items)
            case f.Not(item=item):
                waiting.append(item)
            case f.Compared(left=f.Difference(right=f.Read(feature=f.Figure() as edge)), right=f.Constant(value=int() as age)):
                yield from _of_edge(edge, [age], catalogue)
            case f.Among(value=f.Difference(right=f.Read(feature=f.Figure() as edge)), constants=ages):
                yield from _of_edge(edge, [age for age in ages if isinstance(age, int)], catalogue)


def _of_edge(edge: f.Figure, ages: list[int], catalogue: Catalogue) -> Iterator[Timer]:
    if edge.function in _EDGES:
        collection = catalogue.collection(edge.of)
        yield from (_timer(collection, age + more) for age in ages for more in (0, 1))
