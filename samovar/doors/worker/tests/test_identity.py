"""Who an event belongs to."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from django.db import transaction

from samovar.collect import operations
from samovar.collect.operations import MergeRefused
from samovar.doors.worker.tests.conftest import BOB, NOW, House, order, track, us
from samovar.kit.clock import DAY_US, iso

pytestmark = pytest.mark.store


def page(device: str, at: str, **fields: str) -> dict[str, object]:
    return {"type": "page", "anonymousId": device, "timestamp": at, **fields}


def identify(user: str, at: str, **fields: object) -> dict[str, object]:
    return {"type": "identify", "userId": user, "timestamp": at, **fields}


def people(house: House, name: str = "") -> list[int]:
    """Persons of the page events, in order of time."""
    return [p for (p,) in house.rows("SELECT person_id FROM events WHERE kind = 'page' ORDER BY time_us")]


def test_a_visitor_joins_the_first_person_identified_on_the_device(house: House) -> None:
    house.take(page("d1", "2026-10-01T10:00Z"), identify("alice", "2026-10-01T11:00Z", anonymousId="d1"))
    [(alice,)] = house.rows("SELECT profile_id FROM identifiers WHERE value = 'alice'")
    assert people(house) == [alice]


def test_two_people_on_one_device_never_become_one(house: House) -> None:
    house.take(
        page("d1", "2026-10-01T10:00Z"),
        identify("alice", "2026-10-01T11:00Z", anonymousId="d1"),
        page("d1", "2026-10-01T11:30Z"),
        identify("bob", "2026-10-01T12:00Z", anonymousId="d1"),
        page("d1", "2026-10-01T12:30Z"),
    )
    persons = dict(house.rows("SELECT value, person_id FROM identifiers WHERE kind = 'user_id'"))
    assert people(house) == [persons["alice"], persons["alice"], persons["bob"]]
    assert persons["alice"] != persons["bob"]


def test_a_late_event_goes_to_whom_the_device_belonged_at_its_time(house: House) -> None:
    house.take(identify("alice", "2026-10-01T11:00Z", anonymousId="d1"), identify("bob", "2026-10-03T12:00Z", anonymousId="d1"))
    house.take(page("d1", "2026-10-02T09:00Z"))
    [(alice,)] = house.rows("SELECT person_id FROM identifiers WHERE value = 'alice'")
    assert people(house) == [alice]


def test_a_shared_email_merges_nobody(house: House) -> None:
    house.take(
        identify("alice", "2026-10-01T10:00Z", traits={"email": "family@example.ru"}),
        identify("bob", "2026-10-01T11:00Z", traits={"email": "Family@Example.ru"}),
    )
    assert len(set(house.rows("SELECT person_id FROM identifiers WHERE kind = 'user_id'"))) == 2
    assert house.rows("SELECT count(*) FROM identifiers WHERE kind = 'email'") == [(1,)]


def test_a_phone_of_a_shop_merges_nobody_who_has_an_email_of_her_own(house: House) -> None:
    shop = "+78462000000"
    house.take(
        *(
            {"type": "identify", "timestamp": f"2026-10-01T1{n}:00Z", "traits": {"email": f"c{n}@example.ru", "phone": shop}}
            for n in range(3)
        ),
        {"type": "identify", "timestamp": "2026-10-02T10:00Z", "traits": {"phone": shop, "name": "Anna"}},
    )
    owners = dict(house.rows("SELECT value, person_id FROM identifiers WHERE kind IN ('email', 'phone')"))
    assert len({owners[f"c{n}@example.ru"] for n in range(3)}) == 3
    assert owners[shop] == owners["c0@example.ru"]
    assert house.rows("SELECT person_id FROM attributes WHERE name = 'name'") == [(owners[shop],)], (
        "by the phone alone: its owner"
    )


def test_what_a_merged_person_has_tells_her_from_whom_she_shares_a_phone_with(house: House) -> None:
    at = "2026-10-01T10:00Z"
    house.take({"type": "identify", "timestamp": at, "traits": {"email": "a@example.ru"}})
    house.take({"type": "identify", "timestamp": at, "traits": {"phone": "+79161234567"}})
    [(one,), (other,)] = house.rows("SELECT person_id FROM people ORDER BY person_id")
    operations.merge(profile=other, other=one, actor=BOB, at_us=NOW)
    house.take({"type": "identify", "timestamp": at, "traits": {"email": "b@example.ru", "phone": "+79161234567"}})
    owners = dict(house.rows("SELECT value, person_id FROM identifiers"))
    assert owners["+79161234567"] == owners["a@example.ru"] != owners["b@example.ru"]


def test_a_person_known_by_phone_gets_the_email_told_later(house: House) -> None:
    house.take({"type": "identify", "timestamp": "2026-10-01T10:00Z", "traits": {"phone": "+79161234567"}})
    house.take(
        {"type": "identify", "timestamp": "2026-10-02T10:00Z", "traits": {"phone": "+79161234567", "email": "a@example.ru"}}
    )
    assert house.rows("SELECT count(DISTINCT person_id) FROM identifiers") == [(1,)]


def test_a_person_known_by_email_gets_the_account_made_later(house: House) -> None:
    house.take(track("Subscribed", "2026-10-01T10:00Z", context={"traits": {"email": "a@example.ru"}}))
    house.take(identify("alice", "2026-10-02T10:00Z", traits={"email": "A@example.ru"}))
    assert house.rows("SELECT count(DISTINCT person_id) FROM identifiers") == [(1,)]


def test_a_browser_never_joins_two_known_people(house: House) -> None:
    house.take(order("o1", "2026-10-01T10:00Z", user="alice"), order("o2", "2026-10-01T10:00Z", user="bob"))
    house.take({"type": "alias", "previousId": "alice", "userId": "bob", "timestamp": "2026-10-02T10:00Z"}, source="site")
    assert house.rows("SELECT count(DISTINCT person_id) FROM orders") == [(2,)]


def test_a_server_joins_two_known_people_by_alias(house: House) -> None:
    house.take(order("o1", "2026-10-01T10:00Z", user="alice"), order("o2", "2026-10-01T10:00Z", user="bob"))
    house.take({"type": "alias", "previousId": "alice", "userId": "bob", "timestamp": "2026-10-02T10:00Z"})
    assert house.rows("SELECT count(DISTINCT person_id) FROM orders") == [(1,)]


def test_a_browser_s_order_is_no_order_and_its_traits_fill_only_empty_fields(house: House) -> None:
    house.take(identify("alice", "2026-10-01T10:00Z", traits={"city": "Казань"}))
    house.take(
        order("o1", "2026-10-01T10:00Z", revenue=10),
        identify("alice", "2026-10-02T10:00Z", traits={"city": "Mars", "tea": "улун"}),
        source="site",
    )
    assert house.rows("SELECT count(*) FROM orders") == [(0,)]
    assert house.rows("SELECT name, text FROM attributes ORDER BY name") == [("city", "Казань"), ("tea", "улун")]


def test_a_merge_joins_histories_and_an_unmerge_parts_them_with_what_came_since(house: House) -> None:
    house.take(
        order("o1", "2026-10-01T10:00Z", user="alice", revenue=10), order("o2", "2026-10-01T10:00Z", user="bob", revenue=20)
    )
    ids = dict(house.rows("SELECT value, profile_id FROM identifiers"))
    before = house.rows("SELECT order_id, person_id FROM orders ORDER BY order_id")
    survivor = operations.merge(profile=ids["bob"], other=ids["alice"], actor=BOB, at_us=NOW)
    house.take(order("o3", "2026-10-05T10:00Z", user="bob", revenue=30))
    assert survivor == ids["alice"]
    assert house.rows("SELECT DISTINCT person_id FROM orders") == [(ids["alice"],)]
    operations.unmerge(profile=ids["bob"], actor=BOB, at_us=NOW)
    house.tick()
    after = house.rows("SELECT order_id, person_id FROM orders ORDER BY order_id")
    assert after == [*before, ("o3", ids["bob"])]


def test_a_person_is_a_customer_since_the_first_of_her_profiles_was_known(house: House) -> None:
    """Bob is met first as a visitor and known later than Alice; parted again, each is known since their own first."""
    house.take(
        page("d1", "2026-09-01T10:00Z"),
        order("o1", "2026-10-01T10:00Z", user="alice"),
        identify("bob", "2026-10-05T10:00Z", anonymousId="d1"),
    )
    ids = dict(house.rows("SELECT value, person_id FROM identifiers WHERE kind = 'user_id'"))
    alone = house.rows("SELECT person_id, first_us, known_us FROM people ORDER BY known_us")
    assert alone == [
        (ids["alice"], us("2026-10-01T10:00Z"), us("2026-10-01T10:00Z")),
        (ids["bob"], us("2026-09-01T10:00Z"), us("2026-10-05T10:00Z")),
    ]
    together = operations.merge(profile=ids["bob"], other=ids["alice"], actor=BOB, at_us=NOW)
    house.take(identify("bob", "2026-08-01T10:00Z"))
    assert house.rows("SELECT person_id, first_us, known_us FROM people") == [(together, *[us("2026-08-01T10:00Z")] * 2)]
    operations.unmerge(profile=max(ids.values()), actor=BOB, at_us=NOW)
    house.tick()
    assert house.rows("SELECT min(known_us) FROM people WHERE person_id = " + str(ids["alice"])) == [(us("2026-10-01T10:00Z"),)]
    assert house.rows("SELECT known_us FROM people WHERE person_id = " + str(ids["bob"])) == [(us("2026-08-01T10:00Z"),)]


def test_it_refuses_to_merge_what_is_one_already(house: House) -> None:
    house.take(order("o1", "2026-10-01T10:00Z", user="alice"), order("o2", "2026-10-01T10:00Z", user="bob"))
    ids = dict(house.rows("SELECT value, profile_id FROM identifiers"))
    operations.merge(profile=ids["bob"], other=ids["alice"], actor=BOB, at_us=NOW)
    with pytest.raises(MergeRefused):
        operations.merge(profile=ids["alice"], other=ids["bob"], actor=BOB, at_us=NOW)


def some_event(rng: random.Random, at_us: int) -> dict[str, object]:
    """An event of few people on few devices, some of whom share addresses."""
    event: dict[str, object] = {"type": rng.choice(["page", "page", "identify", "alias"]), "timestamp": iso(at_us)}
    if rng.random() < 0.6:
        event["userId"] = f"u{rng.randrange(5)}"
    if "userId" not in event or rng.random() < 0.7:
        event["anonymousId"] = f"d{rng.randrange(4)}"
    if event["type"] == "alias":
        event["previousId"] = f"{rng.choice('ud')}{rng.randrange(4)}"
    if rng.random() < 0.3:
        event["context"] = {"traits": {"email": f"e{rng.randrange(4)}@example.ru"}}
    return event


@pytest.mark.parametrize("seed", range(12))
def test_what_is_settled_at_a_glance_is_what_a_closer_look_finds(tmp_path: Path, db: None, seed: int) -> None:
    rng = random.Random(seed)
    start = us("2026-10-01T00:00Z")
    batches = [
        [{**some_event(rng, start + rng.randrange(30 * DAY_US)), "messageId": f"{n}-{i}"} for i in range(rng.randint(1, 12))]
        for n in range(15)
    ]
    sources = [rng.choice(["server", "site"]) for _ in batches]
    found = []
    for name in ("quick", "careful"):
        with transaction.atomic():
            house = House(tmp_path / name)
            if name == "careful":
                house.ticker._resolver._settled = lambda events: [0] * len(events)  # type: ignore[method-assign]
            for batch, source in zip(batches, sources, strict=True):
                house.take(*batch, source=source)
            found.append({table: house.everything()[table] for table in ("events", "identifiers", "profiles")})
            house.close()
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert len(found[0]["events"]) > 50
