"""What the worker does for this room when it has nothing else to do: counts segments again, so that pages ask no query."""

from __future__ import annotations

import logging

from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import MINUTE_US
from samovar.kit.errors import Refusal
from samovar.understand import operations
from samovar.understand.models import Segment

RECOUNT_US = MINUTE_US  # a count is at most this old while the worker is idle
AT_ONCE = 50  # segments counted in one pass
log = logging.getLogger("samovar.understand")


def refresh(*, warehouse: Asker, at_us: int, is_forced: bool = False) -> int:
    """Count the segments whose count is missing or older than a minute, all in one pass. Returns how many were counted."""
    rows = [
        row for row in Segment.objects.filter(is_archived=False).order_by("counted_us", "id") if is_forced or _is_due(row, at_us)
    ]
    counted = 0
    for first in range(0, len(rows), AT_ONCE):
        counted += _count(rows[first : first + AT_ONCE], warehouse, at_us)
    return counted


def _is_due(row: Segment, at_us: int) -> bool:
    return row.counted_us is None or not 0 <= at_us - row.counted_us < RECOUNT_US


def _count(rows: list[Segment], warehouse: Asker, at_us: int) -> int:
    try:
        answer = warehouse.query("understand.counts", trees=[row.tree for row in rows], at_us=at_us).to_pylist()
    except Refusal as refusal:
        # One segment that cannot be counted (its event is gone after a rebuild) must not leave the others without figures.
        if len(rows) == 1:
            log.warning("segment_not_counted", extra={"facts": {"segment": rows[0].slug, "code": refusal.code}})
            return 0
        return sum(_count([row], warehouse, at_us) for row in rows)
    counts = {rows[line["number"]].id: (rows[line["number"]].version, line["people"]) for line in answer}
    operations.store_counts(counts=counts, at_us=at_us, day=answer[0]["day"])
    return len(counts)
