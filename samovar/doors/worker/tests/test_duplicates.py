"""Duplicates in a house: found once and kept as decided; a merge and its un-merge leave everything as it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from samovar.collect import operations
from samovar.collect.duplicates import operations as duplicates
from samovar.collect.duplicates import queries, search
from samovar.collect.duplicates.groups import Apart
from samovar.collect.duplicates.models import Duplicate
from samovar.collect.erasure import operations as erasure
from samovar.collect.erasure.queries import Erased
from samovar.collect.imports.models import ImportRun
from samovar.collect.operations import MergeRefused
from samovar.doors.rooms import ROOMS
from samovar.doors.worker.tests.conftest import BOB, NOW, House, order
from samovar.engine import settings, store
from samovar.engine.warehouse import registry
from samovar.kit.clock import DAY_US
from samovar.staff.models import AuditRow
from samovar.staff.settings_operations import change_settings

pytestmark = [pytest.mark.django_db, pytest.mark.store]
registry.load_rooms(ROOMS)
ANNA = {"firstName": "Анна", "lastName": "Иванова", "birthday": "1990-05-12", "phone": "+79031234567"}
_HOUSE_EVENTS = ("Profile Merged", "Profile Unmerged")
_HISTORY = {"collect_merge", "collect_duplicate", "engine_outbox", "staff_audit", "collect_duplicate_search"}


def identify(user: str, at: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "timestamp": at, "traits": traits}


@pytest.fixture
def two(house: House) -> dict[str, int]:
    """Anna, who came twice: by the server of the shop, and later by an import's words."""
    house.take(
        identify("anna", "2026-10-01T10:00Z", **ANNA, city="Казань", tea="улун"),
        order("o1", "2026-10-02T10:00Z", user="anna", revenue=10),
        identify("a.ivanova", "2026-10-05T10:00Z", **{**ANNA, "firstName": "Anna"}, city="Москва", size="M"),
        order("o2", "2026-10-06T10:00Z", user="a.ivanova", revenue=20),
    )
    return dict(house.rows("SELECT value, person_id FROM identifiers WHERE kind = 'user_id'"))


def look(house: House, at_us: int = NOW) -> dict[str, Any]:
    figures = search.look(workspace=house.workspace, warehouse=house.warehouse, actor=BOB, at_us=at_us)
    house.tick()
    return figures


def merged(house: House, people: dict[str, int], **chosen: int) -> int:
    survivor = duplicates.merge_people(
        one=people["anna"], other=people["a.ivanova"], chosen=chosen, warehouse=house.warehouse, actor=BOB, at_us=NOW
    )
    house.tick()
    return survivor


def traits(house: House, person: int) -> dict[str, str]:
    rows = house.warehouse.query("collect.traits", person_id=person, at_us=NOW + DAY_US).to_pylist()
    return {row["name"]: row["text"] for row in rows if not row["name"].startswith("contact.")}


def everything(house: House) -> dict[str, list[Any]]:
    """All rows of warehouse and store but for what tells of merges as such."""
    facts = house.everything()
    facts["events"] = [row for row in facts["events"] if row[2] not in _HOUSE_EVENTS]
    facts["state"] = [row for row in facts["state"] if row[0] != "outbox"]
    tables = connection.introspection.table_names()
    kept = {name: sorted(store.fetch(f"SELECT * FROM {name}"), key=repr) for name in tables if name not in _HISTORY}
    return facts | kept


def test_a_look_stores_pairs_with_their_reasons_and_a_second_one_none_anew(house: House, two: dict[str, int]) -> None:
    first = look(house)
    assert (first["pairs"], first["open"], first["merged"], first["people"]) == (1, 1, 0, 2)
    [pair] = queries.pairs()
    assert (pair.one, pair.other) == (two["anna"], two["a.ivanova"])
    assert pair.probability > 0.99
    assert pair.reasons["first_name"]["level"] == "same"
    assert look(house)["open"] == 1
    assert queries.pairs()[0].pk == pair.pk


