"""Why a rule holds for a person or does not: its tests one by one, each with the value it looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from samovar.rules import formulas as f
from samovar.rules import tree
from samovar.rules.catalogue import Catalogue, Kind
from samovar.rules.check import operand_kind
from samovar.rules.closure import closure, reading
from samovar.rules.formulas import Read, Truth
from samovar.rules.lowering import Lowering, Told
from samovar.rules.sentence.asked import asked
from samovar.rules.tree import Condition
from samovar.rules.windows import Moment

_OF_THE_PERSON = (tree.Sequence, tree.InSegment, tree.EnteredSegment)


@dataclass(frozen=True)
class Leaf:
    """A test of a rule; `is_negated` when it stands under an odd number of `not`."""

    test: Condition
    is_negated: bool


@dataclass(frozen=True)
class Found:
    """What a test looks at for one person, as people read it, and whether it is as the rule wants it."""

    value: Any
    is_ok: bool


def leaves(condition: Condition) -> list[Leaf]:
    """The tests of a condition in the order of its text."""
    found, waiting = [], [Leaf(condition, False)]
    while waiting:
        leaf = waiting.pop()
        match leaf.test:
            case tree.And(items=items) | tree.Or(items=items):
                waiting += [Leaf(item, leaf.is_negated) for item in reversed(items)]
            case tree.Not(item=item):
                waiting.append(Leaf(item, not leaf.is_negated))
            case _:
                found.append(leaf)
    return found


class Explanation:
    """The tests of a checked rule as of a moment, and what must be read of a person to answer them."""

    def __init__(self, condition: Condition, catalogue: Catalogue, moment: Moment) -> None:
        self.leaves, self._moment = leaves(condition), moment
        lowering = Lowering(catalogue, moment)
        self._whole = lowering.truth(condition)
        self._truths = [lowering.truth(leaf.test) for leaf in self.leaves]
        self._told = [_told(leaf.test, lowering, catalogue) for leaf in self.leaves]
        self.reads = list(dict.fromkeys(self._reads()))

    def _reads(self) -> list[Read]:
        values: list[Truth] = [f.IsKnown(told.value) for told in self._told if told is not None]
        return [read for truth in (self._whole, *self._truths, *values) for read in f.features(truth)]

    def answer(self, row: Sequence[Any]) -> tuple[bool, list[Found]]:
        """Whether the rule holds, and what each test finds, for a person of whom `reads` are these."""
        places: Mapping[Read, int] = {read: place for place, read in enumerate(self.reads)}
        found = []
        for leaf, truth, told in zip(self.leaves, self._truths, self._told, strict=True):
            is_true = closure(truth, places)(row)
            value = is_true if told is None else told.read(reading(told.value, places)(row), self._moment)
            found.append(Found(value, is_true != leaf.is_negated))
        return closure(self._whole, places)(row), found


def _told(test: Condition, lowering: Lowering, catalogue: Catalogue) -> Told | None:
    """The value a test looks at; a sequence and a segment have none but whether they hold."""
    if isinstance(test, _OF_THE_PERSON):
        return None
    relation = asked(test)
    kinds = [operand_kind(value, catalogue, None) for value in relation.values]
    return lowering.told(relation.operand, next((kind for kind in kinds if kind is not Kind.ANY), Kind.TEXT))
