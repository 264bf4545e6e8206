"""The comparison's SQL agrees with a plain reading of its rules on random histories."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from samovar.kit.clock import DAY_US, HOUR_US
from samovar.measure.tests.warehouse import SmallWarehouse

WINDOW_DAYS = 3
WINDOW = WINDOW_DAYS * DAY_US
PEOPLE = 6
NEVER = 2**62
moments = st.integers(0, 20).map(lambda half_days: half_days * 12 * HOUR_US)


@dataclass(frozen=True)
class Order:
    person: int
    time_us: int
    amount: int
    cancelled_us: int


@dataclass(frozen=True)
class Return:
    person: int
    order: int  # number of the order, or beyond the last one for an unknown order
    time_us: int
    amount: int


orders = st.builds(
    Order, st.integers(1, PEOPLE), moments, st.integers(1, 1000), moments.map(lambda at: at + HOUR_US) | st.just(NEVER)
)
returns = st.builds(Return, st.integers(1, PEOPLE), st.integers(0, 9), moments, st.integers(1, 500))
# Who passed the gate: (profile, person it belongs to now, control, when, outcome)
rows = st.tuples(st.integers(1, PEOPLE), st.booleans(), moments, st.sampled_from(["sent", "failed", "held_out", "refused"]))


def oracle(passed, history, refunds, at_us):
    """{is_control: (people, orders, net)} by the words of the README."""
    claims: dict[int, tuple[set[bool], int]] = {}
    for person, is_control, claimed_us, outcome in passed:
        if outcome != "refused" and claimed_us <= at_us:
            flags, first = claims.get(person, (set(), claimed_us))
            claims[person] = (flags | {is_control}, min(first, claimed_us))
    answer: dict[bool, list[int]] = {}
    for person, (flags, claimed_us) in claims.items():
        if len(flags) == 2:
            continue
        totals = answer.setdefault(next(iter(flags)), [0, 0, 0])
        totals[0] += 1
        inside = {
            number
            for number, order in enumerate(history)
            if order.person == person
            and claimed_us <= order.time_us < claimed_us + WINDOW
            and order.time_us <= at_us < max(order.cancelled_us, order.time_us)
        }
        totals[1] += len(inside)
        totals[2] += sum(history[number].amount for number in inside)
        for refund in refunds:
            is_loose = refund.order >= len(history) and refund.person == person
            if refund.time_us <= at_us and (
                refund.order in inside or (is_loose and claimed_us <= refund.time_us < claimed_us + WINDOW)
            ):
                totals[2] -= refund.amount
    return {flag: tuple(totals) for flag, totals in answer.items()}


@settings(max_examples=80, deadline=None)
@given(st.lists(rows, max_size=8), st.lists(orders, max_size=8), st.lists(returns, max_size=8), moments)
def test_groups_and_curve_agree_with_a_plain_reading(passed, history, refunds, at_us):
    shop = SmallWarehouse()
    for profile, (person, is_control, claimed_us, outcome) in enumerate(passed, start=100):
        shop.passed(1, person, claimed_us, control=is_control, outcome=outcome, profile_id=profile)
    for number, order in enumerate(history):
        shop.order(str(number), order.person, order.time_us, order.amount, until_us=max(order.cancelled_us, order.time_us))
    for refund in refunds:
        shop.refund(str(refund.order), refund.person, refund.time_us, refund.amount)
    key = {"campaign": 1, "window_us": WINDOW, "at_us": at_us}
    found: dict[bool, tuple[int, int, int]] = {}
    for row in shop.query("measure.campaign_groups", **key).to_pylist():
        before = found.get(row["is_control"], (0, 0, 0))
        now = (row["people"], row["orders"], row["net_minor"])
        found[row["is_control"]] = tuple(a + b for a, b in zip(before, now, strict=True))
    assert found == oracle(passed, history, refunds, at_us)
    curve = shop.query("measure.campaign_curve", **key).to_pylist()
    for flag, (_people, _orders, net) in found.items():
        mine = [change for change in curve if change["is_control"] is flag]
        assert sum(change["net_minor"] for change in mine) == net
        assert all(0 <= change["day"] < WINDOW_DAYS for change in mine)
