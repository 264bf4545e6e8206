"""The doors of the office: hosts, forms from elsewhere, what a page may load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from samovar.doors.office.hosts import AllowedHosts
from samovar.engine.snapshots import write_edge_snapshot
from samovar.staff.models import Member

pytestmark = pytest.mark.django_db


@pytest.fixture
def public_https(settings: Any) -> Iterator[None]:
    settings.ALLOWED_HOSTS = AllowedHosts(settings.WORKSPACE)  # the test runner puts a plain list in its place
    write_edge_snapshot(settings.WORKSPACE, keys={}, settings={"public_url": "https://crm.example.com"})
    yield
    write_edge_snapshot(settings.WORKSPACE, keys={})


def test_it_answers_only_to_its_own_names(public_https: None) -> None:
    assert Client(HTTP_HOST="crm.example.com").get("/login").status_code == 200
    assert Client(HTTP_HOST="127.0.0.1:8000").get("/login").status_code == 200
    assert Client(HTTP_HOST="evil.example").get("/login").status_code == 400
    assert Client(HTTP_HOST="crm.example.com.evil.example").get("/login").status_code == 400


def test_cookies_are_secure_where_the_address_is_https(public_https: None, member: Callable[[str], Member]) -> None:
    member("owner")
    form = {"login": "owner", "password": "a-samovar-of-brass"}
    assert Client(HTTP_HOST="crm.example.com").post("/login", form).cookies["samovar_session"]["secure"]
    assert not Client(HTTP_HOST="localhost").post("/login", form).cookies["samovar_session"]["secure"]


def test_a_form_without_its_secret_changes_nothing(member: Callable[[str], Member]) -> None:
    browser = Client(enforce_csrf_checks=True, HTTP_HOST="localhost")
    browser.force_login(member("owner"))
    answer = browser.post("/members/add", {"login": "charlie", "password": "a-samovar-of-brass", "role": "owner"})
    assert answer.status_code == 403
    assert not Member.objects.filter(username="charlie").exists()


@pytest.mark.parametrize("path", ["/login", "/audit/", "/nowhere", "/api/v1/nowhere", "/static/built/none.js"])
def test_every_answer_says_what_it_may_load(owner: Client, path: str) -> None:
    answer = owner.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_each_page_has_a_nonce_of_its_own(owner: Client) -> None:
    assert owner.get("/audit/").headers["Content-Security-Policy"] != owner.get("/audit/").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/members/", "owner"), ("/audit/", "operator"), ("/settings/", "analyst"), ("/customers/?export=csv", "analyst")],
)
def test_a_page_opens_only_to_roles_that_may(client_of: Callable[[str], Client], shop: object, path: str, allowed: str) -> None:
    assert client_of(allowed).get(path).status_code == 200


@pytest.mark.parametrize(("path", "role"), [("/members/", "marketer"), ("/audit/", "analyst")])
def test_a_page_stays_shut_to_roles_that_may_not(client_of: Callable[[str], Client], path: str, role: str) -> None:
    answer = client_of(role).get(path)
    assert answer.status_code == 403
    assert b"Your role does not allow this" in answer.content


def test_the_menu_shows_only_what_a_member_may_open(client_of: Callable[[str], Client]) -> None:
    page = client_of("analyst").get("/settings/").content
    assert b'href="/customers/"' in page
    assert b'href="/members/"' not in page


@pytest.mark.parametrize("path", ["/nowhere", "/customers/99999999999999999999/", "/%00", "/customers/1/?tab=%00"])
def test_an_address_that_leads_nowhere_is_a_page_and_never_a_fault(owner: Client, shop: object, path: str) -> None:
    assert owner.get(path).status_code in (200, 404)