def test_what_people_refused_is_never_opened_again(house: House, two: dict[str, int]) -> None:
    look(house)
    duplicates.refuse(pair=queries.pairs()[0], actor=BOB, at_us=NOW)
    assert look(house)["open"] == 0
    assert [pair.state for pair in Duplicate.objects.all()] == ["refused"]
    with pytest.raises(duplicates.PairDecided):
        duplicates.refuse(pair=Duplicate.objects.get(), actor=BOB, at_us=NOW)
    assert AuditRow.objects.filter(action="duplicate.refuse").count() == 1


def test_a_pair_refused_stays_so_when_one_of_it_becomes_part_of_another(house: House, two: dict[str, int]) -> None:
    house.take(identify("third", "2026-09-01T10:00Z", **ANNA))
    look(house)
    refused = Duplicate.objects.get(one=two["anna"], other=two["a.ivanova"])
    duplicates.refuse(pair=refused, actor=BOB, at_us=NOW)
    third = max(one for pair in queries.pairs() for one in (pair.one, pair.other))
    operations.merge(profile=third, other=two["anna"], actor=BOB, at_us=NOW)
    house.tick()
    assert look(house)["open"] == 0


def test_a_pair_that_is_no_longer_found_is_no_longer_open(house: House, two: dict[str, int]) -> None:
    look(house)
    house.take(identify("a.ivanova", "2026-10-07T10:00Z", firstName="Мария"))
    assert look(house)["open"] == 0
    assert not Duplicate.objects.exists()


def test_the_newer_value_survives_and_rules_read_it(house: House, two: dict[str, int]) -> None:
    survivor = merged(house, two)
    assert survivor == two["anna"]
    assert traits(house, survivor) == {
        "first_name": "Anna", "last_name": "Иванова", "birthday": "1990-05-12", "phone": "+79031234567", "city": "Москва",
        "tea": "улун", "size": "M",
    }  # fmt: skip


def test_the_value_that_a_member_chose_survives_though_it_is_older(house: House, two: dict[str, int]) -> None:
    survivor = merged(house, two, city=two["anna"], first_name=two["anna"])
    told = traits(house, survivor)
    assert (told["city"], told["first_name"], told["size"]) == ("Казань", "Анна", "M")


def test_the_trusted_source_survives_before_the_newer_value(house: House, two: dict[str, int]) -> None:
    operations.create_source(name="crm", kind="server", actor=BOB, at_us=NOW)
    change_settings(values={"duplicates_trust": "server"}, actor=BOB, at_us=NOW)
    house.take(identify("anna", "2026-10-09T10:00Z", club="gold"))
    house.take(identify("a.ivanova", "2026-10-10T10:00Z", club="silver"), source="crm")
    assert traits(house, merged(house, two))["club"] == "gold"


def test_what_a_file_said_is_an_import_s_whatever_its_source_is_called(house: House, two: dict[str, int]) -> None:
    ImportRun.objects.create(file_name="till.csv", source="till", mapping={}, started_us=NOW)
    house.take(identify("a.ivanova", "2026-10-10T10:00Z", club="silver"), source="till")
    house.take(identify("anna", "2026-10-09T10:00Z", club="gold"))
    assert traits(house, merged(house, two))["club"] == "gold"


def test_a_merge_and_its_unmerge_restore_every_table(house: House, two: dict[str, int]) -> None:
    before = everything(house)
    survivor = merged(house, two, city=two["anna"])
    assert everything(house) != before
    assert house.rows("SELECT DISTINCT person_id FROM orders") == [(survivor,)]
    operations.unmerge(profile=two["a.ivanova"], actor=BOB, at_us=NOW + 1)
    house.tick()
    assert everything(house) == before


