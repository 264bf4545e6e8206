"""The list of segments: what each means, how it changed, how many things rest on it; and it asks the warehouse nothing."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from samovar import rules
from samovar.engine.warehouse import client
from samovar.staff.models import Member, Role
from samovar.understand import operations, uses
from samovar.understand.models import Segment
from samovar.understand.queries import by_day, sizes_of
from samovar.understand.tests.shop import ALICE, NOW, TODAY
from samovar.understand.tests.test_screens import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(shop, monkeypatch):
    monkeypatch.setattr(client, "_current", None)
    monkeypatch.setattr(type(settings.WORKSPACE.clock), "now_us", lambda clock: NOW)
    return signed_in(Role.MARKETER)


def made(name, text, *sizes):
    """A segment with sizes as (days ago, people)."""
    row = operations.create(name=name, rule=rules.parse(text, rules.builtin_catalogue("RUB")), actor=ALICE, at_us=NOW)
    for days, people in sizes:
        operations.store_counts(counts={row.id: (1, people)}, at_us=NOW, day=TODAY - days)
    return row


def rows_of(page):
    """The cells of the list as text: name, meaning, people, week, used in."""
    found = []
    for row in re.findall(r"<tr>(<td class=\"pick\">.*?)</tr>", page, re.DOTALL):
        cells = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
        found.append((*cells[1:5], cells[6]))
    return found


def test_it_says_what_each_segment_means_how_it_changed_and_what_rests_on_it(marketer):
    made("Buyers", "count(orders) >= 1", (12, 40), (7, 50), (1, 90), (0, 1200))
    made("Fresh", "count(orders) = 0", (0, 3))
    made("Upper", 'in segment "buyers" and not in segment "fresh"')
    made("Rejoined", 'entered segment "buyers" in last 7 days', (8, 10), (0, 4))
    assert rows_of(marketer.get("/segments/").content.decode()) == [
        ("Buyers", "Has an order.", "1,200", "+1,150", "2"),
        ("Fresh", "Has no orders.", "3", "—", "1"),
        ("Rejoined", "Entered the segment “Buyers” in the last 7 days.", "4", "−6", "—"),
        ("Upper", "Is in the segment “Buyers” and is not in the segment “Fresh”.", "not counted yet", "—", "—"),
    ]
    Member.objects.update(language="ru")
    assert "Сделал заказ." in marketer.get("/segments/").content.decode()


def test_the_trend_is_a_line_with_words(marketer):
    made("Buyers", "count(orders) >= 1", (12, 40), (0, 1200))
    made("Fresh", "count(orders) = 0", (0, 3))
    page = marketer.get("/segments/").content.decode()
    assert re.findall(r'class="spark"[^>]*aria-label="([^"]+)"', page) == ["From 40 to 1,200 people"]
    [points] = re.findall(r'<polyline points="([^"]+)"', page)
    assert len(points.split(" ")) == 13  # a point a day, counted or not


def test_the_rule_is_a_column_to_choose_and_words_of_the_description_are_found(marketer):
    row = made("Buyers", "count(orders) >= 1")
    operations.publish(segment=row, description="Those who pay us", actor=ALICE, at_us=NOW)
    page = marketer.get("/segments/?q=who pay").content.decode()
    assert "Buyers" in page and "count(orders)" not in page
    assert "count(orders) &gt;= 1" in marketer.get("/segments/?cols=name,rule").content.decode()
    assert "Buyers" not in marketer.get("/segments/?q=nobody").content.decode()


def test_the_export_has_the_sentence_and_plain_figures(marketer):
    made("Buyers", "count(orders) >= 1", (7, 50), (0, 1200))
    lines = b"".join(marketer.get("/segments/?export=csv").streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1] == "Buyers,has an order,1200,1150,,0"


def test_a_day_nobody_counted_has_the_size_of_the_day_before(db):
    row = made("Buyers", "count(orders) >= 1", (3, 5), (1, 9))
    assert by_day(sizes_of(row), TODAY) == {TODAY - 3: 5, TODAY - 2: 5, TODAY - 1: 9, TODAY: 9}
    assert by_day([], TODAY) == {}


def test_things_of_other_rooms_are_counted_as_they_say(db, monkeypatch):
    monkeypatch.setattr(uses, "_checks", [])
    monkeypatch.setattr(uses, "_fed", [])
    uses.register(lambda segment: None, lambda: {"buyers": 2})
    made("Upper", 'in segment "buyers"')
    assert uses.counts() == {"buyers": 3}


def test_chosen_rows_are_put_away_after_a_question(marketer):
    rows = [made("Buyers", "count(orders) >= 1"), made("Upper", 'in segment "buyers"'), made("Fresh", "count(orders) = 0")]
    page = marketer.post("/segments/", {"bulk": "archive", "row": [row.id for row in rows[:2]]}).content.decode()
    assert "Archive 1 segment?" in page and "is named by the rule of: Upper" in page
    marketer.post("/segments/", {"bulk": "archive", "confirmed": str(rows[2].id)})
    assert [row.name for row in Segment.objects.filter(is_archived=True)] == ["Fresh"]
    assert rows_of(marketer.get("/segments/?state=archived").content.decode())[0][0] == "Fresh"
