"""Simulated shops with a campaign each: the interval of the report must cover the truth in 93 to 97 % of them.

    python bench/aa.py [--shops 1000] [--people 10000] [--control 0.1] [--seed 1]

Each shop is the demo's, with a seed of its own, and the product's stable hash makes the control group. Four campaigns a shop:
to everybody who may be written to, and to those of them who have not ordered for 60 days, which leaves few buyers in the
control group; each once with a letter that does nothing (A/A: the truth is 0) and once with the demo's letter, whose true
effect is known. What a person spent is the orders of 14 days, less cancellations and returns. Welch's interval, which takes
no notice that few buy, is told beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from samovar.decide.rules import PER_WHOLE, assign
from samovar.doors.demo.acts import Slice
from samovar.doors.demo.people import END_US, HORIZON_US, SLICE, Bools, Ints, draw
from samovar.doors.demo.reaction import expected_minor, respond
from samovar.doors.demo.shop import Shop
from samovar.kit.clock import DAY_US
from samovar.measure.incrementality import Group, Interval, score, welch

LOW, HIGH = 0.93, 0.97
WINDOW_US, QUIET_US = 14 * DAY_US, 60 * DAY_US
DISCOUNT_PERCENT = 10
VARIANTS = [("A", 1)]


@dataclass
class Tally:
    """Where the truth lay in the intervals of one kind of campaign, and how large the control groups were."""

    control: list[int] = field(default_factory=list)
    buyers: list[int] = field(default_factory=list)
    found: dict[str, dict[str, int]] = field(
        default_factory=lambda: {name: dict.fromkeys(("covers", "above", "below", "none"), 0) for name in ("ours", "welch")}
    )

    def add(self, treated: Ints, control: Ints, truth: float) -> None:
        """Take in one campaign: what each person spent, minor units, and the true difference a person."""
        self.control.append(len(control))
        self.buyers.append(int((control > 0).sum()))
        for name, made in (("ours", score), ("welch", welch)):
            self.found[name][_place(made(Group.of(treated), Group.of(control)), truth)] += 1

    def coverage(self, name: str) -> float:
        return self.found[name]["covers"] / sum(self.found[name].values())

    def summary(self) -> dict[str, object]:
        return {
            "coverage": round(self.coverage("ours"), 4), **self.found["ours"], "welch_coverage": round(self.coverage("welch"), 4),
            "welch": self.found["welch"], "mean_control": round(np.mean(self.control)),
            "mean_control_buyers": round(np.mean(self.buyers)),
        }  # fmt: skip


def _place(interval: Interval | None, truth: float) -> str:
    """Where an interval lies beside the truth, or `covers` it; `none` without an interval."""
    if interval is None:
        return "none"
    return "above" if interval.low > truth else "below" if interval.high < truth else "covers"


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


def quiet(piece: Slice) -> Bools:
    """Who has ordered, and not for 60 days."""
    baskets, last = piece.baskets, np.zeros(SLICE, np.int64)
    before = baskets.time_us < END_US
    np.maximum.at(last, baskets.person[before], baskets.time_us[before])
    return (last > 0) & (last < END_US - QUIET_US)


def pieces(shop: Shop) -> Iterator[tuple[Ints, Bools, Ints, Ints, np.ndarray]]:
    """People who may be written to: their ids, who is quiet, what each spent, what a letter adds and is expected to add."""
    for part, piece in enumerate(shop.slices()):
        reached = piece.people.consents & piece.people.has_email
        reached[piece.present :] = False
        response = respond(shop.seed, part, np.full(SLICE, END_US + 1), discount_percent=DISCOUNT_PERCENT)
        buys = np.zeros(SLICE, np.bool_)
        buys[np.unique(response.extra.events.person)] = True
        added = np.where(buys, spent_minor(response.extra), 0)
        expected = expected_minor(draw(shop.seed, part), DISCOUNT_PERCENT)
        ids = piece.people.index + 1
        yield ids[reached], quiet(piece)[reached], spent_minor(piece)[reached], added[reached], expected[reached]


def trial(shop: Shop, control_share: int, tallies: dict[str, Tally]) -> None:
    """Compare treated and control of one shop's four campaigns; the share is in ten-thousandths."""
    ids, is_quiet, spent, added, expected = (np.concatenate(column) for column in zip(*pieces(shop), strict=True))
    salt = f"campaign/aa-{shop.seed}"
    is_control = np.array([assign(salt, person, control_share, VARIANTS)[1] for person in ids.tolist()])
    for name, audience in (("all", np.ones(len(ids), np.bool_)), ("quiet", is_quiet)):
        treated, control = audience & ~is_control, spent[audience & is_control]
        tallies[f"{name}, no effect"].add(spent[treated], control, 0.0)
        tallies[f"{name}, effect"].add((spent + added)[treated], control, float(expected[treated].mean()))


def main() -> int:
    """Run the trials and say whether the interval keeps its word."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shops", type=int, default=1000)
    options.add_argument("--people", type=int, default=10_000)
    options.add_argument("--control", type=float, default=0.1)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    began, share = time.perf_counter(), round(chosen.control * PER_WHOLE)
    tallies = {f"{who}, {what}": Tally() for who in ("all", "quiet") for what in ("no effect", "effect")}
    for seed in tqdm(range(chosen.seed, chosen.seed + chosen.shops), unit="shop", file=sys.stderr, disable=None):
        trial(Shop(seed, chosen.people, visits=0.0), share, tallies)
    result = {
        "benchmark": "aa", "shops": chosen.shops, "people": chosen.people,
        "campaigns": {name: tally.summary() for name, tally in tallies.items()},
        "seconds": round(time.perf_counter() - began, 1),
        "ok": all(LOW <= tally.coverage("ours") <= HIGH for tally in tallies.values()),
    }  # fmt: skip
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
