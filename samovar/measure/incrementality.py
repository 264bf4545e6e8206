"""What a campaign earned: the difference between treated and control, with its interval and an honest verdict. Pure.

A group is its size, its total and its sum of squares in minor units, which add up over any split of the people; nothing here
needs the people themselves. Sources: Welch, “The generalization of Student's problem when several different population
variances are involved”, Biometrika 34 (1947); Satterthwaite, “An approximate distribution of estimates of variance
components”, Biometrics Bulletin 2 (1946).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

LEVEL = 0.95
PRECISE_SHARE = 0.05  # half an interval wider than this share of control revenue cannot show that nothing happened

Verdict = Literal["earned", "lost", "no_difference", "not_enough_data"]


@dataclass(frozen=True, slots=True)
class Group:
    """People of one group: `n`, the sum of what they spent and the sum of its squares, exact."""

    n: int
    total_minor: int
    squares: int

    @classmethod
    def of(cls, spent_minor: NDArray[np.int64]) -> Group:
        """The group of a column of spendings. int64 holds the squares' sum of 1 M people at 30,000 major units each."""
        values = spent_minor.astype(object) if spent_minor.size and np.abs(spent_minor).max() > 2_000_000 else spent_minor
        return cls(int(spent_minor.size), int(spent_minor.sum()), int((values * values).sum()) if spent_minor.size else 0)

    @property
    def mean(self) -> float:
        """Minor units a person; 0 for nobody."""
        return self.total_minor / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """The unbiased variance; the numerator is exact, so equal spendings give exactly 0."""
        if self.n < 2:
            return math.nan
        return (self.n * self.squares - self.total_minor * self.total_minor) / (self.n * (self.n - 1))


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval of a difference of means and what it was made of."""

    difference: float
    low: float
    high: float
    standard_error: float
    degrees_of_freedom: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


def welch(treated: Group, control: Group, level: float = LEVEL) -> Interval | None:
    """Welch's interval on mean(treated) - mean(control), minor units a person.

    1. Standard error: s = sqrt(v1/n1 + v2/n2).
    2. Degrees of freedom (Satterthwaite): s^4 / ((v1/n1)^2/(n1-1) + (v2/n2)^2/(n2-1)).
    3. Interval: difference -+ t(level, freedom) x s.

    None where no interval exists: a group of fewer than 2 people, or nobody differs from anybody.
    """
    if treated.n < 2 or control.n < 2:
        return None
    a, b = treated.variance / treated.n, control.variance / control.n
    if a + b <= 0:
        return None
    error = math.sqrt(a + b)
    freedom = (a + b) ** 2 / (a * a / (treated.n - 1) + b * b / (control.n - 1))
    difference = treated.mean - control.mean
    reach = float(stdtrit(freedom, (1 + level) / 2)) * error
    return Interval(difference, difference - reach, difference + reach, error, freedom)


@dataclass(frozen=True, slots=True)
class Effect:
    """The money of a comparison: incremental revenue on all treated, always with two numbers beside it where they exist.

    `per_person` is in minor units a person; `incremental_minor`, `low_minor`, `high_minor` are whole minor units.
    """

    verdict: Verdict
    treated: Group
    control: Group
    per_person: Interval | None
    incremental_minor: int
    low_minor: int | None
    high_minor: int | None


def effect(treated: Group, control: Group, level: float = LEVEL) -> Effect:
    """Incremental revenue = difference of means x treated, with Welch's interval, and what may be said of it.

    The verdict is `not_enough_data` when there is no interval, or when it contains 0 and its half-width exceeds 5 % of the
    control's revenue scaled to the treated; a narrow interval around 0 is `no_difference`.
    """
    interval = welch(treated, control, level)
    incremental = round((treated.mean - control.mean) * treated.n) if control.n else 0
    if interval is None:
        return Effect("not_enough_data", treated, control, None, incremental, None, None)
    low, high = interval.low * treated.n, interval.high * treated.n
    verdict: Verdict
    if low > 0:
        verdict = "earned"
    elif high < 0:
        verdict = "lost"
    elif (high - low) / 2 > PRECISE_SHARE * control.mean * treated.n:
        verdict = "not_enough_data"
    else:
        verdict = "no_difference"
    return Effect(verdict, treated, control, interval, incremental, round(low), round(high))
