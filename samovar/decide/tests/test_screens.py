"""The pages of campaigns, as members of different roles meet them."""

from __future__ import annotations

import pytest
from django.test import Client

from samovar.decide import jobs, operations, queries
from samovar.decide.models import Campaign
from samovar.decide.tests.shop import ALICE, NOW
from samovar.engine.warehouse import client as warehouse
from samovar.engine.warehouse import registry
from samovar.staff.models import Member, Role

pytestmark = pytest.mark.django_db


def signed_in(role: str) -> Client:
    browser = Client()
    browser.force_login(Member.objects.create_user(username=role, password="a long password", role=role, language="en"))
    return browser


@pytest.fixture
def marketer(shop, monkeypatch):
    monkeypatch.setattr(warehouse, "_current", shop)
    registry.load_rooms(["measure"])  # the page of a launched campaign asks for its report
    return signed_in(Role.MARKETER)


def test_the_list_shows_campaigns_and_searches_them(marketer, draft):
    operations.create_draft(name="Другая", actor=ALICE, at_us=NOW)
    page = marketer.get("/campaigns/").content.decode()
    assert "Win back" in page
    assert "Другая" in page
    assert "Другая" not in marketer.get("/campaigns/?q=Win").content.decode()
    assert "Другая" in marketer.get("/campaigns/?q=ДРУГ").content.decode()
    assert "Win back" not in marketer.get("/campaigns/?status=running").content.decode()


def test_a_campaign_is_found_by_a_part_of_its_name(marketer, draft):
    page = marketer.get("/find?q=back").content.decode()
    assert "/campaigns/win-back/" in page


def test_a_name_makes_a_draft(marketer):
    answer = marketer.post("/campaigns/new/", {"name": "Чай к зиме"})
    assert answer.headers["Location"] == "/campaigns/chay-k-zime/"
    assert Campaign.objects.get().status == "draft"


FIELDS = {
    "name": "Win back", "kind": "activation", "purpose": "marketing", "audience": "count(orders) >= 0",
    "start": "2026-03-01T10:30", "variants": "A 50, B 50", "control_percent": "12.5", "window_days": "7",
}  # fmt: skip


def test_the_form_saves_all_five_steps(marketer, draft):
    assert marketer.post("/campaigns/win-back/", FIELDS).status_code == 302
    row = Campaign.objects.get()
    assert row.variants == [{"name": "A", "weight": 50}, {"name": "B", "weight": 50}]
    assert (row.control_share, row.window_days) == (1250, 7)
    assert row.start_us == 1_772_350_200_000_000  # 10:30 in Moscow is 07:30 UTC
    page = marketer.get("/campaigns/win-back/").content.decode()
    for text in ('value="A 50, B 50"', 'value="12.5"', 'value="2026-03-01T10:30"'):
        assert text in page


@pytest.mark.parametrize(("field", "value"), [("control_percent", "60"), ("variants", "A B C"), ("name", ""), ("start", "soon")])
def test_a_bad_field_is_shown_and_nothing_is_saved(marketer, draft, field, value):
    answer = marketer.post("/campaigns/win-back/", {**FIELDS, field: value})
    assert answer.status_code == 422
    assert "is-bad" in answer.content.decode()
    assert Campaign.objects.get().version == 1


def test_the_check_counts_and_says_why_launch_is_disabled(marketer, draft, shop):
    shop.people(1, 2)
    shop.people(3, consent=None)
    page = marketer.get("/campaigns/win-back/check/").content.decode()
    assert "gave no consent" in page
    assert "disabled" not in page
    operations.edit(campaign=draft, values={"audience": ""}, actor=ALICE, at_us=NOW)
    page = marketer.get("/campaigns/win-back/check/").content.decode()
    assert "Say who gets it" in page
    assert "disabled" in page


def test_the_check_shows_a_real_persons_letter_where_nothing_in_it_can_run(marketer, draft, shop):
    shop.people(1, address=False, consent=None)
    shop.people(2)
    page = marketer.get("/campaigns/win-back/check/").content.decode()
    address = "/campaigns/win-back/preview/A/2/"
    assert address in page
    letter = marketer.get(address)
    assert letter.content == b"<p>Dear p2@example.com</p>"
    assert letter.headers["Content-Security-Policy"].startswith("sandbox;")
    assert marketer.get("/campaigns/win-back/preview/A/3/").status_code == 404


