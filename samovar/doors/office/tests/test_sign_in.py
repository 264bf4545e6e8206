"""Signing in: who may come in, where it leads, and how often it may be tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from samovar.doors.office.tests.conftest import PASSWORD
from samovar.staff import operations, throttle
from samovar.staff.models import Attempts, Member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/customers/", "/settings/", "/audit/", "/members/", "/find?q=a"])
def test_a_stranger_is_sent_to_the_door_and_back(path: str) -> None:
    answer = Client(HTTP_HOST="localhost").get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=/")


def test_a_member_comes_in_and_goes_where_he_wanted(member: Callable[[str], Member]) -> None:
    member("owner")
    browser = Client(HTTP_HOST="localhost")
    answer = browser.post("/login", {"login": "owner", "password": PASSWORD, "next": "/members/?x=1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/members/?x=1")
    cookie = answer.cookies["samovar_session"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert browser.get("/members/").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "\\\\evil.example", "/\\evil.example", "http:evil.example", "javascript:alert(1)",
     "/\t/evil.example", "\t//evil.example", "https://localhost@evil.example/"],
)  # fmt: skip
def test_it_never_leads_to_another_host(member: Callable[[str], Member], target: str) -> None:
    member("owner")
    answer = Client(HTTP_HOST="localhost").post("/login", {"login": "owner", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_says_nothing_of_who_exists(member: Callable[[str], Member]) -> None:
    member("owner")
    browser = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="en")
    sentence = b"Login and password do not fit"
    assert sentence in browser.post("/login", {"login": "owner", "password": "wrong"}).content
    assert sentence in browser.post("/login", {"login": "nobody", "password": "wrong"}).content


def test_guessing_is_stopped_even_for_the_right_password(member: Callable[[str], Member]) -> None:
    member("owner")
    browser = Client(HTTP_HOST="localhost")
    for _try in range(throttle.LOGIN_TRIES_MAX):
        assert browser.post("/login", {"login": "owner", "password": "wrong"}).status_code == 200
    assert browser.post("/login", {"login": "owner", "password": PASSWORD}).status_code == 429
    assert "_auth_user_id" not in browser.session
    other = Client(HTTP_HOST="localhost", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert other.post("/login", {"login": "owner", "password": PASSWORD}).status_code == 302


def test_the_login_is_not_kept_in_clear_by_the_throttle() -> None:
    Client(HTTP_HOST="localhost").post("/login", {"login": "owner", "password": "wrong"})
    assert "owner" not in str(list(Attempts.objects.values()))


def test_somebody_kept_out_is_out_with_the_next_page(owner: Client, member: Callable[[str], Member]) -> None:
    bob = member("analyst")
    browser = Client(HTTP_HOST="localhost")
    browser.force_login(bob)
    assert browser.get("/settings/").status_code == 200
    operations.set_active(member_id=bob.pk, is_active=False, actor=operations.Actor.system("test"), at_us=1)
    assert browser.get("/settings/").status_code == 302


def test_the_language_is_the_member_s_own_and_stays(owner: Client) -> None:
    assert b'<html lang="en">' in owner.get("/audit/").content
    owner.post("/language", {"language": "ru", "next": "/audit/"})
    assert b'<html lang="ru">' in owner.get("/audit/").content
    assert Member.objects.get().language == "ru"
    assert owner.post("/language", {"language": "ru", "next": "//evil.example"}).headers["Location"] == "/"
