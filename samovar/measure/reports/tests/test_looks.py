"""How reports look: titles that say which way, others last, the end of a ladder, and what an empty page says."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from samovar.engine.warehouse import client as warehouse
from samovar.kit.clock import DAY_US
from samovar.measure.reports import values
from samovar.measure.reports.answers import Found
from samovar.measure.reports.baskets import Affinity
from samovar.measure.reports.question import OTHERS
from samovar.measure.reports.tests.pages import part
from samovar.measure.reports.tests.shop import Shop
from samovar.measure.screens import looks

pytestmark = pytest.mark.django_db
MORE, LESS = "Bought together more often than by chance", "No pair is bought together more often than by chance"


def pairs(*lifts: float) -> Found:
    rows = [["tea", "cup", 9, 0.1, 0.2, 0.3, lift] for lift in lifts]
    return Found(Affinity(), {}, 0, list(Affinity.columns), rows, [{} for _lift in lifts], 1.0)


@pytest.mark.parametrize(
    ("lifts", "begins"), [((3.1, 1.2), MORE), ((0.66, 0.53), LESS), ((1.4, 0.9), "Bought together: above 1 more often")]
)
def test_the_title_of_pairs_says_on_which_side_of_chance_they_lie(lifts, begins):
    [chart] = looks.charts(pairs(*lifts))
    assert chart.title.startswith(begins)


def test_a_ladder_counts_who_came_so_far_or_further(shop):
    found = shop.report("ladder", {"rungs": "many: count(orders) >= 3\ntea: count(views) >= 1\nany: count(orders) >= 1"})
    people, reached = found.place("people"), found.place("reached")
    standing = [row[people] for row in found.rows]
    assert [row[reached] for row in found.rows] == [sum(standing[: place + 1]) for place in range(len(standing))]
    for place, cells in enumerate(found.cells[:-1]):
        behind = shop.behind(found, cells["reached"])
        assert len(behind.people) == found.rows[place][reached]
        assert behind.rule is not None


@pytest.mark.parametrize(("name", "asked"), [("funnel", {"steps": "orders then orders"}), ("drivers", {})])
def test_parts_too_small_to_stand_by_name_come_last_and_are_called_others(marketer, shop, monkeypatch, name, asked):
    monkeypatch.setattr(values, "PARTS_MAX", 1)
    found = shop.report(name, {**asked, "by": "city"})
    parts = list(dict.fromkeys(row[0] for row in found.rows))
    assert parts[-1] == OTHERS and len(parts) == 3  # the largest, those whose city is unknown, and the others
    told = part(marketer, f"/reports/{name}/", by="city", at="2026-06-14", **asked)
    assert OTHERS not in re.sub(r"<script.*?</script>", "", told, flags=re.DOTALL).replace("Counting…", "")
    assert re.findall(r"<td[^>]*>(others)</td>", told)
    assert all(OTHERS not in (one.name, *chart.x) for chart in looks.charts(found) for one in chart.series)


def bare_shop() -> Shop:
    """People who each bought two things of which only the articles are known."""
    shop = Shop()
    for person in range(1, 9):
        shop.person(person)
        shop.order(person, shop.at_us - person * DAY_US, 0, 2)
    shop.cursor.execute("UPDATE lines SET category = NULL, name = NULL")
    return shop


def test_a_shop_without_categories_is_told_so_and_led_to_names(marketer, monkeypatch):
    monkeypatch.setattr(warehouse, "_current", bare_shop())
    told = part(marketer, "/reports/affinity/", at="2026-06-15")
    assert "The goods of the orders have no categories" in told
    assert "Figures come with orders" not in told
    assert 'href="/reports/affinity/?at=2026-06-15&of=sku"' in told
    assert "No pair stands in 50 orders or more" in part(marketer, "/reports/affinity/", of="sku", least="50")
    assert "The goods" not in part(marketer, "/reports/affinity/", of="sku")
    monkeypatch.setattr(warehouse, "_current", Shop())
    assert "Nothing happened that this report could show" in part(marketer, "/reports/affinity/")


def test_the_page_of_people_says_how_many_they_are(marketer, shop):
    cell = quote('{"figure": "repeat_rate", "which": "base"}')
    page = marketer.get(f"/reports/loyalty/people/?at=2026-06-14&rows=1&cell={cell}").content.decode()
    told = re.findall(r"(\d+) people</span>", page)
    scorecard = shop.report("loyalty", {}, shop.at_us - DAY_US + DAY_US // 2 - 1)
    assert told == [str(scorecard.rows[1][scorecard.place("of")])]
