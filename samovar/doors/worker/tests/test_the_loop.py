"""The worker's loop between ticks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest

from samovar import rules
from samovar.doors.rooms import ROOMS
from samovar.doors.worker.loop import Loop
from samovar.doors.worker.tests.conftest import BOB, NOW, House, order, track
from samovar.engine.warehouse import client, registry
from samovar.understand import operations
from samovar.understand.models import Segment


@pytest.fixture
def loop(house: House) -> Iterator[Loop]:
    """The worker's loop on the house, which lends it its warehouse."""
    registry.load_rooms(ROOMS)
    house.ticker.close()
    house.warehouse.close()
    made = Loop(house.workspace)
    yield made
    made.close()
    house.open()
    assert client.current() is house.warehouse


def test_a_trickle_of_events_does_not_hold_up_the_counts_of_segments(house: House, loop: Loop) -> None:
    buyers = rules.parse("count(orders) >= 1", rules.builtin_catalogue("RUB"))
    operations.create(name="Buyers", slug="buyers", rule=buyers, actor=BOB, at_us=NOW)
    house.send(order("o2", "2026-10-01T10:00Z", user="bob", total=10))
    assert loop._turn() == 1
    assert Segment.objects.get().counted_us is not None


def test_it_counts_stages_refusals_queries_and_what_waits(house: House, loop: Loop) -> None:
    house.send(*(track("Quiz Finished", "2026-10-01T10:00Z", userId="alice") for _n in range(40)))
    house.send(order("o1", "2026-10-01T10:00Z", total="many"), order("o2", "2026-10-01T10:00Z", total="many"))
    while loop._turn():
        pass
    client.current().query("collect.cities", at_us=NOW, only=[])
    told = generate_latest(loop._metrics.registry).decode().splitlines()
    for stage in ("read", "decide", "commit", "warehouse"):
        assert f'samovar_worker_stage_seconds_count{{stage="{stage}"}} 1.0' in told, "once a tick, whatever its size"
    assert 'samovar_worker_quarantined_total{reason="bad_order",stage="worker"} 2.0' in told
    assert 'samovar_worker_query_seconds_count{query="collect.cities"} 1.0' in told
    assert "samovar_worker_lag_announcements 0.0" in told


def test_segments_that_cannot_be_followed_hold_up_nothing_else(house: House, loop: Loop, monkeypatch) -> None:
    def fails(at_us: int) -> int:
        raise MemoryError

    monkeypatch.setattr(loop._live, "step", fails)
    house.send(order("o2", "2026-10-01T10:00Z", user="bob", total=10))
    assert loop._turn() == 1
    assert loop._turn() == 0
    assert "samovar_worker_failed_turns_total 1.0" in generate_latest(loop._metrics.registry).decode().splitlines()
