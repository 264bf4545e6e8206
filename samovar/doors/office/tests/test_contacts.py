"""Contacts through the doors of the office: judged by REST without being stored, shown and corrected there and on the card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from samovar.collect.erasure.operations import erase
from samovar.collect.imports import office
from samovar.collect.queries import find_person
from samovar.collect.told_here import SOURCE
from samovar.doors.office.tests.conftest import BOB, NOW, House
from samovar.doors.office.tests.test_api import called
from samovar.doors.office.tests.test_customers import text_of
from samovar.kit.clock import SECOND_US
from samovar.staff.models import AuditRow

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def test_contacts_are_judged_and_not_stored(shop: House, owner: Client) -> None:
    before = shop.rows("SELECT count(*) FROM attributes")
    told = {"email": "Anna@gmial.com", "phone": "8 916 123 45 67", "name": "ИВАНОВА АННА", "birthday": "30.02.1990"}
    status, answer = called(owner, "POST", "/contacts/check", told)
    fields = answer["fields"]
    assert (status, answer["verdict"]) == (200, "invalid")
    assert {field: one["verdict"] for field, one in fields.items()} == {
        "email": "doubtful", "phone": "valid", "name": "valid", "birthday": "invalid",
    }  # fmt: skip
    assert fields["email"]["suggestion"] == "anna@gmail.com" and fields["email"]["came"] == "Anna@gmial.com"
    assert (fields["phone"]["value"], fields["phone"]["line"], fields["phone"]["region"]) == ("+79161234567", "mobile", "RU")
    assert fields["name"]["vocative"] == "Анна" and fields["name"]["cases"]["dative"] == "Анне Ивановой"
    assert fields["birthday"]["findings"][0]["message"] == "This is no date."
    assert shop.rows("SELECT count(*) FROM attributes") == before


@pytest.mark.parametrize("told", [{}, {"email": ""}, {"email": "a" * 1_001}])
def test_nothing_and_too_much_are_refused(shop: House, owner: Client, told: dict[str, str]) -> None:
    assert called(owner, "POST", "/contacts/check", told)[0] == 422


def test_a_check_of_nothing_says_what_it_wants(shop: House, owner: Client) -> None:
    for told in ({}, {"email": " "}):
        error = called(owner, "POST", "/contacts/check", told)[1]["error"]
        assert (error["code"], error["message"]) == (
            "nothing_to_check",
            "Give at least one of these: email, phone, name, first_name, middle_name, last_name, birthday, country, region, "
            "city, street, postal_code.",
        )


@pytest.fixture
def anna(shop: House, monkeypatch: pytest.MonkeyPatch) -> int:
    """Her number, in a house whose log can be written."""
    monkeypatch.setattr(office.RemoteLog, "append_now", lambda self, rows: shop.log.append_now(rows))
    traits = {
        "email": "Anna@gmial.com", "phone": "8 800 555 35 35", "name": "ИВАНОВА АННА", "city": "г.Москва",
        "birthday": "01.01.1900", "country": "Germany",
    }  # fmt: skip
    shop.take({"type": "identify", "userId": "anna", "timestamp": "2026-10-01T10:00Z", "traits": traits})
    return find_person("anna")


def contacts(client: Client, person: int) -> dict[str, Any]:
    status, answer = called(client, "GET", f"/customers/{person}/contacts")
    assert status == 200
    return {one["field"]: one for one in answer}


def correct(client: Client, person: int, field: str, value: str) -> tuple[int, Any]:
    clock = settings.WORKSPACE.clock
    clock.advance_to(clock.now_us() + SECOND_US)
    return called(client, "PUT", f"/customers/{person}/contacts/{field}", {"value": value})


def trail(person: int) -> list[Any]:
    rows = AuditRow.objects.filter(subject=f"profile:{person}", action="customer.correct").order_by("id")
    return [*rows.values_list("new", flat=True)]


def test_a_customers_contacts_are_told_with_what_came(shop: House, owner: Client, anna: int) -> None:
    found = contacts(owner, anna)
    assert [*found] == ["email", "phone", "name", "first_name", "last_name", "gender", "birthday", "country", "city"]
    assert {field: one["came"] for field, one in found.items() if one["came"] != one["value"]} == {
        "email": "Anna@gmial.com", "phone": "8 800 555 35 35", "name": "ИВАНОВА АННА", "city": "г.Москва",
        "birthday": "01.01.1900", "country": "Germany",
    }  # fmt: skip
    assert [one["code"] for one in found["email"]["findings"]] == ["email_typo"]
    assert (found["gender"]["value"], found["gender"]["source"]) == ("female", "house")
    assert (found["email"]["source"], found["email"]["told_at"]) == ("server", "2026-10-01T10:00:00.000Z")


def test_a_sign_that_turns_the_text_beside_it_is_shown_by_its_number(shop: House, owner: Client) -> None:
    told = {"name": "Мария \u202eавонавИ"}
    shop.take({"type": "identify", "userId": "otto", "timestamp": "2026-10-01T10:00Z", "traits": told})
    person = find_person("otto")
    assert contacts(owner, person)["name"]["came"] == "Мария \u202eавонавИ"
    page = text_of(owner, f"/customers/{person}/")
    assert "came as “Мария ⟨U+202E⟩авонавИ”" in page and "\u202e" not in page


@pytest.mark.parametrize(("country", "verdict"), [("Germany", "valid"), ("Narnia", "valid"), ("Russia", "invalid")])
def test_a_postal_code_is_judged_by_its_own_country(shop: House, owner: Client, country: str, verdict: str) -> None:
    told = {"country": country, "postal_code": "10115"}
    shop.take({"type": "identify", "userId": "otto", "timestamp": "2026-10-01T10:00Z", "traits": told})
    assert contacts(owner, find_person("otto"))["postal_code"]["verdict"] == verdict


def test_a_number_that_was_guessed_is_shown_and_names_nobody(shop: House, owner: Client) -> None:
    told = {"phone": "8(495)123-45-6O"}
    shop.take({"type": "identify", "userId": "otto", "timestamp": "2026-10-01T10:00Z", "traits": told})
    person = find_person("otto")
    phone = contacts(owner, person)["phone"]
    assert (phone["value"], phone["came"], phone["verdict"]) == ("+74951234560", "8(495)123-45-6O", "doubtful")
    assert phone["findings"][0]["message"] == "Letters stand among its digits: perhaps +7 495 123-45-60 was meant."
    assert shop.rows("SELECT count(*) FROM identifiers WHERE kind = 'phone'") == [(0,)]
    page = text_of(owner, f"/customers/{person}/")
    assert "+7 495 123-45-60" in page and "8(495)123-45-6O" in page


def test_a_contact_is_corrected_by_an_event_of_the_house(shop: House, owner: Client, anna: int) -> None:
    status, answer = correct(owner, anna, "city", "санкт-петербург")
    assert (status, answer["value"], answer["came"]) == (200, "Санкт-Петербург", "санкт-петербург")
    assert correct(owner, anna, "email", "anna@gmail.com")[0] == 200
    shop.tick()
    found = contacts(owner, anna)
    assert (found["city"]["value"], found["city"]["source"]) == ("Санкт-Петербург", SOURCE)
    assert [one["value"] for one in called(owner, "GET", f"/customers/{anna}/contacts")[1] if one["field"] == "email"] == [
        "anna@gmial.com", "anna@gmail.com",
    ]  # fmt: skip
    assert shop.rows("SELECT count(*) FROM identifiers WHERE value = 'anna@gmail.com'") == [(1,)]
    assert trail(anna) == [{"field": "city"}, {"field": "email"}]


def test_a_correction_keeps_what_came_before_it(shop: House, owner: Client, anna: int) -> None:
    assert correct(owner, anna, "city", "г.тверь")[0] == 200
    assert correct(owner, anna, "email", "Anna@Gmail.com")[0] == 200
    shop.tick()
    found = contacts(owner, anna)
    server = {"source": "server", "by": "", "told_at": "2026-10-01T10:00:00.000Z"}
    assert found["city"]["earlier"] == [{"value": "Москва", "came": "г.Москва", **server}]
    assert (found["city"]["value"], found["city"]["came"], found["city"]["by"]) == ("Тверь", "г.тверь", "owner")
    emails = [one for one in called(owner, "GET", f"/customers/{anna}/contacts")[1] if one["field"] == "email"]
    assert [(one["value"], one["came"], one["source"], one["by"]) for one in emails] == [
        ("anna@gmial.com", "Anna@gmial.com", "server", ""), ("anna@gmail.com", "Anna@Gmail.com", SOURCE, "owner"),
    ]  # fmt: skip
    assert correct(owner, anna, "city", "казань")[0] == 200
    shop.tick()
    assert [(one["value"], one["came"], one["by"]) for one in contacts(owner, anna)["city"]["earlier"]] == [
        ("Тверь", "г.тверь", "owner"), ("Москва", "г.Москва", ""),
    ]  # fmt: skip
    page = text_of(owner, f"/customers/{anna}/")
    assert "earlier “Тверь”, came as “г.тверь” · owner" in page
    assert "earlier “Москва”, came as “г.Москва” · server · 1 Oct 2026" in page
    assert "put right by owner" in page


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("birthday", "30.02.1990", "invalid_contact"),
        ("email", "anna at example", "invalid_contact"),
        ("name", "тест", "invalid_contact"),
        ("favourite_tea", "улун", "bad_field"),
        ("city", "   ", "bad_value"),
        ("email", "bella@example.com", "taken"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(shop: House, owner: Client, anna: int, field: str, value: str, code: str) -> None:
    shop.take({"type": "identify", "userId": "bella", "timestamp": "2026-10-01T10:00Z", "traits": {"email": "bella@example.com"}})
    before = contacts(owner, anna)
    status, answer = correct(owner, anna, field, value)
    assert (status, answer["error"]["code"]) == (422, code)
    shop.tick()
    assert contacts(owner, anna) == before and trail(anna) == []


def test_an_address_that_alone_names_a_customer_is_not_corrected(shop: House, owner: Client, anna: int) -> None:
    shop.take({"type": "identify", "traits": {"email": "only@example.com"}, "timestamp": "2026-10-05T09:00Z"})
    only = find_person("only@example.com")
    assert correct(owner, only, "email", "other@example.com")[1]["error"]["code"] == "nameless"
    assert correct(owner, only, "city", "Тверь")[0] == 200


def test_an_analyst_reads_contacts_and_corrects_none(anna: int, client_of: Callable[[str], Client]) -> None:
    analyst = client_of("analyst")
    assert "email" in contacts(analyst, anna)
    assert correct(analyst, anna, "city", "Тверь")[0] == 403


def test_an_erased_customer_has_no_contacts(shop: House, owner: Client, anna: int) -> None:
    erase(workspace=settings.WORKSPACE, person=anna, actor=BOB, at_us=NOW)
    assert called(owner, "GET", f"/customers/{anna}/contacts")[0] == 410
    assert correct(owner, anna, "city", "Тверь")[0] == 410


def test_the_card_shows_verdict_finding_and_what_came(shop: House, owner: Client, anna: int) -> None:
    page = text_of(owner, f"/customers/{anna}/")
    for shown in (
        "anna@gmial.com",
        "doubtful",
        "came as “Anna@gmial.com”",
        "Perhaps anna@gmail.com was meant.",
        "+7 800 555-35-35",
        "toll-free, Russia",
        "worked out from the name",
        "Forms fill in this day when nobody chose one.",
        "Germany",
        "Correct a contact",
    ):
        assert shown in page, shown
    assert "contact.email" not in page and "\\n" not in page


def test_the_card_corrects_a_contact(shop: House, owner: Client, anna: int) -> None:
    answer = owner.post(f"/customers/{anna}/contact", {"field": "city", "value": "казань"}, follow=True)
    assert "Corrected to “Казань”." in answer.content.decode()
    shop.tick()
    assert contacts(owner, anna)["city"]["value"] == "Казань"


def test_a_correction_that_is_refused_stays_in_the_form(shop: House, owner: Client, anna: int) -> None:
    address = f"/customers/{anna}/contact"
    answer = owner.post(address, {"field": "phone", "value": "12 (home)"})
    page = answer.content.decode()
    assert answer.status_code == 422
    form = page[page.index("<details open>") : page.index("</details>", page.index("<details open>"))]
    assert "This is no phone number." in form and 'value="12 (home)"' in form and '<option value="phone" selected>' in form
    assert owner.get(f"{address}?kind=order").headers["Location"] == f"/customers/{anna}/?kind=order"
    assert trail(anna) == []
