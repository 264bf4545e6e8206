"""The worker's turn: nothing twice, nothing lost, and the same again from the log."""

from __future__ import annotations

import random
import threading

import pytest

from samovar.collect.models import QuarantineRow
from samovar.doors.worker.tests.conftest import NOW, House, order, track, us
from samovar.kit.clock import MINUTE_US, iso


def busy(house: House) -> None:
    house.take(
        {"type": "page", "anonymousId": "d1", "timestamp": "2026-10-01T10:00Z"},
        {"type": "page", "anonymousId": "d1", "timestamp": "2026-10-01T10:20Z"},
        {"type": "page", "anonymousId": "d1", "timestamp": "2026-10-01T11:20Z"},
        {"type": "identify", "userId": "alice", "anonymousId": "d1", "timestamp": "2026-10-01T12:00Z",
         "traits": {"email": "a@example.ru", "city": "Казань", "age": 30, "vip": True, "birthday": "1990-02-28"}},
        order("o1", "2026-10-01T13:00Z", total=100, products=[{"sku": "tea", "name": "Чай", "price": 10}]),
    )  # fmt: skip
    house.take(
        order("o1", "2026-10-02T13:00Z", verb="Refunded", total=5),
        track("Consent Changed", "2026-10-02T14:00Z", userId="alice", properties={
            "channel": "email", "address": "A@example.ru", "purpose": "marketing", "given": True, "source": "form"}),
        {"type": "alias", "previousId": "alice", "userId": "anna", "timestamp": "2026-10-03T10:00Z"},
    )  # fmt: skip


def test_the_same_message_id_is_one_event(house: House) -> None:
    event = order("o1", "2026-10-01T10:00Z", total=10, message="same")
    house.take(event, event)
    house.take(event)
    house.reopen()
    house.take(event)
    assert house.rows("SELECT count(*) FROM events WHERE name = 'Order Completed'") == [(1,)]


def test_the_same_message_id_of_another_source_is_another_event(house: House) -> None:
    event = track("Quiz Finished", "2026-10-01T10:00Z", userId="alice", messageId="same")
    house.take(event)
    house.take(event, source="site")
    assert house.rows("SELECT count(*) FROM events") == [(2,)]


def test_a_trait_keeps_the_source_that_told_it(house: House) -> None:
    told = {"type": "identify", "userId": "alice", "timestamp": "2026-10-01T12:00Z"}
    house.take({**told, "traits": {"city": "Казань"}})
    house.take({**told, "traits": {"age": 30}}, source="site")
    assert sorted(house.rows("SELECT name, source, came FROM attributes")) == [("age", "site", None), ("city", "server", None)]


def test_a_rebuild_gives_the_same_rows(house: House) -> None:
    busy(house)
    before = house.everything()
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == before
    assert before["orders"] and before["visits"] and before["consents"] and before["attributes"]


@pytest.mark.parametrize("left", ["UPDATE state SET value = 1 WHERE name = 'schema'", "DELETE FROM state WHERE name = 'schema'"])
def test_the_warehouse_of_another_version_is_made_anew(house: House, left: str) -> None:
    busy(house)
    before = house.everything()
    house.warehouse.loop.execute(left)
    house.warehouse.loop.execute("ALTER TABLE people DROP known_us")
    house.reopen()
    assert house.everything() == before


def test_a_warehouse_left_behind_catches_up(house: House) -> None:
    house.take(order("o1", "2026-10-01T10:00Z", total=10))
    [(position,)] = house.rows("SELECT value FROM state WHERE name = 'position'")
    house.send(order("o2", "2026-10-01T10:00Z", total=10))

    def fall(*told: object) -> None:
        raise KeyboardInterrupt

    house.ticker._applier.apply = fall  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        house.tick()
    assert house.rows("SELECT value FROM state WHERE name = 'position'") == [(position,)]
    house.reopen()
    house.tick()
    assert house.rows("SELECT count(*) FROM orders") == [(2,)]


def test_a_failure_on_the_way_into_the_warehouse_is_told_and_made_up_for(house: House) -> None:
    house.take(order("o1", "2026-10-01T10:00Z", total=10))
    applier = house.ticker._applier
    goods, failures = applier._goods, [OSError("disk"), OSError("disk")]

    def fail(rows: object) -> None:
        if failures:
            raise failures.pop()
        goods(rows)  # type: ignore[arg-type]

    applier._goods = fail  # type: ignore[assignment,method-assign]
    tea = [{"sku": "tea", "price": 10}]
    house.send(order("o2", "2026-10-01T10:00Z", total=10, products=tea))
    assert house.ticker.tick(NOW) == 1
    house.send(order("o3", "2026-10-01T10:00Z", total=10, products=tea))
    for _ in range(2):
        with pytest.raises(OSError, match="disk"):
            house.tick()
    assert house.rows("SELECT count(*) FROM orders") == [(1,)]
    house.tick()
    assert house.rows("SELECT order_id FROM orders ORDER BY 1") == [("o1",), ("o2",), ("o3",)]
    before = house.everything()
    house.reopen(rebuild=True)
    assert house.everything() == before


