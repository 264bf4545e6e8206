"""Who came into a segment and who went out of it, on which day, and which test of the rule turned."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from pyroaring import BitMap

from samovar import rules
from samovar.collect.models import Profile
from samovar.engine.warehouse import client
from samovar.kit.clock import DAY_US, HOUR_US
from samovar.staff.models import Role
from samovar.understand import operations
from samovar.understand.tests.shop import ALICE, NOW, TODAY, ZONE
from samovar.understand.tests.test_screens import signed_in

pytestmark = pytest.mark.django_db
ORDERED_US = NOW - 5 * DAY_US  # the last order of person 1


def rule(text):
    return rules.parse(text, rules.builtin_catalogue("RUB"))


@pytest.fixture
def marketer(shop, monkeypatch):
    monkeypatch.setattr(type(settings.WORKSPACE.clock), "now_us", lambda clock: NOW)
    Profile.objects.bulk_create(Profile(id=person, created_us=0) for person in (1, 2, 3))
    return signed_in(Role.MARKETER)


@pytest.fixture
def segment(shop):
    return operations.create(name="Lately", rule=rule("count(orders in last 7 days) >= 1"), actor=ALICE, at_us=NOW - 30 * DAY_US)


@pytest.fixture
def told(shop):
    """`told(segment, person, is_in, time_us, number)` is a row of the table of announcements."""

    def tell(row, person, is_in, time_us, number):
        shop._insert("membership", row.id, row.version, person, is_in, time_us, ZONE.day(time_us), number)

    return tell


def begin(shop, row, people, time_us):
    """Put whom a segment began with into the table, under the number 1."""
    shop._insert("beginnings", row.id, row.version, BitMap(people).serialize(), time_us, ZONE.day(time_us), 1)


def people_of(page):
    return [int(person) for person in re.findall(r'<td class=""><a href="/customers/(\d+)/">', page)]


def moves(browser, query=""):
    part = browser.get(f"/segments/lately/?tab=moves{query}", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="table")
    return part.content.decode()


def test_those_who_came_and_went_are_listed_the_latest_first(shop, marketer, segment, told):
    begin(shop, segment, [3], NOW - 30 * DAY_US)  # whom it began with did not come in
    told(segment, 3, False, NOW - 20 * DAY_US, 5)
    told(segment, 1, True, ORDERED_US, 7)
    other = operations.create(name="Other", rule=rule("count(orders) = 2"), actor=ALICE, at_us=NOW)
    told(other, 2, True, NOW, 8)
    page = moves(marketer)
    assert people_of(page) == [1, 3]
    assert page.count("came in</span>") == 1 and page.count("went out</span>") == 1
    assert people_of(moves(marketer, "&way=in")) == [1]
    assert people_of(moves(marketer, "&way=out")) == [3]
    assert marketer.get("/segments/lately/moves/8").status_code == 404  # a move of another segment
    assert marketer.get("/segments/lately/moves/1").status_code == 404


def test_the_list_goes_on_by_key_and_nobody_is_listed_twice(marketer, segment, told):
    for number in range(1, 121):
        told(segment, number, number % 2 == 0, NOW - 121 + number, number)
    found, page = [], moves(marketer)
    while True:
        found += people_of(page)
        following = re.search(r'rel="next" href="/segments/lately/\?tab=moves([^"]+)"', page)
        if following is None:
            break
        page = moves(marketer, following[1].replace("&amp;", "&"))
    assert found == list(range(120, 0, -1))


def test_nobody_moved_yet_is_said(marketer, segment):
    assert "Nobody has come or gone yet" in moves(marketer)
    assert "Nobody has come or gone yet" in marketer.get("/segments/lately/days").content.decode()


def test_the_page_opens_without_asking_the_warehouse(marketer, segment, monkeypatch):
    monkeypatch.setattr(client, "_current", None)
    page = marketer.get("/segments/lately/?tab=moves").content.decode()
    assert "Looking for those who came and went…" in page and 'hx-get="/segments/lately/days"' in page


def test_the_days_count_who_came_and_who_went(shop, marketer, segment, told):
    begin(shop, segment, [9], NOW - 3 * DAY_US)
    for number, (person, is_in, days) in enumerate(((1, True, 2), (2, True, 2), (3, False, 2), (1, False, 0), (5, True, 200)), 2):
        told(segment, person, is_in, NOW - days * DAY_US, number)
    page = marketer.get("/segments/lately/days").content.decode()
    assert "2 came in, 2 went out." in page
    rows = re.findall(r'<th scope="row">([^<]+)</th><td class="n">([^<]+)</td><td class="n">([^<]+)</td>', page)
    assert rows == [("30 Dec", "2", "−1"), ("31 Dec", "0", "0"), ("1 Jan", "0", "−1")]


def test_the_size_of_a_day_without_a_count_is_that_of_the_day_before(marketer, segment):
    for day, people in ((TODAY - 4, 10), (TODAY - 1, 40)):
        operations.store_counts(counts={segment.id: (1, people)}, at_us=NOW, day=day)
    page = marketer.get("/segments/lately/").content.decode()
    rows = re.findall(r'<th scope="row">([^<]+)</th><td class="n">([^<]+)</td>', page)
    assert rows == [("28 Dec", "10"), ("29 Dec", "10"), ("30 Dec", "10"), ("31 Dec", "40"), ("1 Jan", "40")]
    assert "From 10 to 40 people since 28 December 2025" in page


def test_a_fact_that_brought_somebody_in_is_named_with_its_value_before(marketer, segment, told):
    told(segment, 1, True, ORDERED_US + HOUR_US // 2, 7)  # the worker told it half an hour later
    part = marketer.get("/segments/lately/moves/7", HTTP_HX_REQUEST="true").content.decode()
    assert "Orders in the last 7 days: 0 → <b>1</b>" in part and "turned" in part
    page = marketer.get("/segments/lately/moves/7").content.decode()
    assert "<h1" in page and "came in" in page and "/customers/1/" in page


def test_time_that_let_somebody_go_is_named_too(marketer, shop, told):
    row = operations.create(
        name="Sleepers", rule=rule('days_since(last orders) > 60 and city = "Казань"'), actor=ALICE, at_us=NOW
    )
    told(row, 2, True, ZONE.midnight_us(TODAY - 9), 4)
    answer = marketer.get("/api/v1/segments/sleepers/moves/4").json()
    assert [(leaf["was"], leaf["shown"], leaf["has_turned"], leaf["ok"]) for leaf in answer["leaves"]] == [
        ("60", "61", True, True), ("Казань", "Казань", False, True),
    ]  # fmt: skip
    assert answer["in"] is True and answer["before_us"] == ZONE.midnight_us(TODAY - 9) - 1


def test_a_move_is_explained_by_the_rule_of_its_own_version(marketer, segment, told):
    told(segment, 1, True, ORDERED_US + 1, 7)
    operations.publish(segment=segment, rule=rule('city = "Казань"'), actor=ALICE, at_us=NOW)
    part = marketer.get("/segments/lately/moves/7", HTTP_HX_REQUEST="true").content.decode()
    assert "Orders in the last 7 days: 0 → <b>1</b>" in part and "By the rule of version 1." in part


def test_a_move_of_somebody_merged_since_is_explained_by_the_survivor(marketer, segment, told):
    Profile.objects.create(id=9, created_us=0, merged_into_id=1)
    told(segment, 9, True, ORDERED_US + 1, 7)
    page = marketer.get("/segments/lately/moves/7").content.decode()
    assert "Orders in the last 7 days: 0 → <b>1</b>" in page and "/customers/1/" in page


def test_a_move_that_no_test_explains_is_said_to_be_so(marketer, segment, told):
    told(segment, 1, True, NOW - 4 * DAY_US, 3)
    told(segment, 1, False, NOW - 3 * DAY_US, 7)  # by what is known today she was in on both days
    part = marketer.get("/segments/lately/moves/7", HTTP_HX_REQUEST="true").content.decode()
    assert "no test turned just then" in part and "→" not in part


def test_programs_read_moves_page_by_page(marketer, segment, told):
    for number in (5, 6, 7):
        told(segment, number, True, NOW - number, number)
    answer = marketer.get("/api/v1/segments/lately/moves?limit=2").json()
    assert [move["number"] for move in answer["moves"]] == [7, 6] and answer["next_before"] == 6
    answer = marketer.get("/api/v1/segments/lately/moves?limit=2&before=6").json()
    assert [move["person_id"] for move in answer["moves"]] == [5] and answer["next_before"] is None
    assert marketer.get("/api/v1/segments/lately/moves?way=out").json()["moves"] == []
    assert marketer.get("/api/v1/segments/lately/moves/99").status_code == 404


def test_a_segment_tells_which_others_it_rests_on_and_feeds(marketer, segment):
    operations.create(name="Upper", rule=rule('in segment "lately" and city is known'), actor=ALICE, at_us=NOW)
    page = marketer.get("/segments/lately/").content.decode()
    assert "is named by" in page and 'href="/segments/upper/"' in page and "rests on" not in page
    page = marketer.get("/segments/upper/").content.decode()
    assert "rests on" in page and 'href="/segments/lately/"' in page and "is named by" not in page


def test_an_editor_names_those_who_came_last_and_are_there_still(marketer, segment, told):
    operations.store_counts(counts={segment.id: (1, 2)}, at_us=NOW, day=TODAY)
    told(segment, 1, True, NOW - 20 * DAY_US, 2)
    told(segment, 2, True, NOW - 10 * DAY_US, 3)
    told(segment, 2, False, NOW - 9 * DAY_US, 4)
    told(segment, 1, False, NOW - 8 * DAY_US, 5)
    told(segment, 1, True, NOW - 2 * DAY_US, 6)
    part = marketer.get("/segments/lately/stored").content.decode()
    assert "Who came in last" in part and "2 days ago" in part
    assert re.findall(r'href="/customers/(\d+)/"', part) == ["1"] and "/segments/lately/moves/6" in part
    told(segment, 1, False, NOW - DAY_US, 7)
    assert "Who came in last" not in marketer.get("/segments/lately/stored").content.decode()
