"""What a campaign earned: the difference between treated and control, with its interval and an honest verdict. Pure.

A group is its size, its total and its sum of squares in minor units, which add up over any split of the people; nothing here
needs the people themselves. Sources: Welch, “The generalization of Student's problem when several different population
variances are involved”, Biometrika 34 (1947); Satterthwaite, “An approximate distribution of estimates of variance
components”, Biometrics Bulletin 2 (1946); Wilson, “Probable inference, the law of succession, and statistical inference”,
JASA 22 (1927), whose interval asks which means would let the sample pass; McCullagh and Nelder, “Generalized Linear Models”
(1989), chapter 9, for a variance in proportion to the mean; Kish, “Survey Sampling” (1965), for the effective size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

LEVEL = 0.95
PRIOR_BUYERS = 6  # a group's own dispersion weighs as many buyers as it has against these of both groups together
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

    @property
    def effective_buyers(self) -> float:
        """How many people who all spend the same would be as steady: the square of the sum over the sum of squares (Kish)."""
        return self.total_minor * self.total_minor / self.squares if self.squares else 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval of a difference of means and what it was made of; the difference need not be its middle."""

    difference: float
    low: float
    high: float
    standard_error: float
    degrees_of_freedom: float


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


def score(treated: Group, control: Group, level: float = LEVEL) -> Interval | None:
    """The score interval on mean(treated) - mean(control), minor units a person, where variance follows the mean.

    Few buy and some buy much, so a group that lacks its buyers by chance has a low mean and a low variance at once, and an
    interval of the variances as seen (Welch's) is too narrow just when it is wrong. Here each difference d is judged by the
    variance that it would itself bring:

    1. Dispersion f of a group: its variance over its mean, drawn towards that of both groups together,
       (n1 v1 + n2 v2) / (s1 + s2), by `PRIOR_BUYERS` against its own effective buyers.
    2. With d true, the common total s1 + s2 stands, so the means are m + d n2/n and m - d n1/n around m = (s1 + s2) / n.
    3. The interval is every d with (difference - d)^2 <= t^2 (f1 m1(d) / n1 + f2 m2(d) / n2): between the roots of a
       quadratic, longer on the side on which the smaller group would have had to miss its buyers. t is Welch's.

    Tends to Welch's as groups grow. Where a group returned more than it bought a mean says nothing of the variance, and
    Welch's is given. None where no interval exists, as `welch`.
    """
    plain = welch(treated, control, level)
    total = treated.total_minor + control.total_minor
    if plain is None or total <= 0 or min(treated.total_minor, control.total_minor) < 0:
        return plain
    n, n1, n2 = treated.n + control.n, treated.n, control.n
    common = (n1 * treated.variance + n2 * control.variance) / total
    f1, f2 = _dispersion(treated, common), _dispersion(control, common)
    t_squared = ((plain.high - plain.difference) / plain.standard_error) ** 2
    at_no_difference = total / n * (f1 / n1 + f2 / n2)
    slope = f1 * n2 / (n * n1) - f2 * n1 / (n * n2)
    middle = plain.difference + t_squared * slope / 2
    reach = math.sqrt(max(0.0, middle**2 - plain.difference**2 + t_squared * at_no_difference))
    return Interval(plain.difference, middle - reach, middle + reach, plain.standard_error, plain.degrees_of_freedom)


def _dispersion(group: Group, common: float) -> float:
    """Variance over mean, drawn towards that of both groups by how few buyers it rests on."""
    buyers = group.effective_buyers
    own = group.variance / group.mean if buyers else 0.0
    return (buyers * own + PRIOR_BUYERS * common) / (buyers + PRIOR_BUYERS)


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
    """Incremental revenue = difference of means x treated, with its score interval, and what may be said of it.

    The verdict is `not_enough_data` when there is no interval, or when it contains 0 and its half-width exceeds 5 % of the
    control's revenue scaled to the treated; a narrow interval around 0 is `no_difference`.
    """
    interval = score(treated, control, level)
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
