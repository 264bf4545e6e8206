"""The list of customers: looking only where a page most likely is gives the page that looking everywhere gives."""

from __future__ import annotations

import random

import pytest

from samovar.collect import warehouse_queries
from samovar.collect.sql.list_sql import SORTS
from samovar.rules.lifecycle import STAGES
from samovar.rules.sql import Moment, stages_sql
from samovar.understand.tests.shop import NOW, ZONE, Shop

LIMIT = 7
assert warehouse_queries  # its queries are registered by its import


@pytest.fixture(scope="module")
def crowd():
    """Customers and visitors who bought little or nothing, so that most figures are ties; some amounts are not known."""
    shop, chance = Shop(), random.Random(11)
    days = [0, 3, 10, 14, 24, 38, 50, 64, 78, 91, 120]
    for person in range(1, 161):
        orders = tuple(chance.sample(days, chance.choice([0, 0, 0, 1, 2, 3, 5])))
        visits = tuple(chance.choices(days, k=chance.choice([0, 1, 4])))
        known = chance.random() < 0.8
        shop.person(person, orders=orders, visits=visits, amount=chance.choice([0, 100, 100, 250]), is_known=known)
    for person in range(161, 176):  # a habit that stopped, which chance makes of nobody
        shop.person(person, orders=(50, 64, 78), amount=100)
    shop.cursor.execute("UPDATE orders SET amount_minor = NULL WHERE event_key % 11 = 0")
    return shop


@pytest.fixture(scope="module")
def indebted(crowd):
    """The same people, of whom some took back more than they had bought."""
    shop = Shop()
    for table in ("people", "profiles", "orders", "visits"):
        shop.cursor.register("rows_of", crowd.cursor.sql(f"FROM {table}").to_arrow_table())
        shop.cursor.execute(f"INSERT INTO {table} FROM rows_of")
    shop.cursor.execute("UPDATE orders SET amount_minor = -50 WHERE event_key % 5 = 0")
    return shop


def everybody(shop: Shop) -> list[dict[str, int]]:
    """Every customer with the figures, added up here."""
    people = shop.cursor.execute("SELECT person_id, known_us FROM people WHERE known_us IS NOT NULL").fetchall()
    orders = shop.cursor.execute("SELECT person_id, amount_minor, time_us FROM orders").fetchall()
    found = []
    for person, since_us in people:
        own = [(amount or 0, time_us) for buyer, amount, time_us in orders if buyer == person]
        found.append({
            "person_id": person, "since_us": since_us, "orders": len(own), "revenue_minor": sum(amount for amount, _ in own),
            "last_us": max((time_us for _, time_us in own), default=0),
        })  # fmt: skip
    return found


def walked(shop: Shop, sort: str, **asked: object) -> list[dict[str, int]]:
    """The list page by page, each after the last row of the one before."""
    rows: list[dict[str, int]] = []
    after = None
    while True:
        page = shop.query("collect.customer_list", at_us=NOW, sort=sort, limit=LIMIT, after=after, **asked).to_pylist()
        rows += page
        if len(page) < LIMIT:
            return rows
        after = [page[-1][SORTS[sort]], page[-1]["person_id"]]


def in_order(rows: list[dict[str, int]], sort: str, *, descending: bool) -> list[dict[str, int]]:
    return sorted(rows, key=lambda row: (row[SORTS[sort]], row["person_id"]), reverse=descending)


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("which", ["crowd", "indebted"])
def test_it_names_every_customer_once_in_order_of_any_column(request, which, sort, descending):
    shop = request.getfixturevalue(which)
    assert walked(shop, sort, descending=descending) == in_order(everybody(shop), sort, descending=descending)


@pytest.mark.parametrize("sort", SORTS)
def test_a_search_keeps_the_order(crowd, sort):
    only = list(range(20, 60))
    wanted = [row for row in everybody(crowd) if row["person_id"] in only]
    assert walked(crowd, sort, descending=True, only=only) == in_order(wanted, sort, descending=True)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("sort", "descending"), [("since", True), ("since", False), ("revenue", True), ("orders", False)])
def test_a_stage_holds_its_people_and_nobody_else(crowd, stage, sort, descending):
    stages = dict(crowd.cursor.execute(stages_sql(Moment(NOW, ZONE))).fetchall())
    wanted = [row for row in everybody(crowd) if stages[row["person_id"]] == stage]
    assert wanted, "the crowd has nobody in this stage"
    groups = {"stage": stage}
    assert walked(crowd, sort, descending=descending, groups=groups) == in_order(wanted, sort, descending=descending)
    only = [*[row["person_id"] for row in wanted][::2], 0]
    assert len(walked(crowd, sort, descending=descending, groups=groups, only=only)) == len(only) - 1
