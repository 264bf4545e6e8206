"""A wide table in a PDF: every column of it stands on the page, in smaller type or in parts that begin with the same texts."""

from __future__ import annotations

import re

import pytest
import weasyprint
from django.utils import translation

from samovar.engine.warehouse import client as warehouse
from samovar.kit.clock import DAY_US
from samovar.measure.builder import files, operations, pdf
from samovar.measure.reports.tests.shop import Shop
from samovar.staff.actors import Actor

pytestmark = pytest.mark.django_db
ALICE = Actor("staff", "77", "Alice")


@pytest.fixture
def documents(monkeypatch):
    """The documents that are drawn, as pages of boxes."""
    drawn, html = [], weasyprint.HTML

    def seen(string, **named):
        document = html(string=string, **named)
        drawn.append((string, document.render()))
        return document

    monkeypatch.setattr("weasyprint.HTML", seen)
    return drawn


def a_shop(monkeypatch, months: int, amount: int = 123_456_789) -> Shop:
    shop = Shop()
    for person in range(1, months + 1):
        shop.person(person, city="Москва")
        for month in range(person, months + 1):
            shop.order(person, shop.at_us - (months - month) * 31 * DAY_US, amount=amount)
    monkeypatch.setattr(warehouse, "_current", shop)
    return shop


def tables(text):
    found = []
    for table in re.findall(r'<table style="font-size: (\d+)pt">(.*?)</table>', text):
        found.append((int(table[0]), re.findall(r"<th[^>]*>([^<]*)</th>", table[1])))
    return found


def assert_on_the_page(document):
    for page in document.pages:
        box = page._page_box
        edge = box.content_box_x() + box.width
        for one in box.descendants():
            if getattr(one, "text", None) and one.position_y < box.content_box_y() + box.height:
                assert one.position_x + one.width <= edge + 0.5, one.text


@translation.override("en")
@pytest.mark.parametrize("shows", ["people", "gross"])
def test_cohorts_of_many_months_are_whole_in_parts(monkeypatch, documents, shows):
    shop = a_shop(monkeypatch, 27)
    found = shop.report("cohorts", {"shows": shows})
    files.content(found, "pdf", title="Cohorts")
    [(text, document)] = documents
    laid = tables(text)
    assert len(laid) > 1
    assert {heads[0] for _size, heads in laid} == {"First order"}
    told = [head for _size, heads in laid for head in heads[1:]]
    assert told == ["Buyers", *(str(n) for n in range(1, len(found.columns) - 1))]
    assert f"Part 2 of {len(laid)}" in text
    assert_on_the_page(document)


@translation.override("en")
def test_a_table_a_little_too_wide_is_whole_in_smaller_type(monkeypatch, documents):
    shop = a_shop(monkeypatch, 18)
    found = shop.report("cohorts")
    files.content(found, "pdf", title="Cohorts")
    [(text, document)] = documents
    [(size, heads)] = tables(text)
    assert size in pdf.SIZES_PT[1:]
    assert len(heads) == len(found.columns)
    assert_on_the_page(document)


@translation.override("ru")
def test_a_board_keeps_the_columns_of_a_wide_tile(monkeypatch, documents):
    shop = a_shop(monkeypatch, 26)
    tiles = [{"report": "cohorts"}, {"report": "cohorts", "params": {"shows": "gross"}}]
    board = operations.save_board(values={"name": "Утро", "tiles": tiles}, actor=ALICE, at_us=1)
    files.board_content(board, "pdf", period="", among="", warehouse=shop, at_us=shop.at_us)
    [(text, document)] = documents
    for tile in text.split("<h2>")[1:]:
        assert len(tables(tile)) > 1
        assert len([head for _size, heads in tables(tile) for head in heads[1:]]) >= 26
    assert_on_the_page(document)
