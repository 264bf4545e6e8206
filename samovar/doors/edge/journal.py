"""What the edge tells: JSON lines on stderr and Prometheus counters.

A page or a link is a line of its own; the tracking API, thousands of requests a second, is one line a second for each
address and status. Paths are told by route, so that no token of a link and no query enters a log.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter as Tally
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from samovar.kit.clock import iso

logger = logging.getLogger("samovar.edge")
COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)


class JsonLines(logging.Formatter):
    """A record as one line of JSON; facts come as `extra={"facts": {...}}`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": iso(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "process": self._process,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_json_lines(process: str) -> None:
    """Send every record of this process to stderr as JSON lines."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonLines(process))
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


class Journal:
    """Counts of requests and events, and the lines about them."""

    def __init__(self, waiting_rows: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter("samovar_edge_requests", "Requests answered.", ["route", "status"], registry=self._registry)
        self._events = Counter("samovar_edge_events", "Events of the tracking API.", ["outcome"], registry=self._registry)
        self._stored, self._refused = self._events.labels("stored"), self._events.labels("refused")
        self.commits = Histogram(
            "samovar_edge_commit_seconds", "From an append to the disk's word.", buckets=COMMIT_BUCKETS_S, registry=self._registry
        )
        Gauge("samovar_edge_waiting_rows", "Rows that wait for the disk.", registry=self._registry).set_function(waiting_rows)
        self._children: dict[tuple[str, int], Counter] = {}
        self._untold: Tally[tuple[str, int]] = Tally()

    def request(self, route: str, status: int) -> None:
        """Count one request of a hot route; `flush` tells of it."""
        key = (route, status)
        self._untold[key] += 1
        if (child := self._children.get(key)) is None:
            child = self._children[key] = self._requests.labels(route, str(status))
        child.inc()

    def line(self, route: str, method: str, status: int, took_s: float) -> None:
        """Count and tell one request of a page or a link."""
        self._requests.labels(route, str(status)).inc()
        logger.info(
            "request", extra={"facts": {"route": route, "method": method, "status": status, "ms": round(took_s * 1000, 1)}}
        )

    def events(self, stored: int, refused: int) -> None:
        """Count events by what became of them."""
        self._stored.inc(stored)
        if refused:
            self._refused.inc(refused)

    def flush(self) -> None:
        """Tell of the hot requests since the last time."""
        told, self._untold = self._untold, Tally()
        for (route, status), count in sorted(told.items()):
            logger.info("requests", extra={"facts": {"route": route, "status": status, "count": count}})

    def metrics(self) -> bytes:
        """The Prometheus text of everything counted."""
        return generate_latest(self._registry)
