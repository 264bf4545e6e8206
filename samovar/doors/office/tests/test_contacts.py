"""Contacts through the doors of the office: judged by REST without being stored."""

from __future__ import annotations

import pytest
from django.test import Client

from samovar.doors.office.tests.conftest import House
from samovar.doors.office.tests.test_api import called

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
