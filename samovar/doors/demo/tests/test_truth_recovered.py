"""The report's arithmetic finds the planted truth: over many shops its interval covers what the letters truly earned."""

from __future__ import annotations

import numpy as np
import pytest

from samovar.decide.rules import assign
from samovar.doors.demo.acts import Baskets, Code, Slice, live
from samovar.doors.demo.people import END_US, SLICE
from samovar.doors.demo.reaction import respond, true_incremental_minor
from samovar.kit.clock import DAY_US
from samovar.measure.incrementality import Group, effect

SHOPS = 60
WINDOW_US = 14 * DAY_US
IS_CONTROL = np.array([assign("campaign/win-back", person, 1_000, [("A", 1)])[1] for person in range(SLICE)])


def net_minor(piece: Slice) -> np.ndarray:
    """What each person of a slice spends in the window after END_US, net of what is cancelled or comes back within it."""
    events, baskets = piece.events, piece.baskets
    inside = (events.time_us >= END_US) & (events.time_us < END_US + WINDOW_US)
    ordered = inside & (events.code == Code.ORDER)
    spent = np.bincount(events.person[ordered], weights=baskets.total_minor[events.ref[ordered]], minlength=SLICE)
    for code, amounts in ((Code.CANCEL, baskets.total_minor), (Code.REFUND, back_minor(baskets))):
        own = inside & (events.code == code) & (baskets.time_us[np.maximum(events.ref, 0) % len(baskets.time_us)] >= END_US)
        spent -= np.bincount(events.person[own], weights=amounts[events.ref[own]], minlength=SLICE)
    return spent.astype(np.int64)


def back_minor(baskets: Baskets) -> np.ndarray:
    return baskets.amount_minor[baskets.refund_line]


def group(spent: np.ndarray) -> Group:
    return Group(len(spent), int(spent.sum()), int((spent.astype(object) ** 2).sum()))


def reachable(piece: Slice) -> np.ndarray:
    """Who has signed up, has an address and agreed to letters."""
    return piece.people.consents & piece.people.has_email


@pytest.fixture(scope="module")
def campaigns():
    """For each shop: the effect found with the letter, without it, and the truth."""
    found = []
    for seed in range(SHOPS):
        piece = live(seed, 0, visits=0.0)
        audience = reachable(piece)
        treated, control = audience & ~IS_CONTROL, audience & IS_CONTROL
        response = respond(seed, 0, np.where(treated, END_US + 1, 0), discount_percent=10)
        alone = net_minor(piece)
        written = alone + net_minor(response.extra)
        found.append(
            (
                effect(group(written[treated]), group(written[control])),
                effect(group(alone[treated]), group(alone[control])),
                true_incremental_minor(seed, np.flatnonzero(treated), discount_percent=10),
            )
        )
    return found


def test_intervals_cover_the_truth_as_often_as_they_promise(campaigns):
    covering = sum(found.low_minor <= truth <= found.high_minor for found, _, truth in campaigns)
    assert covering >= 0.9 * SHOPS


def test_estimates_are_right_on_average(campaigns):
    errors = np.array([found.incremental_minor - truth for found, _, truth in campaigns], dtype=float)
    truth = np.mean([truth for _, _, truth in campaigns])
    assert abs(errors.mean()) < 3 * errors.std() / np.sqrt(SHOPS)
    assert abs(errors.mean()) < 0.25 * truth


def test_many_campaigns_are_seen_to_earn_and_none_to_lose(campaigns):
    assert sum(found.low_minor > 0 for found, _, _ in campaigns) > 0.33 * SHOPS
    assert not any(found.high_minor < 0 for found, _, _ in campaigns)


def test_without_a_letter_intervals_cover_zero(campaigns):
    covering = sum(found.low_minor <= 0 <= found.high_minor for _, found, _ in campaigns)
    assert covering >= 0.9 * SHOPS
