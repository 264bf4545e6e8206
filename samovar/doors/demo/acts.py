"""What one slice of people does, from the shop's first day to the horizon: sign-ups, visits, carts, orders, returns.

The order of things: order moments (BG/NBD: exponential gaps, a chance to leave after each order) → baskets → sessions
(an order's own, idle looks, looks before signing up, looks from another device) → steps of a session → one table of
events in time order per person. All of it is columns; nothing loops over people or events.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from samovar.doors.demo import tea
from samovar.doors.demo.people import (
    END_US,
    HORIZON_US,
    SLICE,
    START_US,
    Bools,
    Floats,
    Ints,
    People,
    Stage,
    draw,
    stream,
    waking_us,
)  # fmt: skip
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US

ORDERS_MAX = 96
FAVOURITE_SHARE = 0.6  # of the lines of a basket come from the favourite category
MORE_LINES_MEAN, LINES_MAX = 0.9, 6
QUANTITIES = np.array([0.8, 0.15, 0.05])  # chance of 1, 2, 3 of a thing
CANCEL_CHANCE = 0.02
RETURN_CHANCE = 0.04  # of one line of an order that was not cancelled
RETURN_DAYS = (3.0, 12.0)


class Code(IntEnum):
    """What happened."""

    SIGN_UP = 0
    SIGN_IN_AGAIN = 1  # the same facts written in another way
    TWIN_JOINS = 2  # the second account turns out to be the first one's owner
    CONSENT = 3
    WITHDRAWAL = 4
    PAGE = 5
    VIEW = 6
    ADD = 7
    CHECKOUT = 8
    ORDER = 9
    CANCEL = 10
    REFUND = 11


class Via(IntEnum):
    """Which identifiers an event carries."""

    DEVICE = 0  # own device, not signed in
    SIGNED_IN = 1  # own device and account
    TWIN = 2  # the second account
    OTHER_DEVICE = 3
    ACCOUNT = 4  # the shop's server, by account


@dataclass(frozen=True)
class Baskets:
    """Orders (`person` is a place in the slice, `number` counts a person's orders from 0) and their lines, in order of orders."""

    person: Ints
    number: Ints
    time_us: Ints
    cancel_us: Ints  # 0 = never
    refund_us: Ints
    refund_line: Ints  # a place in `sku`
    first_line: Ints  # places of the order's lines; one entry more than orders
    sku: Ints
    quantity: Ints
    price_minor: Ints

    @property
    def amount_minor(self) -> Ints:
        """What each line costs."""
        return self.price_minor * self.quantity

    @property
    def lines(self) -> Ints:
        """How many lines each order has."""
        return np.diff(self.first_line)

    @property
    def total_minor(self) -> Ints:
        """What each order costs."""
        sums = np.concatenate([[0], np.cumsum(self.amount_minor)])
        return np.asarray(np.diff(sums[self.first_line]), dtype=np.int64)


@dataclass(frozen=True)
class Events:
    """Events sorted by (person, time). `ref` is a page, a thing of the range, a number of products or an order, by `code`."""

    person: Ints
    code: Ints
    via: Ints
    time_us: Ints
    ref: Ints
    seq: Ints  # the event's place among its person's, from 0: its message id

    def where(self, keep: Bools) -> Events:
        """The events a mask keeps; `seq` stays."""
        return Events(*(column[keep] for column in (self.person, self.code, self.via, self.time_us, self.ref, self.seq)))


@dataclass(frozen=True)
class Slice:
    """One slice of the shop: people, orders and events up to the horizon.

    Of the people only the first `present` exist: the rest, whose orders stay in `baskets`, have no events.
    """

    people: People
    baskets: Baskets
    events: Events
    present: int = SLICE


@dataclass(frozen=True)
class Sessions:
    """Runs of steps of one person on one device; `pages` to `checkouts` are how many steps of each kind it has."""

    person: Ints
    start_us: Ints
    via: Ints
    order: Ints  # -1 for a look without an order
    pages: Ints
    views: Ints
    adds: Ints
    checkouts: Ints


Columns = tuple[Ints, Ints, Ints, Ints, Ints]  # person, code, via, time_us, ref


def live(seed: int, part: int, *, visits: float = 1.0) -> Slice:
    """Everything people of a slice do on their own, with nobody writing to them; `visits` scales how much they look around."""
    people = draw(seed, part)
    person, number, asked_us, last_us, stays = _order_moments(people, stream(seed, Stage.ORDERS, part))
    has_twin = people.is_twin[person] & (number == 1) & (asked_us < END_US - 4 * DAY_US)
    order_via = np.where(has_twin, Via.TWIN, Via.SIGNED_IN)
    rng = stream(seed, Stage.BASKETS, part)
    first_line, sku, quantity = fill_baskets(rng, people.favourite[person])
    steps = stream(seed, Stage.STEPS, part)
    sessions = _sessions(
        people, stream(seed, Stage.VISITS, part), visits, (person, asked_us, order_via, np.diff(first_line)), last_us, stays
    )
    walked, order_us = walk(people, sessions, steps, first_line, sku)
    baskets = after_sale(rng, (person, number, order_us), (first_line, sku, quantity), tea.GOODS.price_minor[sku], RETURN_DAYS)
    events = in_order([walked, _papers(people, steps), _twins_join(baskets, order_via), order_changes(baskets, order_via)])
    return Slice(people, baskets, events)


def _order_moments(people: People, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints, Bools]:
    """(person, number, moment) of every order before the horizon; then each person's last moment and whether he stays."""
    gaps = rng.standard_exponential((SLICE, ORDERS_MAX)) / people.purchase_rate[:, None]
    gaps[:, 0] = rng.standard_exponential(SLICE) * 5
    stays_after = rng.random((SLICE, ORDERS_MAX)) >= people.leave_chance[:, None]
    is_there = np.concatenate([people.is_buyer[:, None], people.is_buyer[:, None] & stays_after[:, :-1]], axis=1)
    is_there = np.logical_and.accumulate(is_there, axis=1)
    days = np.cumsum(gaps, axis=1)
    day_of_joining = (people.joined_us - START_US) / DAY_US
    happens = is_there & (day_of_joining[:, None] + days < (HORIZON_US - START_US) / DAY_US)
    person, number = np.nonzero(happens)
    exact_us = people.joined_us[person] + (days[person, number] * DAY_US).astype(np.int64)
    moment_us = (exact_us - START_US) // DAY_US * DAY_US + START_US + waking_us(rng, len(person))
    moment_us = np.maximum(moment_us, people.joined_us[person] + 10 * MINUTE_US)
    last_us = people.joined_us.copy()
    np.maximum.at(last_us, person, moment_us)
    return person, number, moment_us, last_us, happens.sum(axis=1) < is_there.sum(axis=1)


def pick_goods(rng: np.random.Generator, favourite: Ints) -> Ints:
    """One thing of the range for each entry: from the favourite category or, sometimes, from any."""
    n = len(favourite)
    elsewhere = rng.choice(len(tea.GOODS.share), n, p=tea.GOODS.share)
    category = np.where(rng.random(n) < FAVOURITE_SHARE, favourite, elsewhere)
    reach = np.cumsum(tea.GOODS.weight)  # each category's weights sum to 1, so category c ends at c + 1
    return np.minimum(np.searchsorted(reach, category + rng.random(n), side="right"), len(reach) - 1)


def fill_baskets(rng: np.random.Generator, favourite: Ints) -> tuple[Ints, Ints, Ints]:
    """What each order holds, given its buyer's favourite: (first line of each order and the end, sku, quantity)."""
    lines = 1 + np.minimum(rng.poisson(MORE_LINES_MEAN, len(favourite)), LINES_MAX - 1)
    first_line = np.concatenate([[0], np.cumsum(lines)])
    sku = pick_goods(rng, np.repeat(favourite, lines))
    return first_line, sku, rng.choice(3, len(sku), p=QUANTITIES) + 1


def after_sale(
    rng: np.random.Generator,
    orders: tuple[Ints, Ints, Ints],
    lines: tuple[Ints, Ints, Ints],
    price_minor: Ints,
    after_days: tuple[float, float],
) -> Baskets:
    """Cancellations within two days, returns of one line `after_days` after the order."""
    (person, number, order_us), (first_line, sku, quantity) = orders, lines
    n = len(person)
    soonest, latest = after_days
    is_cancelled = rng.random(n) < CANCEL_CHANCE
    is_returned = ~is_cancelled & (rng.random(n) < RETURN_CHANCE)
    cancel_us = order_us + (HOUR_US * (1 + 40 * rng.random(n))).astype(np.int64)
    refund_us = order_us + (DAY_US * (soonest + (latest - soonest) * rng.random(n))).astype(np.int64)
    refund_line = first_line[:-1] + (rng.random(n) * np.diff(first_line)).astype(np.int64)
    return Baskets(
        person, number, order_us, np.where(is_cancelled, cancel_us, 0), np.where(is_returned, refund_us, 0), refund_line,
        first_line, sku, quantity, price_minor,
    )  # fmt: skip


def _sessions(
    people: People, rng: np.random.Generator, visits: float, orders: tuple[Ints, Ints, Ints, Ints], last_us: Ints, stays: Bools
) -> Sessions:
    """Every session: of orders first, in their order, then looks on the own device, then on another."""
    person, asked_us, order_via, lines = orders
    look_person, look_us = _looks(people, rng, visits, last_us, stays)
    other = np.flatnonzero(people.has_other_device)
    other_us = START_US + (rng.random(len(other)) * (HORIZON_US - START_US)).astype(np.int64)
    n_order, n_look = len(person), len(look_person) + len(other)
    adds = rng.random(n_look) < 0.25
    return Sessions(
        np.concatenate([person, look_person, other]), np.concatenate([asked_us, look_us, other_us]),
        np.concatenate([order_via, np.full(len(look_person), Via.SIGNED_IN), np.full(len(other), Via.OTHER_DEVICE)]),
        np.concatenate([np.arange(n_order), np.full(n_look, -1)]),
        1 + rng.poisson(1.1 * visits, n_order + n_look),
        np.concatenate([lines + rng.poisson(0.9 * visits, n_order), rng.poisson(1.8 * visits, n_look) + adds]),
        np.concatenate([lines, adds.astype(np.int64)]),
        np.concatenate([np.ones(n_order, np.int64), (adds & (rng.random(n_look) < 0.35)).astype(np.int64)]),
    )  # fmt: skip


def _looks(people: People, rng: np.random.Generator, visits: float, last_us: Ints, stays: Bools) -> tuple[Ints, Ints]:
    """(person, moment) of visits without an order, from a few days before signing up until interest ends."""
    fades_us = last_us + (rng.standard_exponential(SLICE) * 40 * DAY_US).astype(np.int64)
    until_us = np.where(stays, HORIZON_US, np.minimum(fades_us, HORIZON_US))
    count = rng.poisson(visits * people.visit_rate * np.maximum(until_us - people.joined_us, 0) / DAY_US)
    person = np.repeat(np.arange(SLICE), count)
    day = ((until_us - people.joined_us)[person] * rng.random(len(person))).astype(np.int64) // DAY_US
    midnight_us = (people.joined_us - START_US) // DAY_US * DAY_US + START_US
    moment_us = np.maximum(midnight_us[person] + day * DAY_US + waking_us(rng, len(person)), people.joined_us[person] + MINUTE_US)
    before = np.flatnonzero(rng.random(SLICE) < 0.5)
    before_us = people.joined_us[before] - (rng.standard_exponential(len(before)) * DAY_US).astype(np.int64) - 5 * MINUTE_US
    return np.concatenate([person, before]), np.concatenate([moment_us, np.maximum(before_us, START_US)])


def walk(people: People, sessions: Sessions, rng: np.random.Generator, first_line: Ints, sku: Ints) -> tuple[Columns, Ints]:
    """The steps of every session as event columns, and the moment each order was placed.

    1. A session is pages, then views, then cart adds, then a checkout, then the order; a step takes 2 s and more.
    2. The things viewed and added in an order's session are first those it holds, then what catches the eye.
    3. A step before the sign-up carries the device only.
    """
    kinds = np.stack(
        [sessions.pages, sessions.views, sessions.adds, sessions.checkouts, (sessions.order >= 0).astype(np.int64)], axis=1
    )
    codes = np.array([Code.PAGE, Code.VIEW, Code.ADD, Code.CHECKOUT, Code.ORDER])
    steps = kinds.sum(axis=1)
    session = np.repeat(np.arange(len(steps)), steps)
    code = np.repeat(np.tile(codes, len(steps)), kinds.ravel())
    within_kind = np.arange(len(code)) - np.repeat(np.cumsum(kinds.ravel()) - kinds.ravel(), kinds.ravel())
    walked_s = np.cumsum(2 + rng.standard_exponential(len(code)) * 45)
    starts = np.concatenate([[0], np.cumsum(steps)[:-1]])
    time_us = sessions.start_us[session] + ((walked_s - walked_s[starts][session]) * SECOND_US).astype(np.int64)
    person, order = sessions.person[session], sessions.order[session]
    ref = np.where(
        code == Code.PAGE, rng.choice(len(tea.PAGES), len(code), p=tea.PAGE_WEIGHT), pick_goods(rng, people.favourite[person])
    )
    lines = np.where(order >= 0, np.diff(first_line)[order], 0) if len(first_line) > 1 else np.zeros(len(order), np.int64)
    is_bought = ((code == Code.VIEW) | (code == Code.ADD)) & (within_kind < lines)
    ref[is_bought] = sku[first_line[order[is_bought]] + within_kind[is_bought]]
    ref = np.where(code == Code.CHECKOUT, sessions.adds[session], np.where(code == Code.ORDER, order, ref))
    via = sessions.via[session]
    via = np.where((via == Via.SIGNED_IN) & (time_us < people.joined_us[person]), Via.DEVICE, via)
    via = np.where((code == Code.ORDER) & (via == Via.SIGNED_IN), Via.ACCOUNT, via)
    return (person, code, via, time_us, ref), time_us[code == Code.ORDER]


def _papers(people: People, rng: np.random.Generator) -> Columns:
    """Signing up, saying yes to letters, taking it back, signing in again with the same facts written otherwise."""
    everyone = np.arange(SLICE)
    agrees = np.flatnonzero(people.consents & people.has_email)
    recants = agrees[people.withdraws[agrees]]
    loud = np.flatnonzero(people.types_loudly)
    later = (rng.standard_exponential(2 * SLICE) * 120 * DAY_US).astype(np.int64)
    groups: list[tuple[Ints, Code, Via, Ints]] = [
        (everyone, Code.SIGN_UP, Via.SIGNED_IN, people.joined_us),
        (agrees, Code.CONSENT, Via.ACCOUNT, people.joined_us[agrees] + 30 * SECOND_US),
        (recants, Code.WITHDRAWAL, Via.ACCOUNT, people.joined_us[recants] + DAY_US + later[recants]),
        (loud, Code.SIGN_IN_AGAIN, Via.SIGNED_IN, people.joined_us[loud] + HOUR_US + later[SLICE + loud]),
    ]
    return _stack(groups)


def _twins_join(baskets: Baskets, order_via: Ints) -> Columns:
    """Two days after its only order, the shop finds whose the second account is."""
    twin = np.flatnonzero(order_via == Via.TWIN)
    return _stack([(baskets.person[twin], Code.TWIN_JOINS, Via.ACCOUNT, baskets.time_us[twin] + 2 * DAY_US)])


def order_changes(baskets: Baskets, order_via: Ints) -> Columns:
    """Cancellations and refunds, told by the shop's server under the account that ordered."""
    columns = []
    for code, at_us in ((Code.CANCEL, baskets.cancel_us), (Code.REFUND, baskets.refund_us)):
        order = np.flatnonzero(at_us)
        via = np.where(order_via[order] == Via.TWIN, Via.TWIN, Via.ACCOUNT)
        columns.append((baskets.person[order], np.full(len(order), code), via, at_us[order], order))
    return tuple(np.concatenate(pair) for pair in zip(*columns, strict=True))  # type: ignore[return-value]


def _stack(groups: list[tuple[Ints, Code, Via, Ints]]) -> Columns:
    person = np.concatenate([group[0] for group in groups])
    code = np.concatenate([np.full(len(group[0]), group[1], np.int64) for group in groups])
    via = np.concatenate([np.full(len(group[0]), group[2], np.int64) for group in groups])
    return person, code, via, np.concatenate([group[3] for group in groups]), np.full(len(person), -1, np.int64)


def in_order(parts: list[Columns], *, first_seq: int = 0) -> Events:
    """All events before the horizon by (person, time), numbered within a person from `first_seq`."""
    person, code, via, time_us, ref = (np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True))
    keep = time_us < HORIZON_US
    order = np.lexsort((code, time_us, person))
    order = order[keep[order]]
    person, code, via, time_us, ref = (column[order] for column in (person, code, via, time_us, ref))
    first = np.searchsorted(person, np.arange(SLICE))
    return Events(person, code, via, time_us, ref, first_seq + np.arange(len(person)) - first[person])


def line_value_minor(favourite: Ints) -> Floats:
    """The expected amount of one line for buyers with these favourites: an exact sum over the range, no chance."""
    price = tea.GOODS.price_minor.astype(float) * tea.GOODS.weight
    by_category = np.bincount(tea.GOODS.category_of, weights=price)
    anywhere = float(by_category @ tea.GOODS.share)
    quantity = float(QUANTITIES @ np.array([1, 2, 3]))
    return np.asarray(quantity * (FAVOURITE_SHARE * by_category[favourite] + (1 - FAVOURITE_SHARE) * anywhere))


def lines_mean() -> float:
    """The expected number of lines of a basket."""
    weights = [np.exp(-MORE_LINES_MEAN)]
    for k in range(1, LINES_MAX - 1):
        weights.append(weights[-1] * MORE_LINES_MEAN / k)
    return 1 + float(sum(k * w for k, w in enumerate(weights)) + (LINES_MAX - 1) * (1 - sum(weights)))
