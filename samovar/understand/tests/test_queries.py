"""The named queries: counts, pages, samples, truths, learned words."""

from __future__ import annotations

import json

import pytest

from samovar import rules
from samovar.kit.clock import DAY_US
from samovar.rules import RuleError
from samovar.understand.learned import WarehouseWords
from samovar.understand.tests.shop import NOW


def tree(text: str) -> dict:
    return rules.to_json(rules.parse(text, rules.builtin_catalogue("RUB")))


def test_it_counts_customers_and_leaves_visitors_out(shop):
    [answer] = shop.query("understand.segment_count", text="count(orders) >= 0", at_us=NOW).to_pylist()
    assert (answer["count"], answer["of"]) == (3, 3)


def test_it_counts_as_of_a_moment_that_passed(shop):
    asked = {"tree": tree("count(orders) >= 1"), "at_us": NOW - 60 * DAY_US}
    assert shop.query("understand.segment_count", **asked).to_pylist()[0]["count"] == 1


def test_it_says_which_rules_hold_for_one_person(shop):
    trees = [tree("count(orders) >= 1"), tree('city = "Казань"'), tree("count(orders) = 0")]
    held = shop.query("understand.truths", trees=trees, person_id=2, at_us=NOW).column("holds").to_pylist()
    assert held == [True, True, False]
    nobody = shop.query("understand.truths", trees=trees, person_id=4, at_us=NOW).column("holds").to_pylist()
    assert nobody == [False, False, False]


def test_it_pages_through_the_people_by_id(shop):
    for person in range(10, 35):
        shop.person(person, orders=(1,))
    seen, after = [], 0
    while True:
        page = shop.query("understand.members", text="count(orders) >= 1", at_us=NOW, after=after, limit=10).to_pylist()
        if not page:
            break
        seen += [row["person_id"] for row in page]
        after = seen[-1]
    assert seen == [1, 2, *range(10, 35)]
    audience = shop.query("understand.audience", text="count(orders) >= 1", at_us=NOW).column("person_id").to_pylist()
    assert audience == seen


def test_a_member_comes_with_why_they_matter(shop):
    [first, _] = shop.query("understand.members", text="count(orders) >= 1", at_us=NOW).to_pylist()
    assert first == {"person_id": 1, "orders": 2, "revenue_minor": 20_000, "last_order_us": NOW - 5 * DAY_US, "city": "Москва"}


def test_a_sample_is_of_the_rule_and_stays(shop):
    samples = [shop.query("understand.sample", text="count(orders) = 0", at_us=NOW).to_pylist() for _ in range(2)]
    assert samples[0] == samples[1]
    assert [row["person_id"] for row in samples[0]] == [3]


def test_a_name_nobody_has_seen_is_refused_with_the_nearest(shop):
    with pytest.raises(RuleError) as caught:
        shop.query("understand.segment_count", text='count(orders) > 0 and\n citty = "Москва"', at_us=NOW)
    assert (caught.value.line, caught.value.column, caught.value.suggestions) == (2, 2, ("city",))


def test_traits_and_events_are_learned_with_the_kind_of_their_first_values(shop):
    insert = "INSERT INTO attributes VALUES (1, 1, ?, ?, 0, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, NULL, NULL)"
    shop.cursor.execute(insert, ["height", 1, 1, "number", None, None, 1_700_000])
    shop.cursor.execute(insert, ["height", 2, 2, "text", "tall", "tall", None])
    shop.cursor.execute(
        "INSERT INTO events VALUES (1, 1, 'Quiz Finished', 'track', ?, ?, 1, 's', 'm', ?, 0, 0)",
        [NOW, 0, '{"score":50000,"Мой сорт":"Улун","~Мой сорт":"улун","a/b":true}'],
    )

    def count(text: str) -> int:
        return shop.query("understand.segment_count", text=text, at_us=NOW).to_pylist()[0]["count"]

    assert count("height is unknown") == 3  # the last change is of another kind
    assert count("height > 1.5 or height <= 1.5") == 0
    assert count('count(event("Quiz Finished") where score = 5) = 1') == 1
    assert count('count(event("Quiz Finished") where "Мой сорт" contains "ЛУН" and "a/b") = 1') == 1
    for text in ('height = "tall"', 'count(event("Quiz Finished") where scor > 1) > 0', 'count(event("Quiz Finish")) > 0'):
        with pytest.raises(RuleError):
            count(text)


def test_records_are_learned_and_what_is_declared_of_their_type_comes_first(shop):
    insert = "INSERT INTO records VALUES (?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?)"
    policies = [
        ('{"premium":15000000,"plate":"А1","~plate":"а1","ends/on":"2026-12-01"}', f'{{"ends/on":[{NOW // DAY_US + 10},1]}}'),
        ('{"premium":"free","ends/on":"soon"}', None),
    ]
    for number, (props, dates) in enumerate(policies):
        shop.cursor.execute(insert, ["policy", f"p{number}", number, 2**62, NOW, NOW // DAY_US, number, props, dates])
    shop.cursor.execute(insert, ["vehicle", "v1", 0, NOW, None, None, 9, '{"km":10000}', None])
    shop.cursor.execute("INSERT INTO record_types VALUES ('policy', '', 'starts_on', '{\"premium\":\"money\"}')")

    def count(text: str, at_us: int = NOW) -> int:
        return shop.query("understand.segment_count", text=text, at_us=at_us).to_pylist()[0]["count"]

    assert count('sum(record("policy").premium) = 1500 and count(record("policy") in last 1 day) = 2') == 1
    assert count('count(record("policy") where days_until("ends/on") = 10 and plate contains "А") = 1') == 1
    assert count('count(record("policy") where "ends/on" is unknown) = 1') == 1
    assert (count('count(record("vehicle")) = 1'), count('count(record("vehicle")) = 1', NOW - 1)) == (0, 1)
    for text in (
        'count(record("vehicle") in last 1 day) = 1', 'count(record("vehicl")) = 1', 'sum(record("policy").plate) > 1',
        'sum(record("policy").km) > 1',
    ):  # fmt: skip
        with pytest.raises(RuleError):
            count(text)
    [answer] = shop.query("understand.rule", text='count(record("policy")) > 0 and count(record("vehicle")) = 0').to_pylist()
    assert answer["warnings"] == "[]"


def test_a_declared_type_without_records_is_warned_of(shop):
    shop.cursor.execute("INSERT INTO record_types VALUES ('policy', '', NULL, NULL)")
    [answer] = shop.query("understand.rule", text='count(record("policy")) = 0').to_pylist()
    assert json.loads(answer["warnings"]) == [{"code": "nothing_happened", "name": "policy", "line": 1, "column": 7}]


def test_a_rule_of_declared_words_asks_the_data_for_no_words(shop, monkeypatch):
    for words in ("traits", "events", "event_fields", "records", "record_fields"):
        monkeypatch.setattr(WarehouseWords, words, None)
    text = 'count(views where price > 1) = 0 and count(opens) = 0 and city is known and count(event("Product Viewed")) = 0'
    assert shop.query("understand.segment_count", text=text, at_us=NOW).to_pylist()[0]["count"] == 2
