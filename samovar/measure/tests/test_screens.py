"""The pages of reports agree with their figures."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client

from samovar.decide.models import Campaign
from samovar.engine.warehouse import client as warehouse
from samovar.kit.clock import DAY_US, HOUR_US
from samovar.measure.queries import Week
from samovar.measure.reports import REPORTS
from samovar.measure.screens import overview
from samovar.measure.tests.warehouse import SmallWarehouse
from samovar.staff.models import Member, Role
from samovar.webkit import formats

pytestmark = pytest.mark.django_db
START = 20_000 * DAY_US


@pytest.fixture
def shop(monkeypatch):
    shop = SmallWarehouse()
    monkeypatch.setattr(warehouse, "_current", shop)
    return shop


@pytest.fixture
def analyst(shop):
    browser = Client()
    browser.force_login(Member.objects.create_user(username="bob", password="a long password", role=Role.ANALYST, language="en"))
    return browser


@pytest.fixture
def campaign(shop):
    """60 treated who spend 100.00 or 120.00, 20 control who spend 10.00 or 12.00."""
    for person in range(1, 81):
        shop.person(person)
        is_control = person > 60
        shop.passed(1, person, START, control=is_control)
        shop.order(
            f"o{person}", person, START + HOUR_US, (1000 if is_control else 10_000) + (person % 2) * (200 if is_control else 2000)
        )
    return Campaign.objects.create(
        id=1, slug="win-back", name="Win back", salt="s", variants=[{"name": "A", "weight": 1}], action={"name": "send_email"},
        status="running", created_us=START, launched_us=START, started_us=START,
    )  # fmt: skip


def whole_page(browser: Client, address: str) -> str:
    """A page with the parts it asks for."""
    page = browser.get(address).content.decode()
    parts = re.findall(r'hx-get="([^"]+)" hx-trigger="load"', page)
    return "".join([page, *(browser.get(part).content.decode() for part in parts)]).replace("\xa0", " ").replace("\u202f", " ")


def test_a_large_campaign_is_counted_after_its_page_has_come(analyst, campaign):
    Campaign.objects.update(audience_count=1_000_000)
    assert "The letter earned" not in analyst.get("/campaigns/win-back/").content.decode()
    assert "The letter earned" in whole_page(analyst, "/campaigns/win-back/")


def test_an_unknown_part_is_not_found(analyst, shop):
    assert analyst.get("/reports/parts/nonsense/").status_code == 404


def test_the_page_says_the_verdict_and_the_money_adds_up(analyst, campaign):
    page = analyst.get("/campaigns/win-back/").content.decode().replace("\xa0", " ").replace("\u202f", " ")
    assert "The letter earned" in page
    # 60 x 110.00 = 6600.00 by the treated, 20 x 11.00 = 220.00 by control, (110 - 11) x 60 = 5940 more
    for figure in ("6,600.00", "220.00", "110.00", "11.00", "5,940"):
        assert figure in page


def test_home_tells_the_same_figures_as_the_verdict(analyst, campaign):
    said = re.search(
        r"earned (\S+) more than silence: between (\S+) and (\S+)\.", analyst.get("/campaigns/win-back/").content.decode()
    )
    assert said is not None
    home = analyst.get("/").content.decode()
    assert f"+{said[1]}" in home
    assert f"Win back: from {said[2]} to {said[3]}" in home


def test_the_people_behind_the_figures_can_be_exported(analyst, campaign):
    answer = analyst.get("/reports/campaigns/win-back/people/?group=control&export=csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 21
    assert sum(int(row[-1]) for row in rows[1:]) == 22_000


def test_the_reports_page_holds_totals_weeks_and_the_way_to_every_report(analyst, shop):
    shop.person(1)
    shop.order("a", 1, START, 123_400)
    shop.order("b", 1, START + 40 * DAY_US, 100)
    page = whole_page(analyst, "/reports/")
    for text in (
        "1,235",
        "Revenue by week",
        "100.0",
        *(f'href="/reports/{name}/"' for name in REPORTS if name != "custom"),
        'href="/reports/own/"',
    ):
        assert text in page


def test_an_empty_workspace_has_pages_that_say_what_will_bring_data(analyst):
    page = whole_page(analyst, "/reports/")
    assert "No orders yet" in page


def test_the_api_answers_the_same_figures(analyst, campaign):
    report = analyst.get("/api/v1/reports/campaigns/win-back").json()
    assert (report["treated"], report["control"], report["incremental_minor"], report["verdict"]) == (60, 20, 594_000, "earned")
    assert report["interval_minor"][0] < 594_000 < report["interval_minor"][1]
    assert analyst.get("/api/v1/reports/summary").json()["orders"] == 80
    assert len(analyst.get("/api/v1/reports/campaigns/win-back/people?limit=50").json()["people"]) == 50
    assert analyst.get("/api/v1/reports/weeks?at=nonsense").status_code == 422


def test_a_stranger_sees_nothing(campaign, shop):
    for address in ("/reports/", "/reports/campaigns/win-back/people/", "/campaigns/"):
        assert Client().get(address).status_code in (302, 403)


def test_the_week_that_still_runs_is_marked_in_the_revenue_by_week():
    zone, monday = formats.zone(), 20_765  # a Monday
    weeks = [Week(monday, 1, 100, 0), Week(monday + 7, 1, 20, 0)]
    on_tuesday, over = zone.midnight_us(monday + 9) - 1, zone.midnight_us(monday + 14) - 1
    assert [overview._weeks_chart(weeks, at_us).partial for at_us in (on_tuesday, over)] == [[1], []]
