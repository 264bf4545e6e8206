"""A list that was kept: an event of everybody on it, through merges, rebuilds and as of any moment."""

from __future__ import annotations

import pytest

from samovar.collect import operations
from samovar.doors.worker.tests.conftest import BOB, NOW, House
from samovar.engine.warehouse import client, registry
from samovar.kit.clock import DAY_US
from samovar.understand.lists import operations as lists
from samovar.understand.operations import BadSegment

pytestmark = pytest.mark.store
registry.load_rooms(["understand"])


def members(rule: str, at_us: int) -> list[int]:
    return client.current().query("understand.audience", text=rule, at_us=at_us).column("person_id").to_pylist()


def three_people(house: House) -> list[int]:
    house.take(*({"type": "identify", "userId": user, "timestamp": "2026-10-01T12:00Z"} for user in ("anna", "boris", "vera")))
    return [person for (person,) in house.rows("SELECT person_id FROM people ORDER BY person_id")]


def test_a_list_holds_exactly_its_people_from_the_moment_it_was_kept(house: House) -> None:
    anna, boris, vera = three_people(house)
    segment = lists.keep(name="Winners", people=[anna, vera], actor=BOB, at_us=NOW)
    house.tick()
    assert members(segment.rule_text, NOW) == [anna, vera]
    assert members(segment.rule_text, NOW - DAY_US) == []
    assert house.rows("SELECT person_id, props FROM events WHERE name = 'Added To List' ORDER BY 1") == [
        (anna, '{"list":"winners"}'), (vera, '{"list":"winners"}')]  # fmt: skip
    assert boris not in members(segment.rule_text, NOW)


def test_a_rebuild_makes_the_same_list(house: House) -> None:
    people = three_people(house)
    lists.keep(name="All", people=people, actor=BOB, at_us=NOW)
    house.tick()
    before = house.rows("SELECT * FROM events ORDER BY event_key")
    house.reopen(rebuild=True)
    house.tick()
    assert house.rows("SELECT * FROM events ORDER BY event_key") == before


def test_a_list_goes_with_its_person_through_a_merge_and_back(house: House) -> None:
    anna, boris, _vera = three_people(house)
    segment = lists.keep(name="One", people=[boris], actor=BOB, at_us=NOW)
    operations.merge(profile=anna, other=boris, actor=BOB, at_us=NOW)
    house.tick()
    assert members(segment.rule_text, NOW) == [anna]
    operations.unmerge(profile=boris, actor=BOB, at_us=NOW)
    house.tick()
    assert members(segment.rule_text, NOW) == [boris]


def test_a_list_of_nobody_is_refused(house: House) -> None:
    with pytest.raises(BadSegment):
        lists.keep(name="Nobody", people=[], actor=BOB, at_us=NOW)


def test_two_lists_of_one_name_stay_apart(house: House) -> None:
    anna, boris, _vera = three_people(house)
    first = lists.keep(name="Same", people=[anna], actor=BOB, at_us=NOW)
    second = lists.keep(name="Same", people=[boris], actor=BOB, at_us=NOW)
    house.tick()
    assert (members(first.rule_text, NOW), members(second.rule_text, NOW)) == ([anna], [boris])
