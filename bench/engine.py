"""Events a second from log to profile, warehouse and features: the worker's whole tick, alone on one core.

    python bench/engine.py [--events 200000] [--people 200000] [--known 20000000]

A shop at work: `--people` people are known, each by an event taken before the clock starts, and `--known` message ids are
already seen. Then the log gets `--events` events as the edge writes them (rows of 100 events, 360 bytes each, 0.5 % sent
twice, 1 % late, 3 % by people never seen) and the time runs until the last is in the warehouse. `--people 0` measures the
first hours of a shop instead: everybody is new once. Prints one line of JSON; exits 1 below 50,000 events a second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from samovar.engine.log import LogWriter, Row
from samovar.engine.workspace import Workspace
from samovar.kit.clock import DAY_US, HOUR_US, Zone, iso, parse_moment

NOW = parse_moment("2026-11-01T12:00Z", Zone("UTC"))
EVENTS_PER_S_MIN = 50_000
STRANGERS = 200_000  # whom the events of a shop without known people are spread over
EVENTS = ("Product Viewed", "Product Viewed", "Product Added", "Checkout Started", "Product Clicked")


def event(rng: random.Random, number: int, people: int) -> dict[str, Any]:
    """One event as a shop's site or server sends it."""
    person = rng.randrange(people) if rng.random() > 0.03 else people + number
    return event_of(rng, number, person)


def event_of(rng: random.Random, number: int, person: int) -> dict[str, Any]:
    """What a person does."""
    late = rng.random() < 0.01
    at = NOW - rng.randrange(30 * DAY_US if late else HOUR_US)
    sku = rng.randrange(5000)
    head = {"messageId": f"bench-{number:012d}", "timestamp": iso(at), "userId": f"user-{person}", "anonymousId": f"dev-{person}"}
    if rng.random() < 0.3:
        return {**head, "type": "page", "name": "Catalogue", "properties": {"url": f"/tea/{sku}", "title": f"Tea {sku}"}}
    if rng.random() < 0.07:
        product = {"sku": f"sku-{sku}", "name": f"Tea {sku}", "price": 10 + sku % 90, "quantity": 1 + sku % 3}
        told = {"order_id": f"order-{number}", "total": 500 + sku / 10, "currency": "RUB", "products": [product] * 3}
        return {**head, "type": "track", "event": "Order Completed", "properties": told}
    told = {"sku": f"sku-{sku}", "name": f"Tea {sku}", "price": 10.5 + sku % 90, "category": f"Kind {sku % 40}", "list": "search"}
    return {**head, "type": "track", "event": rng.choice(EVENTS), "properties": told}


def write_log(workspace: Workspace, make: Callable[[random.Random, int], dict[str, Any]], events: int, seed: int) -> None:
    """Append events to the log, 100 a row."""
    rng, writer = random.Random(seed), LogWriter(workspace.log_path)
    rows: list[Row] = []
    for start in range(0, events, 100):
        told = [make(rng, start + i) for i in range(min(100, events - start))]
        if rng.random() < 0.5:
            told[0] = told[-1]
        rows.append(Row(NOW, "server", "events", len(told), None, json.dumps(told, ensure_ascii=False).encode()))
        if len(rows) == 200:
            writer.append_now(rows)
            rows = []
    if rows:
        writer.append_now(rows)
    writer.close()


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--known", type=int, default=20_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="samovar-bench-") as home:
        workspace = Workspace.create(Path(home) / "w", currency="RUB", timezone="Europe/Moscow", at_us=NOW)
        os.environ["SAMOVAR_DATA"] = str(workspace.root)
        from samovar.doors.session import migrate, set_up_django

        set_up_django(workspace)
        migrate()
        figures = measure(workspace, given)
    figures["ok"] = figures["events_per_s"] >= EVENTS_PER_S_MIN
    print(json.dumps(figures))
    return 0 if figures["ok"] else 1


def measure(workspace: Workspace, given: argparse.Namespace) -> dict[str, Any]:
    """Fill a workspace, then time the ticks over new events."""
    from samovar.doors.process import spare_the_collector, take_short_turns
    from samovar.doors.worker.tick import Ticker
    from samovar.engine.warehouse.owner import Warehouse

    warehouse = Warehouse(workspace)
    ticker = Ticker(workspace, warehouse)
    known = np.random.default_rng(given.seed).integers(-(2**63), 2**63 - 1, given.known)
    ticker._resolver._seen.add_from(known, np.zeros(given.known, dtype=np.int64))
    del known
    write_log(workspace, lambda rng, number: event_of(rng, number, number), given.people, given.seed)
    while ticker.tick(NOW):
        pass
    warehouse.checkpoint()
    people = given.people or STRANGERS
    write_log(workspace, lambda rng, number: event(rng, given.people + number, people), given.events, given.seed + 1)
    spare_the_collector()
    take_short_turns()
    began, cpu_began, ticks = time.perf_counter(), time.process_time(), []
    while True:
        tick_began = time.perf_counter()
        if not ticker.tick(NOW):
            break
        ticks.append(time.perf_counter() - tick_began)
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    ticks.sort()
    warehouse.close()
    return {
        "events": given.events, "people": given.people, "known_ids": given.known, "events_per_s": round(given.events / took_s),
        "events_per_cpu_s": round(given.events / cpu_s), "tick_ms_p50": round(ticks[len(ticks) // 2] * 1000, 1),
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
