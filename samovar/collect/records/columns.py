"""Record events of a batch as columns: what goes into the warehouse, before any SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from samovar.collect.batches import Incoming

RECORD_EVENTS = pa.schema(
    [
        ("type", pa.string()), ("record_id", pa.string()), ("profile_id", pa.int64()), ("verb", pa.string()),
        ("time_us", pa.int64()), ("day", pa.int32()), ("event_key", pa.int64()), ("props", pa.string()), ("dates", pa.string()),
    ]
)  # fmt: skip


def record_events(
    events: Sequence[Incoming], ids: np.ndarray[Any, Any], times: np.ndarray[Any, Any], days: np.ndarray[Any, Any]
) -> pa.Table:
    """The record events among those accepted, with the profiles they belong to; one of nobody has none."""
    rows = [
        (record.type, record.record_id, int(ids[i]) if ids[i] > 0 else None, record.verb, int(times[i]), int(days[i]),
         event.key, record.props, record.dates)
        for i, event in enumerate(events)
        if (record := event.record) is not None
    ]  # fmt: skip
    columns = list(zip(*rows, strict=True)) or [()] * len(RECORD_EVENTS)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, RECORD_EVENTS, strict=True)], schema=RECORD_EVENTS)
