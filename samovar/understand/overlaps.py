"""How segments overlap: how many people are in each combination of them. Pure.

A million people in six segments take a quarter of what grouping them in the warehouse takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyroaring import BitMap

from samovar.understand.live.bitmaps import numbers

SEGMENTS_MIN, SEGMENTS_MAX = 2, 6
Combinations = dict[int, int]


def combinations(members: Sequence[BitMap]) -> Combinations:
    """{combination: people}, of the members of each segment; bit n of a combination is the nth of them.

    Combinations without anybody, and those in none of the segments, are left out.
    """
    codes = np.zeros(max((people.max() for people in members if people), default=0) + 1, np.uint8)
    for place, people in enumerate(members):
        codes[numbers(people)] |= 1 << place
    counts = np.bincount(codes, minlength=1 << len(members))
    return {code: int(count) for code, count in enumerate(counts) if code and count}


def people_in(found: Combinations, wanted: int) -> int:
    """How many people are in all segments of a combination, whatever else they are in."""
    return sum(count for code, count in found.items() if code & wanted == wanted)
