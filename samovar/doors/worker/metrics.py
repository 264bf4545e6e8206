"""What the worker counts for /metrics: ticks and their stages, refused events, named queries, what waits.

A tick observes each stage once, whatever the size of its batch; nothing is observed for a single event. A label takes only
values of the house: stages, codes of refusals, registered names of queries.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from samovar.doors.worker.tick import Observer

STAGE_BUCKETS_S = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
QUERY_BUCKETS_S = (0.005, 0.02, 0.1, 0.5, 2, 10, 25)  # the last is the limit of a query


class Metrics(Observer):
    """The counts of one worker process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.events = Counter("samovar_worker_events", "Events and announcements applied by ticks.", registry=registry)
        self.failures = Counter("samovar_worker_failed_turns", "Turns that failed and were tried again.", registry=registry)
        self.tick_s = Histogram("samovar_worker_tick_seconds", "A tick that moved something.", registry=registry)
        self.lag_events = Gauge("samovar_worker_lag_events", "Events in the log that no tick has taken.", registry=registry)
        self.lag_s = Gauge("samovar_worker_lag_seconds", "Age of the oldest of them.", registry=registry)
        self.lag_announcements = Gauge(
            "samovar_worker_lag_announcements", "Announcements that are not in the warehouse yet.", registry=registry
        )
        self._stage_s = Histogram(
            "samovar_worker_stage_seconds",
            "A stage of a tick, by `stage`: read, decide, commit, and beside the next tick warehouse.",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=registry,
        )
        self._quarantined = Counter(
            "samovar_worker_quarantined",
            "Events put into quarantine by ticks, by `stage` (edge, worker) and `reason`.",
            ["stage", "reason"],
            registry=registry,
        )
        self._query_s = Histogram(
            "samovar_worker_query_seconds",
            "An answer of the warehouse, by the name of the `query`, without the wait for a free reader.",
            ["query"],
            buckets=QUERY_BUCKETS_S,
            registry=registry,
        )

    def stage_ended(self, stage: str, took_s: float) -> None:
        self._stage_s.labels(stage).observe(took_s)

    def quarantined(self, stage: str, reason: str, events: int) -> None:
        self._quarantined.labels(stage, reason).inc(events)

    def query_ended(self, name: str, took_s: float) -> None:
        """Count one answer of the warehouse, or the failure to give it."""
        self._query_s.labels(name).observe(took_s)
