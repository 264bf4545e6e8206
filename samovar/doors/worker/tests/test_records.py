"""What becomes of linked records, in any order of arrival, across merges, un-merges and declarations."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from samovar.collect import operations
from samovar.collect.imports.models import QuarantineRow
from samovar.collect.queries import find_person
from samovar.collect.records.operations import declare
from samovar.doors.worker.tests.conftest import BOB, NOW, House, track, us
from samovar.engine.warehouse.schema import NEVER_US

pytestmark = pytest.mark.store
T1, T2, T3, T4 = "2026-10-01T10:00Z", "2026-10-02T10:00Z", "2026-10-03T10:00Z", "2026-10-04T10:00Z"
SPANS = "SELECT record_id, valid_from_us, valid_to_us, props FROM records ORDER BY record_id, valid_from_us"


def record(id_: Any, at: str, *, user: str = "alice", verb: str = "Updated", **fields: Any) -> dict[str, Any]:
    return track(f"Record {verb}", at, userId=user, properties={"type": "vehicle", "id": id_, **fields})


@pytest.mark.parametrize("arrival", itertools.permutations(range(4)))
def test_the_order_of_arrival_changes_nothing(house: House, arrival: tuple[int, ...]) -> None:
    told = [
        record("v1", T1, km=10, color="red"),
        record("v1", T2, km=20),
        record("v1", T3, verb="Removed"),
        record("v1", T4, km=30),
    ]
    for number in arrival:
        house.take(told[number])
    assert [(begins, ends, json.loads(props)) for _id, begins, ends, props in house.rows(SPANS)] == [
        (us(T1), us(T2), {"km": 100_000, "color": "red"}),
        (us(T2), us(T3), {"km": 200_000}),
        (us(T4), NEVER_US, {"km": 300_000}),
    ]


def test_of_one_moment_the_greater_event_key_wins_whichever_comes_first(house: House) -> None:
    one, other = {**record("v1", T1, km=1), "messageId": "a"}, {**record("v1", T1, km=2), "messageId": "b"}
    house.take(one, other)
    house.take({**record("v2", T1, km=2), "messageId": "c"}, {**record("v2", T1, km=1), "messageId": "d"})
    keys = dict(house.rows("SELECT message_id, event_key FROM events"))
    held = dict(house.rows("SELECT record_id, props FROM records"))
    assert held == {
        "v1": '{"km":20000}' if keys["b"] > keys["a"] else '{"km":10000}',
        "v2": '{"km":10000}' if keys["d"] > keys["c"] else '{"km":20000}',
    }


def test_a_record_goes_with_its_person_through_a_merge_and_back(house: House) -> None:
    house.take(record("v1", T1), record("v2", T1, user="bob"))
    alice, bob = find_person("alice"), find_person("bob")
    operations.merge(profile=bob, other=alice, actor=BOB, at_us=NOW)
    house.tick()
    assert house.rows("SELECT DISTINCT person_id FROM records") == [(alice,)]
    house.take(record("v2", T2, user="bob", km=5))
    operations.unmerge(profile=bob, actor=BOB, at_us=NOW + 1)
    house.tick()
    rows = "SELECT record_id, person_id FROM records ORDER BY record_id, valid_from_us"
    assert house.rows(rows) == [("v1", alice), ("v2", bob), ("v2", bob)]


def test_a_record_that_changes_hands_stays_in_the_past_of_its_first_owner(house: House) -> None:
    house.take(record("v1", T2, user="bob"), record("v1", T1))
    owners = house.rows("SELECT person_id, valid_from_us, valid_to_us FROM records ORDER BY valid_from_us")
    assert owners == [(find_person("alice"), us(T1), us(T2)), (find_person("bob"), us(T2), NEVER_US)]


def test_dates_are_whole_days_of_the_zone_and_their_instants(house: House) -> None:
    house.take(record("v1", T1, sold="2026-05-01", seen="2026-05-01T22:30Z", odd="2026-13-01", note="2026"))
    [(dates,)] = house.rows("SELECT dates FROM records")
    day = (us("2026-05-01T00:00Z")) // 86_400_000_000
    assert json.loads(dates) == {"sold": [day, us("2026-04-30T21:00Z")], "seen": [day + 1, us("2026-05-01T22:30Z")]}


def test_the_declared_time_is_the_records_whenever_it_is_declared(house: House) -> None:
    house.take(record("v1", T1, bought="2026-05-01", **{"a/b~c": "2026-06-01"}))
    assert house.rows("SELECT time_us, day FROM records") == [(None, None)]
    day = us("2026-05-01T00:00Z") // 86_400_000_000
    vehicle: dict[str, Any] = {"name": "vehicle", "label": "Car", "actor": BOB, "at_us": NOW}
    declare(**vehicle, time_field="bought", fields={"bought": "date"})
    house.tick()
    assert house.rows("SELECT time_us, day FROM records") == [(us("2026-04-30T21:00Z"), day)]
    house.take(record("v2", T1, bought="2026-05-02"), record("v3", T1, bought="soon"))
    assert house.rows("SELECT record_id, day FROM records ORDER BY 1") == [("v1", day), ("v2", day + 1), ("v3", None)]
    declare(**vehicle, time_field="a/b~c", fields={"a/b~c": "date"})
    house.tick()
    before = house.everything()
    assert house.rows("SELECT record_id, day FROM records ORDER BY 1") == [("v1", day + 31), ("v2", None), ("v3", None)]
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == before


def test_a_browser_tells_of_no_record(house: House) -> None:
    house.take(record("v1", T1), source="site")
    assert house.rows("SELECT count(*) FROM record_events") == [(0,)]
    assert house.rows("SELECT name FROM events") == [("Record Updated",)]


@pytest.mark.parametrize(
    "properties", [{"type": "vehicle"}, {"id": 7}, {"type": " ", "id": "v"}, {"type": "vehicle", "id": "v" * 321}]
)
def test_an_event_that_does_not_say_of_which_record_it_speaks_is_refused(house: House, properties: dict[str, Any]) -> None:
    house.take(track("Record Updated", T1, userId="alice", properties=properties))
    assert list(QuarantineRow.objects.values_list("reason", flat=True)) == ["bad_record"]
    assert house.rows("SELECT count(*) FROM record_events") == [(0,)]


def test_an_id_is_compared_as_a_text(house: House) -> None:
    house.take(record(7, T1, km=1), record(" 7 ", T2, km=2))
    assert house.rows("SELECT record_id, count(*) FROM records GROUP BY ALL") == [("7", 2)]
