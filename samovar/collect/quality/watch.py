"""When counts are so low that it is no chance: the arithmetic of alarms. Pure; NumPy and SciPy.

Counts of a window of hours that ends now are held against the same hours of the weeks before (rows), or against the share of
the four weeks before (fields). What varies more than chance does, such as nights, campaigns and weekends, is measured on the
stream's own past and allowed for, so that few rows and restless streams cry no wolf. `bench/quality.py` measures how often an
alarm is false and how soon a loss is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betainc, betaln

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

WEEK = 168  # hours
WEEKS = 4  # that are looked back
SPAN = WEEKS * WEEK + WEEK  # hours of counts that a look needs: four weeks, and a week before them to learn how they vary
WINDOWS = (0, 1, 3, 6, 24, 72)  # whole hours before the running one; the short ones see a stop, the long ones what thins out
CHANCE_MAX = 1e-6  # of one look at one window of one stream
KEPT_MAX = 0.8  # of the rows expected: what falls less is nobody's alarm
SHARE_KEPT_MAX = 0.9  # of the share expected
BACK_ROWS = 0.85  # of the rows, over a window in which 20 were expected, ends an alarm
BACK_SHARE = 0.95
BACK_LEAST = 20
# Squared coefficients of variation beyond chance: 5.5 %; 14 % where no siblings tell a weak day from a loss; 24 % while unknown.
ROWS_SPREAD_LEAST, ROWS_SPREAD_LEAST_ALONE, ROWS_SPREAD_UNKNOWN = 0.003, 0.02, 0.06
SHARE_SPREAD_LEAST = 0.001
SIBLINGS_MIN, SIBLING_ROWS = 2, 30.0  # other events of a source that tell how strong its day is
SIBLINGS_FEW = 6  # up to so many each is left out of what the others tell of it; of more, one moves no median
TOGETHER_LEAST, TOGETHER_MOST = 0.6, 1.6


@dataclass(frozen=True)
class Fall:
    """Something is lower than chance allows over the last `hours`: rows, or a share, expected and seen."""

    hours: int
    expected: float
    seen: float
    chance: float


@dataclass(frozen=True)
class Counts:
    """Hours of streams up to now, one row a stream: `rows` by hour with the running hour last, of which `part` (0 to 1) is over.

    `is_out` marks hours of earlier alarms, of which nothing is learned; `since` is each stream's first hour of data as an index.
    """

    rows: Floats
    part: float
    is_out: Flags
    since: np.ndarray[Any, np.dtype[np.int64]]


def expected_rows(counts: Counts, window: int, *, is_whole: bool = False) -> tuple[Floats, Floats, Floats]:
    """(seen, expected, weeks) of each stream over the window: the mean of the same hours of up to four weeks before.

    The window is the running hour and the `window` hours before it, without those of earlier alarms unless `is_whole`;
    `expected` is NaN where no week is known.
    """
    width = counts.rows.shape[1]
    here = slice(width - window - 1, width)
    is_in = np.ones((len(counts.rows), window + 1), dtype=bool) if is_whole else ~counts.is_out[:, here]
    seen = np.where(is_in, counts.rows[:, here], 0.0).sum(axis=1)
    sums, weeks = np.zeros(len(seen)), np.zeros(len(seen))
    for week in range(1, WEEKS + 1):
        first, last = width - window - 1 - week * WEEK, width - week * WEEK
        if first < 0:
            break
        then = np.where(is_in, counts.rows[:, first:last], 0.0)
        then[:, -1] *= counts.part
        is_known = (counts.since <= first) & ~counts.is_out[:, first:last].any(axis=1)
        sums += np.where(is_known, then.sum(axis=1), 0.0)
        weeks += is_known
    with np.errstate(invalid="ignore", divide="ignore"):
        return seen, np.where(weeks > 0, sums / weeks, np.nan), weeks


def low_share(counts: Counts, window: int, places: Flags) -> float:
    """Of some streams of which 5 rows or more were expected over a window, the share that lost a fifth or more."""
    seen, expected, _weeks = expected_rows(counts, window)
    tells = places & (np.nan_to_num(expected) >= 5)
    return float((seen[tells] <= KEPT_MAX * expected[tells]).mean()) if tells.any() else 1.0


def spread_of_rows(counts: Counts, window: int, group: np.ndarray[Any, Any]) -> Floats:
    """How much more than chance the counts of such windows varied over the weeks before: the squared coefficient of variation.

    Each past window is held against the mean of the same hours of the other weeks, times how strong the other events of the
    source were in it; by moments, pooled over the weeks.
    """
    streams, width = len(counts.rows), counts.rows.shape[1] - 1  # whole hours only
    weeks = range(min(WEEKS, width // WEEK))
    if len(weeks) < 2:
        return np.full(streams, ROWS_SPREAD_UNKNOWN)
    window = max(window, 1)
    blocks = WEEK // window
    spans = [slice(width - (week + 1) * WEEK, width - week * WEEK) for week in weeks]
    sums = np.stack([_blocks(counts.rows[:, span], window, blocks) for span in spans])
    usable = np.stack([_blocks(counts.is_out[:, span].astype(float), window, blocks) == 0 for span in spans])
    usable &= np.array([counts.since <= span.start for span in spans])[:, :, None]
    above, below, used = np.zeros(streams), np.zeros(streams), np.zeros(streams)
    for week in weeks:
        others = np.arange(len(weeks)) != week
        count = usable[others].sum(axis=0)
        known = np.maximum(count, 1)
        mean = np.where(usable[others], sums[others], 0.0).sum(axis=0) / known
        fits = usable[week] & (count > 0)
        mean = mean * _together(sums[week], np.where(fits, mean, np.nan), group)
        above += np.where(fits, (sums[week] - mean) ** 2 - sums[week] - mean / known, 0.0).sum(axis=1)
        below += np.where(fits, (1 + 1 / known) * mean**2, 0.0).sum(axis=1)
        used += fits.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(below > 0, above / below, ROWS_SPREAD_UNKNOWN)
    sizes = {source: int((group == source).sum()) for source in np.unique(group).tolist() if source >= 0}
    has_siblings = np.array([sizes.get(source, 0) > SIBLINGS_MIN for source in group.tolist()])
    least = np.where(has_siblings, ROWS_SPREAD_LEAST, ROWS_SPREAD_LEAST_ALONE)
    measured: Floats = np.where(used >= blocks, np.clip(spread, least, 1.0), ROWS_SPREAD_UNKNOWN)
    return measured


def _blocks(rows: Floats, window: int, blocks: int) -> Floats:
    sums: Floats = rows[:, -blocks * window :].reshape(len(rows), blocks, window).sum(axis=2)
    return sums


def rows_falls(counts: Counts, group: np.ndarray[Any, Any]) -> list[Fall | None]:
    """What each stream's rows fell by: the least likely of its windows, where it is unlikely enough; None where nothing fell.

    `group` names the source of each stream, -1 for one that stands for a whole source. Where the other events of a source are
    all low together, as on a holiday, or all high, a stream is held against what they make of the day, 0.6 to 1.6.
    """
    found: list[Fall | None] = [None] * len(counts.rows)
    for window in WINDOWS:
        if counts.rows.shape[1] < WEEK + window + 1:
            break
        seen, expected, weeks = expected_rows(counts, window)
        expected = expected * _together(seen, expected, group)
        spread = spread_of_rows(counts, window, group) * (1 + 1 / np.maximum(weeks, 1))
        with np.errstate(invalid="ignore"):
            variance = expected * (1 + 1 / np.maximum(weeks, 1)) + spread * expected**2
            size = expected**2 / np.maximum(variance - expected, 1e-9)
            chance = betainc(size, seen + 1, size / (size + expected))  # of a negative binomial, as few or fewer
            is_low = (chance < CHANCE_MAX) & (seen <= KEPT_MAX * expected)
        for place in np.flatnonzero(is_low).tolist():
            best = found[place]
            if best is None or chance[place] < best.chance:
                found[place] = Fall(window, float(expected[place]), float(seen[place]), float(chance[place]))
    return found


def _together(seen: Floats, expected: Floats, group: np.ndarray[Any, Any]) -> Floats:
    """How strong windows are by the other events of each stream's source: the median of seen to expected, 0.6 to 1.6.

    Of shape (streams) or (streams, windows), as given. Events of which few rows are expected tell nothing, and where fewer than
    two tell something the windows are taken to be as usual.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(np.nan_to_num(expected) >= SIBLING_ROWS, seen / expected, np.nan)
    factor = np.ones(seen.shape)
    for source in np.unique(group[group >= 0]).tolist():
        members = np.flatnonzero(group == source)
        if len(members) <= SIBLINGS_MIN:
            continue
        if len(members) > SIBLINGS_FEW:
            factor[members] = _told_by(ratio[members])
            continue
        for place in members.tolist():
            factor[place] = _told_by(ratio[members[members != place]])
    return factor


