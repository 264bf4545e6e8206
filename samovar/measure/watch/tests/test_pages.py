"""Counters on screen and over the REST API: looked at, kept, alerts listed for who may see them, and taken note of."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from samovar.engine.warehouse import client as warehouse
from samovar.measure.builder import operations as reports
from samovar.measure.builder.tests.test_screens import browser_of, told
from samovar.measure.models import CounterAlert, CounterWatch, SavedReport
from samovar.measure.reports.tests.shop import Shop
from samovar.staff import operations as staff
from samovar.staff.actors import Actor
from samovar.staff.models import Role

pytestmark = pytest.mark.django_db
ALICE = Actor("staff", "77", "Alice")
MINUTE_US = 60_000_000
ASKED = "/reports/live/?part=1&of=views&window=15&line=above+2"


@pytest.fixture
def shop(monkeypatch):
    shop = Shop(zone="Europe/Moscow", at="2026-06-15T12:00:05")
    shop.person(1)
    for minute in range(6):
        shop.event(1, "Product Viewed", shop.at_us - minute * MINUTE_US - 6_000_000)
    monkeypatch.setattr(warehouse, "_current", shop)
    return shop


@pytest.fixture
def alert(shop):
    report = reports.save_report(
        values={"name": "Views", "report": "live", "params": {"of": "views", "line": "below 40"}, "roles": [Role.ANALYST]},
        actor=ALICE, at_us=1,
    )  # fmt: skip
    CounterWatch.objects.create(report=report, params=report.params, watched_us=1)
    return CounterAlert.objects.create(
        report=report, side="below", kind="number", since_us=shop.at_us - 9 * MINUTE_US, opened_us=shop.at_us - 5 * MINUTE_US,
        last_us=shop.at_us, figure=31, line=40.0, worst=12,
    )  # fmt: skip


def test_the_page_says_how_it_stands_and_asks_again(shop):
    page = told(browser_of(Role.ANALYST).get(f"{ASKED}&at=2026-06-15T12:00:05", headers={"HX-Request": "true"}))
    assert "6 in the last 15 minutes: beyond the line of 2 since 11:57." in page
    answer = browser_of(Role.ANALYST, "ru").get(ASKED, headers={"HX-Request": "true"}).content.decode()
    assert "data-again" in answer and 'hx-trigger="every 15s"' in answer
    past = browser_of(Role.OWNER).get(f"{ASKED}&at=2026-06-14", headers={"HX-Request": "true"}).content.decode()
    assert "data-again" not in past


def test_a_counter_is_kept_to_be_watched(shop):
    analyst = browser_of(Role.ANALYST)
    form = {"title": "Views above", "of": "views", "window": "15", "line": "above 2", "minutes": "60"}
    assert analyst.post("/reports/live/keep/", form).status_code == 302
    row = SavedReport.objects.get()
    assert (row.name, row.report, row.chart) == ("Views above", "live", "line")
    assert row.params == {"of": "views", "window": "15", "line": "above 2"}
    assert "Views above above 2 as it should be" in told(analyst.get("/reports/alerts/"))
    assert browser_of(Role.OPERATOR).post("/reports/live/keep/", form).status_code == 403


def test_an_alert_stands_at_home_and_in_the_list_until_it_is_taken_note_of(alert):
    analyst = browser_of(Role.ANALYST)
    page = told(analyst.get("/reports/alerts/"))
    assert "“Views” is below its line" in page
    assert "31 when it was told, the line at 40; at its furthest 12." in page
    assert "“Views” is below its line" in told(analyst.get("/"))
    number = CounterAlert.objects.get().pk
    assert analyst.post(f"/reports/alerts/{number}/acknowledge/", {"note": "Known"}).status_code == 302
    assert "knows of it: Known" in told(analyst.get("/reports/alerts/"))
    assert "“Views” is below its line" not in told(analyst.get("/"))
    CounterAlert.objects.update(closed_us=1)
    assert "closed itself" in told(analyst.post(f"/reports/alerts/{number}/acknowledge/", follow=True))


def test_who_does_not_see_the_report_sees_no_alert_of_it(alert):
    marketer = browser_of(Role.MARKETER)
    assert "Views" not in told(marketer.get("/reports/alerts/"))
    assert "is below its line" not in told(marketer.get("/"))
    assert marketer.post(f"/reports/alerts/{alert.pk}/acknowledge/").status_code == 404


def test_alerts_over_the_api(alert):
    def ask(role: str, method: str, path: str, body: object = None):
        _row, secret = staff.create_token(name=f"{role}{path}", role=role, actor=Actor.system("test"), at_us=1)
        return Client().generic(
            method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {secret}",
        )  # fmt: skip

    [found] = ask(Role.ANALYST, "GET", "/alerts?only_open=true").json()["alerts"]
    assert (found["report"], found["side"], found["figure"], found["worst"]) == ("views", "below", 31, 12)
    noted = ask(Role.ANALYST, "POST", f"/alerts/{alert.pk}/acknowledge", {"note": "x"})
    assert noted.json()["note"] == "x"
    assert ask(Role.MARKETER, "GET", "/alerts").json() == {"alerts": []}
    assert ask(Role.MARKETER, "POST", f"/alerts/{alert.pk}/acknowledge").status_code in (403, 404)
    CounterAlert.objects.update(closed_us=1)
    assert ask(Role.ANALYST, "POST", f"/alerts/{alert.pk}/acknowledge").status_code == 409
    assert ask(Role.ANALYST, "GET", "/alerts?only_open=true").json() == {"alerts": []}
