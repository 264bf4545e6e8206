"""What counts for a campaign and what does not: the window, returns, cancellations, merges and the gate."""

from __future__ import annotations

import pytest

from samovar.kit.clock import DAY_US, HOUR_US
from samovar.measure.tests.warehouse import SmallWarehouse

START = 100 * DAY_US
WINDOW = 14 * DAY_US
LATER = START + 60 * DAY_US


@pytest.fixture
def shop():
    shop = SmallWarehouse()
    for person in (1, 2, 3, 4):
        shop.person(person)
        shop.passed(7, person, START, control=person > 2)
    return shop


def groups(shop, at_us=LATER):
    rows = shop.query("measure.campaign_groups", campaign=7, window_us=WINDOW, at_us=at_us).to_pylist()
    return {row["is_control"]: row for row in rows}


def test_it_counts_orders_from_the_gate_until_just_before_the_window_ends(shop):
    shop.order("at the gate", 1, START, 100)
    shop.order("last moment", 1, START + WINDOW - 1, 20)
    shop.order("a moment early", 1, START - 1, 1000)
    shop.order("a moment late", 1, START + WINDOW, 5000)
    assert groups(shop)[False]["net_minor"] == 120
    assert groups(shop)[False]["orders"] == 2
    assert groups(shop)[False]["buyers"] == 1


def test_a_return_counts_with_its_order_whenever_it_comes(shop):
    shop.order("inside", 1, START + HOUR_US, 1000)
    shop.refund("inside", 1, START + 40 * DAY_US, 300)
    shop.order("before", 1, START - DAY_US, 9000)
    shop.refund("before", 1, START + DAY_US, 9000)
    row = groups(shop)[False]
    assert (row["gross_minor"], row["returns_minor"], row["net_minor"]) == (1000, -300, 700)


def test_a_return_of_no_known_order_counts_at_its_own_time(shop):
    shop.order("inside", 3, START + HOUR_US, 1000)
    shop.refund("C1", 3, START + DAY_US, 250)
    shop.refund("C2", 3, START + WINDOW, 250)
    assert groups(shop)[True]["net_minor"] == 750


def test_a_cancelled_order_earns_nothing_and_its_refund_costs_nothing(shop):
    shop.order("cancelled", 1, START + HOUR_US, 1000, until_us=START + DAY_US)
    shop.refund("cancelled", 1, START + DAY_US, 1000)
    assert groups(shop)[False]["net_minor"] == 0
    assert groups(shop, START + 2 * HOUR_US)[False]["net_minor"] == 1000


def test_a_person_merged_from_both_groups_leaves_and_is_counted(shop):
    shop.order("of the merged", 2, START + HOUR_US, 1000)
    shop.cursor.execute("UPDATE campaign_people SET person_id = 2 WHERE person_id = 3")
    assert {flag: row["people"] for flag, row in groups(shop).items()} == {False: 1, True: 1}
    assert groups(shop)[False]["net_minor"] == 0
    crossed = shop.query("measure.campaign_crossed", campaign=7, at_us=LATER).to_pylist()
    assert crossed == [{"crossed": 1}]


def test_two_profiles_of_one_group_merged_are_one_person_from_the_earlier_gate(shop):
    shop.cursor.execute("UPDATE campaign_people SET person_id = 1, claimed_us = claimed_us + 5 WHERE person_id = 2")
    shop.order("between", 1, START + 2, 10)
    row = groups(shop)[False]
    assert (row["people"], row["orders"], row["net_minor"]) == (1, 1, 10)


def test_who_did_not_pass_the_gate_is_not_compared_and_who_got_no_mail_is(shop):
    shop.passed(7, 5, START, outcome="refused")
    shop.passed(7, 6, START, outcome="failed")
    shop.order("of the refused", 5, START + 1, 100)
    shop.order("of the failed", 6, START + 1, 7)
    row = groups(shop)[False]
    assert (row["people"], row["net_minor"]) == (3, 7)


def test_an_order_line_of_spans_counts_once_with_its_facts_at_the_moment(shop):
    shop.order("changed", 1, START + 1, 100, until_us=START + DAY_US)
    shop.add(
        "orders", order_id="changed", profile_id=1, person_id=1, time_us=START + 1, day=100, event_key=1,
        valid_from_us=START + DAY_US, valid_to_us=2**62, amount_minor=140, currency="RUB",
    )  # fmt: skip
    assert groups(shop, START + HOUR_US)[False]["net_minor"] == 100
    assert (groups(shop)[False]["net_minor"], groups(shop)[False]["orders"]) == (140, 1)


def test_the_curve_ends_at_the_figures_of_the_report(shop):
    shop.order("first day", 1, START + HOUR_US, 1000)
    shop.order("fifth day", 1, START + 4 * DAY_US, 500)
    shop.order("control", 3, START + 13 * DAY_US, 300)
    shop.refund("first day", 1, START + 30 * DAY_US, 200)
    changes = shop.query("measure.campaign_curve", campaign=7, window_us=WINDOW, at_us=LATER).to_pylist()
    for flag, row in groups(shop).items():
        mine = [change for change in changes if change["is_control"] is flag]
        assert sum(change["net_minor"] for change in mine) == row["net_minor"]
        assert sum(int(change["squares"]) for change in mine) == int(row["squares"])
    assert {change["day"] for change in changes} == {0, 4, 13}


def test_squares_of_great_sums_stay_exact(shop):
    shop.order("a warehouse of tea", 1, START, 10**12)
    assert int(groups(shop)[False]["squares"]) == 10**24


def test_reactions_keep_machines_apart_and_other_campaigns_out(shop):
    def react(name: str, person: int, campaign: int, machine: bool) -> None:
        props = f'{{"campaign_id": {campaign * 10_000}, "by_machine": {str(machine).lower()}}}'
        shop.add("events", profile_id=person, person_id=person, name=name, kind="track", time_us=START + 5, props=props)

    react("Message Opened", 1, 7, False)
    react("Message Opened", 1, 7, True)
    react("Message Opened", 2, 7, True)
    react("Message Clicked", 1, 7, False)
    react("Message Clicked", 2, 7, True)
    react("Message Opened", 3, 8, False)
    found = shop.query("measure.campaign_reactions", campaign=7, since_us=START, at_us=LATER).to_pylist()
    assert found == [{"opened": 1, "opened_by_machine": 1, "clicked": 1}]
