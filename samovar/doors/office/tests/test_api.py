"""The REST API: each endpoint asks for a permission, is in the OpenAPI document, and fails in one shape."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from ninja import Schema

from samovar.collect import consent
from samovar.doors.office.api import ANSWERS, api
from samovar.doors.office.faults import SENTENCES, sentence
from samovar.doors.office.tests.conftest import BOB, NOW, House
from samovar.staff import operations
from samovar.staff.access import Allowed
from samovar.staff.models import AuditRow, Member

SHAPE = {"ok", "error"}


def endpoints() -> Iterator[tuple[str, str, Any]]:
    """(path, method, operation) of everything the API answers."""
    for router in every_router(router for _prefix, router in api._routers):
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield path, method, operation


def every_router(routers: Iterable[Any]) -> Iterator[Any]:
    """Routers, and the routers inside them."""
    for router in routers:
        yield router
        yield from every_router(inner[1] for inner in router._routers)


ENDPOINTS = list(endpoints())


@pytest.mark.parametrize(("path", "method", "operation"), ENDPOINTS, ids=[f"{m} {p}" for p, m, _ in ENDPOINTS])
def test_it_asks_for_a_permission(path: str, method: str, operation: Any) -> None:
    guards = operation.auth_callbacks
    assert [type(guard) for guard in guards] == [Allowed]
    if method != "GET":
        asks_only = path.endswith(("/check", "/count", "/explain", "/preview", "/dry-run", "/lint"))
        assert asks_only or not guards[0].permission.endswith(":read")


def test_the_document_tells_each_endpoint_with_its_error_answers() -> None:
    schema = json.loads(json.dumps(api.get_openapi_schema()))
    told = {(path, method.upper()) for path, operations in schema["paths"].items() for method in operations}
    assert len(told) == len(ENDPOINTS)
    for operations_of_path in schema["paths"].values():
        for operation in operations_of_path.values():
            assert {str(status) for status in ANSWERS} <= set(operation["responses"])
            assert operation.get("summary")
            assert operation.get("security")


def test_schemas_of_one_name_are_one_schema() -> None:
    """The document has one place a name: the second of two would stand for both."""
    names = [
        name
        for path, module in list(sys.modules.items())
        if path.startswith("samovar.") and path.endswith("endpoints")
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, Schema) and one.__module__ == path
    ]
    assert sorted(names) == sorted(set(names))
    assert len(names) > 50


def test_what_is_wrong_in_a_rule_is_said_in_the_language_asked_for(shop: House, owner: Client) -> None:
    status, told = called(owner, "POST", "/rules/check", {"rule": "count(order) > 1"})
    assert status == 400
    said_in_english = told["error"]["message"]
    Member.objects.update(language="ru")
    _status, told = called(owner, "POST", "/rules/check", {"rule": "count(order) > 1"})
    assert told["error"]["message"] != said_in_english
    assert told["error"]["code"] == "unknown_collection"


def called(client: Client, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    data = json.dumps(body) if body is not None else ""
    answer = client.generic(method, f"/api/v1{path}", data, content_type="application/json", **headers)
    return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def token_of(db: None) -> Callable[[str], dict[str, str]]:
    def make(role: str) -> dict[str, str]:
        _row, secret = operations.create_token(name=role, role=role, actor=BOB, at_us=NOW)
        return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}

    return make


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/members", None, 401), ("GET", "/nowhere", None, 404), ("DELETE", "/settings", None, 405),
    ],
)  # fmt: skip
def test_a_stranger_s_failures_have_the_one_shape(method: str, path: str, body: Any, status: int) -> None:
    found, answer = called(Client(HTTP_HOST="localhost"), method, path, body)
    assert found == status
    page = Client(HTTP_HOST="localhost").generic(method, f"/api/v1{path}")
    assert page.headers.get("Content-Length", str(len(page.content))) == str(len(page.content))
    assert set(answer) == SHAPE
    assert set(answer["error"]) == {"code", "message", "field", "params"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "method", "path", "body", "status"),
    [
        ("analyst", "POST", "/members", {"login": "c", "password": "x", "role": "owner"}, 403),
        ("owner", "POST", "/members", {"login": "c"}, 422),
        ("owner", "POST", "/members", {"login": "c", "password": "x", "role": "owner"}, 400),
        ("owner", "POST", "/members", "not an object", 422),
        ("owner", "PATCH", "/members/99", {"role": "owner"}, 404),
        ("owner", "PATCH", "/members/99999999999999999999", {"role": "owner"}, 404),
        ("operator", "PUT", "/settings", {"smtp_port": 0}, 422),
        ("operator", "PUT", "/settings", {"nothing": 1}, 422),
        ("owner", "GET", "/audit?limit=0", None, 422),
        ("owner", "GET", "/audit?limit=x", None, 422),
        ("owner", "DELETE", "/tokens/99", None, 404),
    ],
)  # fmt: skip
def test_a_program_s_failures_have_the_one_shape_and_change_nothing(
    token_of: Callable[[str], dict[str, str]], role: str, method: str, path: str, body: Any, status: int
) -> None:
    headers = token_of(role)
    before = AuditRow.objects.count()
    found, answer = called(Client(HTTP_HOST="localhost"), method, path, body, **headers)
    assert found == status, answer
    assert set(answer) == SHAPE
    assert answer["error"]["message"]
    assert (AuditRow.objects.count(), Member.objects.count()) == (before, 0)


BAD_VALUES = [
    ("POST", "/members", {"login": "c", "password": "x"}, "role", "«role» отсутствует."),
    ("POST", "/members", {"login": 7, "password": "x", "role": "owner"}, "login", "«login» должно быть текстом."),
    ("GET", "/audit?limit=0", None, "limit", "«limit» — не меньше 1."),
    ("GET", "/audit?limit=1001", None, "limit", "«limit» — не больше 1000."),
    ("GET", "/audit?limit=x", None, "limit", "«limit» — целое число."),
    ("GET", f"/audit?search={'я' * 201}", None, "search", "«search» — не длиннее 200 знаков."),
    ("GET", "/quarantine?status=lost", None, "status", "«status» записано не так, как нужно: ^(open|replayed|dismissed)?$."),
    ("POST", "/bulk/segments/archive", {"ids": []}, "ids", "«ids» — не меньше 1 значений."),
    ("POST", "/bulk/segments/archive", {"ids": 1}, "ids", "«ids» должно быть списком."),
    ("POST", "/bulk/segments/archive", {"ids": [1], "dry_run": "perhaps"}, "dry_run", "«dry_run» — true или false."),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "body", "field", "message"), BAD_VALUES, ids=[case[4] for case in BAD_VALUES])
def test_a_value_that_is_not_allowed_is_refused_in_the_reader_s_language(
    token_of: Callable[[str], dict[str, str]], method: str, path: str, body: Any, field: str, message: str
) -> None:
    headers = {**token_of("owner"), "HTTP_ACCEPT_LANGUAGE": "ru"}
    status, answer = called(Client(HTTP_HOST="localhost"), method, path, body, **headers)
    assert (status, answer["error"]["code"]) == (422, "bad_value")
    assert answer["error"]["field"].split(".")[-1] == field
    assert answer["error"]["message"].replace(answer["error"]["field"], field) == message


@pytest.mark.parametrize(("code", "template"), SENTENCES.items())
def test_every_sentence_of_a_fault_is_in_russian_and_fills_its_limits(code: str, template: Any) -> None:
    limits = dict.fromkeys(["max_length", "min_length", "ge", "gt", "le", "lt", "expected", "pattern"], "7")
    with translation.override("ru"):
        said = sentence(code, "x", limits)
    assert said.startswith("«x»")
    assert said != sentence(code, "x", limits)


@pytest.mark.django_db
def test_malformed_json_is_refused_and_not_a_fault(token_of: Callable[[str], dict[str, str]]) -> None:
    answer = Client(HTTP_HOST="localhost").post("/api/v1/members", "{", content_type="application/json", **token_of("owner"))
    assert answer.status_code == 400
    assert set(answer.json()) == SHAPE


@pytest.mark.django_db
def test_a_session_needs_the_secret_of_the_page_to_change_something(member: Callable[[str], Member]) -> None:
    browser = Client(enforce_csrf_checks=True, HTTP_HOST="localhost")
    browser.force_login(member("owner"))
    status, answer = called(browser, "PUT", "/settings", {"smtp_port": 25})
    assert (status, answer["error"]["code"]) == (403, "csrf")


@pytest.mark.django_db
def test_a_change_by_a_program_is_in_the_audit_trail_under_its_name(token_of: Callable[[str], dict[str, str]]) -> None:
    status, answer = called(Client(HTTP_HOST="localhost"), "PUT", "/settings", {"smtp_port": 2525}, **token_of("operator"))
    assert (status, answer) == (200, {"changed": {"smtp_port": 2525}})
    row = AuditRow.objects.get(action="setting.change")
    assert (row.actor_kind, row.actor_name, row.old, row.new, row.at_us) == ("token", "operator", 587, 2525, NOW)


def test_customers_are_paged_by_key(shop: House, token_of: Callable[[str], dict[str, str]]) -> None:
    headers, client = token_of("analyst"), Client(HTTP_HOST="localhost")
    _status, first = called(client, "GET", "/customers?sort=-revenue&limit=1", **headers)
    _status, second = called(client, "GET", f"/customers?sort=-revenue&limit=1&after={first['next']}", **headers)
    assert [row["name"] for page in (first, second) for row in page["items"]] == ["Алиса Чайкина", "=Charlie"]
    assert second["next"] == ""


def test_a_customer_is_told_whole(shop: House, token_of: Callable[[str], dict[str, str]]) -> None:
    headers, client = token_of("analyst"), Client(HTTP_HOST="localhost")
    _status, page = called(client, "GET", "/customers?search=alice@example.ru", **headers)
    (row,) = page["items"]
    _status, alice = called(client, "GET", f"/customers/{row['id']}", **headers)
    assert (alice["orders"], alice["revenue_minor"], alice["returns_minor"]) == (2, 200_050, 50_050)
    assert alice["traits"]["city"] == "Казань"
    _status, orders = called(client, "GET", f"/customers/{row['id']}/orders", **headers)
    assert [(one["order_id"], one["amount_minor"], one["returned_minor"]) for one in orders] == [
        ("2", 50_050, 50_050), ("1", 150_000, 0),
    ]  # fmt: skip


def test_a_consent_stated_by_a_program_holds_for_the_address(shop: House, token_of: Callable[[str], dict[str, str]]) -> None:
    headers, client = token_of("marketer"), Client(HTTP_HOST="localhost")
    body = {"channel": "email", "address": "Alice@Example.ru", "purpose": "marketing", "given": True, "source": "till"}
    assert called(client, "POST", "/consents", body, **headers)[0] == 204
    assert consent.latest("email", ["alice@example.ru"], "marketing")["alice@example.ru"].given
    status, answer = called(client, "POST", "/consents", {**body, "address": "nobody"}, **headers)
    assert (status, set(answer)) == (400, SHAPE)


def test_an_unknown_customer_is_404(shop: House, token_of: Callable[[str], dict[str, str]]) -> None:
    status, _answer = called(Client(HTTP_HOST="localhost"), "GET", "/customers/4711", **token_of("analyst"))
    assert status == 404
