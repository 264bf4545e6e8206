"""Segments as of any moment, all of them at once, from the warehouse alone.

Everything that rules ask of a source is worked out for everybody when it is read, and the source is let go. Nothing is kept up to
date afterwards, so rows need no order: it takes a third of what beginning live segments takes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
from pyroaring import BitMap

from samovar.collect.news import FACTS
from samovar.kit.clock import Zone
from samovar.rules import RuleError, check_rule, from_json
from samovar.rules import formulas as f
from samovar.rules.catalogue import Catalogue
from samovar.rules.masks import Bools, Column
from samovar.rules.windows import Moment
from samovar.understand.live.bitmaps import CONTAINER, of_masks
from samovar.understand.live.features import Features
from samovar.understand.live.memory import Facts
from samovar.understand.live.moves import LiveRule
from samovar.understand.live.plan import Plan, plan
from samovar.understand.live.program import Program
from samovar.understand.live.reading import Reader
from samovar.understand.live.rows import Gathered, Rows, loose
from samovar.understand.live.sources import RowSource

RULES_AT_ONCE = 150  # whose features are in memory together: about 1 GiB at a million people
_ONE = threading.Lock()


def members_at(
    cursor: Any, zone: Zone, rules: Sequence[LiveRule], catalogue: Catalogue, at_us: int
) -> list[tuple[LiveRule, BitMap]]:
    """Who was in each segment of checked rules as of a moment, by person_id; the order of the rules may be another.

    For one caller at a time: the next one waits.
    """
    moment = Moment(at_us, zone)
    parts = [rules[first : first + RULES_AT_ONCE] for first in range(0, len(rules), RULES_AT_ONCE)]
    with _ONE:
        return [found for part in parts for found in _members(Reader(cursor), plan(part, catalogue, moment), moment)]


def members_of(cursor: Any, zone: Zone, trees: Sequence[Any], catalogue: Catalogue, at_us: int) -> dict[int, BitMap]:
    """{place: who was in it} of stored rules as of a moment; those that make no sense here are left out."""
    asked = []
    for place, tree in enumerate(trees):
        with suppress(RuleError):
            rule = from_json(tree)
            check_rule(rule, catalogue)
            asked.append(LiveRule(place, 1, f" {place}", rule.condition))
    return {rule.id: people for rule, people in members_at(cursor, zone, asked, catalogue, at_us)}


def _members(reader: Reader, asked: Plan, moment: Moment) -> list[tuple[LiveRule, BitMap]]:
    program, past = Program(asked.catalogue, moment), _Past(reader, asked, moment)
    truths = [program.rule(rule.slug, rule.condition) for rule in asked.rules]
    figures, needs = program.figures(), asked.needs
    features = None
    for source, told in reader.everything([FACTS, *needs.rows], needs.rows, needs.facts, asked.catalogue, moment):
        past.put(source, told)
        features = features or Features(past, program, lambda slug, people: None)
        for read, its in figures:
            if its == source:
                features[read]
        features.forget_rows()
        past.let_go()
    assert features is not None
    return [(rule, past.customers(features.segment(rule.slug, truth))) for rule, truth in zip(asked.rules, truths, strict=True)]


class _Past:
    """Everybody as of a moment: an `Asked` of features."""

    def __init__(self, reader: Reader, asked: Plan, moment: Moment) -> None:
        self._reader, self._asked, self._moment = reader, asked, moment
        self._rows: dict[RowSource, Gathered] = {}
        self._facts = Facts()
        self._facts.hold(asked.needs.facts)
        self.ids = np.empty(0, np.int64)

    def put(self, source: RowSource | str, told: Any) -> None:
        """Take in all rows of a source, or the facts, which come first."""
        if isinstance(source, RowSource):
            self._rows[source] = self._gathered(source, told)
        else:
            self._facts.put(None, told)
            self.ids = np.arange(self._facts.end, dtype=np.int64)

    def let_go(self) -> None:
        """Forget rows; those that are asked for again are read again."""
        self._rows.clear()

    def rows(self, source: RowSource) -> Gathered:
        """The rows of a source. A sequence asks for several; so does a `where` that reads a figure about the person."""
        if source not in self._rows:
            self._rows[source] = self._gathered(source, self._reader.rows(source, self._asked.needs.rows[source], self._moment))
        return self._rows[source]

    def _gathered(self, source: RowSource, told: Any) -> Gathered:
        need = self._asked.needs.rows[source]
        people = told.column(0).to_numpy()
        if people.max(initial=0) >= self._facts.end:  # whoever is beyond them is no customer
            told = told.filter(pa.array(people < self._facts.end))
        if need.has_key:  # the first or the last row is looked for among those in order
            return Rows(need.names, told).between(0, self._facts.end)
        return loose(self._facts.end, need.names, told)

    def fact(self, read: f.Read) -> Column:
        return self._facts.column(read, slice(0, self._facts.end))

    def customers(self, held: Bools) -> BitMap:
        """The customers among those for whom something holds."""
        found = held & self._facts.is_customer(0, self._facts.end)
        return of_masks([found[first : first + CONTAINER] for first in range(0, found.size, CONTAINER)])
