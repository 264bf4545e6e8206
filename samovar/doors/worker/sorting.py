"""When old days are sorted by customer: a step at each turn of the worker that was not full, everything when a command ends.

A step runs on the thread that writes the warehouse, in line with the batches, because both may touch the same rows. The worker
goes on deciding meanwhile; what it decides reaches the warehouse a third of a second later.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from samovar.engine.warehouse import sorting
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.warehouse.sorting import Stretch
from samovar.kit.clock import Zone

LIVE_DAYS = 7  # most of what comes late, and most merges of visitors, come within a week
REST = 4  # times as long as a step took it waits for the next: readers have the processor to themselves in between
CHECKPOINT_STEPS = 8
LOOK_S = 3_600.0  # a look reads three columns of every fact: 0.5 s at 80 M rows
log = logging.getLogger("samovar.worker")


class Sorter:
    """Sorts the old days of one warehouse. `in_line` runs a function on the thread that writes it."""

    def __init__(self, warehouse: Warehouse, zone: Zone, in_line: Callable[[Callable[[], None]], None]) -> None:
        self._warehouse, self._zone, self._in_line = warehouse, zone, in_line
        self._cursor = warehouse.cursor()
        self._steps: Iterator[None] = iter(())
        self._is_looking = True
        self._look_s = 0.0

    def step(self, at_us: int) -> None:
        """Have a little done of what is due."""
        if time.monotonic() >= self._look_s:
            self._in_line(lambda: self._advance(at_us))

    def finish(self, at_us: int) -> None:
        """Do all that is due, here; the warehouse must be at rest."""
        for _ in self._pass(at_us):
            pass

    def _advance(self, at_us: int) -> None:
        began_s = time.monotonic()
        if self._is_looking:
            self._steps, self._is_looking = self._pass(at_us), False
        try:
            for _ in self._steps:
                now_s = time.monotonic()
                self._look_s = now_s + REST * (now_s - began_s)
                return
        except Exception:  # a full disk: rows are where they were, and the batches must go on
            log.exception("sorting waits")
        self._is_looking, self._look_s = True, time.monotonic() + LOOK_S

    def _pass(self, at_us: int) -> Iterator[None]:
        before_day = self._zone.day(at_us) - LIVE_DAYS
        for table in sorting.DATED:
            while due := sorting.due(self._cursor, table, before_day):
                for stretch in due:
                    yield from self._sorted(stretch)

    def _sorted(self, stretch: Stretch) -> Iterator[None]:
        for steps, _ in enumerate(sorting.sort(self._cursor, stretch), 1):
            yield
            if steps % CHECKPOINT_STEPS == 0:
                self._warehouse.checkpoint()  # frees the room that the rows had, so that the file grows by a few slices only
                yield
        log.info("sorted", extra={"facts": {"table": stretch.table, "rows": stretch.rows, "last_day": stretch.last_day}})
        self._warehouse.checkpoint()
        yield
