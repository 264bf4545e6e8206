"""The simulated shop through the log: 1 M events give the very tables that the direct layout writes, and how fast.

    python bench/shop_log.py [--people N] [--seed S]

Target: not one row differs. The speed is of the whole tick on sealed batches, beside whatever else the machine does.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from samovar.doors.demo import feed, layout
from samovar.doors.demo.people import END_US, START_US
from samovar.doors.demo.shop import Shop
from samovar.doors.session import LocalSession, open_session
from samovar.engine.warehouse import schema
from samovar.engine.workspace import Workspace


def main() -> int:
    """Feed the shop, write it directly, compare the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    shop = Shop(asked.seed, asked.people)
    with tempfile.TemporaryDirectory(prefix="bench-shop-log-") as home:
        root = Path(home) / "shop"
        Workspace.create(root, currency="RUB", timezone="Europe/Moscow", at_us=END_US, virtual=True)
        with open_session(root, command="bench", exclusive=True) as session:
            assert isinstance(session, LocalSession)
            events, seconds = through_the_log(session, shop)
        differing = compare(shop, root / "warehouse.duckdb")
    good = not any(differing.values())
    print(
        json.dumps(
            {
                "people": shop.people, "events": events, "seconds": round(seconds, 1), "events_a_second": round(events / seconds),
                "differing_rows": differing, "ok": good,
            }
        )
    )  # fmt: skip
    return 0 if good else 1


def through_the_log(session: LocalSession, shop: Shop) -> tuple[int, float]:
    """Append the shop's history and settle it; events and seconds of the settling."""
    pieces = list(shop.slices())
    history = feed.between(pieces, START_US, END_US)
    rows = list(feed.seal(session.workspace, "history", history, at_us=END_US))
    session.append_log([*rows, *feed.aliases_between(pieces, START_US, END_US, at_us=END_US)])
    began = time.monotonic()
    session.settle()
    return history.num_rows, time.monotonic() - began


def compare(shop: Shop, fed: Path) -> dict[str, int]:
    """Rows of each table that stand in only one of the two warehouses."""
    with duckdb.connect() as direct:
        schema.create(direct)
        layout.write(shop, direct)
        direct.execute(f"ATTACH '{fed}' AS fed (READ_ONLY)")
        return {table: _differing(direct, table) for table in schema.TABLES if table != "state"}


def _differing(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    columns = "* EXCLUDE (log_offset)" if table == "events" else "*"
    here, there = f"SELECT {columns} FROM {table}", f"SELECT {columns} FROM fed.{table}"
    counts = [
        connection.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchall()[0][0]
        for one, other in ((here, there), (there, here))
    ]
    return int(sum(counts))


if __name__ == "__main__":
    sys.exit(main())
