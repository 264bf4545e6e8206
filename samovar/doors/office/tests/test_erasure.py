"""A customer is erased by REST and by a page of the card; afterwards every door says that she was, and nothing more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from samovar.collect.erasure.models import Erasure
from samovar.collect.models import Identifier
from samovar.collect.people import find
from samovar.doors.office.tests.conftest import House
from samovar.doors.office.tests.test_api import called
from samovar.staff.models import AuditRow

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
