"""Pages of segments at a million people: overlap of six segments, a page of who came and went, the figures of 90 days.

    python bench/moves.py [--people 1000000] [--segments 60] [--moves 4000000] [--runs 30]

The warehouse's tables of announcements are filled with what segments began with, from a quarter of the people to all of them,
and with moves spread over them. The overlap is held against sets of NumPy; each query must answer within 300 ms, p95.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
from pyroaring import BitMap

from samovar.engine.warehouse import registry, schema
from samovar.kit.clock import Zone
from samovar.understand import warehouse_queries

CONTEXT = registry.Context(zone=Zone("Europe/Moscow"), currency="RUB")
COMPARED = [1, 2, 3, 4, 5, 6]
SHARES = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3)  # of those compared; every other segment has a quarter
LATEST_DAY = 20_090
P95_MS_MAX = 300
_BEGAN = "hash(i * 64 + segment) % 1000 < share"
assert warehouse_queries  # its queries are registered by its import


def fill(cursor: Any, people: int, segments: int, moves: int) -> None:
    """What each segment began with, in the order of segments, then moves by turns: who is in goes out, who is out comes in."""
    schema.create(cursor)
    cursor.execute("CREATE TABLE shares (segment BIGINT, share BIGINT)")
    for segment in range(1, segments + 1):
        share = round(1000 * (SHARES[segment - 1] if segment <= len(SHARES) else 0.25))
        cursor.execute("INSERT INTO shares VALUES (?, ?)", [segment, share])
        drawn = f"SELECT i FROM range(1, {people} + 1) AS t(i), shares WHERE segment = {segment} AND {_BEGAN}"
        began = BitMap(cursor.execute(drawn).fetchnumpy()["i"].astype(np.uint32)).serialize()
        cursor.execute("INSERT INTO beginnings VALUES (?, 1, ?, 0, 0, ?)", [segment, began, segment])
    cursor.execute(
        f"""
        INSERT INTO membership
        WITH drawn AS (SELECT i, i % {segments} + 1 AS segment, hash(i) % {people} + 1 AS person FROM range({moves}) AS t(i)),
        turns AS (SELECT *, row_number() OVER (PARTITION BY segment, person ORDER BY i) % 2 = 1 AS is_odd FROM drawn)
        SELECT segment, 1, person, is_odd = (hash(person * 64 + segment) % 1000 >= share), 1,
          {LATEST_DAY} - 90 + i * 91 // {moves}, {segments} + 1 + i
        FROM turns JOIN shares USING (segment) ORDER BY i"""
    )


def is_right(cursor: Any, people: int) -> bool:
    """Whether the overlap is that of the last word about each person in each segment."""
    codes = np.zeros(people + 1, np.int64)
    for place, segment in enumerate(COMPARED):
        last = (
            f"SELECT i FROM range(1, {people} + 1) AS t(i), shares LEFT JOIN ("
            "SELECT person_id, arg_max(is_in, outbox_id) AS is_in FROM membership "
            f"WHERE segment_id = {segment} GROUP BY person_id) ON person_id = i "
            f"WHERE segment = {segment} AND coalesce(is_in, {_BEGAN})"
        )
        codes[cursor.execute(last).fetchnumpy()["i"]] += 1 << place
    wanted = {code: int(count) for code, count in enumerate(np.bincount(codes)) if code and count}
    answer = registry.answer("understand.overlap", cursor, CONTEXT, {"segment_ids": COMPARED}).to_pylist()
    return {row["combination"]: row["people"] for row in answer} == wanted


def timed(ask: Callable[[], Any], runs: int) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    took = []
    for _run in range(runs):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return {"p50_ms": round(float(np.percentile(took, 50)), 1), "p95_ms": round(float(np.percentile(took, 95)), 1)}


def main() -> int:
    """Fill the table, hold the overlap against plain sets, time the pages."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--segments", type=int, default=60)
    options.add_argument("--moves", type=int, default=4_000_000)
    options.add_argument("--runs", type=int, default=30)
    chosen = options.parse_args()
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": "false"}) as cursor:
        fill(cursor, chosen.people, chosen.segments, chosen.moves)
        is_good = is_right(cursor, chosen.people)
        asked: dict[str, dict[str, Any]] = {
            "overlap": {"segment_ids": COMPARED}, "moves": {"segment_id": 1}, "move_days": {"segment_id": 1, "first_day": 20_000},
        }  # fmt: skip
        figures = {
            name: timed(lambda: registry.answer(f"understand.{name}", cursor, CONTEXT, params), chosen.runs)  # noqa: B023
            for name, params in asked.items()
        }
    is_quick = all(figure["p95_ms"] <= P95_MS_MAX for figure in figures.values())
    sizes = {"people": chosen.people, "announced": chosen.moves}
    print(json.dumps({**sizes, "is_right": is_good, **figures, "ok": is_good and is_quick}))
    return 0 if is_good and is_quick else 1


if __name__ == "__main__":
    sys.exit(main())
