"""The sender's loop: turn the pump, make it anew when its settings change, and tell its health.

A turn that fails (a full disk, a database that restarts) is logged and tried again after a pause: what came in from the wire is
kept by the pump and written when the store can be written. A pump that cannot be made is tried again as well.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time

from django.conf import settings
from django.db import close_old_connections
from django.utils import translation
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from samovar.communicate import ledger
from samovar.communicate.delivery import Counts, Pump
from samovar.doors.process import HealthFile
from samovar.engine.warehouse.client import SocketAsker
from samovar.engine.workspace import Workspace
from samovar.kit.clock import SECOND_US
from samovar.measure.builder import dispatches

WAIT_S = 0.1
OUTCOMES = ("sent", "failed", "retry", "unsent", "in_doubt", "lost")
PAUSE_S_MIN, PAUSE_S_MAX = 0.2, 5.0
LAG_S = 2.0  # between looks at what waits
WIRE_BUCKETS_S = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 20)  # the last is the limit of an exchange
log = logging.getLogger("samovar.sender")


class Metrics:
    """What the sender counts for /metrics."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = Counter(
            "samovar_sender_messages", "Attempts to send, by what became of them.", ["outcome"], registry=self.registry
        )
        self._open = Gauge("samovar_sender_open_intents", "Letters on the wire now; at most 64.", registry=self.registry)
        self._lag_s = Gauge(
            "samovar_sender_lag_seconds", "How long the letter that waits longest is due.", registry=self.registry
        )
        self.wire_s = Histogram(
            "samovar_sender_wire_seconds",
            "A letter's exchange with the mail server, from its first command to the answer that decided.",
            buckets=WIRE_BUCKETS_S,
            registry=self.registry,
        )
        self._counted = Counts()

    def count(self, counts: Counts, open_intents: int, lag_s: float) -> None:
        """Bring the counters to what the pumps of this process did so far."""
        for name in OUTCOMES:
            self._messages.labels(name).inc(getattr(counts, name) - getattr(self._counted, name))
        self._counted = counts
        self._open.set(open_intents)
        self._lag_s.set(lag_s)


class Loop:
    """One sender process."""

    def __init__(self, workspace: Workspace) -> None:
        self._metrics = Metrics()
        self._workspace, self._health = workspace, HealthFile(workspace, "sender", self._metrics.registry)
        self._pause_s = PAUSE_S_MIN
        self._earlier = Counts()
        self._lag_s, self._looked_s = 0.0, 0.0
        self._warehouse = SocketAsker(workspace.socket_path("worker"))
        self._health.tell(ready=False, now=True)

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; what is on the wire then is finished, the rest given back."""
        beside = threading.Thread(target=self._send_scheduled, args=(stop,), name="schedules", daemon=True)
        beside.start()
        with translation.override(settings.LANGUAGE_CODE):
            while not stop.is_set():
                try:
                    self._pump(stop)
                except Exception:  # a pump that cannot be made: the cause may pass
                    self._failed(stop)
        self._health.remove()

    def _send_scheduled(self, stop: threading.Event) -> None:
        """Send scheduled reports beside the pump: making a file takes seconds, in which letters go on."""
        while not stop.wait(LAG_S):
            try:
                dispatches.tick(workspace=self._workspace, warehouse=self._warehouse, at_us=self._workspace.clock.now_us())
            except Exception:  # the cause may pass: a full disk, a database that restarts
                log.exception("scheduled reports failed")
                close_old_connections()

    def _pump(self, stop: threading.Event) -> None:
        now, exchanged = self._workspace.clock.now_us, self._metrics.wire_s.observe
        with Pump(workspace=self._workspace, now=now, exchanged=exchanged) as pump:
            while not stop.is_set() and not pump.is_stale:
                try:
                    pump.turn(wait_s=WAIT_S)
                    self._look()
                    self._pause_s = PAUSE_S_MIN
                except Exception:  # the loop must go on, or what is on the wire would be in doubt
                    self._failed(stop)
                self._tell(pump)
            pump.drain()
            self._earlier = _sum(self._earlier, pump.counts)

    def _look(self) -> None:
        """See, every `LAG_S` seconds, how long the oldest due letter waits."""
        if time.monotonic() - self._looked_s < LAG_S:
            return
        self._looked_s = time.monotonic()
        at_us = self._workspace.clock.now_us()
        due_us = ledger.oldest_due_us(at_us=at_us)
        self._lag_s = 0.0 if due_us is None else (at_us - due_us) / SECOND_US

    def _failed(self, stop: threading.Event) -> None:
        log.exception("turn failed")
        close_old_connections()
        stop.wait(self._pause_s)
        self._pause_s = min(self._pause_s * 2, PAUSE_S_MAX)

    def _tell(self, pump: Pump) -> None:
        counts = _sum(self._earlier, pump.counts)
        self._metrics.count(counts, pump.open_intents, self._lag_s)
        facts = dataclasses.asdict(counts)
        self._health.tell(
            ready=True, lag_events=0, lag_s=round(self._lag_s, 3), mailbox_port=pump.mailbox_port, trouble=pump.trouble, **facts
        )


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(**{name: value + getattr(other, name) for name, value in dataclasses.asdict(one).items()})
