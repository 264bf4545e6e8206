"""Linked records through the doors of the office: their types and themselves by REST, and on the card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from samovar.collect.erasure.operations import erase
from samovar.collect.imports import office
from samovar.collect.models import RecordType
from samovar.collect.people import find
from samovar.collect.queries import find_person
from samovar.collect.told_here import SOURCE
from samovar.doors.office.tests.conftest import BOB, NOW, House, track
from samovar.doors.office.tests.test_api import called
from samovar.doors.office.tests.test_customers import text_of
from samovar.engine import store
from samovar.engine.log import LogUnavailable
from samovar.kit.clock import SECOND_US
from samovar.staff.models import AuditRow

pytestmark = [pytest.mark.django_db, pytest.mark.store]
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


@pytest.fixture
def alice(shop: House, monkeypatch: pytest.MonkeyPatch) -> int:
    """Her number, in a house whose log can be written."""
    monkeypatch.setattr(office.RemoteLog, "append_now", lambda self, rows: shop.log.append_now(rows))
    (found,) = find("alice@example.ru")
    return found


def pass_time() -> None:
    """A second changes between one change and the next: of one moment the greater event key would win."""
    clock = settings.WORKSPACE.clock
    clock.advance_to(clock.now_us() + SECOND_US)


def records(client: Client, person: int) -> Any:
    status, answer = called(client, "GET", f"/customers/{person}/records")
    assert status == 200
    return answer


def test_a_record_is_put_changed_and_ended(shop: House, owner: Client, alice: int) -> None:
    path = f"/customers/{alice}/records/vehicle/XTA 1"
    fields = {"km": 41_000.5, "bought_on": "2024-03-01", "is_new": False, "model": {"name": "Нива"}}
    assert called(owner, "PUT", path, {"fields": fields}) == (204, None)
    shop.tick()
    [record] = records(owner, alice)
    told = {"km": 41_000.5, "bought_on": "2024-03-01", "is_new": False, "model.name": "Нива"}
    assert (record["type"], record["id"], record["fields"]) == ("vehicle", "XTA 1", told)
    pass_time()
    assert called(owner, "PUT", path, {"fields": {"km": 42_000}})[0] == 204
    shop.tick()
    assert [one["fields"] for one in records(owner, alice)] == [{"km": 42_000}]
    pass_time()
    assert called(owner, "DELETE", path) == (204, None)
    shop.tick()
    assert records(owner, alice) == []
    trail = AuditRow.objects.filter(subject=f"profile:{alice}", action__startswith="record.").order_by("id")
    assert list(trail.values_list("action", "new")) == [
        ("record.put", {"type": "vehicle"}), ("record.put", {"type": "vehicle"}), ("record.remove", {"type": "vehicle"}),
    ]  # fmt: skip


@pytest.mark.parametrize("named", ["charlie", "only-a-mail@example.ru", "device-1"])
def test_a_record_reaches_whoever_is_named_by_whatever(shop: House, owner: Client, alice: int, named: str) -> None:
    mail = {"email": "only-a-mail@example.ru"}
    shop.take({"type": "identify", "traits": mail, "timestamp": "2026-10-05T09:00Z"})
    person = find_person(named)
    assert called(owner, "PUT", f"/customers/{person}/records/policy/7", {"fields": {}})[0] == 204
    shop.tick()
    assert [one["id"] for one in records(owner, person)] == ["7"]


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        ("vehicle/v1", {"id": 3}, "bad_field"),
        ("vehicle/v1", {"km": 1e300}, "bad_record"),
        ("%20/v1", {}, "bad_record"),
        ("vehicle/" + "v" * 400, {}, "bad_record"),
        ("vehicle/v1", {"note": "x" * 40_000}, "too_large"),
    ],
)
def test_a_record_that_cannot_be_told_is_refused(
    shop: House, owner: Client, alice: int, path: str, fields: dict[str, Any], code: str
) -> None:
    status, answer = called(owner, "PUT", f"/customers/{alice}/records/{path}", {"fields": fields})
    assert (status, answer["error"]["code"]) == (422, code)
    shop.tick()
    assert shop.rows("SELECT count(*) FROM record_events") == [(0,)]
    assert not AuditRow.objects.filter(action="record.put").exists()


def test_while_the_log_cannot_be_written_nothing_is_said_to_have_changed(
    shop: House, owner: Client, alice: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: Any, rows: Any) -> list[int]:
        raise LogUnavailable("gone")

    monkeypatch.setattr(office.RemoteLog, "append_now", gone)
    status, answer = called(owner, "PUT", f"/customers/{alice}/records/vehicle/v1", {"fields": {}})
    assert (status, answer["error"]["code"]) == (503, "log_unavailable")
    assert not AuditRow.objects.filter(action="record.put").exists()


def test_an_erased_customer_has_no_records_to_ask_of_or_to_put(shop: House, owner: Client, alice: int) -> None:
    erase(workspace=shop.workspace, person=alice, actor=BOB, at_us=NOW)
    for method, path, body in (("GET", "", None), ("PUT", "/vehicle/v1", {"fields": {}}), ("DELETE", "/vehicle/v1", None)):
        status, answer = called(owner, method, f"/customers/{alice}/records{path}", body)
        assert (status, answer["error"]["code"]) == (410, "erased")


def test_an_analyst_reads_records_and_changes_none(alice: int, client_of: Callable[[str], Client]) -> None:
    analyst = client_of("analyst")
    assert records(analyst, alice) == []
    assert called(analyst, "PUT", f"/customers/{alice}/records/vehicle/v1", {"fields": {}})[0] == 403


def test_the_card_shows_records_by_the_kinds_of_their_fields(shop: House, owner: Client, alice: int) -> None:
    assert "Linked records" not in text_of(owner, f"/customers/{alice}/")
    called(owner, "PUT", "/record-types/vehicle", VEHICLE)
    properties = {
        "type": "vehicle", "id": "XTA-1", "bought_on": "2024-03-01", "price": 1_250_000.5, "km": 1.25, "is_new": True,
    }  # fmt: skip
    shop.take(
        track("Record Updated", "2026-10-01T10:00Z", userId="alice", properties=properties),
        *(track("Record Updated", f"2026-09-{n:02}T10:00Z", userId="alice", properties={"type": "tariff", "id": n})
          for n in range(1, 21)),
    )  # fmt: skip
    page = text_of(owner, f"/customers/{alice}/")
    for shown in (
        "Car XTA-1",
        "A linked record changed",
        "vehicle XTA-1",
        "1 March 2024",
        "₽1,250,000.50",
        "1.25",
        "yes",
        "tariff 20",
        "There are more",
    ):
        assert shown in page, shown
    assert "<b>tariff 2</b>" in page and "<b>tariff 1</b>" not in page


def test_no_source_of_a_shop_is_called_as_the_one_that_puts_records(shop: House, owner: Client) -> None:
    status, answer = called(owner, "POST", "/sources", {"name": SOURCE, "kind": "browser"})
    assert (status, answer["error"]["code"]) == (400, "bad_name")
