"""The worker's loop between ticks."""

from __future__ import annotations

from samovar import rules
from samovar.doors.rooms import ROOMS
from samovar.doors.worker.loop import Loop
from samovar.doors.worker.tests.conftest import BOB, NOW, House, order
from samovar.engine.warehouse import client, registry
from samovar.understand import operations
from samovar.understand.models import Segment


def test_a_trickle_of_events_does_not_hold_up_the_counts_of_segments(house: House) -> None:
    house.take(order("o1", "2026-10-01T10:00Z", total=10))
    buyers = rules.parse("count(orders) >= 1", rules.builtin_catalogue("RUB"))
    operations.create(name="Buyers", slug="buyers", rule=buyers, actor=BOB, at_us=NOW)
    registry.load_rooms(ROOMS)
    house.ticker.close()
    house.warehouse.close()
    loop = Loop(house.workspace)
    try:
        house.send(order("o2", "2026-10-01T10:00Z", user="bob", total=10))
        assert loop._turn() == 1
        assert Segment.objects.get().counted_us is not None
    finally:
        loop.close()
        house.open()
    assert client.current() is house.warehouse
