"""When closed months are sealed: a step at each turn of the worker that was not full, a whole pass when time is virtual and
at the end of a command that owns the directory.

Once everything closed is sealed nothing is looked at until another month has closed. What cannot be written now (a full disk,
an edge that restarts) is tried again later and keeps the worker from nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from itertools import chain

from samovar.engine import settings
from samovar.engine.months import Span, month_start_us
from samovar.engine.sealing import LogKeeper, LogStream, NotApplied, OutboxStream, seal_months
from samovar.engine.workspace import Workspace

LOOK_S = 60.0
log = logging.getLogger("samovar.worker")


class Sealer:
    """Seals the months of one workspace. `applied` tells the last row of log and outbox that the warehouse holds."""

    def __init__(self, workspace: Workspace, keeper: LogKeeper, applied: Callable[[], tuple[int, int]]) -> None:
        self._log, self._outbox = LogStream(workspace, keeper), OutboxStream(workspace)
        self._applied = applied
        self._steps: Iterator[Span | None] = iter(())
        self._before_us = 0
        self._look_s = 0.0

    def step(self, at_us: int) -> None:
        """Do a little of what is due, in some 10 ms."""
        if time.monotonic() < self._look_s:
            return
        try:
            if self._advance() or self._begin(at_us):
                return
        except NotApplied:
            self._forget()
        except Exception:  # a full disk, an edge or a database that restarts: the tick does not depend on it
            log.exception("sealing waits")
            self._forget()
        self._look_s = time.monotonic() + LOOK_S

    def finish(self, at_us: int) -> None:
        """Do all that is due."""
        try:
            while self._advance() or self._begin(at_us):
                pass
        except NotApplied:
            self._forget()

    def _begin(self, at_us: int) -> bool:
        """Start a pass if a month has closed since the last one."""
        before_us = month_start_us(at_us, int(settings.get("live_months")))
        if before_us <= self._before_us:
            return False
        log_row, announcement = self._applied()
        self._before_us = before_us
        self._steps = chain(
            seal_months(self._log, before_us=before_us, applied=log_row),
            seal_months(self._outbox, before_us=before_us, applied=announcement),
        )
        return True

    def _advance(self) -> bool:
        for span in self._steps:
            if span is not None:
                log.info("sealed", extra={"facts": {"file": span.path.name, "bytes": span.path.stat().st_size}})
            return True
        return False

    def pause(self) -> None:
        """Leave off for now: what is half written is written anew, because its rows may be about to change."""
        self._forget()

    def _forget(self) -> None:
        self._steps, self._before_us = iter(()), 0
