"""1,000 A/A simulated shops: the share of intervals that cover 0 must lie between 93 and 97 %.

    python bench/aa.py [--shops 1000] [--people 20000] [--control 0.1] [--seed 1]

Each shop has customers of its own: purchase rates are gamma, orders in the window Poisson, baskets log-normal, some returned.
Nobody is written to, so whatever the interval finds is chance.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
from numpy.typing import NDArray

from samovar.measure.incrementality import aa

LOW, HIGH = 0.93, 0.97


def spendings(chance: np.random.Generator, people: int) -> NDArray[np.int64]:
    """What each person of one shop spent in the window, net, minor units."""
    rate = chance.gamma(chance.uniform(0.3, 1.5), chance.uniform(0.1, 0.8), people)
    orders = chance.poisson(rate)
    basket = chance.lognormal(chance.uniform(6.0, 8.0), chance.uniform(0.3, 0.9), people) * 100
    kept = np.where(chance.random(people) < 0.05, 0.5, 1.0)
    return (orders * basket * kept).astype(np.int64)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shops", type=int, default=1000)
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--control", type=float, default=0.1)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    chance = np.random.default_rng(chosen.seed)
    started = time.perf_counter()
    covering = sum(
        aa(spendings(chance, chosen.people), chosen.control, 1, seed=chosen.seed + number).covering
        for number in range(chosen.shops)
    )
    share = covering / chosen.shops
    result = {
        "benchmark": "aa", "shops": chosen.shops, "people": chosen.people, "covering": covering, "share": share,
        "seconds": round(time.perf_counter() - started, 2), "ok": LOW <= share <= HIGH,
    }  # fmt: skip
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