def test_launch_pause_resume_and_stop_by_their_buttons(marketer, draft, shop):
    shop.people(1)
    assert marketer.post("/campaigns/win-back/launch/").status_code == 302
    for verb, status in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        assert marketer.post(f"/campaigns/win-back/{verb}/").status_code == 302
        assert Campaign.objects.get().status == status


def test_a_refused_launch_says_why_on_the_page(marketer, draft):
    page = marketer.post("/campaigns/win-back/launch/", follow=True).content.decode()
    assert "Nobody is in the audience now." in page
    assert Campaign.objects.get().status == "draft"


def test_after_launch_the_same_page_is_the_report(marketer, draft, shop):
    shop.people(1)
    operations.launch(campaign=draft, warehouse=shop, actor=ALICE, at_us=NOW)
    jobs.tick(warehouse=shop, at_us=NOW)
    page = marketer.get("/campaigns/win-back/").content.decode()
    assert "Not enough data yet" in page
    assert "The money adds up" in page
    assert "campaign-form" not in page


@pytest.mark.parametrize(("role", "status"), [(Role.ANALYST, 403), (Role.OPERATOR, 403), (Role.MARKETER, 302)])
def test_only_who_may_launches(draft, shop, monkeypatch, role, status):
    monkeypatch.setattr(warehouse, "_current", shop)
    shop.people(1)
    assert signed_in(role).post("/campaigns/win-back/launch/").status_code == status
    assert queries.campaign("win-back").status == ("running" if status == 302 else "draft")


def test_an_analyst_reads_a_draft_and_cannot_save_it(draft, shop, monkeypatch):
    monkeypatch.setattr(warehouse, "_current", shop)
    analyst = signed_in(Role.ANALYST)
    assert analyst.get("/campaigns/win-back/").status_code == 200
    assert analyst.post("/campaigns/win-back/", {**FIELDS, "name": "Mine"}).status_code == 403
    assert Campaign.objects.get().name == "Win back"


def test_what_a_stranger_wrote_is_escaped(marketer, draft):
    operations.edit(campaign=draft, values={"name": "<script>alert(1)</script>"}, actor=ALICE, at_us=NOW)
    for address in ("/campaigns/", "/campaigns/win-back/"):
        assert "<script>alert(1)" not in marketer.get(address).content.decode()


def test_the_api_makes_edits_launches_and_reports(marketer, shop, ledger):
    shop.people(*range(1, 40))

    def call(verb: str, path: str, body: dict | None = None) -> tuple[int, dict]:
        answer = getattr(marketer, verb)(f"/api/v1{path}", body, content_type="application/json")
        return answer.status_code, answer.json() if answer.content else {}

    status, made = call("post", "/campaigns", {"name": "By a program", "action": {"name": "remember", "params": {}}})
    assert (status, made["slug"], made["control_share"]) == (201, "by-a-program", 0.1)
    status, refused = call("post", "/campaigns/by-a-program/launch")
    assert (status, refused["error"]["code"]) == (409, "cannot_launch")
    assert [p["code"] for p in refused["error"]["params"]["problems"]] == ["no_audience"]
    status, refused = call("patch", "/campaigns/by-a-program", {"control_share": 0.9})
    assert (status, refused["error"]["field"]) == (400, "control_share")
    assert call("patch", "/campaigns/by-a-program", {"audience": "count(orders) >= 0"})[0] == 200
    assert call("get", "/campaigns/by-a-program/rehearsal")[1]["reach"] == 39
    assert call("post", "/campaigns/by-a-program/launch")[1]["status"] == "running"
    assert call("post", "/campaigns/by-a-program/pause")[1]["status"] == "paused"
    assert call("get", "/campaigns")[1]["campaigns"][0]["slug"] == "by-a-program"
    assert call("get", "/reports/campaigns/by-a-program")[1]["verdict"] == "not_enough_data"
    assert call("delete", "/campaigns/by-a-program")[0] == 409
