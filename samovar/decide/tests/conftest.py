"""Fixtures of the room: a shop, a ledger and a draft."""

from __future__ import annotations

import pytest

from samovar.decide import operations
from samovar.decide.tests.shop import ALICE, EVERYBODY, NOW, Ledger, Shop


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def ledger():
    ledger = Ledger()
    ledger.register()
    return ledger


@pytest.fixture
def draft(db, ledger):
    return operations.create_draft(
        name="Win back", audience=EVERYBODY, action={"name": "remember", "params": {}}, actor=ALICE, at_us=NOW
    )