def test_a_merge_told_and_taken_back_in_one_turn_leaves_nothing(house: House, two: dict[str, int]) -> None:
    before = everything(house)
    duplicates.merge_people(
        one=two["anna"], other=two["a.ivanova"], chosen={"city": two["anna"]}, warehouse=house.warehouse, actor=BOB, at_us=NOW
    )
    operations.unmerge(profile=two["a.ivanova"], actor=BOB, at_us=NOW + 1)
    house.tick()
    assert everything(house) == before


def test_a_rebuilt_warehouse_has_the_same_values(house: House, two: dict[str, int]) -> None:
    merged(house, two, city=two["anna"])
    house.take(identify("a.ivanova", "2026-10-30T10:00Z", city="Пермь"))
    before = house.everything()
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == before


def test_an_unmerge_refuses_the_pair_and_keeps_each_order_with_its_identifier(house: House, two: dict[str, int]) -> None:
    look(house)
    merged(house, two)
    assert Duplicate.objects.get().state == "merged"
    house.take(
        order("o3", "2026-10-30T10:00Z", user="a.ivanova", revenue=30),
        order("o4", "2026-10-30T11:00Z", user="anna", revenue=40),
    )
    operations.unmerge(profile=two["a.ivanova"], actor=BOB, at_us=NOW + 1)
    house.tick()
    orders = dict(house.rows("SELECT order_id, person_id FROM orders"))
    assert orders == {"o1": two["anna"], "o2": two["a.ivanova"], "o3": two["a.ivanova"], "o4": two["anna"]}
    assert look(house)["open"] == 0
    assert Duplicate.objects.get().state == "refused"


def test_merging_one_into_the_other_and_back_is_refused(house: House, two: dict[str, int]) -> None:
    merged(house, two)
    outbox = store.fetch("SELECT count(*) FROM engine_outbox")
    with pytest.raises(MergeRefused, match="one person already"):
        duplicates.merge_people(
            one=two["a.ivanova"], other=two["anna"], chosen={}, warehouse=house.warehouse, actor=BOB, at_us=NOW
        )
    assert store.fetch("SELECT count(*) FROM engine_outbox") == outbox


def test_who_was_erased_is_neither_merged_nor_found(house: House, two: dict[str, int]) -> None:
    look(house)
    erasure.erase(workspace=house.workspace, person=two["anna"], actor=BOB, at_us=NOW)
    house.tick()
    assert queries.pairs() == []
    with pytest.raises(Erased):
        merged(house, two)
    assert look(house, NOW + DAY_US)["open"] == 0


def test_sure_pairs_merge_by_themselves_only_where_the_workspace_wants_it(house: House, two: dict[str, int]) -> None:
    assert look(house)["merged"] == 0
    assert queries.pairs()[0].is_sure
    change_settings(values={"duplicates_merge_permille": 990}, actor=BOB, at_us=NOW)
    told = look(house)
    assert (told["merged"], told["open"]) == (1, 0)
    assert house.rows("SELECT DISTINCT person_id FROM orders") == [(two["anna"],)]


@pytest.mark.parametrize("value", [1, 899, 1001, -1])
def test_a_threshold_that_would_merge_strangers_is_refused(house: House, value: int) -> None:
    with pytest.raises(settings.BadSetting):
        change_settings(values={"duplicates_merge_permille": value}, actor=BOB, at_us=NOW)


def test_the_effect_tells_whose_orders_came_together(house: House, two: dict[str, int]) -> None:
    look(house)
    merged(house, two)
    told = queries.effect(warehouse=house.warehouse, at_us=NOW)
    assert told == {
        "found": 1, "open": 0, "merged": 1, "refused": 0, "people_before": 2, "people": 1, "joined": 1, "orders": 1,
        "revenue_minor": 2000, "changed": 1,
    }  # fmt: skip


