"""The simulated shop written straight into the warehouse: 1 M people and 50 M events in at most 5 minutes, memory flat.

    python bench/shop.py [--people N] [--seed S] [--workers W] [--keep DIR]

Targets at the full size: at least 50 M events, at most 300 s, at most 4 GiB in this process and 1.5 GiB in a worker.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

from samovar.doors.demo import layout
from samovar.doors.demo.people import END_US
from samovar.doors.demo.shop import Shop
from samovar.doors.worker.sorting import Sorter
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.workspace import Workspace

FULL_PEOPLE, SECONDS_MAX, EVENTS_A_PERSON_MIN, GIB_MAX, WORKER_GIB_MAX = 1_000_000, 300, 50, 4.0, 1.5


def main() -> int:
    """Write the shop, print figures, say whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=FULL_PEOPLE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="make the workspace here and leave it, sorted, for other benchmarks")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-shop-") as home:
        root = asked.keep or Path(home) / "shop"
        result = write(root, Shop(asked.seed, asked.people), asked.workers)
        if asked.keep:
            sort(root)
    good = (
        result["events"] >= EVENTS_A_PERSON_MIN * asked.people
        and result["seconds"] <= SECONDS_MAX * asked.people / FULL_PEOPLE + 10
        and result["gib"] <= GIB_MAX
        and result["worker_gib"] <= WORKER_GIB_MAX
    )
    print(json.dumps({**result, "ok": good}))
    return 0 if good else 1


def write(directory: Path, shop: Shop, workers: int) -> dict[str, float]:
    """Make a workspace and fill its warehouse; figures of what it cost."""
    workspace = Workspace.create(directory, currency="RUB", timezone="Europe/Moscow", at_us=END_US, virtual=True)
    began = time.monotonic()
    warehouse = Warehouse(workspace, memory_limit="2GB")
    with tqdm(total=shop.parts, unit="slice", file=sys.stderr, disable=None) as bar:
        events = layout.write(shop, warehouse.loop, workers=workers, done=bar.update)
    warehouse.loop.execute("CHECKPOINT")
    warehouse.close()
    seconds = time.monotonic() - began
    return {
        "people": shop.people, "events": events, "seconds": round(seconds, 1), "events_a_second": round(events / seconds),
        "gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20), 2),
        "worker_gib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 << 20), 2),
        "warehouse_gib": round(workspace.warehouse_path.stat().st_size / (1 << 30), 2),
    }  # fmt: skip


def sort(directory: Path) -> None:
    """Put the old days in the order of their customers: slices leave them in the order of slices."""
    workspace = Workspace.open(directory)
    warehouse = Warehouse(workspace)
    Sorter(warehouse, workspace.zone, lambda write: write()).finish(END_US)
    warehouse.close()


if __name__ == "__main__":
    sys.exit(main())
