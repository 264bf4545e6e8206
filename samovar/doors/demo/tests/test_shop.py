"""The shop is the same for the same seed, whatever its size, and behaves as its numbers say."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pytest

from samovar.doors.demo import feed
from samovar.doors.demo.acts import Via, line_value_minor, lines_mean
from samovar.doors.demo.people import END_US, HORIZON_US, SLICE, START_US, draw
from samovar.doors.demo.render import aliases, sealed
from samovar.doors.demo.shop import Shop
from samovar.kit.clock import DAY_US
from samovar.kit.errors import Refusal


def whole(shop: Shop) -> list[dict[str, object]]:
    return feed.between(shop.slices(), START_US, HORIZON_US).to_pylist()


def test_it_repeats_by_its_seed_and_differs_by_another():
    one, same, other = (whole(Shop(seed, 60)) for seed in (7, 7, 8))
    assert one == same
    assert one != other


def test_a_smaller_shop_is_the_beginning_of_a_larger_one():
    small = {row["message_id"]: row for row in whole(Shop(7, 40))}
    large = {row["message_id"]: row for row in whole(Shop(7, 90))}
    assert {key: row for key, row in large.items() if int(key[1:].split(".")[0]) <= 40} == small


def test_a_shop_of_several_slices_keeps_its_first_people():
    alone, together = Shop(3, SLICE).slice(0), Shop(3, SLICE + 10)
    assert together.parts == 2
    assert np.array_equal(alone.events.time_us, together.slice(0).events.time_us)
    assert set(np.unique(together.slice(1).events.person)) == set(range(10))


@pytest.mark.parametrize(("seed", "people"), [(1, 0), (1, -5), (1, 10**9), (-1, 10), (2**63, 10)])
def test_it_refuses_sizes_and_seeds_it_cannot_have(seed, people):
    with pytest.raises(Refusal):
        Shop(seed, people)


def test_every_event_lies_between_the_first_day_and_the_horizon():
    piece = Shop(1, SLICE).slice(0)
    assert piece.events.time_us.min() >= START_US
    assert piece.events.time_us.max() < HORIZON_US


def test_nobody_is_signed_in_before_signing_up():
    piece = Shop(1, SLICE).slice(0)
    events, joined = piece.events, piece.people.joined_us
    signed_in = (events.via == Via.SIGNED_IN) | (events.via == Via.ACCOUNT) | (events.via == Via.TWIN)
    assert (events.time_us[signed_in] >= joined[events.person[signed_in]]).all()
    before = events.via == Via.DEVICE
    assert before.any()
    assert (events.time_us[before] < joined[events.person[before]]).all()


def test_an_order_costs_the_sum_of_its_lines():
    rows = sealed(Shop(1, 300).slice(0), np.ones(len(Shop(1, 300).slice(0).events.person), bool)).to_pylist()
    orders = [row for row in rows if row["event"] == "Order Completed"]
    assert len(orders) > 100
    for row in orders:
        assert row["amount_minor"] == sum(line["amount_minor"] for line in row["lines"])
        assert [line["line"] for line in row["lines"]] == list(range(1, len(row["lines"]) + 1))


def test_a_refund_follows_its_order_and_costs_one_of_its_lines():
    piece = Shop(1, SLICE).slice(0)
    rows = sealed(piece, np.ones(len(piece.events.person), bool), repeats=False).to_pylist()
    orders = {row["order_id"]: row for row in rows if row["event"] == "Order Completed"}
    cancelled = {row["order_id"] for row in rows if row["event"] == "Order Cancelled"}
    refunds = [row for row in rows if row["event"] == "Order Refunded"]
    assert len(refunds) > 300
    for refund in refunds:
        order = orders[refund["order_id"]]
        assert refund["time_us"] > order["time_us"]
        assert refund["amount_minor"] in {line["amount_minor"] for line in order["lines"]}
        assert refund["order_id"] not in cancelled


def test_some_events_are_delivered_twice_under_one_message_id():
    piece = Shop(1, 1000).slice(0)
    everything = np.ones(len(piece.events.person), bool)
    once, twice = sealed(piece, everything, repeats=False), sealed(piece, everything)
    assert twice.num_rows > once.num_rows
    assert twice.num_rows < once.num_rows * 1.02
    assert len(pc.unique(twice.column("message_id"))) == once.num_rows


def test_a_second_account_is_joined_to_the_first_by_an_alias():
    piece = Shop(1, SLICE).slice(0)
    everything = np.ones(len(piece.events.person), bool)
    told = aliases(piece, everything)
    accounts = set(sealed(piece, everything).column("user_id").to_pylist())
    assert told
    for event in told:
        assert event["previousId"] == event["userId"] + "-2"
        assert {event["previousId"], event["userId"]} <= accounts


def test_baskets_are_worth_what_the_formula_says():
    worth, expected = [], []
    for seed in range(6):
        piece = Shop(seed, SLICE).slice(0)
        worth.append(piece.baskets.total_minor.mean())
        expected.append((line_value_minor(piece.people.favourite[piece.baskets.person]) * lines_mean()).mean())
    assert np.mean(worth) == pytest.approx(np.mean(expected), rel=0.02)


def test_buyers_come_back_at_their_own_rates():
    piece = Shop(2, SLICE).slice(0)
    baskets, people = piece.baskets, draw(2, 0)
    often = np.argsort(people.purchase_rate)
    orders = np.bincount(baskets.person, minlength=SLICE)
    assert orders[often[-500:]].mean() > 2.5 * orders[often[:500]].mean()


def test_lapsed_buyers_still_order_now_and_then_after_the_history():
    piece = Shop(2, SLICE).slice(0)
    last = np.zeros(SLICE, dtype=np.int64)
    past = piece.baskets.time_us < END_US
    np.maximum.at(last, piece.baskets.person[past], piece.baskets.time_us[past])
    lapsed = (last > 0) & (END_US - last > 90 * DAY_US)
    again = np.isin(np.flatnonzero(lapsed), piece.baskets.person[~past])
    assert 0.005 < again.mean() < 0.15
