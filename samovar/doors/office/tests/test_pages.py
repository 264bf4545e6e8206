"""Home, settings, sources, members: the pages of set-up."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from samovar.collect.models import Source
from samovar.doors.office.screens.settings import GROUPS, LABELS
from samovar.doors.office.tests.conftest import House
from samovar.engine import settings
from samovar.engine.settings import SETTINGS
from samovar.engine.snapshots import key_hash, read_edge_snapshot
from samovar.staff import tokens
from samovar.staff.models import Member

pytestmark = pytest.mark.django_db


def test_home_shows_the_loop_and_what_to_do_first(shop: House, owner: Client) -> None:
    page = owner.get("/").content.decode()
    assert re.search(r"<span>People</span><b>2</b>", page)
    assert "Bring in your customers" in page


def test_each_setting_has_a_label_and_a_group() -> None:
    assert {one.name for one in SETTINGS} == set(LABELS)
    assert {one.group for one in SETTINGS} == set(GROUPS)


def values() -> dict[str, object]:
    """What a browser sends of the page as it stands: of boxes, those that are ticked."""
    return {name: value for name, value in settings.current().items() if value is not False}


def test_settings_are_saved_and_the_edge_is_told(owner: Client) -> None:
    answer = owner.post("/settings/", {**values(), "public_url": "https://crm.example.com", "browser_events_per_s": 7})
    assert answer.status_code == 302
    assert settings.changed() == {"public_url": "https://crm.example.com", "browser_events_per_s": 7}
    told = read_edge_snapshot(django_settings.WORKSPACE).settings
    assert (told.public_url, told.browser_events_per_s) == ("https://crm.example.com", 7)
    owner.post("/settings/", {**values(), "public_url": "", "browser_events_per_s": 5000})


def test_a_setting_that_cannot_be_is_said_beside_its_field(owner: Client) -> None:
    answer = owner.post("/settings/", {**values(), "public_url": "javascript:alert(1)", "smtp_port": 25})
    assert answer.status_code == 422
    assert b'id="id_public_url_error"' in answer.content
    assert settings.changed() == {}


def test_a_source_shows_its_key_once_and_the_edge_knows_it_until_it_is_closed(owner: Client) -> None:
    page = owner.post("/sources/add", {"name": "till", "kind": "server"}).content.decode()
    (key,) = re.findall(r'<code class="secret">(sk_[^<]+)</code>', page)
    assert key_hash(key) in read_edge_snapshot(django_settings.WORKSPACE).keys
    assert key not in owner.get("/sources/").content.decode()
    owner.post("/sources/revoke", {"name": "till"})
    assert key_hash(key) not in read_edge_snapshot(django_settings.WORKSPACE).keys
    assert Source.objects.get(name="till").revoked_us is not None


def test_sources_are_a_list_like_the_others(owner: Client) -> None:
    for name in ("till", "kiosk"):
        owner.post("/sources/add", {"name": name, "kind": "server"})
    owner.post("/sources/revoke", {"name": "kiosk"})
    page = owner.get("/sources/?state=open&q=I").content.decode()
    assert 'class="rows folds"' in page and "till" in page and "kiosk" not in page
    page = owner.get("/sources/?sort=name").content.decode()
    assert page.index("kiosk") < page.index("till") and page.count('action="/sources/revoke"') == 1
    assert re.search(r'<td class="" data-label="[^"]+">', page), "a phone has no headings"
    assert "kiosk" in b"".join(owner.get("/sources/?export=csv").streaming_content).decode()


def test_a_source_that_exists_is_said_beside_its_field(owner: Client) -> None:
    owner.post("/sources/add", {"name": "till", "kind": "server"})
    answer = owner.post("/sources/add", {"name": "till", "kind": "browser"})
    assert answer.status_code == 422
    assert b'id="id_name_error"' in answer.content


def test_a_token_is_shown_once_and_opens_the_api(owner: Client) -> None:
    page = owner.post("/members/tokens", {"name": "till", "role": "analyst"}).content.decode()
    (secret,) = re.findall(r'<code class="secret">(smv_[^<]+)</code>', page)
    row = tokens.find(secret)
    assert row is not None and row.role == "analyst"
    assert secret not in owner.get("/members/").content.decode()


def test_a_member_is_added_and_given_another_role(owner: Client) -> None:
    owner.post("/members/add", {"login": "bob", "name": "Bob", "role": "analyst", "password": "a-samovar-of-brass"})
    bob = Member.objects.get(username="bob")
    owner.post(f"/members/{bob.pk}", {"role": "marketer"})
    bob.refresh_from_db()
    assert bob.role == "marketer"


def test_the_last_owner_is_told_why_he_stays(owner: Client) -> None:
    answer = owner.post(f"/members/{Member.objects.get().pk}", {"role": "analyst"})
    assert answer.status_code == 409
    assert b"This is the last owner" in answer.content


def test_the_audit_trail_shows_what_was_before(owner: Client) -> None:
    page = owner.get("/audit/").content.decode()
    assert "language: ru" in page
    assert "language: en" in page
    assert "member.create" not in owner.get("/audit/?q=choose_language").content.decode()


def test_finding_goes_through_rooms(shop: House, owner: Client) -> None:
    assert "Алиса Чайкина" in owner.get("/find?q=алис").content.decode()
    assert 'href="/settings/#id_smtp_host"' in owner.get("/find?q=mail server").content.decode()
    assert 'href="/members/"' in owner.get("/find?q=memb").content.decode()
    assert "Nothing is called" in owner.get("/find?q=zzzz").content.decode()
