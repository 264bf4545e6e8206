"""Events a second from log to profile, warehouse and features: the worker's whole tick, alone on one core.

The log is written beforehand as the edge writes it (rows of 100 events, 360 bytes each, 0.5 % sent twice, 1 % late, 3 % by
new people); `--known` message ids are already seen. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from samovar.engine.log import LogWriter, Row
from samovar.engine.workspace import Workspace
from samovar.kit.clock import DAY_US, HOUR_US, Zone, iso, parse_moment

NOW = parse_moment("2026-11-01T12:00Z", Zone("UTC"))
EVENTS = ("Product Viewed", "Product Viewed", "Product Added", "Checkout Started", "Product Clicked")


def event(rng: random.Random, number: int, people: int) -> dict[str, Any]:
    """One event as a shop's site or server sends it."""
    person = rng.randrange(people) if rng.random() > 0.03 else people + number
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


def write_log(workspace: Workspace, events: int, people: int, seed: int) -> None:
    """Fill the log."""
    rng, writer = random.Random(seed), LogWriter(workspace.log_path)
    rows: list[Row] = []
    for start in range(0, events, 100):
        told = [event(rng, start + i, people) for i in range(100)]
        if rng.random() < 0.5:
            told[0] = told[-1]
        rows.append(Row(NOW, "server", "events", len(told), None, json.dumps(told, ensure_ascii=False).encode()))
        if len(rows) == 200:
            writer.append_now(rows)
            rows = []
    if rows:
        writer.append_now(rows)
    writer.close()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--known", type=int, default=20_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="samovar-bench-") as home:
        workspace = Workspace.create(Path(home) / "w", currency="RUB", timezone="Europe/Moscow", at_us=NOW)
        write_log(workspace, given.events, given.people, given.seed)
        os.environ["SAMOVAR_DATA"] = str(workspace.root)
        from samovar.doors.session import migrate, set_up_django

        set_up_django(workspace)
        migrate()
        from samovar.doors.process import spare_the_collector
        from samovar.doors.worker.tick import Ticker
        from samovar.engine.warehouse.owner import Warehouse

        warehouse = Warehouse(workspace)
        ticker = Ticker(workspace, warehouse)
        known = np.random.default_rng(given.seed).integers(-(2**63), 2**63 - 1, given.known)
        for start in range(0, given.known, 1 << 20):
            ticker._resolver._seen.add(known[start : start + (1 << 20)])
        del known
        spare_the_collector()
        began, cpu_began, ticks = time.perf_counter(), time.process_time(), []
        while True:
            tick_began = time.perf_counter()
            if not ticker.tick(NOW):
                break
            ticks.append(time.perf_counter() - tick_began)
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        ticks.sort()
        print(
            json.dumps(
                {
                    "events": given.events,
                    "known_ids": given.known,
                    "events_per_s": round(given.events / took_s),
                    "events_per_cpu_s": round(given.events / cpu_s),
                    "tick_ms_p50": round(ticks[len(ticks) // 2] * 1000, 1),
                    "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                }
            )
        )
        warehouse.close()


if __name__ == "__main__":
    main()
