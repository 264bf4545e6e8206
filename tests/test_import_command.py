"""`samovar import` from the terminal: figures to the card, the dry run, refusals with their place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import environment, samovar, write_till

MAPPING = """
kind: orders
source: till
columns: {id: order_id, at: time, sku: sku, price: price, n: quantity, mail: email, phone: phone}
refund_prefix: R
"""
CSV = (
    "id,at,sku,price,n,mail,phone\nA1,2025-03-01 10:00,tea,19.90,2,Anna@Example.com,8 916 123-45-67\n"
    "A1,2025-03-01 10:00,jam,5,1,anna@example.com,\nR1,2025-03-05 12:00,jam,5,-1,anna@example.com,\n"
    "A2,2025-03-06 12:00,tea,19.90,1,,\nA3,2025-03-06 12:00,tea,free,1,,\n"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the file imported through the mapping."""
    home = tmp_path_factory.mktemp("shop")
    write_till(home, CSV, MAPPING)
    return home


def bring(shop: Path, *more: object) -> dict[str, object]:
    told = samovar("import", shop / "till.csv", "--mapping", shop / "till.yaml", "--data", shop / "data", *more)
    assert isinstance(told, dict)
    return told


def test_it_brings_a_file_to_the_card_and_the_summary_and_twice_is_once(shop: Path) -> None:
    rehearsed = bring(shop, "--dry-run")
    assert rehearsed["errors"][0]["line"] == 6  # type: ignore[index]
    assert samovar("report", "summary", "--data", shop / "data")["orders"] == 0
    for new_events in (3, 0):
        told = bring(shop)
        assert told.pop("seconds") is not None and told.pop("new_events") == new_events
        assert {name: value for name, value in told.items() if value and name != "run"} == {
            "rows_read": 5, "orders": 1, "anonymous_orders": 1, "order_lines": 3, "returns": 1, "return_lines": 1,
            "customers": 1, "quarantined": 1,
        }  # fmt: skip
        summary = samovar("report", "summary", "--data", shop / "data")
        assert (summary["customers"], summary["orders"], summary["gross_minor"], summary["returns_minor"]) == (1, 1, 4480, -500)
    card = samovar("customers", "show", "+79161234567", "--data", shop / "data")
    assert (card["orders"], card["revenue_minor"]) == (1, 4480)
    assert {"kind": "email", "value": "anna@example.com"} in card["identifiers"]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["none.csv", "--mapping", "till.yaml"], "No such file"),
        (["till.csv", "--mapping", "none.yaml"], "none.yaml"),
        (["till.csv", "--mapping", "bad.yaml"], "line 2, column 3"),
        (["till.csv", "--preset", "nothing"], "online-retail"),
        (["till.csv", "--preset", "online-retail"], "InvoiceNo"),
        (["till.csv"], "--preset"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_where(shop: Path, arguments: list[str], part: str) -> None:
    (shop / "bad.yaml").write_text("columns:\n  A: emial\nkind: people\n")
    named = [str(shop / word) if word.endswith((".csv", ".yaml")) else word for word in arguments]
    command = [sys.executable, "-m", "samovar.doors.cli.main", "import", *named, "--data", str(shop / "data"), "--json"]
    done = subprocess.run(
        command, env={**environment(), "LANGUAGE": "en"}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False and part in told["message"]
