"""How segments overlap: combinations against plain sets, and the page whose figures lead to their people."""

from __future__ import annotations

import html
import random
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from pyroaring import BitMap

from samovar import rules
from samovar.engine.warehouse import client
from samovar.staff.models import Member, Role
from samovar.understand import operations
from samovar.understand.overlaps import combinations, people_in
from samovar.understand.tests.shop import ALICE, NOW, TODAY
from samovar.understand.tests.test_screens import signed_in

pytestmark = pytest.mark.django_db
CATALOGUE = rules.builtin_catalogue("RUB")
NAMES = ("Sleepers", "Buyers", "Leads")


@pytest.fixture
def segments(shop):
    """Three segments with {1, 2, 3}, {2, 3, 4, 5} and {3} in them, after somebody came and somebody went."""
    rows = [
        operations.create(name=name, rule=rules.parse("count(orders) >= 1", CATALOGUE), actor=ALICE, at_us=NOW) for name in NAMES
    ]
    for row, people, number in zip(rows, ([1, 2, 9], [2, 3, 4, 5], [1, 3]), (1, 2, 3), strict=True):
        shop._insert("beginnings", row.id, 1, BitMap(people).serialize(), NOW, TODAY, number)
    told = [(0, 9, False, 4), (0, 3, True, 5), (2, 1, False, 6), (1, 5, False, 7), (1, 5, True, 8)]
    for place, person, is_in, number in reversed(told):  # the table keeps no order
        shop._insert("membership", rows[place].id, 1, person, is_in, NOW, TODAY, number)
    return rows


@pytest.fixture
def marketer(segments):
    return signed_in(Role.MARKETER)


@pytest.mark.parametrize("seed", range(20))
def test_combinations_are_those_of_plain_sets(seed):
    chance, slots = random.Random(seed), 1 + seed % 6
    members = [set(chance.sample(range(1, 40), chance.randrange(20))) for _ in range(slots)]
    found = combinations([BitMap(people) for people in members])
    wanted = {}
    for person in set().union(*members):
        code = sum(1 << slot for slot in range(slots) if person in members[slot])
        wanted[code] = wanted.get(code, 0) + 1
    assert found == wanted
    assert [people_in(found, 1 << slot) for slot in range(slots)] == [len(one) for one in members]


def test_the_page_has_a_row_for_each_combination_with_anybody(marketer):
    page = marketer.get("/segments/overlap/?s=sleepers&s=buyers&s=leads").content.decode()
    rows = re.findall(r'aria-label="([^"]+): (\d+)">\2</a>', page)
    assert [(html.unescape(label), int(people)) for label, people in rows] == [
        ("“Buyers”, not “Sleepers” or “Leads”", 2), ("“Sleepers”, not “Buyers” or “Leads”", 1),
        ("“Sleepers” and “Buyers”, not “Leads”", 1), ("“Sleepers”, “Buyers” and “Leads”", 1),
    ]  # fmt: skip
    assert "2 people of 5 are in more than one of them (40.0%)." in page
    assert "1 in it alone" in page and "0 in it alone" in page


def test_a_figure_leads_to_its_people_as_a_rule_that_is_good(marketer):
    page = marketer.get("/segments/overlap/?s=sleepers&s=buyers&s=leads").content.decode()
    found = [parse_qs(urlsplit(html.unescape(one)).query) for one in re.findall(r'href="(/segments/new/\?[^"]+)"', page)]
    rows = [(one["rule"][0], one["name"][0]) for one in found]
    assert rows[0] == (
        'not in segment "sleepers" and in segment "buyers" and not in segment "leads"', "“Buyers”, not “Sleepers” or “Leads”",
    )  # fmt: skip
    assert ('in segment "sleepers" and in segment "buyers"', "“Sleepers” and “Buyers”") in rows
    for rule, _name in rows:
        assert rules.to_text(rules.parse(rule, CATALOGUE)) == rule


def test_a_pair_is_a_share_of_the_segment_of_its_row(marketer):
    page = marketer.get("/segments/overlap/?s=sleepers&s=buyers").content.decode()
    assert re.findall(r'aria-label="“Sleepers” and “Buyers”: (\d+), ([\d.]+%)"', page) == [("2", "66.7%"), ("2", "50.0%")]


def test_fewer_than_two_segments_ask_for_more_and_ask_nothing_of_the_warehouse(marketer, monkeypatch):
    monkeypatch.setattr(client, "_current", None)
    for address in ("", "?s=sleepers", "?s=nobody&s=sleepers", "?s=sleepers&s=sleepers"):
        page = marketer.get(f"/segments/overlap/{address}").content.decode()
        assert "Choose from two to six segments" in page
    part = marketer.get("/segments/overlap/", HTTP_HX_TARGET="overlap").content.decode()
    assert part.startswith('<div class="grid overlap" id="overlap"')


def test_segments_nobody_is_in_are_said_to_be_empty(marketer):
    for name in ("x", "y"):
        operations.create(name=name, rule=rules.parse("count(orders) > 9", CATALOGUE), actor=ALICE, at_us=NOW)
    assert "Nobody is in them" in marketer.get("/segments/overlap/?s=x&s=y").content.decode()


def test_the_names_stand_in_the_readers_quotes(marketer):
    Member.objects.update(language="ru")
    page = marketer.get("/segments/overlap/?s=sleepers&s=buyers").content.decode()
    assert "«Sleepers», но не «Buyers»" in page and "«Sleepers» и «Buyers»" in page
    assert "2 человека из 5 состоят больше чем в одном из них" in page


def test_programs_ask_for_the_combinations(marketer):
    answer = marketer.get("/api/v1/segments/overlap?slug=sleepers&slug=leads").json()
    assert answer["segments"] == [{"slug": "sleepers", "people": 3}, {"slug": "leads", "people": 1}]
    assert answer["combinations"] == [
        {"segments": ["sleepers"], "people": 2}, {"segments": ["sleepers", "leads"], "people": 1},
    ]  # fmt: skip
    for query in ("slug=sleepers", "slug=sleepers&slug=sleepers", "&".join(["slug=sleepers"] * 7)):
        refused = marketer.get(f"/api/v1/segments/overlap?{query}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "bad_overlap")
    assert marketer.get("/api/v1/segments/overlap?slug=sleepers&slug=nobody").status_code == 404
