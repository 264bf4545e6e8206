"""What live segments are made of: a published rule, and who entered and left its segment at one moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pyroaring import BitMap

from samovar.rules.tree import Condition


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
