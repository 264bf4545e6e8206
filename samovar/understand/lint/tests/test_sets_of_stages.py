"""Sets with a known fault, and sets without any."""

from __future__ import annotations

import pytest

from samovar.understand.lint.tests.sets import days, findings, named, shipped, stages

WHOLE = [
    ("one window and its complement", ["count(orders in last 30 days) >= 1", "count(orders in last 30 days) = 0"]),
    (
        "ages that meet",
        [
            "count(orders) = 0 and days_since(registered_at) <= 30 or days_since(last orders) <= 30",
            "count(orders) = 0 and not days_since(registered_at) <= 30 or days_since(last orders) > 30",
        ],
    ),
    (
        "a field of orders",
        [
            "count(orders where amount >= 100 in last 60 days) >= 1",
            "count(orders in last 60 days) >= 1 and count(orders where amount >= 100 in last 60 days) = 0",
            "count(orders in last 60 days) = 0",
        ],
    ),
    (
        "a sequence",
        [
            "did views then cart_adds within 1 hour in last 7 days",
            "not did views then cart_adds within 1 hour in last 7 days",
        ],
    ),
]


@pytest.mark.parametrize("texts", [case[1] for case in WHOLE], ids=[case[0] for case in WHOLE])
def test_a_total_and_disjoint_set_has_no_findings(texts):
    assert findings(stages(*texts), "overlap", "gap", "no_exit") == []


def test_the_shipped_stages_take_every_registered_person_once():
    [gap] = findings(named(shipped()), "overlap", "gap", "no_exit")
    assert gap["sentence"] == "No stage takes a person with no registration."
    assert gap["history"] == [{"what": "known", "days_ago": 0}]
    whole = [*shipped(), {"name": "unregistered", "rule": "registered_at is unknown"}]
    assert findings(named(whole), "overlap", "gap") == []


def test_an_overlap_of_a_single_day_is_found():
    texts = ["count(orders) = 0", "days_since(last orders) <= 30", "days_since(last orders) >= 30"]
    [found] = findings(stages(*texts), "overlap", "gap")
    assert (found["kind"], found["stages"], days(found, "orders")) == ("overlap", ["b", "c"], [30])
    assert found["sentence"] == "“b” and “c” both take a person with the last order 30 days ago."


def test_a_gap_of_a_single_day_is_found():
    texts = ["count(orders) = 0", "days_since(last orders) < 30", "days_since(last orders) > 30"]
    [found] = findings(stages(*texts), "overlap", "gap")
    assert (found["kind"], days(found, "orders")) == ("gap", [30])
    assert found["sentence"] == "No stage takes a person with the last order 30 days ago."


def test_an_overlap_of_a_single_minute_is_found():
    texts = ["count(views in last 6 hours) >= 1", "count(views before 359 minutes ago) >= 1", "count(views) = 0"]
    [first, *_] = findings(stages(*texts), "overlap")
    assert first["stages"] == ["a", "b"]
    assert [fact.get("minutes_ago") for fact in first["history"]][1:] == [359]


def test_a_gap_of_a_single_amount_is_found():
    texts = [
        "count(orders) = 0",
        "max(orders.amount) < 100",
        "max(orders.amount) > 100",
        "max(orders.amount) is unknown and count(orders) > 0",
    ]
    [found] = findings(stages(*texts), "overlap", "gap")
    assert found["sentence"] == "No stage takes a person with max(orders.amount): 100."


def test_who_has_no_value_is_told_as_such():
    [found] = findings(stages('city = "Москва"', 'city != "Москва"'), "overlap", "gap")
    assert found["sentence"] == "No stage takes a person with city is unknown."


def test_a_stage_that_takes_a_corner_is_named_and_not_cut_into_pieces():
    [found] = findings(stages("count(orders in last 30 days) >= 2 and count(visits in last 30 days) >= 2"), "gap")
    assert found["sentence"] == "No stage takes a person who is not in “a”."


def test_a_count_further_than_the_search_goes_is_told():
    told = findings(stages("count(orders) >= 100000", "count(orders) < 100000"), "note")
    assert [one["stages"] for one in told] == [["a"]]
    assert told[0]["sentence"].startswith("The search found nobody whom “a” takes")


def test_where_waiting_leads_is_an_end_that_is_meant():
    texts = [
        "count(orders in last 30 days) >= 1",
        "count(orders) >= 1 and count(orders in last 30 days) = 0",
        "count(orders) = 0",
    ]
    assert [one["stages"] for one in findings(stages(*texts), "no_exit")] == [["c"]]


def test_the_same_stages_always_give_the_same_findings():
    texts = ["count(orders in last 7 days) >= 3", "avg(orders.amount) > 50", "did views then orders within 1 day"]
    assert findings(stages(*texts)) == findings(stages(*texts))
