"""Who is in which segment, as the warehouse's tables tell it: whom it began with, then the last word about each person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pyroaring import BitMap

from samovar.understand.live.bitmaps import after_moves
from samovar.understand.sql import membership_sql


def members(cursor: Any, segments: Sequence[int] | None = None) -> Iterator[tuple[int, BitMap]]:
    """Each of some segments, or of all, that has begun, with its people by person_id."""
    for segment, people in cursor.execute(membership_sql.begun_sql()).fetchall():
        if segments is None or segment in segments:
            moved = cursor.execute(membership_sql.later_sql(), {"segment": segment}).fetchnumpy()
            later = (np.asarray(moved[name]) for name in ("person_id", "is_in", "outbox_id"))
            yield segment, after_moves(BitMap.deserialize(people), *later)
