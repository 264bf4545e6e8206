"""What a letter does to the simulated customers, and what it truly earns.

Everybody has an answer ready, drawn once by seed and slice, whether or not he is ever written to; sending a letter only
reveals it. So two campaigns to the same people meet the same people, and the control group is exactly what the treated
would have been.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samovar.doors.demo import tea
from samovar.doors.demo.acts import (
    CANCEL_CHANCE,
    RETURN_CHANCE,
    Sessions,
    Slice,
    Via,
    after_sale,
    fill_baskets,
    in_order,
    line_value_minor,
    lines_mean,
    order_changes,
    walk,
)
from samovar.doors.demo.people import SLICE, Bools, Floats, Ints, People, Stage, draw, stream
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US

# The answer comes well inside 14 days, returns included: the truth needs no correction for what falls out of the window.
OPEN_DAYS_MAX, ORDER_DAYS_MAX, RETURN_DAYS = 3.0, 4.0, (1.0, 5.0)
LEAVE_CHANCE = 0.006  # of those who opened: no more letters, please
EXTRA_ORDER_NUMBER = 900  # orders made for the letter are numbered from here, so none has the number of another
EXTRA_SEQ = 100_000
LIFT_AT_PERCENT = 10  # the discount `People.discount_lift` speaks of


@dataclass(frozen=True)
class Response:
    """The answers of one slice; times are 0 where nothing happened. `extra` holds the orders the letter made."""

    opened_us: Ints
    prefetched_us: Ints
    clicked_us: Ints
    left_us: Ints
    extra: Slice


def respond(seed: int, part: int, sent_us: Ints, *, discount_percent: int) -> Response:
    """What the people of a slice do about a letter sent to them at `sent_us` (0 = not written to)."""
    people, rng = draw(seed, part), stream(seed, Stage.REACTION, part)
    is_sent = sent_us > 0
    opens = is_sent & (rng.random(SLICE) < people.open_chance)
    opened_us = sent_us + 30 * SECOND_US + _delay(rng, 8 * HOUR_US, OPEN_DAYS_MAX)
    buys = opens & (rng.random(SLICE) < order_chance(people, discount_percent))
    clicks = buys | (opens & (rng.random(SLICE) < people.click_chance))
    clicked_us = opened_us + 5 * SECOND_US + _delay(rng, 2 * MINUTE_US, 0.1)
    leaves = opens & ~buys & (rng.random(SLICE) < LEAVE_CHANCE)
    prefetched_us = sent_us + 1 * SECOND_US + (rng.random(SLICE) * 6 * SECOND_US).astype(np.int64)
    asked_us = clicked_us + _delay(rng, 20 * HOUR_US, ORDER_DAYS_MAX)
    extra = _extra(people, stream(seed, Stage.REACTION_BASKETS, part), asked_us, buys, discount_percent)
    return Response(
        np.where(opens, opened_us, 0), np.where(is_sent & people.is_prefetched, prefetched_us, 0),
        np.where(clicks, clicked_us, 0), np.where(leaves, clicked_us + MINUTE_US, 0), extra,
    )  # fmt: skip


def order_chance(people: People, discount_percent: int) -> Floats:
    """The chance of one more order of those who open a letter with this discount (0 for none)."""
    return np.minimum(people.message_lift + people.discount_lift * discount_percent / LIFT_AT_PERCENT, 1.0)


def expected_minor(people: People, discount_percent: int) -> Floats:
    """What a letter truly earns from each person: the expected extra money, net of cancellations and returns.

    chance of opening x chance of an order x (1 - c) x (E[lines] - r) x E[line] x (1 - discount): lines of a basket are alike,
    so the one that comes back (with chance r) costs a line's mean.
    """
    kept = (1 - CANCEL_CHANCE) * (lines_mean() - RETURN_CHANCE)
    value = line_value_minor(people.favourite) * kept * (1 - discount_percent / 100)
    return np.asarray(people.open_chance * order_chance(people, discount_percent) * value)


def true_incremental_minor(seed: int, treated: Ints, *, discount_percent: int) -> int:
    """The money a letter truly makes from the people with these numbers (from 0): a sum of expectations, no chance in it."""
    total = 0.0
    for part in np.unique(treated // SLICE).tolist():
        total += float(expected_minor(draw(seed, part), discount_percent)[treated[treated // SLICE == part] % SLICE].sum())
    return round(total)


def _extra(people: People, rng: np.random.Generator, asked_us: Ints, buys: Bools, discount_percent: int) -> Slice:
    """Everybody's would-be order with its session; the events of those who buy."""
    person = np.arange(SLICE)
    first_line, sku, quantity = fill_baskets(rng, people.favourite)
    lines, one = np.diff(first_line), np.ones(SLICE, np.int64)
    session = Sessions(person, asked_us, np.full(SLICE, Via.SIGNED_IN), person, one, lines, lines, one)
    walked, order_us = walk(people, session, rng, first_line, sku)
    price_minor = tea.GOODS.price_minor[sku] * (100 - discount_percent) // 100
    number = np.full(SLICE, EXTRA_ORDER_NUMBER)
    baskets = after_sale(rng, (person, number, order_us), (first_line, sku, quantity), price_minor, RETURN_DAYS)
    events = in_order([walked, order_changes(baskets, np.full(SLICE, Via.ACCOUNT))], first_seq=EXTRA_SEQ)
    return Slice(people, baskets, events.where(buys[events.person]))


def _delay(rng: np.random.Generator, mean_us: int, days_max: float) -> Ints:
    return np.minimum(rng.standard_exponential(SLICE) * mean_us, days_max * DAY_US).astype(np.int64)
