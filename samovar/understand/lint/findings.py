"""What is wrong with a set of stages, as people are told it.

An overlap is a pair of stages that both take somebody, a gap a box of people whom none takes. A stage has no exit when
somebody stays in it for good by doing nothing. Notes are of what a rule may not mean: nothing is wrong with the set for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from samovar.rules import tree
from samovar.rules.catalogue import Catalogue
from samovar.understand.lint.boxes import Box, carved, grown, inside
from samovar.understand.lint.cells import Ints, People, people_of
from samovar.understand.lint.edges import Edges
from samovar.understand.lint.histories import History, moment_of
from samovar.understand.lint.stages import Stage, check_together
from samovar.understand.lint.terms import Bools, Terms, terms_of

Kind = Literal["overlap", "gap", "no_exit", "note"]
Reason = Literal["overlap", "gap", "no_exit", "more", "nobody", "untracked", "calendar"]
GAPS_MAX = 40  # told one by one: whoever meets more has no stages yet
# What is only seen where a site is tracked: of others there is none, whatever they do.
TRACKED = ("visits", "event Product Viewed", "event Product Added", "event Checkout Started")
_CALENDAR = re.compile(r"\w*(?:month|week|quarter|year|месяц|месяч|недел|квартал)\w*|\bгод\w*", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One finding. `box` is whom it is about, `without` the stage whose people are left out of a gap, `history` the shortest
    that shows it, None where nothing happened or need not; `word` and `days` are a calendar's word and a rule's days.
    """

    reason: Reason
    stages: tuple[str, ...]
    history: History | None = None
    box: Box | None = None
    without: str | None = None
    word: str = ""
    days: int = 0

    @property
    def kind(self) -> Kind:
        return self.reason if self.reason in ("overlap", "gap", "no_exit") else "note"


def search(stages: Sequence[Stage], catalogue: Catalogue) -> tuple[Terms, list[Finding]]:
    """The terms of the stages' rules, which name what boxes bound, and all findings. Raises `BadStages`."""
    conditions = [stage.condition for stage in stages]
    terms, moment = terms_of(conditions, catalogue), moment_of(conditions)
    edges = Edges(terms.leaves, catalogue, moment)
    known = catalogue.with_learned(edges)
    check_together(stages, len(terms.leaves), known)
    people = people_of(terms, edges, known, moment)
    names = [stage.name for stage in stages]
    found = [*_overlaps(names, people), *_gaps(names, terms, people), *_no_exits(names, people)]
    return terms, [*found, *_nobodies(names, people), *_untracked(names, terms, people), *_calendar_words(stages)]


def _overlaps(names: Sequence[str], people: People) -> Iterator[Finding]:
    for one, other in combinations(range(len(names)), 2):
        both = people.now[:, one] & people.now[:, other]
        if both.any():
            row = int(np.argmax(both))
            yield Finding("overlap", (names[one], names[other]), people.history(row), grown(row, both, people.ranges))


def _gaps(names: Sequence[str], terms: Terms, people: People) -> Iterator[Finding]:
    left: Bools = np.logical_not(people.now.any(axis=1))
    if not left.any():
        return
    for number, box in enumerate(carved(left, people.now, people.ranges)):
        if number == GAPS_MAX:
            yield Finding("more", ())
            return
        row = _telling(np.flatnonzero(left & inside(box, people.ranges)), box, terms, people.ranges)
        without = None if box.without is None else names[box.without]
        yield Finding("gap", (), people.history(row), box, without)


def _telling(rows: Ints, box: Box, terms: Terms, ranges: Ints) -> int:
    """The shortest history in which every figure that the box speaks of is known, where there is one."""
    places = [place for place, _ranges in box.bounds]
    unknown = [
        sum(not terms.dimensions[p].ranges[ranges[row, p]].spans and terms.dimensions[p].figure is not None for p in places)
        for row in rows
    ]
    return int(rows[unknown.index(min(unknown))])


def _no_exits(names: Sequence[str], people: People) -> Iterator[Finding]:
    """Stages in which somebody stays by doing nothing.

    Waiting must end somewhere, so a stage that waiting leads into is an end that is meant (lost, away), and who comes to one
    has left the stage before, even where that one's rule still holds. What remains are stages that people enter by doing
    something, and then stand in for good because the rule never looks at the time (newcomer).
    """
    entered = (~people.now & people.later).any(axis=0)
    stuck = ~(people.later & entered).any(axis=1)
    for number in np.flatnonzero(~entered).tolist():
        staying = people.now[:, number] & people.later[:, number] & stuck
        if staying.any():
            row = int(np.argmax(staying))
            yield Finding("no_exit", (names[number],), people.history(row), grown(row, staying, people.ranges))


def _nobodies(names: Sequence[str], people: People) -> Iterator[Finding]:
    """Stages that took nobody: of these the search cannot speak."""
    for number in np.flatnonzero(~people.now.any(axis=0)).tolist():
        yield Finding("nobody", (names[number],))


def _untracked(names: Sequence[str], terms: Terms, people: People) -> Iterator[Finding]:
    """Stages that take people for what they did not do on a site, where they may only not have been seen."""
    for place, group in enumerate(people.groups):
        if len(group.sources) != 1 or group.sources[0] not in TRACKED:
            continue
        own = [number for number, dimension in enumerate(terms.dimensions) if set(dimension.leaves) <= set(group.leaves)]
        others = np.delete(people.ranges, own, axis=1)
        seen = np.array([len(history) for history in group.histories])[people.chosen[:, place]]
        for number, name in enumerate(names):
            row = _taken_for_nothing(people.now[:, number], seen, others)
            if row is not None:
                yield Finding("untracked", (name,), people.history(row))


def _taken_for_nothing(taken: Bools, seen: Ints, others: Ints) -> int | None:
    """The first row that a stage takes and would not take had one thing more been seen of the same person."""
    refused = {tuple(row) for row in others[(seen == 1) & ~taken].tolist()}
    return next((row for row in np.flatnonzero(taken & (seen == 0)).tolist() if tuple(others[row].tolist()) in refused), None)


def _calendar_words(stages: Sequence[Stage]) -> Iterator[Finding]:
    """A word of the calendar beside a number of days: the two may not be the same."""
    for stage in stages:
        word, days = _CALENDAR.search(stage.says), _days(stage)
        if word is not None and days is not None:
            yield Finding("calendar", (stage.name,), word=word.group(), days=days)


def _days(stage: Stage) -> int | None:
    """The greatest number of days that a rule counts."""
    found = []
    for node in tree.walk(stage.condition):
        match node:
            case (
                tree.Last(amount=days, unit="days")
                | tree.Before(amount=days, unit="days")
                | tree.Ago(from_amount=days, unit="days")
            ):
                found.append(days)
            case tree.Aggregate(span_days=int(days)):
                found.append(days)
            case tree.Compare(left=left, right=tree.Number(value=number)) if _is_in_days(left):
                found.append(int(number))
            case tree.Compare(left=tree.Number(value=number), right=right) if _is_in_days(right):
                found.append(int(number))
            case tree.Between(operand=operand, high=tree.Number(value=number)) if _is_in_days(operand):
                found.append(int(number))
    return max(found, default=None)


def _is_in_days(operand: tree.Operand) -> bool:
    if isinstance(operand, tree.Aggregate):
        return operand.function == "gap"
    return isinstance(operand, tree.AgeOfEvent | tree.AgeOfAttribute) and operand.function != "hours_since"
