"""How often an alarm of quality is false, and how soon a loss is seen: `python -m bench.quality`.

Simulated streams of 2 to 2,000 rows an hour, with nights, weekends, a level that wanders, days on which everything is low, and
more spread than chance; fields filled in 40 to 100 % of rows. Quiet months are looked at every hour, as the worker does (it looks
every five minutes of the running hour too). Then a part of the rows, or of the values of a field, is lost at a moment drawn by
chance, and the hours until the alarm are counted, for a third of a source's events and for events alone in their source. Prints
figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np

from samovar.collect.quality import watch

Floats = watch.Floats
Flags = watch.Flags
LEVELS = (2.0, 10.0, 50.0, 300.0, 2_000.0)  # rows an hour, of a weekday on average
SHARES = (0.4, 0.8, 0.97, 1.0)
LOSSES = (1.0, 0.5, 0.3)
FALSE_MAX = 5.0  # a month of a hundred streams
LOSSES_MAX = {  # hours, in the middle of many losses
    "rows, 100% lost": {"300 an hour": 1.0, "2000 an hour": 1.0},
    "rows, 50% lost": {"300 an hour": 4.0, "2000 an hour": 4.0},
    "rows, 30% lost": {"2000 an hour": 12.0},
    "share, 100% lost": {"50 an hour": 1.0, "300 an hour": 1.0, "2000 an hour": 1.0},
    "share, 50% lost": {"300 an hour": 1.0, "2000 an hour": 1.0},
    "share, 30% lost": {"300 an hour": 1.5, "2000 an hour": 1.5},
}
SPREAD_ROWS, SPREAD_SHARE = 0.01, 0.002  # squared coefficient of variation by hour; correlation of the rows of an hour
MONTH = 30 * 24
TOGETHER, LOST = 12, 4  # streams of a shop, and how many of them lose something at a moment
PATIENCE = 2 * 24  # hours after which a loss counts as not seen
LOOKS = (*np.arange(1, 6, 0.25).tolist(), *range(6, PATIENCE))  # hours after the one of the loss began


def streams(chance: np.random.Generator, level: float, count: int, hours: int) -> Floats:
    """Rows by hour of some streams of one shop: strong by day, weaker at weekends, wandering, low together on a day in thirty."""
    hour = np.arange(hours)
    shape = (0.55 + 0.5 * np.sin((hour % 24 - 9) / 24 * 2 * np.pi)) * np.where(hour // 24 % 7 >= 5, 0.7, 1.0)
    wander = np.exp(np.cumsum(chance.normal(0, 0.004, hours)))
    low_days = np.where(chance.random(hours // 24 + 1) < 1 / 30, 0.7, 1.0)[hour // 24]
    mean = level * np.maximum(shape, 0.03) * wander * low_days / 0.5
    noise = chance.gamma(1 / SPREAD_ROWS, SPREAD_ROWS, (count, hours))
    return chance.poisson(mean * noise).astype(float)


def kept_of(chance: np.random.Generator, rows: Floats, share: float) -> Floats:
    """How many of the rows have a field, with a share that varies a little from hour to hour."""
    size = 1 / SPREAD_SHARE - 1
    shares = np.ones(rows.shape) if share == 1.0 else chance.beta(share * size, (1 - share) * size, rows.shape)
    return chance.binomial(rows.astype(np.int64), shares).astype(float)


def _until(hours: Floats, at: float) -> Floats:
    """What is known at a moment: whole hours, and of the running one as much as of it is over."""
    hour = int(at)
    known = hours[:, hour - watch.SPAN : hour + 1].copy()
    known[:, -1] = np.floor(known[:, -1] * (at - hour))
    return known


def _rows_fell(rows: Floats, at: float, *, alone: bool = False) -> Flags:
    """Whether each stream fell; `alone` as the only one of its source."""
    known = _until(rows, at)
    counts = watch.Counts(known, at - int(at), np.zeros(known.shape, dtype=bool), np.zeros(len(known), dtype=np.int64))
    return np.array([one is not None for one in watch.rows_falls(counts, np.full(len(known), -1 if alone else 0))])


def _share_fell(kept: Floats, rows: Floats, at: float) -> Flags:
    whole, held = _until(rows, at), _until(kept, at)
    return np.array([one is not None for one in watch.share_falls(held, whole, np.zeros(whole.shape, dtype=bool))])


def false_alarms(chance: np.random.Generator, level: float, months: int) -> dict[str, float]:
    """Alarms that opened in quiet months, a month and a hundred streams; one that stays open is one."""
    count = 24
    hours = watch.SPAN + MONTH
    opened = {"rows": 0, "rows, alone": 0, "share": 0}
    for _month in range(months):
        rows = streams(chance, level, count, hours)
        kept = kept_of(chance, rows, SHARES[int(chance.integers(len(SHARES)))])
        before = {kind: np.zeros(count, dtype=bool) for kind in opened}
        for hour in range(watch.SPAN, hours):
            now = {
                "rows": _rows_fell(rows, hour), "rows, alone": _rows_fell(rows, hour, alone=True),
                "share": _share_fell(kept, rows, hour),
            }  # fmt: skip
            for kind, flags in now.items():
                opened[kind] += int((flags & ~before[kind]).sum())
                before[kind] = flags
    return {kind: round(number / (months * count) * 100, 2) for kind, number in opened.items()}


def delays(chance: np.random.Generator, level: float, loss: float, kind: str, batches: int) -> dict[str, float | None]:
    """Hours from the loss of a share of a stream's rows, or of a field's values, until the look that sees it."""
    found: list[float] = []
    for _batch in range(batches):
        rows = streams(chance, level, TOGETHER, watch.SPAN + 24 + PATIENCE)
        kept = kept_of(chance, rows, 0.97)
        start = watch.SPAN + 24 * chance.random()
        _lose(chance, kept[:LOST] if kind == "share" else rows[:LOST], start, loss)
        waiting = np.full(LOST, np.inf)
        for at in (int(start) + hours for hours in LOOKS):
            fell = _share_fell(kept, rows, at) if kind == "share" else _rows_fell(rows, at, alone=kind != "rows")
            waiting = np.where(np.isinf(waiting) & fell[:LOST], at - start, waiting)
            if np.isfinite(waiting).all():
                break
        found += waiting.tolist()
    middle, late = np.quantile(found, [0.5, 0.9], method="higher")
    return {"median": _hours(middle), "nine of ten": _hours(late), "seen": round(float(np.mean(np.isfinite(found))), 3)}


def _lose(chance: np.random.Generator, rows: Floats, start: float, loss: float) -> None:
    for hour in range(int(start), rows.shape[1]):
        part = loss * (int(start) + 1 - start if hour == int(start) else 1.0)
        rows[:, hour] = chance.binomial(rows[:, hour].astype(np.int64), 1 - part)


def _hours(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None


def missed(told: dict[str, Any]) -> list[str]:
    """The targets that were not reached."""
    found = [
        f"false alarms of {kind}, {level}: {rate}"
        for level, rates in told["false_alarms_per_month_of_100_streams"].items()
        for kind, rate in rates.items()
        if rate > FALSE_MAX
    ]
    for what, levels in LOSSES_MAX.items():
        for level, hours in levels.items():
            median = told["hours_until_seen"][what][level]["median"]
            if median is None or median > hours:
                found.append(f"{what}, {level}: seen after {median} hours, not {hours}")
    return found


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=2)
    parser.add_argument("--batches", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance, began = np.random.default_rng(options.seed), time.monotonic()
    told: dict[str, Any] = {"false_alarms_per_month_of_100_streams": {}, "hours_until_seen": {}}
    for level in LEVELS:
        told["false_alarms_per_month_of_100_streams"][f"{level:g} an hour"] = false_alarms(chance, level, options.months)
    for kind in ("rows", "rows, alone", "share"):
        for loss in LOSSES:
            told["hours_until_seen"][f"{kind}, {loss:.0%} lost"] = {
                f"{level:g} an hour": delays(chance, level, loss, kind, options.batches) for level in LEVELS
            }
    failed = missed(told)
    print(json.dumps({**told, "missed": failed, "seconds": round(time.monotonic() - began)}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