def three(house: House, **middle: str) -> list[int]:
    """Anna, one who may be both of them, and a third; the middle one came first."""
    house.take(
        identify("middle", "2026-10-01T10:00Z", **middle),
        identify("anna", "2026-10-01T10:00Z", **ANNA),
        identify("third", "2026-10-01T10:00Z", **{**ANNA, "firstName": "Мария"}),
    )
    who = dict(house.rows("SELECT value, person_id FROM identifiers WHERE kind = 'user_id'"))
    return [who["middle"], who["anna"], who["third"]]


def pair(one: int, other: int, **told: Any) -> Duplicate:
    return Duplicate.objects.create(**{"one": one, "other": other, "probability": 0.995, "found_us": NOW, **told})


def test_a_merge_by_itself_joins_nobody_through_a_third(house: House) -> None:
    """The middle one has no name of her own, so each look finds her one with either; Anna and Maria are two all the same."""
    middle, anna, third = three(house, lastName="Иванова", birthday="1990-05-12", phone="+79031234567")
    asked: dict[str, Any] = {"least": 0.99, "warehouse": house.warehouse, "actor": BOB, "at_us": NOW}
    pair(middle, anna, is_sure=True)
    assert duplicates.merge_sure(**asked) == (1, 0)
    house.tick()
    pair(middle, third, is_sure=True)  # as a second look may find the one person
    assert duplicates.merge_sure(**asked) == (0, 1)
    assert Duplicate.objects.get(one=middle, other=third).state == "open"


def test_what_was_refused_of_a_part_holds_for_the_whole(house: House) -> None:
    middle, anna, third = three(house, lastName="Иванова")
    duplicates.refuse(pair=pair(anna, third), actor=BOB, at_us=NOW)
    first = pair(middle, anna)
    duplicates.merge_pair(pair=first, chosen={}, warehouse=house.warehouse, actor=BOB, at_us=NOW)
    house.tick()
    asked: dict[str, Any] = {"chosen": {}, "warehouse": house.warehouse, "actor": BOB, "at_us": NOW}
    before = everything(house)
    with pytest.raises(Apart, match="were said to be two people"):
        duplicates.merge_pair(pair=pair(middle, third), **asked)
    with pytest.raises(Apart):
        duplicates.merge_people(one=third, other=anna, **asked)
    with pytest.raises(duplicates.PairDecided):
        duplicates.merge_pair(pair=Duplicate.objects.get(one=anna, other=third), **asked)
    assert everything(house) == before
    assert duplicates.merge_pair(pair=Duplicate.objects.get(one=anna, other=third), anyway=True, **asked) == middle


def test_an_unmerge_refuses_every_pair_that_joined_the_two_through_others(house: House) -> None:
    middle, anna, third = three(house, lastName="Иванова")
    for one, other in ((middle, anna), (anna, third)):
        duplicates.merge_pair(pair=pair(one, other), chosen={}, warehouse=house.warehouse, actor=BOB, at_us=NOW)
    assert set(Duplicate.objects.values_list("state", flat=True)) == {"merged"}
    operations.unmerge(profile=third, actor=BOB, at_us=NOW + 1)
    states = {(one.one, one.other): one.state for one in Duplicate.objects.all()}
    assert states == {(middle, anna): "merged", (anna, third): "refused", (middle, third): "refused"}


CHAIN = ("anna", "b", "c")


@pytest.fixture
def chain(house: House) -> list[int]:
    """Three who are one by what a member says; each said all of it otherwise, and the later one later."""
    for day, (user, name, city) in enumerate(zip(CHAIN, ("Анна Иванова", "Аня Петрова", "Нюра Сидорова"), "КМП", strict=True), 1):
        told = {"name": name, "city": city, "email_domain": f"{user}.example", "size": user}
        house.take(identify(user, f"2026-10-0{day}T10:00Z", **told))
    who = dict(house.rows("SELECT value, person_id FROM identifiers WHERE kind = 'user_id'"))
    return [who[user] for user in CHAIN]


