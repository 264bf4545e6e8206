"""A million random histories: each registered person stands in exactly one lifecycle stage, the one of the rules.

    python bench/stages.py [--people 1000000] [--seed 1]

The warehouse answers with the query that screens and segments use; NumPy reads the shipped rules on its own. Both are asked
at several moments, on days 13 to 15, 44 to 46 and 89 to 91 more than on others. One person who differs is a failure.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import duckdb

from samovar.engine.warehouse import registry, schema
from samovar.kit.clock import iso
from samovar.rules.sql import Moment, stages_sql
from samovar.understand import warehouse_queries
from samovar.understand.tests import histories
from samovar.understand.tests.histories import MOMENTS, ZONE, Histories

CONTEXT = registry.Context(zone=ZONE, currency="RUB")
assert warehouse_queries  # its queries are registered by its import


def at_moment(cursor: Any, told: Histories, at_us: int) -> dict[str, Any]:
    """What one moment shows, and whether the counts of screens and of a rule about the stage agree with the people."""
    began = time.perf_counter()
    answer = cursor.sql(stages_sql(Moment(at_us, ZONE))).to_arrow_table()
    seconds = time.perf_counter() - began
    found = histories.compare(told, answer, at_us)
    counts = {
        row["stage"]: row["people"] for row in registry.answer("understand.stages", cursor, CONTEXT, {"at_us": at_us}).to_pylist()
    }
    in_any = " or ".join(f'lifecycle = "{stage}"' for stage in histories.STAGES)
    [counted] = registry.answer("understand.segment_count", cursor, CONTEXT, {"text": in_any, "at_us": at_us}).to_pylist()
    is_good = (
        found.differing == found.in_several == 0
        and counts == found.by_stage
        and sum(found.by_stage.values()) == found.registered == counted["count"]
    )
    return {
        "at": iso(at_us), "registered": found.registered, "in_no_stage": told.people - found.registered, "by_stage": counts,
        "in_several": found.in_several, "differing": found.differing, "query_seconds": round(seconds, 2), "ok": is_good,
    }  # fmt: skip


def main() -> int:
    """Make the histories, ask at every moment, say whether all agree."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    began = time.perf_counter()
    told = histories.histories(chosen.seed, chosen.people)
    with duckdb.connect() as cursor:
        schema.create(cursor)
        histories.store(cursor, told)
        moments = [at_moment(cursor, told, at_us) for at_us in MOMENTS]
    is_good = all(moment["ok"] for moment in moments)
    result = {
        "benchmark": "stages", "people": chosen.people, "differing": sum(moment["differing"] for moment in moments),
        "moments": moments, "seconds": round(time.perf_counter() - began, 1), "ok": is_good,
    }  # fmt: skip
    print(json.dumps(result))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
