"""The worker sorts old days by customer by itself; what the house answers, and what a rebuild makes, stays the same."""

from __future__ import annotations

from typing import Any

import pytest

from samovar.doors.worker import sorting as worker_sorting
from samovar.doors.worker.loop import Loop
from samovar.doors.worker.sorting import Sorter
from samovar.doors.worker.tests.conftest import NOW, House, order, track, us
from samovar.engine.warehouse import sorting

pytestmark = pytest.mark.store


@pytest.fixture
def shop(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house with two months of events by nine people in turn, two of them one person, and rows enough for stretches."""
    monkeypatch.setattr(sorting, "STRETCH_ROWS", 12)
    monkeypatch.setattr(sorting, "SLICE_ROWS", 5)
    monkeypatch.setattr(sorting, "LATE_ROWS", 2)
    for day in range(1, 29):
        for month in ("2026-09", "2026-10"):
            at, who = f"{month}-{day:02}T10:00Z", f"p{day % 9}"
            house.send(
                {"type": "page", "userId": who, "timestamp": at},
                order(f"o{month}{day}", at, user=who, total=100, products=[{"sku": "tea", "name": "Чай", "price": 10}]),
                received=at,
            )
    house.take({"type": "alias", "previousId": "p8", "userId": "p2", "timestamp": "2026-10-29T10:00Z"})
    return house


def told(house: House) -> dict[str, list[tuple[Any, ...]]]:
    """What the tables say; `stretches` is how their rows lie."""
    return {name: rows for name, rows in house.everything().items() if name != "stretches"}


def sorter_of(house: House) -> Sorter:
    return Sorter(house.warehouse, house.workspace.zone, house.ticker.in_line)


def test_sorted_rows_say_what_a_rebuild_makes(shop: House) -> None:
    before = told(shop)
    sorter_of(shop).finish(NOW)
    sorted_tables = {name for (name,) in shop.rows("SELECT name FROM stretches")}
    assert sorted_tables == {"events", "visits", "orders", "order_events", "lines"}
    assert told(shop) == before
    shop.reopen()
    shop.tick()
    assert told(shop) == before
    shop.reopen(rebuild=True)
    shop.tick()
    assert (told(shop), shop.rows("SELECT * FROM stretches")) == (before, [])


def test_what_comes_afterwards_is_the_same_as_in_a_house_never_sorted(shop: House) -> None:
    sorter_of(shop).finish(NOW)
    shop.take(
        {"type": "page", "userId": "p3", "timestamp": "2026-09-03T10:10Z"},
        order("o2026-093", "2026-09-04T10:00Z", user="p3", verb="Cancelled"),
        order("late", "2026-09-03T12:00Z", user="p3", total=70),
        {"type": "alias", "previousId": "p5", "userId": "p3", "timestamp": "2026-10-30T10:00Z"},
    )
    after = told(shop)
    sorter_of(shop).finish(NOW)
    assert told(shop) == after
    shop.reopen(rebuild=True)
    shop.tick()
    assert told(shop) == after


def test_the_last_week_stays_as_it_came(shop: House) -> None:
    sorter_of(shop).finish(us("2026-10-20T00:00Z"))
    week = shop.workspace.zone.day(us("2026-10-13T00:00Z"))
    assert shop.rows("SELECT max(last_day) FROM stretches")[0][0] < week


def is_through(sorter: Sorter) -> bool:
    """Whether it looked for work and did all of it."""
    return sorter._is_looking and sorter._look_s > 0


def finish(shop: House, sorter: Sorter) -> None:
    """Step by step until it is through, each step waited for: they run on the thread that writes."""
    while not is_through(sorter):
        sorter.step(NOW)
        shop.tick()


def test_the_loop_sorts_beside_a_trickle_of_events(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_sorting, "REST", 0)
    before = told(shop)["lines"]
    shop.ticker.close()
    shop.warehouse.close()
    loop = Loop(shop.workspace)
    turns = 0
    try:
        while not is_through(loop._sorter) and turns < 500:
            turns += 1
            shop.send(track("Quiz Finished", "2026-11-01T00:00Z", userId="p1"))
            assert loop._turn() == 1
    finally:
        loop.close()
        shop.open()
    assert turns < 500
    assert shop.rows("SELECT count(*) FROM events WHERE name = 'Quiz Finished'") == [(turns,)]
    assert (told(shop)["lines"], bool(shop.rows("SELECT * FROM stretches"))) == (before, True)


def test_a_failure_keeps_the_worker_from_nothing(
    shop: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(worker_sorting, "REST", 0)
    before, sorter = told(shop), sorter_of(shop)
    with monkeypatch.context() as patch:
        patch.setattr(sorting, "_rewrite", full)
        finish(shop, sorter)
    assert "sorting waits" in caplog.text
    assert (told(shop), shop.rows("SELECT * FROM stretches")) == (before, [])
    sorter._look_s = 0
    finish(shop, sorter)
    assert (told(shop), bool(shop.rows("SELECT * FROM stretches"))) == (before, True)
