"""The worker's loop: tick, then what campaigns and segments are due, then closed months and old days, then rest.

A tick begins at least `TICK_S_MIN` after the one before, so that a stream of single events does not keep a core busy; a
full batch is followed at once. Readers are answered beside.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.db import close_old_connections

from samovar.collect.contacts.jobs import MailDomainAsker
from samovar.collect.quality.jobs import QualityKeeper
from samovar.decide import jobs as decide_jobs
from samovar.doors.process import HealthFile, spare_the_collector, start_clock, take_short_turns
from samovar.doors.worker.erasing import Eraser
from samovar.doors.worker.metrics import Metrics
from samovar.doors.worker.sealing import Sealer
from samovar.doors.worker.sorting import Sorter
from samovar.doors.worker.tick import EVENTS_FEWEST, Ticker
from samovar.engine import outbox
from samovar.engine.log_client import RemoteLog
from samovar.engine.warehouse import client
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.warehouse.server import QueryServer
from samovar.engine.workspace import Workspace
from samovar.kit.clock import SECOND_US
from samovar.measure.watch.jobs import Watcher
from samovar.understand import jobs as understand_jobs

TICK_S_MIN = 0.05
CHECKPOINT_EVENTS = 400_000  # it takes up to a second, in which nothing goes on
CLOCK_SAVE_S = 1.0
ERASURES_S = 0.25  # between looks at whether somebody is to be erased
REFRESH_S = 1.0  # between looks at which counts are due
FOLLOW_S_MAX = 1.0  # between steps of live segments while the log is far ahead
FOLLOW_AGAIN_S = 5.0  # after a step that failed
log = logging.getLogger("samovar.worker")


class Loop:
    """One worker: the warehouse, its ticker and its socket."""

    def __init__(self, workspace: Workspace) -> None:
        self._metrics = Metrics()
        self._workspace, self._health = workspace, HealthFile(workspace, "worker", self._metrics.registry)
        self._health.tell(ready=False, now=True)
        start_clock(workspace)
        self._warehouse = Warehouse(workspace, query_ended=self._metrics.query_ended)
        client.use(self._warehouse)
        self._ticker = Ticker(workspace, self._warehouse, self._metrics)
        self._decided = self._ticker.asker()
        keeper = RemoteLog(workspace.socket_path("edge"))
        self._live = understand_jobs.live(self._ticker.cursor(), self._warehouse.context)
        self._followed_s = self._follow_pause_s = 0.0
        self._sealer = Sealer(workspace, keeper, self._ticker.applied)
        self._sorter = Sorter(self._warehouse, workspace.zone, self._ticker.in_line)
        self._eraser = Eraser(workspace, keeper, self._ticker, is_alone=False)
        self._is_renewed = self._is_erasing = False
        self._erasures_seen_s = 0.0
        self._server = QueryServer(workspace.socket_path("worker"), self._warehouse, {"now": self._now, "applied": self._applied})
        self._domains = None if workspace.is_virtual else MailDomainAsker(workspace.clock.now_us)
        self._words = understand_jobs.WordCounter(self._warehouse.cursor(), workspace.currency, workspace.clock.now_us)
        self._quality = QualityKeeper(self._warehouse.cursor(), workspace.zone, workspace.clock.now_us)
        self._whole_us = 0  # up to when everything received is taken in
        self._watcher = Watcher(self._warehouse, lambda: self._whole_us)
        self._since_checkpoint = 0
        spare_the_collector()
        take_short_turns()
        self._clock_saved_s = time.monotonic()
        self._refreshed_s = 0.0

    def run(self, stop: threading.Event) -> None:
        """Turn until `stop` is set, or a warehouse made anew is to take the place of this one: then close, and start another.

        A failure of one turn is logged and tried again after a pause.
        """
        pause_s = TICK_S_MIN
        while not (stop.is_set() or self._is_renewed):
            began = time.monotonic()
            try:
                moved = self._turn()
                pause_s = TICK_S_MIN
            except Exception:  # the loop must go on: the cause may pass (a full disk, a database that restarts)
                log.exception("tick failed")
                self._metrics.failures.inc()
                close_old_connections()
                moved, pause_s = 0, min(pause_s * 2, 5.0)
            if moved < EVENTS_FEWEST:
                stop.wait(max(pause_s - (time.monotonic() - began), 0.001))

    def _turn(self) -> int:
        at_us = self._workspace.clock.now_us()
        began_s = time.monotonic()
        moved = self._ticker.tick(at_us)
        if moved:
            self._metrics.tick_s.observe(time.monotonic() - began_s)
            self._metrics.events.inc(moved)
        self._tell(at_us)  # before what may take seconds when a worker begins
        since_s = time.monotonic() - self._followed_s
        if since_s > self._follow_pause_s and (moved < EVENTS_FEWEST or since_s > FOLLOW_S_MAX):
            self._follow()
        decide_jobs.tick(warehouse=self._decided, at_us=at_us)
        self._since_checkpoint += moved
        if moved < EVENTS_FEWEST:
            self._rest(at_us)
        if time.monotonic() - self._clock_saved_s > CLOCK_SAVE_S:
            self._workspace.save_clock()
            self._clock_saved_s = time.monotonic()
        return moved

    def _follow(self) -> None:
        """Bring live segments up with what was applied: after every batch that was not full, and of a long log now and then.

        A step that fails is taken again after a pause, with the people it was to ask; the rest of the house goes on.
        """
        self._live.learn(self._ticker.news())
        try:
            self._live.step(self._workspace.clock.now_us())  # no earlier than what was applied
            self._follow_pause_s = 0.0
        except Exception:  # memory that a query wants, a full disk
            log.exception("segments were not followed")
            self._metrics.failures.inc()
            close_old_connections()
            self._follow_pause_s = FOLLOW_AGAIN_S
        finally:
            self._ticker.want_news(self._live.wants_news)
        self._followed_s = time.monotonic()

    def _tell(self, at_us: int) -> None:
        lag, announced = self._ticker.lag(), outbox.last_id()
        lag_s = 0.0 if lag.oldest_us is None else max(at_us - lag.oldest_us, 0) / SECOND_US
        self._whole_us = at_us if lag.oldest_us is None else min(at_us, lag.oldest_us)
        self._metrics.lag_events.set(lag.events)
        self._metrics.lag_s.set(lag_s)
        self._metrics.lag_announcements.set(max(announced - self._ticker.applied()[1], 0))
        self._health.tell(ready=True, lag_events=lag.events, lag_s=round(lag_s, 3), outbox=announced)

    def _rest(self, at_us: int) -> None:
        """The log is not far ahead: time for counts, for closed months and old days, and for the checkpoint that DuckDB must not
        do inside a commit. A trickle of events must hold up none of them."""
        if time.monotonic() - self._refreshed_s > REFRESH_S:
            understand_jobs.keep_counts(live=self._live, at_us=at_us, day=self._workspace.zone.day(at_us))
            self._refreshed_s = time.monotonic()
        if self._is_erasure_due():
            self._erase(at_us)
        else:
            self._sealer.step(at_us)
            self._sorter.step(at_us)
        if self._since_checkpoint >= CHECKPOINT_EVENTS:
            self._ticker.in_line(self._checkpoint)

    def _checkpoint(self) -> None:
        if self._warehouse.checkpoint():
            self._since_checkpoint = 0

    def _is_erasure_due(self) -> bool:
        """Asked of the store some times a second only, so that a worker at rest costs nothing that shows."""
        if not self._is_erasing and time.monotonic() - self._erasures_seen_s > ERASURES_S:
            self._is_erasing, self._erasures_seen_s = self._eraser.is_due(), time.monotonic()
        return self._is_erasing

    def _erase(self, at_us: int) -> None:
        """A little of what erasures ask for; closed months wait, because their rows may change."""
        self._sealer.pause()
        try:
            if not self._eraser.step(at_us):
                self._is_renewed = self._eraser.renew()
                self._is_erasing = self._eraser.is_due()
        except BaseException:
            self._eraser.forget()
            raise

    def _now(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"at_us": self._workspace.clock.now_us()}

    def _applied(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"done": self._ticker.has_applied(int(params["offset"]))}

    def close(self) -> None:
        """Let go of everything, in the order of dependence."""
        self._health.remove()
        self._words.close()
        if self._domains is not None:
            self._domains.close()
        self._quality.close()
        self._watcher.close()
        self._server.close()
        self._workspace.save_clock()
        client.release(self._warehouse)
        self._ticker.close()
        self._warehouse.close()
        if self._is_renewed:
            self._eraser.change_places(self._warehouse, self._workspace.clock.now_us())
        self._eraser.close()
