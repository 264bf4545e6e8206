"""The office over a small house: a real worker's warehouse on the test's operational store, a clock that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client

from samovar.doors.rooms import ROOMS
from samovar.doors.worker.tests.conftest import BOB, NOW, House, house, order, track
from samovar.engine.warehouse import registry
from samovar.kit.clock import VirtualClock
from samovar.staff import operations
from samovar.staff.models import Member

__all__ = ["BOB", "NOW", "House", "house", "order", "track"]
PASSWORD = "a-samovar-of-brass"
registry.load_rooms(ROOMS)


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.WORKSPACE, "_clock", VirtualClock(NOW))


@pytest.fixture
def member(db: None) -> Callable[[str], Member]:
    """Somebody of a role who signs in by the role's name."""

    def make(role: str) -> Member:
        return operations.create_member(login=role, password=PASSWORD, role=role, actor=BOB, at_us=NOW)

    return make


@pytest.fixture
def client_of(member: Callable[[str], Member]) -> Callable[[str], Client]:
    """A browser in which somebody of a role is signed in, reading English."""

    def make(role: str) -> Client:
        somebody = member(role)
        operations.choose_language(member=somebody, language="en", actor=BOB, at_us=NOW)
        browser = Client(HTTP_HOST="localhost")
        browser.force_login(somebody)
        return browser

    return make


@pytest.fixture
def owner(client_of: Callable[[str], Client]) -> Client:
    return client_of("owner")


@pytest.fixture
def shop(house: House) -> Iterator[House]:
    """Alice bought twice and took one back, Charlie once; a visitor looked at a page."""
    house.take(
        {
            "type": "identify", "userId": "alice", "timestamp": "2026-09-01T09:00Z",
            "traits": {"name": "Алиса Чайкина", "email": "alice@example.ru", "city": "Казань", "createdAt": "2026-09-01T09:00Z"},
        },
        order(
            "1", "2026-09-02T09:00Z", total=1500,
            products=[{"product_id": "sencha", "name": "Сенча", "price": 750, "quantity": 2}],
        ),
        order("2", "2026-10-02T09:00Z", total=500.5, products=[{"product_id": "cup", "name": "Чашка", "price": 500.5}]),
        order("2", "2026-10-03T09:00Z", verb="Refunded", total=500.5),
        track("Product Viewed", "2026-10-30T10:00Z", userId="alice", properties={"name": "Пуэр", "product_id": "puer"}),
        track("Product Viewed", "2026-10-30T10:01Z", userId="alice", properties={"name": "Улун", "product_id": "oolong"}),
        {"type": "identify", "userId": "charlie", "timestamp": "2026-10-05T09:00Z", "traits": {"name": "=Charlie"}},
        order("3", "2026-10-06T09:00Z", user="charlie", total=99),
        {"type": "page", "anonymousId": "device-1", "name": "Home", "timestamp": "2026-10-31T10:00Z"},
    )  # fmt: skip
    yield house
