"""What live segments are made of: a published rule, and who entered and left its segment at one moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pyroaring import BitMap

from samovar.rules.tree import Condition
from samovar.understand.live.bitmaps import numbers

BEGINNING = 100  # announcements of one person that a bitmap of a million takes as long to write as


@dataclass(frozen=True)
class LiveRule:
    """A published segment."""

    id: int
    version: int
    slug: str
    condition: Condition


@dataclass(frozen=True)
class Move:
    """People, by person_id, who entered and who left a segment at one moment; `is_first` when they are whom it began with."""

    rule: LiveRule
    entered: BitMap
    left: BitMap
    time_us: int
    is_first: bool = False


def portions(moves: Iterable[Move], most: int) -> Iterator[list[Move]]:
    """Moves in parts that have at most so many announcements together, in their order."""
    portion, room = list[Move](), most
    for move in moves:
        for part, many in _parts(move, most):
            if many > room and portion:
                yield portion
                portion, room = [], most
            portion.append(part)
            room -= many
    if portion:
        yield portion


def _parts(move: Move, most: int) -> Iterator[tuple[Move, int]]:
    """A move cut into parts of at most so many people, with how many announcements each is worth."""
    if move.is_first:
        yield move, BEGINNING
        return
    many = len(move.entered) + len(move.left)
    if many <= most:
        yield move, many
        return
    for part in _cut(move.entered, most):
        yield replace(move, entered=part, left=BitMap()), len(part)
    for part in _cut(move.left, most):
        yield replace(move, entered=BitMap(), left=part), len(part)


def _cut(people: BitMap, most: int) -> Iterator[BitMap]:
    whole = numbers(people)
    for first in range(0, whole.size, most):
        yield BitMap(whole[first : first + most])
