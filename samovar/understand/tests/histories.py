"""Random histories by the column, and the stages they stand in read off the rules in NumPy, without the compiler.

Days crowd around the boundaries of the stages; people are unregistered, visitors, merged from two profiles, or known only
later; orders are changed, cancelled, or lie in the future. The zone has one offset, so that a day needs no calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samovar.engine.warehouse import schema
from samovar.kit.clock import DAY_US, HOUR_US, Zone, parse_moment

ZONE = Zone("Europe/Moscow")
OFFSET_US = 3 * HOUR_US
NOON = parse_moment("2026-01-01T12:00", ZONE)
TODAY = int(np.datetime64("2026-01-01", "D").astype(np.int64))
MIDNIGHT = TODAY * DAY_US - OFFSET_US
# Noon, the day's first and last instant, and a day on which much of the histories has not happened yet.
MOMENTS = (NOON, MIDNIGHT, MIDNIGHT + DAY_US - 1, NOON - 44 * DAY_US)
STAGES = ("newcomer", "cautious", "developing", "regular", "at risk", "lost")
NO_STAGE = -1
ORDERS_MAX, VISITS_MAX = 8, 6
AGES = np.array(
    [-1, 0, 0, 1, 5, 13, 14, 15, 30, 43, 44, 45, 46, 58, 59, 60, 88, 89, 90, 91, 92, 104, 105, 106, 134, 135, 200, 400]
)
STEPS = np.array([0, 1, 7, 12, 13, 14, 14, 14, 15, 16, 30, 60])
HOURS_US = np.array([0, 12 * HOUR_US, 12 * HOUR_US + 1, DAY_US - 1])

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Histories:
    """People 1 to n by the row. `*_us` of profiles is (n, 2), of orders (n, ORDERS_MAX), of visits (n, VISITS_MAX), of local
    days beside them the same; what is not there is NEVER_US. An order has left `orders` from `cancel_us` on.
    """

    known_us: Ints
    registered_us: Ints
    order_us: Ints
    order_day: Ints
    change_us: Ints
    cancel_us: Ints
    visit_us: Ints
    visit_day: Ints

    @property
    def people(self) -> int:
        return len(self.known_us)


def histories(seed: int, people: int) -> Histories:
    """So many random people."""
    chance = np.random.default_rng(seed)
    # A chain of orders goes back from the last one in steps, so that habits of two, three and more days are frequent.
    back = np.where(np.arange(ORDERS_MAX) == 0, chance.choice(AGES, (people, 1)), chance.choice(STEPS, (people, ORDERS_MAX)))
    order_day = TODAY - np.cumsum(back, axis=1)
    order_us = _during(chance, order_day)
    many = chance.choice([0, 0, 1, 2, 3, 3, 4, 5, ORDERS_MAX], (people, 1))
    order_us[np.arange(ORDERS_MAX) >= many] = schema.NEVER_US
    # Half of the people look around within days of one of the moments.
    recent = chance.choice([0, 44], (people, 1)) + chance.choice([0, 5, 13, 14, 14, 15], (people, VISITS_MAX))
    visit_day = TODAY - np.where(chance.random((people, 1)) < 0.5, recent, chance.choice(AGES, (people, VISITS_MAX)))
    visit_us = _during(chance, visit_day)
    visit_us[np.arange(VISITS_MAX) >= chance.choice([0, 0, 1, 3, 4, VISITS_MAX], (people, 1))] = schema.NEVER_US
    known_us, registered_us = _profiles(chance, people)
    # An order registers its buyer, whatever becomes of it.
    registered_us[:, 0] = np.minimum(registered_us[:, 0], order_us.min(axis=1))
    change_us = order_us + chance.choice([1, 3 * HOUR_US, 20 * DAY_US], order_us.shape)
    cancel_us = order_us + chance.choice([2, 5 * HOUR_US, 40 * DAY_US], order_us.shape)
    return Histories(
        known_us, registered_us, order_us, order_day,
        np.where(chance.random(order_us.shape) < 0.15, change_us, schema.NEVER_US),
        np.where(chance.random(order_us.shape) < 0.1, cancel_us, schema.NEVER_US), visit_us, visit_day,
    )  # fmt: skip


def _during(chance: np.random.Generator, day: Ints) -> Ints:
    """An instant of each local day, often its first, its last or its noon."""
    anywhere = chance.integers(0, DAY_US, day.shape)
    hour = np.where(chance.random(day.shape) < 0.5, chance.choice(HOURS_US, day.shape), anywhere)
    return np.asarray(day * DAY_US - OFFSET_US + hour, dtype=np.int64)


def _profiles(chance: np.random.Generator, people: int) -> tuple[Ints, Ints]:
    """Since when each of a person's two profiles is known and registered; every fifth person has a second one."""
    when = np.array([NOON - 900 * DAY_US, NOON - 44 * DAY_US, NOON, NOON + 1, NOON + DAY_US, schema.NEVER_US])
    shares = [0.84, 0.03, 0.03, 0.03, 0.02, 0.05]
    known_us, registered_us = chance.choice(when, (people, 2), p=shares), chance.choice(when, (people, 2), p=shares)
    alone = chance.random(people) >= 0.2
    known_us[alone, 1] = registered_us[alone, 1] = schema.NEVER_US
    return known_us, registered_us


