"""Whether the data that a funnel, report or forecast wants was all there: days that are holes, and how far they bend the answer.
Pure; `readiness_queries` brings the days.

1. A day is expected to bring what the same weekdays of the four weeks before it brought, by their median; days that were holes
   themselves stand there with what was expected of them.
2. How far days usually lie from that is measured on the series itself, by the nearest quarter of the days,
   so that holes, even many, change little of it.
3. A day is a hole where it lies three such distances, and three of chance, below what was expected, and at least 15 %.
4. What is missing is expected less seen over the holes, as a share of what the period should have had, with an interval of 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

BEFORE_WEEKS = 4
HOLE_LEAST = 0.15  # of what was expected
DISTANCES = 3.0
SPREAD_LEAST = 0.03  # of the expected: counts of a day are never surer
SPREAD_UNKNOWN = 0.2
QUARTER_TO_SD = 0.3186  # of a normal distribution a quarter lies within so many standard deviations: holes are among the rest
EXPECTED_LEAST = 3.0  # a day: fewer cannot show a hole
CAUTION, NOT_READY = 0.01, 0.10  # of the step, by the upper bound of what is missing: a hundredth, a tenth
READY, WITH_CAUTION, UNREADY = "ready", "caution", "not ready"


@dataclass(frozen=True)
class Hole:
    """A local day that brought less than it should have."""

    day: int
    seen: int
    expected: float


@dataclass(frozen=True)
class Gap:
    """What is missing of an event or a field in the period. `lost`, `low`, `high` are shares of what there should have been.

    `first_day` is the first day with any data, None where there never was any.
    """

    event: str
    field: str
    seen: int
    first_day: int | None
    holes: list[Hole]
    lost: float
    low: float
    high: float

    @property
    def is_missing(self) -> bool:
        """Whether there is nothing of it in the whole period."""
        return self.seen == 0


@dataclass(frozen=True)
class Step:
    """One step of what is wanted, as it was written, with its event first and then the fields it reads."""

    name: str
    gaps: list[Gap]

    @property
    def lost(self) -> tuple[float, float, float]:
        """(lost, low, high) of the step: where several things are missing it is at least as bad as the worst."""
        worst = max(self.gaps, key=lambda gap: gap.lost)
        return worst.lost, worst.low, max(gap.high for gap in self.gaps)


@dataclass(frozen=True)
class Readiness:
    """The verdict over all steps, from `from_day` to `to_day`, both inclusive."""

    steps: list[Step]
    from_day: int
    to_day: int

    @property
    def verdict(self) -> str:
        """`ready`, `caution` or `not ready`."""
        gaps = [gap for step in self.steps for gap in step.gaps]
        if any(gap.is_missing or (gap.first_day or 0) > self.from_day + 1 for gap in gaps):
            return UNREADY
        worst = max((gap.high for gap in gaps), default=0.0)
        return READY if worst < CAUTION else WITH_CAUTION if worst < NOT_READY else UNREADY

    def bend(self, place: int) -> tuple[float, float] | None:
        """How many times the conversion into a step, as it is seen, must be taken to be right: (low, high); None for the first,
        and where nothing came of the step or of the one before.

        Rows missing of the step make it look too low, rows missing of the one before too high.
        """
        if place == 0 or any(gap.is_missing for step in self.steps[place - 1 : place + 1] for gap in step.gaps):
            return None
        _lost, low, high = self.steps[place].lost
        _lost, low_before, high_before = self.steps[place - 1].lost
        return (1 - high_before) / max(1 - low, 1e-9), (1 - low_before) / max(1 - high, 1e-9)


def gap(event: str, field: str, days: Mapping[int, int], *, from_day: int, to_day: int, first_day: int | None) -> Gap:
    """What is missing of a series of counts by local day. Days before the first of its data are no holes, but not ready."""
    seen = sum(days.get(day, 0) for day in range(from_day, to_day + 1))
    if first_day is None or not seen:
        return Gap(event, field, seen, first_day, [], 1.0, 1.0, 1.0)
    spread = _spread(days, first_day, to_day)
    holes = [hole for hole in _holes(days, first_day, to_day, spread) if hole.day >= from_day]
    missing = sum(hole.expected - hole.seen for hole in holes)
    error = 1.96 * math.sqrt(sum((spread * hole.expected) ** 2 + hole.expected for hole in holes))
    lost, low, high = (_share(max(amount, 0.0), seen) for amount in (missing, missing - error, missing + error))
    return Gap(event, field, seen, first_day, holes, lost, low, high)


def nothing(name: str) -> Gap:
    """The gap of something that never came."""
    return Gap(name, "", 0, None, [], 1.0, 1.0, 1.0)


def _share(missing: float, seen: int) -> float:
    return missing / (seen + missing) if seen + missing else 0.0


def _expected(days: Mapping[int, float], day: int, first_day: int) -> float | None:
    before = [days.get(day - 7 * week, 0.0) for week in range(1, BEFORE_WEEKS + 1) if day - 7 * week >= first_day]
    return median(before) if len(before) >= 2 else None


def _spread(days: Mapping[int, int], first_day: int, to_day: int) -> float:
    """How far a day usually lies from what is expected of it, as a share."""
    apart = []
    for day in range(first_day, to_day + 1):
        expected = _expected(days, day, first_day)
        if expected is not None and expected >= EXPECTED_LEAST:
            apart.append(abs(days.get(day, 0) / expected - 1))
    return max(sorted(apart)[len(apart) // 4] / QUARTER_TO_SD, SPREAD_LEAST) if apart else SPREAD_UNKNOWN


def usual_days(days: Mapping[int, int], shown: Sequence[int]) -> list[tuple[float, float] | None]:
    """(low, high) between which each shown day was expected to lie, None where too little was known before it."""
    if not days:
        return [None for _day in shown]
    first_day, spread = min(days), _spread(days, min(days), max(days))
    found: list[tuple[float, float] | None] = []
    for day in shown:
        expected = _expected(days, day, first_day)
        if expected is None:
            found.append(None)
            continue
        apart = 2 * math.sqrt((spread * expected) ** 2 + expected)
        found.append((max(expected - apart, 0.0), expected + apart))
    return found


def _holes(days: Mapping[int, int], first_day: int, to_day: int, spread: float) -> Sequence[Hole]:
    filled: dict[int, float] = dict(days)
    found = []
    for day in range(first_day, to_day + 1):
        expected = _expected(filled, day, first_day)
        if expected is None or expected < EXPECTED_LEAST:
            continue
        least = min((1 - HOLE_LEAST) * expected, (1 - DISTANCES * spread) * expected, expected - DISTANCES * math.sqrt(expected))
        if days.get(day, 0) < least:
            found.append(Hole(day, days.get(day, 0), expected))
            filled[day] = expected
    return found
