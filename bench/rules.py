"""One rule ad hoc: thirty rules as shops use them against the queries somebody would write by hand, in alternating runs.

    python bench/rules.py [--people 1000000] [--shop DIR] [--rounds 5] [--threads 2]

`--shop` takes a workspace that `bench/shop.py --keep` made; its warehouse is only read. Both must give the same people. A rule's
time is from its text to its people, so reading and compiling are in it. Targets: the median of the ratios <= 1.2, the worst <= 2;
the function of a rule of ten tests, with the person's features at hand, <= 5 µs, and of a basket of three lines too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from by_hand import BY_HAND
from shops import shop_in

from samovar import rules
from samovar.kit.clock import Zone, day_date
from samovar.rules.baskets import read_basket
from samovar.rules.closure import basket_closure, closure, person_reads
from samovar.rules.formulas import features
from samovar.rules.lowering import Lowering
from samovar.rules.sql import Moment, people_sql

TARGETS = {"median_ratio": 1.2, "worst_ratio": 2.0, "function_us": 5.0, "basket_function_us": 5.0}
ZONE = Zone("Europe/Moscow")
TEN = (
    "count(orders) >= 2 and sum(orders.amount in last 90 days) > 500 and days_since(last orders) > 3 and not count(visits) = 0 "
    'and city = "Москва" and lifecycle != "lost" and avg(orders.amount) > 100 and score / 2 > 1 '
    "and days_since(registered_at) > 3 and count(views in last 14 days) >= 1"
)
TEN_OF_BASKET = (
    'basket.total > 1000 and basket.channel = "site" and coupon is known and now.hour >= 8 and now.weekday != 7 '
    'and count(orders) > 1 and city = "Москва" and consent.email.marketing and days_since(last orders) > 3 '
    'and count(items where category = "tea") >= 2'
)
BASKET = {"total": 1500, "channel": "site", "coupon": "A", "items": [{"category": "tea", "price": 500}] * 3}
VALUES = {"whole": 600_000, "double": 600.0, "boolean": True, "text": "Москва"}


def alternating(cursor: Any, moment: Moment, rounds: int) -> list[dict[str, Any]]:
    """Each rule with its times by hand and by us in ms, the medians of some rounds."""
    words = rules.builtin_catalogue("RUB")
    told = []
    for text, statement in BY_HAND.items():
        hand, ours = _by_hand(cursor, statement, moment), _by_us(cursor, text, words, moment)
        same = hand() == ours()  # also warms up
        times: dict[str, list[float]] = {"hand": [], "ours": []}
        for _ in range(rounds):
            for name, ask in (("hand", hand), ("ours", ours)):
                began = time.perf_counter()
                ask()
                times[name].append((time.perf_counter() - began) * 1000)
        hand_ms, ours_ms = (statistics.median(times[name]) for name in ("hand", "ours"))
        told.append(
            {
                "rule": text,
                "hand_ms": round(hand_ms, 1),
                "ours_ms": round(ours_ms, 1),
                "ratio": round(ours_ms / hand_ms, 2),
                "same": same,
            }
        )
        print(
            f"{ours_ms:8.1f} {hand_ms:8.1f} {ours_ms / hand_ms:6.2f} {'' if same else 'DIFFERS '}{text}",
            file=sys.stderr,
            flush=True,
        )
    return told


def _asked(cursor: Any, statement: str, params: dict[str, Any]) -> tuple[int, int]:
    """How many people a query gives, and a number that tells them apart."""
    [(count, mark)] = cursor.execute(f"SELECT count(*), bit_xor(hash(person_id)) FROM ({statement})", params).fetchall()
    return count, mark


def _by_hand(cursor: Any, statement: str, moment: Moment) -> Callable[[], tuple[int, int]]:
    soon = [day_date(moment.day + days).strftime("%m-%d") for days in range(8)]
    known = {"at": moment.at_us, "day": moment.day, "opens": moment.first_us(moment.day - 30), "soon": soon}
    params = {name: value for name, value in known.items() if f"${name}" in statement}
    return lambda: _asked(cursor, statement, params)


def _by_us(cursor: Any, text: str, words: rules.Catalogue, moment: Moment) -> Callable[[], tuple[int, int]]:
    return lambda: _asked(cursor, people_sql(rules.parse(text, words), words, moment), {})


def functions() -> dict[str, float]:
    """Microseconds of the functions of ten tests, all of which are asked."""
    moment = Moment(ZONE.midnight_us(20_000), ZONE)
    person, words = rules.builtin_catalogue("RUB"), rules.builtin_catalogue("RUB").with_basket()
    truth = Lowering(person, moment).truth(rules.parse(TEN, person).condition)
    reads = list(dict.fromkeys(features(truth)))
    ask, values = closure(truth, {read: place for place, read in enumerate(reads)}), [_value(read, moment) for read in reads]
    assert ask(values), "all tests are to be asked"
    of_basket = Lowering(words, moment).truth(rules.parse(TEN_OF_BASKET, words).condition)
    others = list(dict.fromkeys(person_reads(of_basket)))
    ask_basket = basket_closure(of_basket, {read: place for place, read in enumerate(others)})
    basket = read_basket(BASKET, currency="RUB", at_us=moment.at_us + 12 * 3_600_000_000, zone=ZONE)
    known = [_value(read, moment) for read in others]
    assert ask_basket(known, basket)
    many = 50_000
    return {
        "function_us": round(min(timeit.repeat(lambda: ask(values), number=many, repeat=5)) / many * 1e6, 2),
        "basket_function_us": round(min(timeit.repeat(lambda: ask_basket(known, basket), number=many, repeat=5)) / many * 1e6, 2),
    }  # fmt: skip


def _value(read: Any, moment: Moment) -> Any:
    """A value for which every test of the ten holds."""
    function = getattr(read.feature, "function", "")
    if function == "last_day":
        return moment.day - 10
    if function in ("count", "values"):
        return 2
    return moment.first_us(moment.day - 100) if "registered_at" in str(read.feature) else VALUES[read.type]


def main() -> int:
    """Measure, say whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--shop", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as home:
        root = shop_in(Path(home), asked.shop, asked.people)
        config: Any = {"threads": asked.threads, "memory_limit": "4GB"}
        with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True, config=config) as cursor:
            [(at_us,)] = cursor.execute("SELECT max(time_us) FROM visits").fetchall()
            told = alternating(cursor, Moment(at_us, ZONE), asked.rounds)
    ratios = [one["ratio"] for one in told]
    result = {
        "benchmark": "rules", "rules": len(told), "median_ratio": statistics.median(ratios), "worst_ratio": max(ratios),
        "differing": [one["rule"] for one in told if not one["same"]], **functions(), "each": told,
    }  # fmt: skip
    missed = {name: result[name] for name, most in TARGETS.items() if result[name] > most}
    is_good = not missed and not result["differing"]
    print(json.dumps({**result, "missed": missed, "ok": is_good}, ensure_ascii=False))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
