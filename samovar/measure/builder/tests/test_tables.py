"""What stands in a file: the words of the reader in heads and texts, money in the units its head says, whatever the report."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest
from django.utils import translation

from samovar.engine.warehouse import client as warehouse
from samovar.kit.clock import DAY_US
from samovar.measure.builder import files
from samovar.measure.builder.tables import table
from samovar.measure.reports import REPORTS, exports
from samovar.measure.reports.tests.shop import Shop, a_shop

pytestmark = pytest.mark.django_db
MONEY = [  # of every kind of column that holds money
    ("rfm", {}), ("rfm-moves", {}), ("cohorts", {"shows": "gross"}), ("drivers", {}), ("baskets", {}), ("loyalty", {}),
    ("live", {"measure": "sum(amount)", "window": "1440", "minutes": "2"}),
    ("live", {"measure": "sum(amount)", "per": "visits", "usual": "yes", "line": "below 5", "window": "1440", "minutes": "2"}),
    ("custom", {"measures": "sum(amount); avg(amount); median(amount); max(amount); sum(amount) / people; share of sum(amount)"}),
    ("custom", {"rows": "person.city", "columns": "channel", "measures": "sum(amount); count"}),
    ("custom", {"measures": "sum(amount); sum(amount) / days", "period": "in last 30 days", "compare": "before"}),
]  # fmt: skip


@pytest.fixture
def shop(monkeypatch):
    shop = a_shop(5)
    monkeypatch.setattr(warehouse, "_current", shop)
    return shop


def csv_of(found):
    return list(csv.reader(io.StringIO(files.content(found, "csv", title="t").decode("utf-8-sig"))))


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize(("name", "params"), MONEY)
def test_money_stands_in_major_units_under_a_head_that_does_not_say_minor(shop, name, params, format):
    found = shop.report(name, params)
    if format == "csv":
        heads, *rows = csv_of(found)
    else:
        book = openpyxl.load_workbook(io.BytesIO(files.content(found, "xlsx", title="t")))
        heads, *rows = [list(row) for row in book.active.iter_rows(values_only=True)]
    assert not [head for head in heads if "minor" in head]
    shown = table(found)
    is_money = 0
    for row, told in zip(rows, shown.rows, strict=True):
        for value, (held, kind) in zip(row, told, strict=True):
            if kind == "money" and held is not None:
                assert float(value) == round(held) / 100
                is_money += 1
    assert is_money


def test_the_scorecard_tells_each_figure_in_its_own_unit():
    shop = Shop()
    shop.person(1)
    shop.order(1, shop.at_us - DAY_US, amount=10_050)
    shown = table(shop.report("loyalty"))
    told = {row[0][0]: exports.written(*row[1], "RUB") for row in shown.rows}
    assert (told["Average order"], told["Active"], told["Orders a buyer"]) == ("100.50", "100.0%", "1.00")
    assert shown.heads[:2] == ["Figure", "Now"]  # what kind a figure is, its text shows
    sheet = openpyxl.load_workbook(io.BytesIO(exports.as_xlsx(shown, "RUB", "loyalty"))).active
    cell = next(row[1] for row in sheet.iter_rows() if row[0].value == "Average order")
    assert (cell.value, cell.number_format) == (100.5, "#,##0.00")


@pytest.mark.parametrize(
    ("name", "params", "texts"),
    [
        ("funnel", {"steps": "views then orders within 9 days"}, {"Просмотры товара", "Заказы, в течение 9 дней"}),
        ("paths", {"days": "400"}, {"Просмотр страницы", "Просмотры товара", "Просмотр страницы > Просмотры товара"}),
        ("loyalty", {}, {"Активные", "Средний чек"}), ("reach", {}, {"Почта", "нет адреса"}),
        ("custom", {"rows": "person.city; weekday", "limit": "3"}, {"остальные"}),
        ("custom", {"rows": "person.city"}, {"неизвестно"}),
        ("drivers", {"from": "2025", "to": "2026", "by": "city"}, {"неизвестно"}),
        ("live", {"line": "below 5", "minutes": "1"}, {"за границей"}),
    ],
)  # fmt: skip
def test_texts_are_in_the_readers_language(shop, name, params, texts):
    with translation.override("ru"):
        told = {value for row in csv_of(shop.report(name, params)) for value in row}
    assert texts <= told, sorted(told)


def test_programs_read_names(shop):
    """The words of a reader are no part of an answer: it has the same names in every language."""
    for name in REPORTS:
        with translation.override("ru"):
            found = shop.report(name, {"steps": "views then orders"} if name == "funnel" else {})
            table(found)
        assert all(ord(letter) < 128 for letter in json.dumps([column.name for column in found.columns], ensure_ascii=False))
    assert "active_share" in [row["figure"] for row in shop.report("loyalty").records()]
