"""200 live segments of a big shop: 1 M customers and 50 M events.

    python bench/segments.py [--people N] [--shop DIR] [--rounds N] [--write]

`--shop` takes a workspace that `bench/shop.py --keep` made. The rules are `segments_200.yaml`, made by a fixed seed (`--write`
makes it anew): 120 of counts and sums over windows, 30 with `where`, 20 of distinct values, medians, gaps and runs, 10 with hour
windows, 10 sequences and 10 of segments. Measured, for the first 120 and for all: everybody asked, a local midnight, and steps
that a batch touching 1,000 or 10 customers asks for; and the members half a year ago, of each of the first 120 by itself and of
all of them together.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from shops import shop_in

from samovar import rules
from samovar.collect.news import News
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.warehouse.schema import NEVER_US
from samovar.engine.workspace import Workspace
from samovar.kit.clock import DAY_US, SECOND_US, Zone
from samovar.rules.parser import parse_text
from samovar.rules.sql import Moment, people_sql
from samovar.understand.learned import WarehouseWords
from samovar.understand.live.live import Live
from samovar.understand.live.moves import LiveRule, Move
from samovar.understand.live.past import members_at

RULES = Path(__file__).with_name("segments_200.yaml")
SEED, SIMPLE = 20_261_126, 120
TARGETS = {
    "simple": {"everybody_s": 5.0, "midnight_s": 2.0, "touched_1000_ms": 40.0, "touched_10_ms": 15.0},
    "all": {"everybody_s": 30.0, "touched_1000_ms": 120.0, "touched_10_ms": 40.0},
    "as_of": {"one_median_s": 0.5, "one_worst_s": 0.5, "together_s": 2.0},
}
AGO_US = 180 * DAY_US
DAYS = (3, 7, 14, 30, 60, 90, 180, 365)


def made() -> dict[str, str]:
    """The rules by name."""
    r = random.Random(SEED)
    kinds = [(SIMPLE, _simple), (30, _with_where), (20, _of_runs), (10, _of_hours), (10, _sequence), (10, _of_segments)]
    texts = [kind(r) for many, kind in kinds for _ in range(many)]
    return {f"s{number:03d}": text for number, text in enumerate(texts, 1)}


def _simple(r: random.Random) -> str:
    counts = [
        f"count({c} in last {r.choice(DAYS)} days) >= {r.randint(1, 5)}" for c in ("orders", "visits", "views", "cart_adds")
    ]
    sums = [f"sum(orders.amount in last {r.choice(DAYS)} days) {r.choice('<>')} {r.choice([500, 1000, 3000, 10000])}"]
    ages = [f"days_since(last {r.choice(['orders', 'visits'])}) {r.choice(['<=', '>'])} {r.choice(DAYS)}"]
    traits = [f'city in ("{r.choice(["Москва", "Казань", "Тверь"])}")', "consent.email.marketing", "registered_at is known"]
    return f" {r.choice(['and', 'and', 'or'])} ".join(r.sample([*counts, *sums, *ages, *traits], r.randint(1, 3)))


def _with_where(r: random.Random) -> str:
    rows = r.choice([
        f"orders where amount > {r.choice([300, 1000, 5000])}", f"lines where quantity >= {r.randint(1, 3)}",
        f"lines where price < {r.choice([200, 800])}", f"visits where views >= {r.randint(2, 6)}",
        "orders where person.city is known",
    ])  # fmt: skip
    return f"count({rows} in last {r.choice(DAYS)} days) >= {r.randint(1, 4)}"


def _of_runs(r: random.Random) -> str:
    return r.choice([
        f"distinct(lines.category) >= {r.randint(2, 5)}", f"median(orders.amount) > {r.choice([500, 1500])}",
        f"gap(orders) <= {r.choice([14, 30, 60])}", f"streak(orders, {r.choice([14, 30])} days) >= {r.randint(2, 4)}",
        f"last_streak(visits, {r.choice([3, 7])} days) >= {r.randint(2, 5)}",
    ])  # fmt: skip


def _of_hours(r: random.Random) -> str:
    hours = r.choice([1, 6, 24, 48, 72])
    return r.choice([
        f"count(views in last {hours} hours) >= {r.randint(1, 3)}", f"hours_since(last visits) < {hours}",
        f"count(cart_adds between {hours + 24} and {hours} hours ago) >= 1",
    ])  # fmt: skip


def _sequence(r: random.Random) -> str:
    return (
        f"did {r.choice(['views', 'visits'])} then cart_adds within {r.choice([1, 6, 24])} hours "
        f"then not orders within {r.choice([24, 72])} hours in last {r.choice([3, 7, 14])} days"
    )


def _of_segments(r: random.Random) -> str:
    return f'in segment "s{r.randint(1, 60):03d}" and not in segment "s{r.randint(61, 190):03d}"'


def live_rules(many: int) -> list[LiveRule]:
    """The first rules of the file."""
    read = yaml.safe_load(RULES.read_text())["segments"]
    return [LiveRule(n, 1, name, parse_text(text)) for n, (name, text) in enumerate(read.items(), 1)][:many]


def measure(warehouse: Warehouse, at_us: int, many: int, rounds: int) -> dict[str, Any]:
    """Everything for the first `many` rules."""
    defined, moves = live_rules(many), list[Move]()
    live = Live(warehouse.cursor(), warehouse.context, lambda: defined, moves.extend)
    result: dict[str, Any] = {}
    began = time.perf_counter()
    members = live.step(at_us)
    result["everybody_s"] = round(time.perf_counter() - began, 2)
    result["members"] = members
    zone = warehouse.context.zone
    people = np.array([p for (p,) in warehouse.loop.execute("SELECT person_id FROM people ORDER BY hash(person_id)").fetchall()])
    for touched in (1_000, 10):
        took = list(_steps(live, people, touched, rounds, zone))
        result[f"touched_{touched}_ms"] = round(statistics.median(took), 1)
        result[f"touched_{touched}_p95_ms"] = round(statistics.quantiles(took, n=20)[-1], 1)
    midnight_us = zone.midnight_us(zone.day(at_us) + 1)
    began = time.perf_counter()
    result["moved_at_midnight"] = live.step(midnight_us)
    result["midnight_s"] = round(time.perf_counter() - began, 2)
    return result


def _steps(live: Live, people: Any, touched: int, rounds: int, zone: Zone) -> Iterator[float]:
    """How many ms each step took that asks so many people, of whom a batch told; the first, which prepares it, is left out."""
    assert live.at_us is not None
    for round_ in range(rounds + 1):
        live.learn(_batch(live, people[round_ * touched : (round_ + 1) * touched], zone, round_))
        began = time.perf_counter()
        live.step(live.at_us + SECOND_US // 10)
        if round_:
            yield (time.perf_counter() - began) * 1000


def _batch(live: Live, people: Any, zone: Zone, round_: int) -> News:
    """What the worker tells of a batch in which each of these people did something: a page, goods looked at, a tenth bought."""
    assert live.at_us is not None
    size = people.size
    times, keys = np.full(size, live.at_us + 1), np.arange(size) + (round_ + 1) * 1_000_000
    who = {"profile_id": people, "person_id": people, "time_us": times, "day": zone.days(times), "event_key": keys}
    place = np.arange(size)
    names = np.select([place % 10 == 0, place % 3 == 0], ["Order Completed", "Product Added"], "Product Viewed")
    buyers = {name: column[::10] for name, column in who.items()}
    many = buyers["person_id"].size
    amount = np.full(many, 90_000)
    spans = {**buyers, "valid_from_us": buyers["time_us"], "valid_to_us": np.full(many, NEVER_US), "amount_minor": amount}
    lines = {
        "line": np.ones(many, np.int64),
        "price_minor": amount,
        "quantity": np.full(many, 10_000),
        "category": ["tea"] * many,
    }
    batch = {
        "events": pa.table({**who, "name": names.tolist(), "props": ["{}"] * size}),
        "visits": pa.table({**who, "last_us": times, "views": np.ones(size, np.int32)}),
        "orders": pa.table({**spans, "order_id": keys[::10].astype(str).tolist()}),
        "lines": pa.table({**spans, **lines}),
    }
    return News(np.sort(people), {}, [batch])


def as_of(warehouse: Warehouse, at_us: int) -> dict[str, Any]:
    """The members of the first rules as of a moment, without anything that live segments keep."""
    cursor, defined = warehouse.cursor(), live_rules(SIMPLE)
    words = rules.builtin_catalogue(warehouse.context.currency).with_learned(WarehouseWords(cursor))
    moment, asked = Moment(at_us, warehouse.context.zone), [rules.Rule(rule.condition) for rule in defined]
    took, counts = [], []
    for rule in asked:
        began = time.perf_counter()
        [(count,)] = cursor.execute(f"SELECT count(*) FROM ({people_sql(rule, words, moment)})").fetchall()
        took.append(time.perf_counter() - began)
        counts.append(count)
    together = []
    for _round in range(3):
        began = time.perf_counter()
        held = members_at(cursor, warehouse.context.zone, defined, words, at_us)
        together.append(time.perf_counter() - began)
    assert counts == [len(people) for _rule, people in sorted(held, key=lambda one: one[0].id)]
    return {
        "one_median_s": round(statistics.median(took), 2), "one_worst_s": round(max(took), 2),
        "together_s": round(statistics.median(together), 2), "together_first_s": round(together[0], 2),
    }  # fmt: skip


def main() -> int:
    """Measure, say whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--shop", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="make the file of rules anew and end")
    asked = parser.parse_args()
    if asked.write:
        RULES.write_text(yaml.safe_dump({"segments": made()}, allow_unicode=True, sort_keys=False, width=200))
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-segments-") as home:
        workspace = Workspace.open(shop_in(Path(home), asked.shop, asked.people))
        warehouse, at_us = Warehouse(workspace), workspace.clock.now_us()
        result: dict[str, Any] = {
            name: measure(warehouse, at_us, many, asked.rounds) for name, many in (("simple", SIMPLE), ("all", 200))
        }
        result["as_of"] = as_of(warehouse, at_us - AGO_US)
        warehouse.close()
    missed = {f"{n} {k}": result[n][k] for n, targets in TARGETS.items() for k, most in targets.items() if result[n][k] > most}
    result["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({**result, "missed": missed, "ok": not missed}, ensure_ascii=False))
    return 0 if not missed else 1


if __name__ == "__main__":
    sys.exit(main())
