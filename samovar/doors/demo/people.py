"""Who the simulated customers truly are: their rates, their loyalty, what a letter does to them. No events here.

People come in slices of `SLICE`; every number of a slice is drawn from its own counter-based stream, named by (seed,
stage, slice). So a shop is the same wherever and in whatever order its slices are made, and the first people of a larger
shop are the people of a smaller one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.random import Generator, Philox, SeedSequence
from numpy.typing import NDArray

from samovar.doors.demo import tea
from samovar.kit.clock import DAY_US, HOUR_US, SECOND_US, Zone, parse_moment

SLICE = 5_000
HISTORY_DAYS = 730
# History ends at a fixed local midnight; life goes on for AFTER_DAYS, so that a campaign has something to be compared with.
END_US = parse_moment("2026-11-01", Zone(tea.TIMEZONE))
START_US = END_US - HISTORY_DAYS * DAY_US
AFTER_DAYS = 21
HORIZON_US = END_US + AFTER_DAYS * DAY_US

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Stage(IntEnum):
    """What a stream of chance is for; the numbers are part of the seed and never change."""

    PERSON = 1
    LOYALTY = 2
    ORDERS = 3
    BASKETS = 4
    VISITS = 5
    STEPS = 6
    MESS = 7
    REACTION = 8
    REACTION_BASKETS = 9


def stream(seed: int, stage: Stage, part: int) -> Generator:
    """The chance of one stage of one slice."""
    return Generator(Philox(SeedSequence(entropy=seed, spawn_key=(int(stage), part))))


@dataclass(frozen=True)
class People:
    """One slice; every array has `SLICE` entries. Rates are per day, `index` counts from 0 over the whole shop."""

    part: int
    index: Ints
    # Who they say they are
    is_woman: Bools
    first_name: Ints
    surname: Ints
    city: Ints
    birth_day: Ints
    has_email: Bools
    has_phone: Bools
    has_card: Bools
    joined_us: Ints
    # What only the simulation knows
    is_buyer: Bools
    purchase_rate: Floats
    leave_chance: Floats  # after each order
    visit_rate: Floats
    favourite: Ints
    consents: Bools
    withdraws: Bools
    open_chance: Floats
    click_chance: Floats  # of those who opened
    is_prefetched: Bools  # the mailbox's own proxy fetches every picture
    message_lift: Floats  # chance of one more order for having been written to
    discount_lift: Floats  # the same for a discount of 10 %
    # How they spoil the data
    is_twin: Bools  # orders once from a second account
    types_loudly: Bools  # writes the e-mail in capitals and the phone with an 8 the second time
    has_other_device: Bools  # looks around on a device that is never signed in


def draw(seed: int, part: int) -> People:
    """The people of one slice."""
    rng, loyalty, mess = (stream(seed, stage, part) for stage in (Stage.PERSON, Stage.LOYALTY, Stage.MESS))
    n = SLICE
    is_woman = rng.random(n) < 0.62
    names = np.where(is_woman, rng.integers(0, len(tea.WOMEN), n), rng.integers(0, len(tea.MEN), n))
    cities = np.array(list(tea.CITIES.values()), dtype=float)
    has_email = rng.random(n) < 0.93
    return People(
        part=part, index=np.arange(part * n, (part + 1) * n, dtype=np.int64),
        is_woman=is_woman, first_name=names, surname=rng.integers(0, len(tea.SURNAMES), n),
        city=rng.choice(len(cities), n, p=cities / cities.sum()),
        birth_day=rng.integers(-9_000, 13_500, n),  # 1945 to 2006
        has_email=has_email, has_phone=(rng.random(n) < 0.7) | ~has_email, has_card=rng.random(n) < 0.12,
        joined_us=_joined(rng.random(n), rng),
        is_buyer=loyalty.random(n) < 0.78,
        purchase_rate=loyalty.gamma(2.0, 1 / 150, n) + 1 / 150, leave_chance=loyalty.beta(1.0, 14.0, n),
        visit_rate=loyalty.gamma(1.2, 1 / 90, n), favourite=loyalty.choice(len(tea.GOODS.share), n, p=tea.GOODS.share),
        consents=loyalty.random(n) < 0.82, withdraws=loyalty.random(n) < 0.03,
        open_chance=loyalty.beta(2.4, 3.2, n), click_chance=loyalty.beta(1.6, 5.0, n),
        is_prefetched=loyalty.random(n) < 0.14,
        message_lift=loyalty.beta(2.0, 20.0, n), discount_lift=loyalty.beta(2.0, 20.0, n),
        is_twin=mess.random(n) < 0.012, types_loudly=mess.random(n) < 0.15, has_other_device=mess.random(n) < 0.2,
    )  # fmt: skip


def _joined(chance: Floats, rng: Generator) -> Ints:
    """When people sign up: ever more of them as the shop grows, by day between 8 and 23 local time."""
    day = np.minimum((chance**0.8 * HISTORY_DAYS).astype(np.int64), HISTORY_DAYS - 1)
    return START_US + day * DAY_US + waking_us(rng, len(day)) // SECOND_US * SECOND_US  # told as text, by the second


def waking_us(rng: Generator, n: int) -> Ints:
    """Times of day, microseconds after local midnight: 8:00 to 23:00, most in the evening."""
    return np.asarray((8 + 15 * rng.beta(2.2, 1.7, n)) * HOUR_US, dtype=np.int64)


def user_id(index: int) -> str:
    """The shop's own number of a customer."""
    return f"u{index + 1}"


def email(index: int) -> str:
    """An address in a domain nobody can own (RFC 2606)."""
    return f"buyer{index + 1}@example.com"


def phone(index: int) -> str:
    """A mobile number of the shop's country in E.164."""
    return f"+79{index % 1_000_000_000:09d}"
