"""The pages of reports as a member opens them."""

from __future__ import annotations

import html

from django.test import Client

from samovar.staff.models import Member


def member(role: str) -> Client:
    """A browser in which somebody of a role is signed in."""
    browser = Client()
    browser.force_login(Member.objects.create_user(username=role, password="a long password", role=role, language="en"))
    return browser


def part(browser: Client, address: str, **params: str) -> str:
    """The part of a page that holds the answer."""
    answer = browser.get(address, {**params, "part": "1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return html.unescape(answer.content.decode()).replace("\xa0", " ")
