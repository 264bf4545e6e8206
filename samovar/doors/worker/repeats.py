"""Which events were taken before: hashes of message ids in memory, and the warehouse that knows the full ids.

The memory goes back `dedupe_days`, and for orders all the way. It finds hits and says in which stretch of the log each lies;
the warehouse keeps its events in the order of the log and reads only that stretch, so that a client's retries cost the same
however much is known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samovar.collect.batches import Incoming, MessageId
from samovar.collect.dedupe import SeenMessages
from samovar.engine import settings
from samovar.engine.warehouse.owner import Warehouse
from samovar.kit.clock import DAY_US

EVERYWHERE = (0, 2**63 - 1)
SPANS_MAX = 16  # asked one by one; of more, one look through all events costs less


class Repeats:
    """What the worker knows of message ids. One instance, on the worker's own thread."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._cursor = warehouse.loop
        self.seen = self._load()

    def among(self, events: Sequence[Incoming], under_way: Sequence[Incoming]) -> set[MessageId]:
        """Of events whose hash was seen, the ids that are: under way into the warehouse, or in it.

        An id that is not where its hash was seen shares the hash with another; it alone is looked for in all events.
        """
        asked = {event.id: event.key for event in events}
        known = asked.keys() & {event.id for event in under_way}
        spans = self.seen.by_span(_hashes(asked, known))
        if len(spans) <= SPANS_MAX:
            for span, hashes in spans.items():
                known |= asked.keys() & self._held(hashes, span)
        if len(known) < len(asked):
            known |= asked.keys() & self._held(_hashes(asked, known), EVERYWHERE)
        return known

    def _held(self, hashes: NDArray[np.int64], span: tuple[int, int]) -> set[MessageId]:
        """The ids with one of the hashes of events from rows of the log in a span."""
        self._cursor.register("asked", pa.table({"event_key": hashes}))
        self._cursor.execute(
            "SELECT source, message_id FROM events SEMI JOIN asked USING (event_key) WHERE log_offset BETWEEN ? AND ?", span
        )
        return set(self._cursor.fetchall())

    def _load(self) -> SeenMessages:
        newest = self._cursor.execute("SELECT coalesce(max(received_us), 0) FROM events").fetchall()[0][0]
        since_us = newest - int(settings.get("dedupe_days")) * DAY_US
        self._cursor.execute(
            "SELECT event_key, log_offset FROM events WHERE kind <> 'house' AND received_us > ? "
            "UNION ALL SELECT event_key, log_offset FROM events SEMI JOIN order_events USING (event_key) WHERE received_us <= ?",
            [since_us, since_us],
        )
        columns = self._cursor.fetchnumpy()
        # They come in a few runs, each in the order of the log: a stable sort only joins them.
        order = np.argsort(columns["log_offset"], kind="stable")
        seen = SeenMessages(order.size * 2)
        seen.add_from(columns["event_key"][order], columns["log_offset"][order])
        return seen


def _hashes(asked: dict[MessageId, int], known: set[MessageId]) -> NDArray[np.int64]:
    return np.array([key for one, key in asked.items() if one not in known], dtype=np.int64)
