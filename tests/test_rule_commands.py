"""`samovar rule sql`, `rule eval` and `segments list --at` from the terminal, over an imported file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from samovar.doors.cli.rule import DIALECTS
from samovar.engine.warehouse import schema
from samovar.rules import sql
from tests.system import environment, samovar, write_till

MAPPING = """
kind: orders
source: till
columns: {id: order_id, at: time, sku: sku, price: price, n: quantity, mail: email}
"""
CSV = (
    "id,at,sku,price,n,mail\nA1,2025-03-01 10:00,tea,19.90,2,anna@example.com\nA2,2025-03-06 12:00,tea,5.25,1,anna@example.com\n"
    "A3,2025-03-06 12:00,jam,7,1,boris@example.com\n"
)
AT = ("--at", "2025-03-10T12:00")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("shop")
    place = write_till(home, CSV, MAPPING)
    samovar("import", home / "till.csv", "--mapping", home / "till.yaml", "--data", place)
    return place


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("count(orders) >= 2", True),
        ("count(orders) >= 3", False),
        ("count(orders)", 2),
        ("avg(orders.amount)", 22.525),
        ("sum(orders.amount where amount > 6)", 39.8),
        ("sum(orders.amount) * 2", 90.1),
        ("min(lines.quantity)", 1),
        ("days_since(last orders)", 4),
        ("median(returns.amount)", None),
        ("registered_at", "2025-03-01T10:00:00+03:00"),
        ("contact.email.is_known", True),
        ("lifecycle", "developing"),
    ],
)
def test_it_tells_a_truth_or_a_value_of_one_customer(text: str, value: object, data: Path) -> None:
    assert samovar("rule", "eval", text, "--customer", "email:anna@example.com", "--data", data, *AT) == {"value": value}


def test_before_the_customer_was_known_a_rule_is_false_and_a_value_unknown(data: Path) -> None:
    earlier = ("--customer", "anna@example.com", "--data", data, "--at", "2025-02-01")
    assert samovar("rule", "eval", "count(orders) = 0", *earlier) == {"value": False}
    assert samovar("rule", "eval", "count(orders)", *earlier) == {"value": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("basket.total > 1000 and count(orders) = 2", True),
        ("sum(items.amount) > avg(orders.amount) * 100", False),
        ('count(items where category = "tea")', 1),
        ("basket.total", 1200.5),
        ("now.weekday = 1 and now.hour = 12", True),
        ("city", None),
    ],
)
def test_it_tells_a_truth_or_a_value_of_a_customer_and_a_basket(text: str, value: object, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "basket.json"
    file.write_text('{"items": [{"category": "tea", "price": 600.25, "quantity": 2}]}')
    asked = ("rule", "eval", text, "--customer", "anna@example.com", "--basket", file, "--data", data, *AT)
    assert samovar(*asked) == {"value": value}


def test_a_basket_that_is_none_is_refused_by_its_field(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "basket.json"
    for text, part in (("{", "is not JSON"), ('{"items": [{"prise": 1}]}', "items[0].prise"), ("[]", "an object")):
        file.write_text(text)
        command = [
            sys.executable,
            "-m",
            "samovar.doors.cli.main",
            "rule",
            "eval",
            "basket.total",
            "--customer",
            "anna@example.com",
        ]
        done = subprocess.run(
            [*command, "--basket", file, "--data", data], env=environment(), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 1 and part in done.stderr, done.stderr


def test_it_prints_the_sql_of_each_engine(data: Path) -> None:
    asked = ("rule", "sql", "count(orders) >= 2", "--data", data, *AT)
    ours, theirs = samovar(*asked)["sql"], samovar(*asked, "--dialect", "clickhouse")["sql"]  # type: ignore[index]
    cursor = duckdb.connect()
    schema.create(cursor)
    assert cursor.execute(ours).fetchall() == []
    assert ours != theirs and "join_use_nulls = 1" in theirs
    assert list(sql.DIALECTS) == list(DIALECTS)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["eval", "count(ordrs)", "--customer", "anna@example.com"], "Did you mean: orders"),
        (["eval", "count(orders) >", "--customer", "anna@example.com"], "line 1, column 16"),
        (["eval", "count(orders)", "--customer", "nobody@example.com"], "Nobody is known as"),
        (["sql", "count(orders)"], "yes or no"),
        (["eval", "count(items) > 1", "--customer", "anna@example.com"], "line 1, column 7"),
        (["sql", "basket.total > 1"], "only in a rule of a basket"),
    ],
)
def test_a_fault_ends_it_with_its_place(arguments: list[str], part: str, data: Path) -> None:
    command = [sys.executable, "-m", "samovar.doors.cli.main", "rule", *arguments, "--data", str(data)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert part in done.stderr


def test_segments_are_counted_together_as_of_a_moment(data: Path) -> None:
    samovar("segments", "library", "--add", "one-order", "--data", data)
    later, earlier = (samovar("segments", "list", "--at", at, "--data", data)["segments"] for at in ("2025-03-10", "2025-02-01"))
    assert [[one["people"] for one in found] for found in (later, earlier)] == [[1], [0]]