def joined(house: House, one: int, other: int, at_us: int, **chosen: int) -> None:
    asked: dict[str, Any] = {"warehouse": house.warehouse, "actor": BOB, "at_us": at_us}
    duplicates.merge_people(one=one, other=other, chosen=chosen, anyway=True, **asked)
    house.tick()


def parted(house: House, profile: int, at_us: int) -> None:
    operations.unmerge(profile=profile, actor=BOB, at_us=at_us)
    house.tick()


def by_profile(house: House) -> list[Any]:
    return house.rows("SELECT * EXCLUDE (person_id) FROM attributes ORDER BY ALL")


@pytest.mark.parametrize("first", ["the second", "the third"])
def test_an_unmerge_in_a_chain_takes_all_that_was_kept_of_who_is_parted(house: House, chain: list[int], first: str) -> None:
    one, two, three = chain
    alone = {profile: traits(house, profile) for profile in chain}
    before = everything(house)
    joined(house, one, two, NOW, city=two, size=two, name=two, first_name=two)
    of_two = everything(house)
    joined(house, three, two, NOW + 1, city=two, size=two, email_domain=one, name=two, first_name=two, last_name=two)
    assert traits(house, one)["city"] == "М"
    if first == "the second":
        parted(house, two, NOW + 2)
        assert traits(house, two) == alone[two]
        assert set(alone[two].values()) & set(traits(house, one).values()) == {"female"}
        parted(house, three, NOW + 3)
    else:
        parted(house, three, NOW + 2)
        assert everything(house) == of_two
        parted(house, two, NOW + 3)
    assert everything(house) == before
    assert {profile: traits(house, profile) for profile in chain} == alone


def test_who_leaves_a_chain_takes_with_her_only_what_she_said(house: House, chain: list[int]) -> None:
    """The third is merged into the second, and these two into the first: the second holds what was kept of the third."""
    one, two, three = chain
    alone = {profile: traits(house, profile) for profile in chain}
    before = by_profile(house)
    joined(house, two, three, NOW, city=three)
    pair_alone = everything(house)
    joined(house, one, two, NOW + 1, city=two)
    assert traits(house, one)["city"] == "П"
    parted(house, two, NOW + 2)
    assert everything(house) == pair_alone
    joined(house, one, two, NOW + 3, city=two)
    parted(house, three, NOW + 4)
    assert (traits(house, one)["city"], traits(house, three)) == ("М", alone[three])
    parted(house, two, NOW + 5)
    assert by_profile(house) == before


def test_a_rebuilt_warehouse_has_the_same_values_after_a_chain(house: House, chain: list[int]) -> None:
    one, two, three = chain
    joined(house, one, two, NOW, city=two)
    joined(house, three, two, NOW + 1, city=two)
    parted(house, two, NOW + 2)
    joined(house, one, two, NOW + 3, city=one)
    before = house.everything()
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == before


def test_an_unmerge_of_two_whom_no_look_had_found_is_a_refusal(house: House, two: dict[str, int]) -> None:
    merged(house, two)
    operations.unmerge(profile=two["a.ivanova"], actor=BOB, at_us=NOW)
    house.tick()
    change_settings(values={"duplicates_merge_permille": 990}, actor=BOB, at_us=NOW)
    told = look(house)
    assert (told["pairs"], told["merged"], told["open"]) == (1, 0, 0)
    with pytest.raises(Apart, match="were said to be two people"):
        merged(house, two)
    effect = queries.effect(warehouse=house.warehouse, at_us=NOW)
    assert (effect["found"], effect["refused"]) == (0, 1)
    joined(house, two["anna"], two["a.ivanova"], NOW)
    assert Duplicate.objects.get().state == "merged"


