"""How values are spread, how far two spreads lie apart, and how many values differ. Pure.

A spread is {bin: rows} with the bins of `sql.spreads_sql`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from samovar.collect.quality.sql import REGISTERS

REST = "…"
BINS_MAX = 80
ROWS_MIN = 50  # on either side: fewer say nothing of how values are spread
Spread = Mapping[str, int]


def joined(spreads: Iterable[Spread], bins_max: int = BINS_MAX) -> Counter[str]:
    """All rows of some spreads; values beyond the most frequent `bins_max` join the rest."""
    total: Counter[str] = Counter()
    for one in spreads:
        total.update(one)
    listed = [name for name, _rows in total.most_common() if name != REST]
    for name in listed[bins_max:]:
        total[REST] += total.pop(name)
    return total


def drift(before: Spread, now: Spread) -> float | None:
    """How far two spreads lie apart, 0 to 1; None where one of them has fewer than `ROWS_MIN` rows.

    Jensen-Shannon divergence with logarithms to base 2 (Lin, 1991, "Divergence measures based on the Shannon entropy"), less
    what chance alone makes of two samples so large from one spread of so many bins.
    """
    rows_before, rows_now = sum(before.values()), sum(now.values())
    if min(rows_before, rows_now) < ROWS_MIN:
        return None
    apart, names = 0.0, before.keys() | now.keys()
    for name in names:
        p, q = before.get(name, 0) / rows_before, now.get(name, 0) / rows_now
        middle = (p + q) / 2
        apart += (p * math.log2(p / middle) if p else 0.0) / 2 + (q * math.log2(q / middle) if q else 0.0) / 2
    by_chance = (len(names) - 1) * (1 / rows_before + 1 / rows_now) / (8 * math.log(2))
    return min(max(apart - by_chance, 0.0), 1.0)


def stability(before: Spread, now: Spread) -> float | None:
    """The population stability index of two spreads; None where one is empty. Empty bins count as half a row.

    Siddiqi, 2006, "Credit Risk Scorecards": below 0.1 nothing moved, above 0.25 much did.
    """
    rows_before, rows_now = sum(before.values()), sum(now.values())
    if not rows_before or not rows_now:
        return None
    index = 0.0
    for name in before.keys() | now.keys():
        p, q = max(before.get(name, 0), 0.5) / rows_before, max(now.get(name, 0), 0.5) / rows_now
        index += (q - p) * math.log(q / p)
    return index


def came_and_went(before: Spread, now: Spread, least: float = 0.005) -> tuple[list[str], list[str]]:
    """Values that are new and values that vanished, of those that have a share of at least `least`; only of texts and flags."""
    rows_before, rows_now = sum(before.values()), sum(now.values())
    new = [name for name, rows in now.items() if name[0] == "=" and name not in before and rows >= least * rows_now]
    # What had a twentieth of a row a day may miss by chance; what should have come five times does so once in 150.
    gone = [
        name
        for name, rows in before.items()
        if name[0] == "=" and name not in now and rows >= least * rows_before and rows / rows_before * rows_now >= 5
    ]
    return sorted(name[1:] for name in new), sorted(name[1:] for name in gone)


def number_edges(name: str) -> tuple[float, float]:
    """The least and greatest number of a bin of half an octave: `#7` is about 2 to the 3.5, `#m7` as much below zero."""
    if name == "#z":
        return 0.0, 0.0
    is_minus = name[1] == "m"
    place = int(name[2 if is_minus else 1 :])
    low, high = 2 ** ((place - 0.5) / 2), 2 ** ((place + 0.5) / 2)
    return (-high, -low) if is_minus else (low, high)


def estimate(registers: bytes) -> int:
    """About how many values differ (HyperLogLog of 128 registers: 9 % off, exact-like when few).

    Flajolet et al., 2007; few values by linear counting.
    """
    if not registers or not any(registers):
        return 0
    alpha = 0.7213 / (1 + 1.079 / REGISTERS)
    raw = alpha * REGISTERS**2 / sum(2.0**-rank for rank in registers)
    empty = registers.count(0)
    if raw <= 2.5 * REGISTERS and empty:
        return round(REGISTERS * math.log(REGISTERS / empty))
    return round(raw)


def merged(one: bytes, other: bytes) -> bytes:
    """The registers of both."""
    return bytes(map(max, one, other)) if one and other else one or other
