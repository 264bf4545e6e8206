"""What the past of a field taught: its kind, the range of its numbers, the list of its texts. Pure.

It is learned from the days before and judges the values that come afterwards, so that a change is seen and not learned at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from samovar.collect.quality.spreads import REST, Spread, number_edges
from samovar.kit.numbers import SCALE

ROWS_MIN = 50  # fewer teach nothing
KIND_SHARE = 0.8  # of the rows that must agree on a kind
TAIL, TAIL_ROWS = 0.001, 2  # of the rows at either end of a range that do not widen it, and at least so many
LISTED_ROWS_MIN, LISTED_MAX = 1_000, 25  # a list is learned from so many rows, of so few values
INT64 = 2**63 - 1


@dataclass(frozen=True)
class Known:
    """`kind` is text, number, boolean or date; `low` and `high` bound a number in 1/10000; `listed` are all its usual texts."""

    kind: str
    low: int | None = None
    high: int | None = None
    listed: tuple[str, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """For the store."""
        return {
            "kind": self.kind,
            "low": self.low,
            "high": self.high,
            "listed": None if self.listed is None else list(self.listed),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Known | None:
        """What was stored; None for nothing."""
        if not told:
            return None
        listed = told.get("listed")
        return cls(told["kind"], told.get("low"), told.get("high"), None if listed is None else tuple(listed))


def learn(kinds: Mapping[str, int], spread: Spread) -> Known | None:
    """What the rows of some weeks teach: None where they are few, or of no one kind.

    1. The kind that four rows of five have.
    2. Of numbers the range that leaves out a thousandth and two rows at each end, made twice as wide: a price a hundred times
       too high is outside, one that rose is not.
    3. Of texts and flags the values, where a thousand rows had 25 or fewer and no row had a rare one.
    """
    rows = sum(kinds.values())
    if rows < ROWS_MIN:
        return None
    kind, most = max(kinds.items(), key=lambda item: (item[1], item[0]))
    if most < KIND_SHARE * rows:
        return None
    if kind == "number":
        return Known(kind, *_range(spread))
    if kind == "text":
        return Known(kind, listed=_listed(spread))
    return Known(kind)


def _range(spread: Spread) -> tuple[int | None, int | None]:
    bins = sorted((number_edges(name), rows) for name, rows in spread.items() if name[0] == "#")
    total = sum(rows for _edges, rows in bins)
    if not total:
        return None, None
    tail = max(TAIL * total, TAIL_ROWS)
    low, high = _edge(bins, tail)[0], _edge(bins[::-1], tail)[1]
    least, greatest = (low * 2 if low < 0 else low / 2), (high / 2 if high < 0 else high * 2)
    return _scaled(least), _scaled(greatest)


def _edge(bins: list[tuple[tuple[float, float], int]], tail: float) -> tuple[float, float]:
    passed = 0
    for edges, rows in bins:
        passed += rows
        if passed > tail:
            return edges
    return bins[-1][0]


def _scaled(value: float) -> int:
    return max(-INT64, min(INT64, int(value * SCALE)))


def _listed(spread: Spread) -> tuple[str, ...] | None:
    rows = Counter(spread)
    values = [name[1:] for name in rows if name[0] == "="]
    if sum(rows.values()) < LISTED_ROWS_MIN or len(values) > LISTED_MAX or rows[REST] > 0:
        return None
    return tuple(sorted(values))