def test_an_unmerge_refuses_open_pairs_across_a_chain_too(house: House, chain: list[int]) -> None:
    one, two, three = chain
    joined(house, one, two, NOW)
    joined(house, three, two, NOW)
    pair(two, three)
    parted(house, three, NOW)
    states = {(one.one, one.other): one.state for one in Duplicate.objects.all()}
    assert states == {(one, three): "refused", (two, three): "refused"}
    parted(house, two, NOW)
    with pytest.raises(Apart):
        duplicates.merge_people(one=one, other=three, chosen={}, warehouse=house.warehouse, actor=BOB, at_us=NOW)


def test_merges_and_unmerges_of_one_moment_are_each_told(house: House, two: dict[str, int]) -> None:
    before = everything(house)
    alone = {profile: traits(house, profile) for profile in two.values()}
    for _ in range(3):
        joined(house, two["anna"], two["a.ivanova"], NOW, city=two["a.ivanova"])
        assert house.rows("SELECT DISTINCT person_id FROM orders") == [(two["anna"],)]
        parted(house, two["a.ivanova"], NOW)
    assert everything(house) == before
    assert {profile: traits(house, profile) for profile in two.values()} == alone
    assert house.rows("SELECT name, count(*) FROM events WHERE name LIKE 'Profile%' GROUP BY name ORDER BY name") == [
        ("Profile Merged", 3), ("Profile Unmerged", 3),
    ]  # fmt: skip


def test_a_choice_that_is_none_of_the_two_s_is_refused(house: House, two: dict[str, int]) -> None:
    before = everything(house)
    for chosen in ({"city": 999}, {"size": two["anna"]}, {"colour": two["anna"]}):
        with pytest.raises(duplicates.NoSuchChoice, match="cannot be kept"):
            merged(house, two, **chosen)
    assert everything(house) == before
    assert merged(house, two, city=two["anna"], size=two["a.ivanova"]) == two["anna"]


def figures(house: House) -> tuple[int, ...]:
    told = queries.effect(warehouse=house.warehouse, at_us=NOW)
    return tuple(told[name] for name in ("people_before", "people", "joined", "orders", "revenue_minor", "changed"))


def test_the_effect_of_a_chain_counts_whoever_moved(house: House, two: dict[str, int]) -> None:
    """Two pairs of the second with a third and a fourth: what moves by the last is not the one that the pair names."""
    house.take(
        order("o3", "2026-10-06T10:00Z", user="third", revenue=40),
        order("o4", "2026-10-06T10:00Z", user="fourth", revenue=80),
        order("o5", "2026-10-06T10:00Z", user="alone", revenue=160),
    )
    who = dict(house.rows("SELECT value, person_id FROM identifiers WHERE kind = 'user_id'"))
    for one, other in (("a.ivanova", "fourth"), ("third", "fourth"), ("anna", "fourth")):
        pair = Duplicate.objects.create(one=who[one], other=who[other], probability=0.9, found_us=NOW)
        duplicates.merge_pair(pair=pair, chosen={}, warehouse=house.warehouse, actor=BOB, at_us=NOW)
    house.tick()
    assert house.rows("SELECT count(*), count(DISTINCT person_id) FROM profiles") == [(5, 2)]
    assert figures(house) == (5, 2, 1, 3, 14_000, 1)
    operations.unmerge(profile=who["a.ivanova"], actor=BOB, at_us=NOW + 1)
    house.tick()
    assert house.rows("SELECT count(*), count(DISTINCT person_id) FROM profiles") == [(5, 3)]
    assert figures(house) == (5, 3, 1, 2, 12_000, 1)


def test_a_device_that_became_its_owner_is_no_duplicate(house: House, two: dict[str, int]) -> None:
    house.take({"type": "page", "anonymousId": "d1", "timestamp": "2026-10-01T09:00Z"}, source="site")
    house.take({"type": "identify", "anonymousId": "d1", "userId": "anna", "timestamp": "2026-10-01T10:00Z"}, source="site")
    assert figures(house) == (2, 2, 0, 0, 0, 0)
