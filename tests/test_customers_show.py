"""`samovar customers show --at` from the terminal: everything as it was known by the moment, identifiers too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system import samovar, write_till

MAPPING = """
kind: orders
source: till
columns: {id: order_id, at: time, sku: sku, price: price, n: quantity, mail: email, phone: phone}
"""
CSV = (
    "id,at,sku,price,n,mail,phone\nA1,2025-03-01 10:00,tea,19.90,2,anna@example.com,\n"
    "A2,2025-03-06 12:00,tea,5.25,1,anna@example.com,+79161234567\n"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("shop")
    place = write_till(home, CSV, MAPPING)
    samovar("import", home / "till.csv", "--mapping", home / "till.yaml", "--data", place)
    return place


@pytest.mark.parametrize(
    ("at", "kinds", "orders"),
    [
        ("2025-03-01T09:59", [], 0), ("2025-03-01T10:00", ["email"], 1), ("2025-03-06T11:59", ["email"], 1),
        ("2025-03-06T12:00", ["email", "phone"], 2), (None, ["email", "phone"], 2),
    ],
)  # fmt: skip
def test_identifiers_are_those_known_by_the_moment(at: str | None, kinds: list[str], orders: int, data: Path) -> None:
    options = () if at is None else ("--at", at)
    shown = samovar("customers", "show", "anna@example.com", "--data", data, *options)
    assert isinstance(shown, dict)
    assert ([one["kind"] for one in shown["identifiers"]], shown["orders"]) == (kinds, orders)
