"""Linked records through the doors of the office: their types by REST."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from samovar.collect.models import RecordType
from samovar.doors.office.tests.conftest import House
from samovar.doors.office.tests.test_api import called
from samovar.engine import store
from samovar.staff.models import AuditRow

pytestmark = pytest.mark.django_db
VEHICLE = {"label": "Car", "time": "bought_on", "fields": {"bought_on": "date", "price": "money"}}


def announced() -> list[str]:
    return [key for (key,) in store.fetch("SELECT key FROM engine_outbox WHERE name = 'Record Type Declared' ORDER BY id")]


def test_a_type_is_declared_and_told_once(shop: House, owner: Client) -> None:
    for _again in range(2):
        assert called(owner, "PUT", "/record-types/vehicle", VEHICLE) == (200, {"name": "vehicle", **VEHICLE})
    assert called(owner, "GET", "/record-types") == (200, [{"name": "vehicle", **VEHICLE}])
    assert announced() == ["record_type:vehicle:1"]
    assert called(owner, "PUT", "/record-types/vehicle", {**VEHICLE, "label": "Vehicle"})[0] == 200
    assert announced() == ["record_type:vehicle:1", "record_type:vehicle:2"]
    audited = AuditRow.objects.filter(action="record_type.declare").order_by("id").values_list("old", "new")
    assert [old and old["label"] for old, _new in audited] == [None, "Car"]


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("Vehicle", VEHICLE, "bad_name"),
        ("vehicle", {**VEHICLE, "time": "sold_on"}, "bad_time_field"),
        ("vehicle", {**VEHICLE, "time": "price"}, "bad_time_field"),
        ("vehicle", {"fields": {"~x": "text"}}, "bad_field"),
    ],
)
def test_a_type_that_cannot_hold_is_refused(shop: House, owner: Client, name: str, body: dict[str, object], code: str) -> None:
    status, answer = called(owner, "PUT", f"/record-types/{name}", body)
    assert (status, answer["error"]["code"]) == (422, code)
    assert not RecordType.objects.exists() and announced() == []


def test_a_marketer_declares_no_type(shop: House, client_of: Callable[[str], Client]) -> None:
    assert called(client_of("marketer"), "PUT", "/record-types/vehicle", VEHICLE)[0] == 403
    assert not RecordType.objects.exists()