def store(cursor: Any, told: Histories) -> None:
    """Put histories into the warehouse's tables: profiles and people, orders with their versions, visits."""
    is_second = np.minimum(told.known_us[:, 1], told.registered_us[:, 1]) < schema.NEVER_US
    person, profile = np.nonzero(np.column_stack([np.ones(told.people, bool), is_second]))
    _insert(
        cursor, "profiles", "profile * 10000000 + person, person, 0, nullif(known, $never), nullif(registered, $never), NULL",
        person=person + 1, profile=profile, known=told.known_us[person, profile], registered=told.registered_us[person, profile],
    )  # fmt: skip
    cursor.execute(f"INSERT INTO people {schema.people_sql()}")
    person, place = np.nonzero(told.order_us < schema.NEVER_US)
    time_us, change_us, cancel_us = (column[person, place] for column in (told.order_us, told.change_us, told.cancel_us))
    row = {"person": person + 1, "place": place, "time": time_us, "day": told.order_day[person, place]}
    order = "person || '-' || place, person, person, time, day, person * 100 + place, since, until, 10000, 'RUB', 'site'"
    first_until = np.minimum(change_us, cancel_us)
    _insert(cursor, "orders", order, **row, since=time_us, until=first_until)
    is_changed = change_us < cancel_us
    later = {name: column[is_changed] for name, column in row.items()}
    _insert(cursor, "orders", order, **later, since=change_us[is_changed], until=cancel_us[is_changed])
    person, place = np.nonzero(told.visit_us < schema.NEVER_US)
    _insert(
        cursor, "visits", "person, person, time, time, day, person * 100 + place, 1",
        person=person + 1, place=place, time=told.visit_us[person, place], day=told.visit_day[person, place],
    )  # fmt: skip


def _insert(cursor: Any, table: str, values: str, **columns: Ints) -> None:
    cursor.register("told", pa.table(columns))
    never = {"never": schema.NEVER_US} if "$never" in values else {}
    cursor.execute(f"INSERT INTO {table} SELECT {values} FROM told", never)
    cursor.unregister("told")


def registered(told: Histories, at_us: int) -> Bools:
    """Who is a registered customer: some profile known by then, and some profile registered by then."""
    return np.asarray((told.known_us <= at_us).any(axis=1) & (told.registered_us <= at_us).any(axis=1))


def stages(told: Histories, at_us: int) -> Ints:
    """Each person's place in `STAGES`, `NO_STAGE` for who stands in none: the shipped rules, read off one after another."""
    today = (at_us + OFFSET_US) // DAY_US
    is_order = (told.order_us <= at_us) & (at_us < told.cancel_us)
    age = np.where(is_order, today - told.order_day, np.iinfo(np.int32).max).min(axis=1)
    visit_age = np.where(told.visit_us <= at_us, today - told.visit_day, np.iinfo(np.int32).max)
    longest, last = _runs(told.order_day, is_order)
    has_ordered = is_order.any(axis=1)
    found = np.select(
        [
            has_ordered & (age > 90) & ((visit_age <= 90).sum(axis=1) == 0),
            (longest >= 3) & (age >= 45),
            (last >= 3) & (age < 45),
            has_ordered,
            (visit_age <= 14).sum(axis=1) >= 3,
        ],
        [5, 4, 3, 2, 1],
        default=0,
    )
    return np.where(registered(told, at_us), found, NO_STAGE)


def _runs(day: Ints, is_there: Bools) -> tuple[Ints, Ints]:
    """The longest run and the one that ends with the latest day: different days, each at most 14 after the one before."""
    nowhere = -1_000_000
    ordered = np.sort(np.where(is_there, day, nowhere), axis=1)
    before = np.full(len(day), 2 * nowhere)
    run, longest = np.zeros(len(day), np.int64), np.zeros(len(day), np.int64)
    for column in ordered.T:
        is_new = (column > nowhere) & (column != before)
        run = np.where(is_new, np.where(column - before <= 14, run + 1, 1), run)
        longest, before = np.maximum(longest, run), np.where(column > nowhere, column, before)
    return longest, run


@dataclass(frozen=True)
class Compared:
    """One moment: people by stage as the warehouse says, and how many people stand elsewhere than the rules say."""

    at_us: int
    registered: int
    by_stage: dict[str, int]
    in_several: int
    differing: int


def compare(told: Histories, answer: pa.Table, at_us: int) -> Compared:
    """Hold the warehouse's (person_id, stage) against the rules; people without a row stand in no stage."""
    person = answer.column("person_id").to_numpy()
    found = np.full(told.people, NO_STAGE)
    found[person - 1] = pc.index_in(answer.column("stage"), pa.array(STAGES)).fill_null(NO_STAGE).to_numpy()
    in_several = int((np.bincount(person) > 1).sum())
    by_stage = {name: int((found == number).sum()) for number, name in enumerate(STAGES)}
    return Compared(at_us, int(registered(told, at_us).sum()), by_stage, in_several, int((found != stages(told, at_us)).sum()))
