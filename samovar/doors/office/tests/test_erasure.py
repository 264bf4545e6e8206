"""A customer is erased by REST and by a page of the card; afterwards every door says that she was, and nothing more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from samovar.collect.erasure.models import Erasure
from samovar.collect.models import Identifier
from samovar.collect.people import find
from samovar.decide.operations import create_draft
from samovar.doors.office.tests.conftest import BOB, NOW, House
from samovar.doors.office.tests.test_api import called
from samovar.engine.outbox import Announcement, emit
from samovar.staff.models import AuditRow, Member
from samovar.webkit import formats

pytestmark = pytest.mark.django_db
OTHERS = ["marketer", "analyst", "operator"]


@pytest.fixture
def alice(shop: House) -> int:
    (found,) = find("alice@example.ru")
    return found


def stands(person: int) -> bool:
    """Nothing was erased, and an identifier leads to her."""
    return not Erasure.objects.exists() and find("alice@example.ru") == [person]


def test_a_customer_is_erased_once_by_the_api_which_tells_how_far_that_has_come(alice: int, owner: Client) -> None:
    assert called(owner, "GET", f"/customers/{alice}/erasure")[0] == 404
    status, answer = called(owner, "POST", f"/customers/{alice}/erase")
    assert (status, answer["id"], answer["profiles"], answer["state"]) == (200, alice, [alice], "asked")
    assert answer["done_at"] is None
    assert called(owner, "GET", f"/customers/{alice}/erasure") == (200, answer)
    assert not Identifier.objects.filter(profile_id=alice).exists()
    status, again = called(owner, "POST", f"/customers/{alice}/erase")
    assert (status, again["error"]["code"]) == (409, "erased_already")
    assert AuditRow.objects.filter(action="profile.erase").count() == Erasure.objects.count() == 1


def test_nobody_of_that_number_is_no_erasure(alice: int, owner: Client) -> None:
    for method, path in (("POST", "erase"), ("GET", "erasure")):
        status, answer = called(owner, method, f"/customers/999/{path}")
        assert (status, answer["error"]["code"]) == (404, "no_profile")
    assert stands(alice)


@pytest.mark.parametrize("role", OTHERS)
def test_only_an_owner_erases(alice: int, client_of: Callable[[str], Client], role: str) -> None:
    somebody = client_of(role)
    assert called(somebody, "POST", f"/customers/{alice}/erase")[0] == 403
    assert stands(alice)


@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("GET", "", None), ("GET", "/timeline", None), ("GET", "/orders", None), ("GET", "/messages", None),
        ("POST", "/merge", {"other": "user_id:charlie"}),
    ],
)  # fmt: skip
def test_what_is_asked_of_an_erased_customer_is_gone(
    alice: int, owner: Client, method: str, below: str, body: dict[str, str] | None
) -> None:
    called(owner, "POST", f"/customers/{alice}/erase")
    status, answer = called(owner, method, f"/customers/{alice}{below}", body)
    assert (status, answer["error"]["code"]) == (410, "erased")
    assert answer["error"]["params"]["erased_at"]
    assert not AuditRow.objects.filter(action="profile.merge").exists()


def test_nobody_is_parted_from_an_erased_customer(alice: int, owner: Client) -> None:
    (charlie,) = find("charlie")
    called(owner, "POST", f"/customers/{alice}/merge", {"other": "user_id:charlie"})
    _status, answer = called(owner, "POST", f"/customers/{charlie}/erase")
    assert (answer["id"], answer["profiles"]) == (alice, [alice, charlie])
    status, answer = called(owner, "POST", f"/profiles/{charlie}/unmerge")
    assert (status, answer["error"]["code"]) == (410, "erased")
    assert not AuditRow.objects.filter(action="profile.unmerge").exists()


def page(client: Client, path: str, status: int = 200, **headers: str) -> str:
    answer = client.get(path, **headers)
    assert answer.status_code == status
    assert status != 410 or "no-store" in answer.headers["Cache-Control"]  # a browser keeps a 410 for ever otherwise
    return answer.content.decode()


def test_the_page_says_what_goes_what_stays_and_which_backups_hold_her(alice: int, owner: Client) -> None:
    assert f'href="/customers/{alice}/erase"' in page(owner, f"/customers/{alice}/?tab=history")
    asked = page(owner, f"/customers/{alice}/erase")
    for words in ("What goes", "What stays", "It cannot be taken back", "Type “Алиса Чайкина” to confirm", "There is none in"):
        assert words in asked
    saved = settings.WORKSPACE.backups_dir / "20260901T000000-schema-1"
    saved.mkdir(parents=True)
    try:
        assert f"backups/{saved.name}" in page(owner, f"/customers/{alice}/erase")
    finally:
        saved.rmdir()
    assert stands(alice)


@pytest.mark.parametrize("named", ["алиса  чайкина ", "Алиса Чайкина", "Alice@Example.ru", "alice"])
def test_her_name_or_an_identifier_typed_erases_her_and_a_second_sending_finds_it_done(
    alice: int, owner: Client, named: str
) -> None:
    for _sending in range(2):
        answer = owner.post(f"/customers/{alice}/erase", {"named": named})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/customers/{alice}/")
    row = AuditRow.objects.get(action="profile.erase")
    assert (row.actor_name, row.subject) == ("owner", f"profile:{alice}")
    assert Erasure.objects.count() == 1
    assert not find("alice@example.ru")


@pytest.mark.parametrize("named", ["", " ", "Алиса", "charlie", "nobody@example.ru", "Customer", "%", "\0"])
def test_another_name_erases_nobody_and_says_so(alice: int, owner: Client, named: str) -> None:
    answer = owner.post(f"/customers/{alice}/erase", {"named": named})
    assert answer.status_code == 422
    assert 'class="fault"' in answer.content.decode()
    assert stands(alice)


def test_a_visitor_without_a_name_is_confirmed_by_the_number(shop: House, owner: Client) -> None:
    (visitor,) = find("device-1")
    assert f"Type “{visitor}” to confirm" in page(owner, f"/customers/{visitor}/erase")
    assert owner.post(f"/customers/{visitor}/erase", {"named": str(visitor)}).status_code == 302
    assert Erasure.objects.get().person_id == visitor


def test_who_has_become_one_with_another_is_asked_for_anew(alice: int, owner: Client) -> None:
    (charlie,) = find("charlie")
    called(owner, "POST", f"/customers/{alice}/merge", {"other": "user_id:charlie"})
    answer = owner.post(f"/customers/{charlie}/erase", {"named": "charlie"})
    assert answer.headers["Location"] == f"/customers/{alice}/erase"
    assert not Erasure.objects.exists()


@pytest.mark.parametrize("role", OTHERS)
def test_who_is_no_owner_is_offered_no_erasure_and_refused(alice: int, client_of: Callable[[str], Client], role: str) -> None:
    somebody = client_of(role)
    assert "/erase" not in page(somebody, f"/customers/{alice}/?tab=history")
    page(somebody, f"/customers/{alice}/erase", 403)
    assert somebody.post(f"/customers/{alice}/erase", {"named": "Алиса Чайкина"}).status_code == 403
    assert stands(alice)


def test_the_form_is_refused_without_its_token(alice: int, member: Callable[[str], Member]) -> None:
    browser = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    browser.force_login(member("owner"))
    assert browser.post(f"/customers/{alice}/erase", {"named": "Алиса Чайкина"}).status_code == 403
    assert stands(alice)


@pytest.mark.parametrize(
    ("state", "words"), [("asked", "is being carried out"), ("swept", "is being carried out"), ("done", "is carried out")]
)
def test_the_card_gives_way_to_a_page_that_says_when_and_how_far(alice: int, owner: Client, state: str, words: str) -> None:
    called(owner, "POST", f"/customers/{alice}/erase")
    Erasure.objects.update(state=state)
    told = page(owner, f"/customers/{alice}/?tab=orders", 410)
    assert f"<h1>Erased on {formats.plain_when(NOW, 'day')}</h1>" in told
    assert words in told
    assert "alice" not in told
    assert "Алиса" not in told


def test_parts_and_forms_of_an_open_card_say_that_she_was_erased(alice: int, owner: Client) -> None:
    called(owner, "POST", f"/customers/{alice}/erase")
    told = page(owner, f"/customers/{alice}/?tab=orders", 410, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="right")
    assert "<html" not in told
    assert "This person was erased." in told
    page(owner, f"/segments/of/{alice}", 410, HTTP_HX_REQUEST="true")
    said = {"address": "email:alice@example.ru", "purpose": "marketing", "given": "yes", "source": "by phone"}
    assert owner.post(f"/customers/{alice}/consent", said).status_code == 410
    merged = owner.post(f"/customers/{alice}/merge", {"other": "user_id:charlie"}, follow=True)
    assert (merged.status_code, "This person was erased." in merged.content.decode()) == (410, True)


def test_the_people_of_a_campaign_name_her_no_more_and_lead_nowhere(shop: House, alice: int, owner: Client) -> None:
    campaign = create_draft(name="Tea time", actor=BOB, at_us=NOW)
    (charlie,) = find("charlie")
    told = {"campaign_id": campaign.id, "message_id": 1, "variant": "A", "claimed_us": NOW, "channel": "email", "reason": ""}
    emit([Announcement(f"message:{person}", "Message Sent", NOW, told, person) for person in (alice, charlie)])
    shop.tick()
    path = f"/reports/campaigns/{campaign.slug}/people/"
    assert f'<a href="/customers/{alice}/">Алиса Чайкина</a>' in page(owner, path)
    called(owner, "POST", f"/customers/{alice}/erase")
    listed = page(owner, path)
    assert "Erased" in listed
    assert f"/customers/{alice}/" not in listed
    assert f'<a href="/customers/{charlie}/">' in listed
