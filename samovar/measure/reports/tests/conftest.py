"""A shop whose warehouse the office asks, and a marketer who looks at its reports."""

from __future__ import annotations

import pytest
from django.test import Client

from samovar.engine.warehouse import client as warehouse
from samovar.measure.reports.tests.pages import member
from samovar.measure.reports.tests.shop import Shop, a_shop
from samovar.staff.models import Role


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = a_shop(5)
    monkeypatch.setattr(warehouse, "_current", shop)
    return shop


@pytest.fixture
def marketer(shop: Shop) -> Client:
    return member(Role.MARKETER)
