"""Fixtures of the room: a shop with four people, and a rule."""

from __future__ import annotations

import pytest

from samovar import rules
from samovar.engine.warehouse import client
from samovar.understand.tests.shop import Shop


@pytest.fixture
def shop(monkeypatch):
    shop = Shop()
    shop.person(1, orders=(5, 20), city="Москва")
    shop.person(2, orders=(70,), city="Казань")
    shop.person(3)
    shop.person(4, is_known=False)
    monkeypatch.setattr(client, "_current", shop)
    return shop


@pytest.fixture
def buyers():
    return rules.parse("count(orders) >= 1", rules.builtin_catalogue("RUB"))


@pytest.fixture
def sleepers():
    return rules.parse("days_since(last orders) > 60", rules.builtin_catalogue("RUB"))
