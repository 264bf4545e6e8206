"""1,000 A/A simulated shops: the interval of the campaign report must cover 0 in 93 to 97 % of them.

    python bench/aa.py [--shops 1000] [--people 10000] [--control 0.1] [--seed 1]

Each shop is the demo's, with a seed of its own. A campaign goes to everybody who may be written to; the product's stable hash
makes the control group, and no letter does anything, so whatever an interval finds is chance. What a person spent is the
orders of 14 days, less cancellations and returns.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from samovar.decide.rules import PER_WHOLE, assign
from samovar.doors.demo.acts import Slice
from samovar.doors.demo.people import END_US, HORIZON_US, SLICE, Ints
from samovar.doors.demo.shop import Shop
from samovar.kit.clock import DAY_US
from samovar.measure.incrementality import Effect, Group, effect

LOW, HIGH = 0.93, 0.97
WINDOW_US = 14 * DAY_US
VARIANTS = [("A", 1)]


@dataclass(frozen=True)
class Trial:
    """One shop's report and how many people of its control group bought."""

    effect: Effect
    control_buyers: int

    @property
    def answer(self) -> str:
        """Where 0 lies: `covers` inside the interval, `earned` below it, `lost` above it, `none` without an interval."""
        low, high = self.effect.low_minor, self.effect.high_minor
        if low is None or high is None:
            return "none"
        return "earned" if low > 0 else "lost" if high < 0 else "covers"


def spent_minor(piece: Slice) -> Ints:
    """What each person of a slice spent in the window, as it stands at the horizon: minor units, net."""
    baskets = piece.baskets
    is_inside = (baskets.time_us >= END_US) & (baskets.time_us < END_US + WINDOW_US)
    is_kept = is_inside & ((baskets.cancel_us == 0) | (baskets.cancel_us >= HORIZON_US))
    is_returned = (baskets.refund_us > 0) & (baskets.refund_us < HORIZON_US)
    net = baskets.total_minor - np.where(is_returned, baskets.amount_minor[baskets.refund_line], 0)
    spent = np.zeros(SLICE, np.int64)
    np.add.at(spent, baskets.person[is_kept], net[is_kept])
    return spent


def trial(shop: Shop, control_share: int) -> Trial:
    """Compare treated and control of one shop whose letters do nothing; the share is in ten-thousandths."""
    spent, ids = [], []
    for piece in shop.slices():
        is_reached = piece.people.consents & piece.people.has_email
        is_reached[piece.present :] = False
        spent.append(spent_minor(piece)[is_reached])
        ids.append(piece.people.index[is_reached] + 1)
    money, salt = np.concatenate(spent), f"campaign/aa-{shop.seed}"
    is_control = np.array([assign(salt, person, control_share, VARIANTS)[1] for person in np.concatenate(ids).tolist()])
    control = money[is_control]
    return Trial(effect(Group.of(money[~is_control]), Group.of(control)), int((control > 0).sum()))


def main() -> int:
    """Run the trials and say whether the interval keeps its word."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shops", type=int, default=1000)
    options.add_argument("--people", type=int, default=10_000)
    options.add_argument("--control", type=float, default=0.1)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    began, share = time.perf_counter(), round(chosen.control * PER_WHOLE)
    seeds = tqdm(range(chosen.seed, chosen.seed + chosen.shops), unit="shop", file=sys.stderr, disable=None)
    trials = [trial(Shop(seed, chosen.people, visits=0.0), share) for seed in seeds]
    answers = Counter(one.answer for one in trials)
    coverage = answers["covers"] / chosen.shops
    result = {
        "benchmark": "aa", "shops": chosen.shops, "people": chosen.people, "coverage": coverage,
        "found_earned": answers["earned"], "found_lost": answers["lost"], "without_interval": answers["none"],
        "mean_control": round(np.mean([one.effect.control.n for one in trials])),
        "mean_control_buyers": round(np.mean([one.control_buyers for one in trials])),
        "seconds": round(time.perf_counter() - began, 1), "ok": LOW <= coverage <= HIGH,
    }  # fmt: skip
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
