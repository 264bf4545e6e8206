"""The REST API of saved reports and boards: made, changed, asked, taken away and removed, each by who may."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from samovar.engine.warehouse import client as warehouse
from samovar.measure.models import Board, SavedReport
from samovar.measure.reports.tests.shop import a_shop
from samovar.staff import operations as staff
from samovar.staff.actors import Actor
from samovar.understand.models import Segment

pytestmark = pytest.mark.django_db
CITIES = {"name": "Cities", "slug": "cities", "params": {"rows": "person.city", "measures": "people"}, "chart": "bar"}


@pytest.fixture
def shop(monkeypatch):
    shop = a_shop(3)
    monkeypatch.setattr(warehouse, "_current", shop)
    return shop


class Program:
    """A program with a token of a role."""

    def __init__(self, role: str) -> None:
        _row, self._secret = staff.create_token(name=role, role=role, actor=Actor.system("test"), at_us=1)

    def ask(self, method: str, path: str, body: object = None):
        return Client().generic(
            method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {self._secret}",
        )  # fmt: skip


def test_a_report_is_made_asked_changed_and_removed(shop):
    program = Program("analyst")
    assert program.ask("POST", "/saved-reports", CITIES).status_code == 201
    assert [one["slug"] for one in program.ask("GET", "/saved-reports").json()["reports"]] == ["cities"]
    answer = program.ask("GET", "/saved-reports/cities/answer?at=2026-06-15T12:00").json()
    assert answer["columns"] == ["person.city", "people"]
    assert answer["rows"] == shop.report("custom", CITIES["params"]).rows
    changed = program.ask("PATCH", "/saved-reports/cities", {"name": "Where they live"}).json()
    assert (changed["name"], changed["version"], changed["params"]) == ("Where they live", 2, CITIES["params"])
    assert program.ask("GET", "/saved-reports/cities/file?format=csv").content.startswith(b"\xef\xbb\xbf")
    assert program.ask("DELETE", "/saved-reports/cities").json() == {"ok": True}
    assert program.ask("GET", "/saved-reports/cities").status_code == 404


def test_a_board_is_made_changed_and_removed(shop):
    program = Program("marketer")
    tiles = [{"report": "rfm", "title": "RFM", "width": 2}]
    assert program.ask("POST", "/boards", {"name": "Morning", "tiles": tiles}).status_code == 201
    assert program.ask("PATCH", "/boards/morning", {"is_first": True}).json()["is_first"]
    assert program.ask("GET", "/boards/morning").json()["tiles"] == [{"params": {}, **tiles[0]}]
    assert program.ask("DELETE", "/boards/morning").status_code == 200
    assert program.ask("GET", "/boards").json() == {"boards": []}


def test_a_wrong_one_is_refused_in_the_one_shape_of_errors(shop):
    refused = Program("analyst").ask("POST", "/saved-reports", {**CITIES, "params": {"rows": "a; b; c; d"}})
    assert (refused.status_code, refused.json()["ok"], refused.json()["error"]["field"]) == (422, False, "rows")
    assert not SavedReport.objects.exists()


def test_who_may_only_read_keeps_nothing_and_sees_only_what_is_shared(shop):
    Program("analyst").ask("POST", "/saved-reports", {**CITIES, "roles": ["marketer"]})
    reader = Program("operator")
    assert reader.ask("POST", "/saved-reports", {**CITIES, "slug": "mine"}).status_code == 403
    assert reader.ask("GET", "/saved-reports").json() == {"reports": []}
    assert reader.ask("GET", "/saved-reports/cities/answer").status_code == 404
    assert SavedReport.objects.count() == 1


@pytest.mark.parametrize(("place", "format"), [("/saved-reports/cities", "csv"), ("/boards/morning", "pdf")])
def test_schedules_are_made_listed_and_removed_by_who_may_take_files_away(shop, place, format):
    program, reader = Program("analyst"), Program("operator")
    program.ask("POST", "/saved-reports", CITIES)
    program.ask("POST", "/boards", {"name": "Morning", "tiles": [{"saved": "cities"}]})
    weekly = {"every": "weekly", "weekday": 2, "time": "09:00", "format": format, "addresses": ["a@tea.example", "b@tea.example"]}
    assert reader.ask("POST", f"{place}/schedules", weekly).status_code == 403
    made = program.ask("POST", f"{place}/schedules", weekly)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in weekly} == weekly
    assert [one["id"] for one in reader.ask("GET", f"{place}/schedules").json()["schedules"]] == [made.json()["id"]]
    refused = program.ask("POST", f"{place}/schedules", {**weekly, "addresses": ["nobody"]})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "addresses")
    assert program.ask("DELETE", f"{place}/schedules/{made.json()['id'] + 1}").status_code == 404
    assert program.ask("DELETE", f"{place}/schedules/{made.json()['id']}").status_code == 200
    assert program.ask("GET", f"{place}/schedules").json() == {"schedules": []}


def test_a_board_is_not_scheduled_as_csv(shop):
    program = Program("analyst")
    program.ask("POST", "/boards", {"name": "Morning"})
    refused = program.ask("POST", "/boards/morning/schedules", {"time": "09:00", "format": "csv", "addresses": ["a@tea.example"]})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "format")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/reports/funnel/segments", {"cell": {"step": "1"}, "params": {"steps": "views then orders"}}),
        ("POST", "/saved-reports", {**CITIES, "params_": {}}), ("PATCH", "/saved-reports/kept", {"colour": "red"}),
        ("POST", "/boards", {"name": "B", "tiels": []}), ("PATCH", "/boards/kept", {"tiels": []}),
        ("POST", "/saved-reports/kept/schedules", {"addresses": ["a@tea.example"], "hour": 9}),
        ("POST", "/alerts/1/acknowledge", {"text": "seen"}),
    ],
)  # fmt: skip
def test_a_field_that_a_body_does_not_have_is_refused_by_its_name(shop, method, path, body):
    program = Program("owner")
    program.ask("POST", "/saved-reports", {**CITIES, "slug": "kept"})
    program.ask("POST", "/boards", {"name": "Kept", "slug": "kept"})
    made = Segment.objects.count(), SavedReport.objects.count(), Board.objects.count()
    answer = program.ask(method, path, body)
    unknown = [*body][-1]
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, unknown)
    assert unknown in answer.json()["error"]["message"]
    assert (Segment.objects.count(), SavedReport.objects.count(), Board.objects.count()) == made
