"""Whom a shop can write to, and the scorecard of loyalty, against answers worked out by hand."""

from __future__ import annotations

import pytest

from samovar.kit.clock import DAY_US
from samovar.measure.reports.tests.shop import Shop
from samovar.rules import Rule
from samovar.rules.parser import parse_text
from samovar.staff.actors import Actor
from samovar.understand import operations, queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    shop = Shop()
    for person in range(1, 8):
        shop.person(person)
    return shop


def address(shop, person, kind, value):
    shop.add("identifiers", profile_id=person, person_id=person, kind=kind, value=value, since_us=0)


def word(shop, channel, value, *, given, days_ago=10, purpose="marketing"):
    at_us = shop.at_us - days_ago * DAY_US
    shop.add("consents", channel=channel, address=value, purpose=purpose, given=given, time_us=at_us, event_key=1, source="s")


def standing(found, channel):
    return {row["state"]: row["people"] for row in found.records() if row["channel"] == channel}


def test_each_customer_has_one_state_a_channel(shop):
    for person, value in ((1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")):
        address(shop, person, "email", value)
    address(shop, 1, "phone", "+7")
    word(shop, "email", "a", given=True)
    word(shop, "sms", "+7", given=True)
    word(shop, "email", "b", given=True, days_ago=20)
    word(shop, "email", "b", given=False)
    word(shop, "email", "c", given=True)
    shop.add("suppressions", channel="email", address="c", reason="bounce", time_us=shop.at_us - DAY_US)
    word(shop, "email", "e", given=True, purpose="service")
    found = shop.report("reach")
    assert standing(found, "email") == {"reachable": 1, "refused": 1, "stopped": 1, "unasked": 2, "no_address": 2}
    assert standing(found, "sms") == {"reachable": 1, "refused": 0, "stopped": 0, "unasked": 0, "no_address": 6}
    assert standing(found, "any") == {"0": 6, "1": 0, "2+": 1}
    assert all(sum(standing(found, channel).values()) == 7 for channel in ("any", "email", "sms"))
    for row, cells in zip(found.records(), found.cells, strict=True):
        behind = shop.behind(found, cells["people"])
        assert shop.count(behind.rule, found.at_us) == len(behind.people) == row["people"], behind.rule


def test_it_is_as_of_its_moment_and_the_refusal_wins_at_one_time(shop):
    address(shop, 1, "email", "a")
    word(shop, "email", "a", given=True, days_ago=5)
    word(shop, "email", "a", given=False, days_ago=5)
    assert standing(shop.report("reach"), "email")["refused"] == 1
    assert standing(shop.report("reach", at_us=shop.at_us - 6 * DAY_US), "email")["unasked"] == 1


def test_another_address_of_hers_is_enough(shop):
    for value in ("old", "new"):
        address(shop, 1, "email", value)
        word(shop, "email", value, given=True)
    shop.add("suppressions", channel="email", address="old", reason="bounce", time_us=0)
    found = shop.report("reach")
    assert standing(found, "email")["reachable"] == 1
    assert shop.behind(found, {"channel": "any", "state": "1"}).rule == "reachable.channels = 1"


def test_the_scorecard(shop):
    for person, days in ((1, (10,)), (2, (10, 100)), (3, (100,)), (4, (100, 120)), (5, (300,))):
        for ago in days:
            shop.order(person, shop.at_us - ago * DAY_US, amount=1_000)
    for person, score in ((1, 10), (2, 9), (3, 6), (4, 8)):
        shop.event(person, "NPS Answered", shop.at_us - 5 * DAY_US, score=score * 10_000)
    shop.event(3, "NPS Answered", shop.at_us - 50 * DAY_US, score=10 * 10_000)
    found = {row["figure"]: row for row in shop.report("loyalty").records()}
    assert (found["active_share"]["value"], found["active_share"]["people"], found["active_share"]["of"]) == (2 / 5, 2, 5)
    assert found["repeat_rate"]["value"] == 2 / 5
    assert (found["retention"]["value"], found["churn"]["value"], found["churn"]["of"]) == (1 / 3, 2 / 3, 3)
    assert found["frequency"]["value"] == 1
    assert found["value_per_buyer"]["value"] == 7_000 / 5
    assert (found["nps"]["value"], found["nps"]["people"]) == (100 * (2 - 1) / 4, 4)
    assert (found["csat"]["value"], found["csat"]["people"]) == (None, 0)
    assert (found["share_of_wallet"]["value"], found["share_of_wallet"]["people"]) == (None, 0)
    assert found["active_share"]["before"] == 3 / 4  # 90 days ago: two who ordered within 30, one within 10, of four buyers


def test_the_share_of_wallet_is_of_what_each_said_last_and_never_over_it(shop):
    for person, days, minor in ((1, 5, 30_000), (2, 5, 90_000), (3, 200, 50_000), (4, 5, 10_000)):
        shop.order(person, shop.at_us - days * DAY_US, amount=minor)
    for person, ago, monthly in ((1, 9, 5), (1, 8, 400), (2, 8, 100), (3, 8, 500), (4, 8, 0), (4, 60, 700)):
        shop.event(person, "Wallet Answered", shop.at_us - ago * DAY_US, monthly=monthly * 10_000)
    found = shop.report("loyalty", {"days": "30"})
    [row] = [row for row in found.records() if row["figure"] == "share_of_wallet"]
    # 300 of 400 here, no more than 100 of 100, none of 500 lately; before, none of 700.
    assert (row["value"], row["people"], row["before"]) == (400 / 1_000, 4, 0)
    behind = shop.behind(found, {"figure": "share_of_wallet"})
    assert behind.people == [1, 2, 3, 4] and shop.count(behind.rule, shop.at_us) == 4


def test_by_segment_it_counts_whom_each_rule_held_for_at_its_moment(shop):
    """Whoever is in a segment today is beside the point: a rule of days had other people three months ago."""
    for person, days in ((1, 10), (2, 10), (3, 95), (4, 200)):
        shop.order(person, shop.at_us - days * DAY_US, amount=1_000)
    for person in (1, 3):
        address(shop, person, "email", f"{person}")
        word(shop, "email", f"{person}", given=True, days_ago=150)
    rules_of = {
        "Ever": "count(orders) >= 1", "Lately": "count(orders in last 30 days) >= 1",
        "Lost words": 'count(event("Quiz Finished")) >= 1',
    }  # fmt: skip
    for name, text in rules_of.items():
        operations.create(name=name, rule=Rule(condition=parse_text(text)), actor=Actor.system("test"), at_us=shop.at_us)
    now, then = (shop.report("reach", {"by": "segment"}, at_us=shop.at_us - days * DAY_US) for days in (0, 90))
    assert [row[:5] for row in now.rows] == [["Ever", 4, 2, 2, 0], ["Lately", 2, 1, 1, 0], ["Lost words", *[None] * 4]]
    assert [row[:5] for row in then.rows] == [["Ever", 2, 1, 1, 0], ["Lately", 1, 0, 1, 0], ["Lost words", *[None] * 4]]
    for found in (now, then):
        sizes = [people for _row, people in queries.sizes_at(warehouse=shop, at_us=found.at_us)]
        assert [row["people"] for row in found.records()] == sizes
        for row, cells in zip(found.records(), found.cells, strict=True):
            assert all(len(shop.behind(found, cell).people) == row[name] for name, cell in cells.items())
