"""Two ways into the warehouse, one shop: events through the log and rows written directly are the same tables."""

from __future__ import annotations

import duckdb
import pytest

from samovar.doors.demo import feed, layout
from samovar.doors.demo.people import END_US, START_US
from samovar.doors.demo.shop import Shop
from samovar.doors.worker.tick import Ticker
from samovar.engine.log import LogWriter
from samovar.engine.warehouse import schema
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.workspace import Workspace

SHOP = Shop(11, 400)  # about 20,000 events


@pytest.fixture
def fed(tmp_path, db):
    """A DuckDB connection with the direct layout, and the warehouse that the log made attached as `fed`."""
    workspace = Workspace.create(tmp_path / "shop", currency="RUB", timezone="Europe/Moscow", at_us=END_US, virtual=True)
    writer, warehouse = LogWriter(workspace.log_path), Warehouse(workspace)
    history = feed.between(SHOP.slices(), START_US, END_US)
    writer.append_now(
        [
            *feed.seal(workspace, "history", history, at_us=END_US),
            *feed.aliases_between(SHOP.slices(), START_US, END_US, at_us=END_US),
        ]
    )
    ticker = Ticker(workspace, warehouse)
    while ticker.tick(END_US):
        pass
    ticker.close()
    warehouse.close()
    writer.close()
    with duckdb.connect() as direct:
        schema.create(direct)
        assert layout.write(SHOP, direct) > 15_000
        direct.execute(f"ATTACH '{workspace.warehouse_path}' AS fed (READ_ONLY)")
        yield direct


def test_they_give_the_same_tables(fed):
    for table in set(schema.TABLES) - {"state", "stretches"}:
        columns = "* EXCLUDE (log_offset)" if table == "events" else "*"
        here, there = f"SELECT {columns} FROM {table}", f"SELECT {columns} FROM fed.{table}"
        for one, other in ((here, there), (there, here)):
            assert fed.execute(f"{one} EXCEPT ALL {other} LIMIT 3").fetchall() == [], table


def test_visitors_become_the_people_they_sign_up_as(fed):
    merged = fed.execute("SELECT count(*) FROM fed.profiles WHERE person_id <> profile_id AND known_us IS NULL").fetchall()
    assert merged[0][0] > 100


def test_a_second_account_is_merged_into_the_first(fed):
    merged = fed.execute(
        "SELECT i.value, o.value FROM fed.identifiers i JOIN fed.identifiers o ON o.profile_id = i.person_id "
        "WHERE i.kind = 'user_id' AND o.kind = 'user_id' AND i.profile_id <> i.person_id"
    ).fetchall()
    assert merged
    assert all(second == f"{first}-2" for second, first in merged)


def test_everybody_is_one_customer_however_often_he_signs_up(fed):
    customers = fed.execute("SELECT count(DISTINCT person_id) FROM fed.profiles WHERE known_us IS NOT NULL").fetchall()
    assert customers == [(SHOP.people,)]