def _told_by(ratios: Floats) -> Floats:
    """The median of each column of those that are known, within bounds; 1 where fewer than two are."""
    ordered, known = np.sort(ratios, axis=0), np.isfinite(ratios).sum(axis=0)  # those not known are sorted last
    ends = np.stack([np.maximum(known - 1, 0) // 2, known // 2])
    ends = np.minimum(ends, len(ratios) - 1)
    middle = np.take_along_axis(ordered, ends, axis=0).mean(axis=0) if ratios.ndim > 1 else ordered[ends].mean(axis=0)
    told: Floats = np.where(known >= SIBLINGS_MIN, np.clip(middle, TOGETHER_LEAST, TOGETHER_MOST), 1.0)
    return told


def rows_are_back(counts: Counts, expected_floor: float = BACK_LEAST) -> Flags:
    """Whether rows came again as before over the shortest window in which enough were expected (a day at most)."""
    back = np.zeros(len(counts.rows), dtype=bool)
    is_settled = np.zeros(len(counts.rows), dtype=bool)
    for window in WINDOWS:
        if counts.rows.shape[1] < WEEK + window + 1:
            break
        seen, expected, weeks = expected_rows(counts, window, is_whole=True)
        tells = ~is_settled & ((np.nan_to_num(expected) >= expected_floor) | (window == WINDOWS[-1]) | (weeks == 0))
        with np.errstate(invalid="ignore"):
            back |= tells & ((weeks == 0) | (seen >= BACK_ROWS * expected))
        is_settled |= tells
    return back


def usual_share(kept: Floats, whole: Floats, is_out: Flags) -> tuple[Floats, Floats]:
    """(share, rows) of the four weeks before the last day: how many of `whole` were `kept`; NaN where there was nothing."""
    before = slice(max(kept.shape[1] - 25 - WEEKS * WEEK, 0), max(kept.shape[1] - 25, 0))
    rows = np.where(is_out[:, before], 0.0, whole[:, before]).sum(axis=1)
    held = np.where(is_out[:, before], 0.0, kept[:, before]).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(rows > 0, held / rows, np.nan), rows


def share_falls(kept: Floats, whole: Floats, is_out: Flags) -> list[Fall | None]:
    """What the share of `kept` among `whole` fell by in each stream, against the four weeks before; by hour, the last running.

    Beta-binomial, with how far shares of such windows vary beyond chance measured on the weeks before.
    """
    found: list[Fall | None] = [None] * len(kept)
    usual, reference = usual_share(kept, whole, is_out)
    share = np.clip(usual, 0.5 / np.maximum(reference, 1), 1 - 0.5 / np.maximum(reference, 1))
    for window in WINDOWS:
        if kept.shape[1] < window + 26:
            break
        is_in = ~is_out[:, -window - 1 :]
        n, k = (np.where(is_in, rows[:, -window - 1 :], 0.0).sum(axis=1) for rows in (whole, kept))
        spread = _spread_of_share(kept, whole, is_out, share, window)
        size = 1 / spread - 1
        with np.errstate(invalid="ignore", divide="ignore"):
            is_telling = (n >= 5) & (reference >= 50) & (usual >= 0.02) & (k <= SHARE_KEPT_MAX * usual * n)
        for place in np.flatnonzero(is_telling).tolist():
            p, s = share[place], size[place]
            chance = as_few(int(k[place]), int(n[place]), float(p * s), float((1 - p) * s))
            best = found[place]
            if chance < CHANCE_MAX and (best is None or chance < best.chance):
                found[place] = Fall(window, float(usual[place]), float(k[place] / n[place]), chance)
    return found


def as_few(kept: int, whole: int, a: float, b: float) -> float:
    """The chance that a beta-binomial of `whole` rows keeps `kept` or fewer; `scipy.stats` takes a second to load."""
    k = np.arange(kept + 1, dtype=np.float64)
    choices = -np.log1p(whole) - betaln(whole - k + 1, k + 1)
    return float(min(np.exp(choices + betaln(k + a, whole - k + b) - betaln(a, b)).sum(), 1.0))


def _spread_of_share(kept: Floats, whole: Floats, is_out: Flags, share: Floats, window: int) -> Floats:
    """The correlation of rows within a window by moments: how much more than chance its shares varied."""
    window = max(window, 1)
    blocks = min((kept.shape[1] - 25) // window, WEEKS * WEEK // window)
    rows = _blocks(np.where(is_out, 0.0, whole)[:, :-25], window, blocks)
    held = _blocks(np.where(is_out, 0.0, kept)[:, :-25], window, blocks)
    p = np.nan_to_num(share)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        above = ((held - rows * p) ** 2 - rows * p * (1 - p)).sum(axis=1)
        below = (rows * (rows - 1) * p * (1 - p)).sum(axis=1)
        spread = np.where(below > 0, above / below, SHARE_SPREAD_LEAST)
    return np.clip(spread, SHARE_SPREAD_LEAST, 0.5)


def shares_are_back(kept: Floats, whole: Floats, expected: Floats) -> Flags:
    """Whether shares are what was expected when an alarm opened, over the shortest window with enough rows (a day at most)."""
    back = np.zeros(len(kept), dtype=bool)
    is_settled = np.zeros(len(kept), dtype=bool)
    for window in WINDOWS:
        n, k = whole[:, -window - 1 :].sum(axis=1), kept[:, -window - 1 :].sum(axis=1)
        tells = ~is_settled & (n >= BACK_LEAST)
        back |= tells & (k >= BACK_SHARE * expected * n)
        is_settled |= tells
    return back
