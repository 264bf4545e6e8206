"""The preset for UCI Online Retail gives the published figures, to the penny and to the line."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from samovar.collect.imports import mapping as mappings
from samovar.collect.imports import operations
from samovar.collect.imports.models import QuarantineRow
from samovar.collect.imports.tests.conftest import ALICE, AT_US
from samovar.engine.workspace import Workspace

RETAIL = Path(__file__).resolve().parents[5] / "shared" / "data" / "online_retail" / "online_retail.parquet"


@pytest.mark.skipif(not RETAIL.is_file(), reason="needs ../shared/data/online_retail beside the checkout")
def test_it_reads_every_line_of_the_published_set(desk, tmp_path):
    desk.workspace = Workspace.create(tmp_path / "retail", currency="GBP", timezone="Europe/London", at_us=AT_US)
    outcome = operations.run_import(
        workspace=desk.workspace,
        path=RETAIL,
        mapping=mappings.preset("online-retail"),
        append=desk.append,
        actor=ALICE,
        at_us=AT_US,
    )
    told = outcome.figures
    assert (told.rows_read, told.orders, told.anonymous_orders, told.order_lines) == (541_909, 18_532, 1_427, 530_103)
    assert (told.returns, told.return_lines, told.customers, told.quarantined) == (3_836, 9_288, 4_371, 2_518)
    path = desk.workspace.sealed_dir / f"import-{outcome.run_id}.parquet"
    sums = duckdb.execute(
        "SELECT event, sum(amount_minor), count(DISTINCT external_id), sum(len(lines)) FROM read_parquet(?) "
        "WHERE external_id IS NOT NULL GROUP BY event ORDER BY event",
        [str(path)],
    ).fetchall()
    assert sums == [("Order Completed", 891_140_790, 4_338, 397_884), ("Order Refunded", 61_134_209, 1_589, 8_905)]
    inside = duckdb.execute(
        "SELECT count(*) FILTER (amount_minor <> list_sum([x.amount_minor FOR x IN lines])), count(DISTINCT message_id), "
        "count(*), bool_and(time_us >= before) FROM (SELECT *, lag(time_us, 1, 0) OVER () AS before FROM read_parquet(?))",
        [str(path)],
    ).fetchall()
    assert inside == [(0, 23_795, 23_795, True)]
    free = duckdb.execute(
        "SELECT count(*) FROM (SELECT unnest(lines) AS x FROM read_parquet(?)) WHERE x.price_minor = 0 AND x.amount_minor = 0",
        [str(path)],
    ).fetchall()
    assert free == [(4,)]
    reasons = {reason: QuarantineRow.objects.filter(reason=reason).count() for reason in ("bad_debt", "price_not_positive")}
    assert reasons == {"bad_debt": 3, "price_not_positive": 2_515}
    again = operations.run_import(
        workspace=desk.workspace,
        path=RETAIL,
        mapping=mappings.preset("online-retail"),
        append=desk.append,
        actor=ALICE,
        at_us=AT_US,
    )
    assert again.figures == told and len(desk.log) == 1 and QuarantineRow.objects.count() == 2_518