def test_an_event_sent_again_while_it_is_on_its_way_into_the_warehouse_is_one(house: House) -> None:
    applier, may_go_on = house.ticker._applier, threading.Event()
    apply = applier.apply

    def wait(*told: object) -> None:
        assert may_go_on.wait(30)
        apply(*told)  # type: ignore[arg-type]

    applier.apply = wait  # type: ignore[assignment,method-assign]
    event = order("o1", "2026-10-01T10:00Z", total=10, message="same")
    house.send(event)
    assert house.ticker.tick(NOW) == 1
    house.send(event)
    threading.Timer(0.2, may_go_on.set).start()
    house.tick()
    assert house.rows("SELECT count(*) FROM events") == [(1,)]


@pytest.mark.parametrize("seed", range(4))
def test_visits_are_the_same_however_their_views_arrive(house: House, seed: int) -> None:
    rng = random.Random(seed)
    times = [us("2026-10-01T00:00Z") + rng.randrange(2 * 24 * 60) * MINUTE_US for _ in range(80)]
    pages = [
        {"type": "page", "anonymousId": f"d{n % 2}", "timestamp": iso(time_us), "messageId": f"p{n}"}
        for n, time_us in enumerate(times)
    ]
    while pages:
        house.take(*[pages.pop() for _ in range(min(len(pages), rng.randint(1, 20)))])
    seen: list[tuple[int, int, int, int]] = []
    for person, time_us, day in house.rows("SELECT profile_id, time_us, day FROM events ORDER BY profile_id, time_us, event_key"):
        if (
            seen
            and seen[-1][0] == person
            and time_us - seen[-1][2] <= 30 * MINUTE_US
            and house.workspace.zone.day(seen[-1][2]) == day
        ):
            seen[-1] = (person, seen[-1][1], time_us, seen[-1][3] + 1)
        else:
            seen.append((person, time_us, time_us, 1))
    assert house.rows("SELECT profile_id, time_us, last_us, views FROM visits ORDER BY profile_id, time_us") == seen


def test_visits_end_after_thirty_minutes_and_at_local_midnight(house: House) -> None:
    def page(at: str) -> dict[str, str]:
        return {"type": "page", "anonymousId": "d1", "timestamp": at}

    house.take(page("2026-10-01T10:00Z"), page("2026-10-01T10:45Z"))
    house.take(page("2026-10-01T20:50Z"), page("2026-10-01T21:10Z"))  # midnight in Moscow is 21:00 UTC
    assert house.rows("SELECT count(*) FROM visits") == [(4,)]
    house.take(page("2026-10-01T10:20Z"))  # late, and it joins the first two
    assert house.rows("SELECT views FROM visits ORDER BY time_us") == [(3,), (1,), (1,)]


def test_an_event_that_cannot_be_read_is_quarantined_and_the_next_one_counts(house: House) -> None:
    house.take(
        order("o1", "2026-10-01T10:00Z", total="many"),
        track("Quiz Finished", "2026-10-01T10:00Z", userId="alice", properties={"score": 1e300}),
        track("Quiz Finished", "2027-10-01T10:00Z", userId="alice"),
        order("o2", "2026-10-01T10:00Z", total=10),
    )
    assert sorted(QuarantineRow.objects.values_list("stage", "reason")) == [
        ("worker", "bad_order"), ("worker", "bad_time"), ("worker", "bad_value"),
    ]  # fmt: skip
    assert house.rows("SELECT order_id FROM orders") == [("o2",)]


def test_an_import_never_lifts_a_withdrawal(house: House) -> None:
    from samovar.collect import consent
    from samovar.collect.consent import Statement

    said = Statement("a", "email", "a@example.ru", "marketing", False, 1, "form")
    consent.state([said])
    consent.state([Statement("b", "email", "a@example.ru", "marketing", True, 2, "import", is_import=True)])
    assert consent.latest("email", ["a@example.ru"], "marketing")["a@example.ru"].given is False
    consent.state([Statement("c", "email", "a@example.ru", "marketing", True, 3, "form")])
    assert consent.latest("email", ["a@example.ru"], "marketing")["a@example.ru"].given is True
    consent.state([Statement("d", "email", "a@example.ru", "marketing", False, 3, "form")])
    assert consent.latest("email", ["a@example.ru"], "marketing")["a@example.ru"].given is False


def test_a_failed_commit_leaves_the_warehouse_and_its_caches_as_they_were(house: House) -> None:
    house.take({"type": "page", "anonymousId": "d1", "timestamp": "2026-10-01T10:00Z"})
    before = house.everything()
    applier = house.ticker._applier
    house.send({"type": "identify", "userId": "alice", "anonymousId": "d1", "timestamp": "2026-10-01T12:00Z"})
    consents = applier._consents

    def fail(rows: object) -> None:
        raise OSError("disk")

    applier._consents = fail  # type: ignore[assignment]
    with pytest.raises(OSError, match="disk"):
        house.tick()
    applier._consents = consents  # type: ignore[method-assign]
    assert house.rows("SELECT person_id FROM events WHERE kind = 'page'") == [(1,)] and before["events"]
    house.tick()
    assert house.rows("SELECT DISTINCT person_id FROM events") == [(2,)]
