"""The list of customers and the card, over what really came in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from django.test import Client

from samovar.collect import consent
from samovar.collect.models import Merge
from samovar.collect.people import find
from samovar.decide.operations import create_draft
from samovar.doors.office.tests.conftest import BOB, NOW, House
from samovar.engine.outbox import Announcement, emit
from samovar.staff.models import AuditRow

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, **headers)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ").replace("<wbr>", "")


def alice(shop: House) -> int:
    (found,) = find("alice@example.ru")
    return found


def test_the_list_shows_who_bought_what_and_no_visitor(shop: House, owner: Client) -> None:
    page = text_of(owner, "/customers/")
    assert "Алиса Чайкина" in page
    assert "₽2,000.50" in page
    assert len(re.findall(r'<a href="/customers/\d+/">', page)) == 2


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("алиса", 1),
        ("чайк", 1),
        ("ALICE@EXAMPLE.RU", 1),
        ("alice@", 1),
        ("charlie", 1),
        ("nobody", 0),
        ("%", 0),
        ("_", 0),
        ("'", 0),
    ],
)
def test_people_are_found_by_any_part_of_a_name_and_the_start_of_an_identifier(shop: House, search: str, found: int) -> None:
    assert len(find(search)) == found


def test_who_was_merged_is_found_by_her_own_name_and_identifier_as_who_she_is_now(shop: House, owner: Client) -> None:
    person = alice(shop)
    owner.post(f"/customers/{person}/merge", {"other": "user_id:charlie"})
    shop.tick()
    assert find("=charlie") == find("charl") == find("алиса") == [person]


def test_the_exported_list_runs_no_formula(shop: House, owner: Client) -> None:
    answer = owner.get("/customers/?export=csv&sort=revenue")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode().removeprefix("\ufeff"))))  # type: ignore[attr-defined]
    assert [row[0] for row in rows[1:]] == ["'=Charlie", "Алиса Чайкина"]
    assert rows[2][4] == "2000.50"


def test_the_card_says_who_she_is_and_what_she_brought(shop: House, owner: Client) -> None:
    page = text_of(owner, f"/customers/{alice(shop)}/")
    assert "2 orders since 2026" in page
    assert "₽1,500" in page  # net of what was returned
    assert "orders of ₽2,000.50 less returns of ₽500.50" in page  # what lists and rules call revenue
    for fact in ("alice@example.ru", "Казань", "Order 1", "Return from order 2", "−₽500.50", "Сенча × 2"):
        assert fact in page


def test_looks_at_several_products_are_one_line(shop: House, owner: Client) -> None:
    page = text_of(owner, f"/customers/{alice(shop)}/")
    assert page.count("Looked at a product") == 1
    assert "Улун and 1 more product" in page


def test_the_timeline_shows_one_kind_when_asked(shop: House, owner: Client) -> None:
    page = text_of(owner, f"/customers/{alice(shop)}/?kind=order", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="right")
    assert "Order 1" in page
    assert "Looked at a product" not in page
    assert "<html" not in page


def test_merged_people_are_one_card_and_can_be_parted(shop: House, owner: Client) -> None:
    person, (charlie,) = alice(shop), find("charlie")
    owner.post(f"/customers/{person}/merge", {"other": "user_id:charlie"})
    shop.tick()
    assert owner.get(f"/customers/{charlie}/").headers["Location"].startswith(f"/customers/{person}/")
    assert "3 orders since 2026" in text_of(owner, f"/customers/{person}/")
    assert "Take back" in text_of(owner, f"/customers/{person}/?tab=history")
    owner.post(f"/customers/{person}/unmerge", {"profile": str(charlie)})
    shop.tick()
    assert "2 orders since 2026" in text_of(owner, f"/customers/{person}/")
    assert Merge.objects.exclude(undone_us=None).count() == 1


@pytest.mark.parametrize("other", ["", "nobody@example.ru", "user_id:alice"])
def test_a_merge_that_cannot_be_is_said_and_changes_nothing(shop: House, owner: Client, other: str) -> None:
    answer = owner.post(f"/customers/{alice(shop)}/merge", {"other": other}, follow=True)
    assert b'class="notice error"' in answer.content
    assert not Merge.objects.exists()


def test_what_a_stranger_wrote_is_shown_as_text(shop: House, owner: Client) -> None:
    shop.take({"type": "identify", "userId": "mallory", "traits": {"name": "<img src=x onerror=alert(1)>", "note": "<b>"}})
    (mallory,) = find("mallory")
    page = text_of(owner, f"/customers/{mallory}/")
    assert "<img src=x" not in page
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize("query", ["before=x.y", "before=99999999999999999999.1", "kind=nothing", "tab=nothing", "before=1.%00"])
def test_a_made_up_address_shows_the_card_all_the_same(shop: House, owner: Client, query: str) -> None:
    assert "Алиса Чайкина" in text_of(owner, f"/customers/{alice(shop)}/?{query}")


@pytest.mark.parametrize("query", ["after=WzEsInhdIl0", "after=WyJ4IiwgMV0", "sort=-password", "q=%00", "q=" + "x" * 5000])
def test_a_made_up_list_address_is_no_fault(shop: House, owner: Client, query: str) -> None:
    text_of(owner, f"/customers/?{query}")


def test_goods_are_known_from_lines(shop: House, owner: Client) -> None:
    page = text_of(owner, "/goods/?q=сенч")
    assert "sencha" in page
    assert "₽750" in page
    assert "cup" not in page


def test_a_letter_is_called_by_its_campaign(shop: House, owner: Client) -> None:
    person = alice(shop)
    campaign = create_draft(name="Tea time", actor=BOB, at_us=NOW)
    told = {"campaign_id": campaign.id, "message_id": 1, "variant": "A", "claimed_us": NOW, "channel": "email", "reason": ""}
    emit([Announcement("message:1", "Message Sent", NOW, told, person)])
    shop.tick()
    assert "Letter “Tea time” sent" in text_of(owner, f"/customers/{person}/?kind=message")


@pytest.mark.parametrize(
    ("given", "words"), [("yes", "Agreed to marketing by e-mail"), ("no", "Withdrew consent to marketing by e-mail")]
)
def test_a_member_writes_down_a_consent_and_card_and_trail_tell_it(shop: House, owner: Client, given: str, words: str) -> None:
    person = alice(shop)
    said = {"address": "email:alice@example.ru", "purpose": "marketing", "given": given, "source": "by phone"}
    assert owner.post(f"/customers/{person}/consent", said).headers["Location"] == f"/customers/{person}/"
    shop.tick()
    assert consent.latest("email", ["alice@example.ru"], "marketing")["alice@example.ru"].given is (given == "yes")
    page = text_of(owner, f"/customers/{person}/?kind=consent")
    assert words in page
    assert page.count(", by phone") == 1  # beside the consent
    assert AuditRow.objects.get(action="consent.change").actor_name == "owner"


@pytest.mark.parametrize(
    "change",
    [
        {"address": "email:somebody.else@example.ru"}, {"address": "email"}, {"purpose": "anything"}, {"given": ""},
        {"source": ""}, {"source": "x" * 101},
    ],
)  # fmt: skip
def test_a_consent_that_cannot_be_is_said_and_changes_nothing(shop: House, owner: Client, change: dict[str, str]) -> None:
    said = {"address": "email:alice@example.ru", "purpose": "marketing", "given": "yes", "source": "by phone", **change}
    answer = owner.post(f"/customers/{alice(shop)}/consent", said, follow=True)
    assert b'class="notice error"' in answer.content
    assert not consent.latest("email", ["alice@example.ru", "somebody.else@example.ru"], "marketing")


def test_who_may_not_state_consents_has_no_form_and_is_refused(shop: House, client_of: Callable[[str], Client]) -> None:
    analyst, person = client_of("analyst"), alice(shop)
    assert "Change a consent" not in text_of(analyst, f"/customers/{person}/")
    assert analyst.post(f"/customers/{person}/consent", {}).status_code == 403


def test_a_person_without_an_address_is_offered_no_consent(shop: House, owner: Client) -> None:
    (charlie,) = find("charlie")
    assert "Change a consent" in text_of(owner, f"/customers/{alice(shop)}/")
    assert "Change a consent" not in text_of(owner, f"/customers/{charlie}/")
