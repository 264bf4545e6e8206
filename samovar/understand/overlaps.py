"""How segments overlap: how many people are in each combination of them. Pure.

The announcements of who came and who went are played back: whom a segment began with, then the last word about each person. A
million people in six segments take a quarter of what grouping them in the warehouse takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEGMENTS_MIN, SEGMENTS_MAX = 2, 6
Combinations = dict[int, int]
People = NDArray[np.uint32]


def combinations(segments: Sequence[int], begun: Sequence[People], later: Mapping[str, NDArray[Any]]) -> Combinations:
    """{combination: people}; bit n of a combination is the nth of `segments`.

    `begun` is whom each began with, `later` the columns of `membership_sql.later_sql`. Combinations without anybody, and
    those in none of the segments, are left out.
    """
    order = np.argsort(later["outbox_id"], kind="stable")  # quick on the runs in order that a scan gives
    of, people, is_in = later["segment_id"][order], later["person_id"][order], later["is_in"][order]
    top = max([0, *(int(ids.max()) for ids in (*begun, people) if len(ids))])
    codes = np.zeros(top + 1, np.uint8)
    for place, (segment, first) in enumerate(zip(segments, begun, strict=True)):
        held = np.zeros(len(codes), np.uint8)
        held[first] = 1
        held[people[of == segment]] = is_in[of == segment]  # of several about a person the last one stays
        codes |= held << place
    counts = np.bincount(codes, minlength=1 << len(segments))
    return {code: int(count) for code, count in enumerate(counts) if code and count}


def people_in(found: Combinations, wanted: int) -> int:
    """How many people are in all segments of a combination, whatever else they are in."""
    return sum(count for code, count in found.items() if code & wanted == wanted)
