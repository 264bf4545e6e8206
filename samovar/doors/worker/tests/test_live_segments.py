"""Live segments in a house: what comes through the log moves people, is announced once, and survives crashes and a rebuild."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from samovar import rules
from samovar.collect import consent
from samovar.collect import operations as collect
from samovar.collect.duplicates import operations as duplicates
from samovar.doors.worker.tests.conftest import BOB, House, order, track, us
from samovar.engine.models import Outbox
from samovar.engine.warehouse import registry
from samovar.kit.clock import DAY_US, HOUR_US
from samovar.understand import jobs, operations
from samovar.understand.live import stored
from samovar.understand.models import Segment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]
BEGAN = us("2026-11-01T09:00Z")


class Watched:
    """A house with live segments, and what they say."""

    def __init__(self, house: House) -> None:
        self.house, self.live = house, jobs.live(house.ticker.cursor(), house.warehouse.context)

    def segment(self, slug: str, text: str) -> Segment:
        return operations.create(name=slug, slug=slug, rule=_rule(text), actor=BOB, at_us=BEGAN)

    def edit(self, segment: Segment, text: str) -> None:
        operations.publish(segment=segment, rule=_rule(text), actor=BOB, at_us=BEGAN)

    def step(self, at_us: int) -> None:
        """The worker's turns until nothing moves any more."""
        moved = True
        while moved:
            self.house.tick()
            self.live.learn(self.house.ticker.news())
            try:
                moved = self.live.step(at_us) > 0
            finally:
                self.house.ticker.want_news(self.live.wants_news)

    def crash(self, *, rebuild: bool = False) -> None:
        self.house.reopen(rebuild=rebuild)
        self.live = jobs.live(self.house.ticker.cursor(), self.house.warehouse.context)

    def members(self, slug: str) -> list[int]:
        return list(self.live.members(Segment.objects.get(slug=slug).id))

    def stored(self) -> list[tuple[int, int]]:
        """(segment, person) of everybody in, as the warehouse's table tells it."""
        found = stored.members(self.house.warehouse.cursor())
        return [(segment, person) for segment, people in sorted(found) for person in people]

    def told(self) -> list[tuple[str, int | None, int]]:
        rows = Outbox.objects.filter(name__in=["Segment Entered", "Segment Left"]).order_by("id")
        return [(row.payload["segment"] + (" +" if "Ent" in row.name else " -"), row.profile_id, row.time_us) for row in rows]


def _rule(text: str) -> rules.Rule:
    return rules.parse(text, rules.builtin_catalogue("RUB"))


@pytest.fixture
def watched(house):
    return Watched(house)


def sends(watched: Watched, *events: dict[str, Any]) -> None:
    watched.house.send(*events, received="2026-11-30T00:00Z")


def buys(watched: Watched, number: str, user: str, at: str, **more: object) -> None:
    sends(watched, order(number, at, user=user, total=100, **more))


def test_an_order_puts_its_buyer_in_and_a_late_cancellation_takes_her_out(watched):
    buys(watched, "o0", "alice", "2026-10-31T10:00Z")
    watched.segment("buyers", "count(orders in last 7 days) >= 1")
    watched.segment("not", 'not in segment "buyers"')
    watched.step(BEGAN)
    alice = watched.members("buyers")
    assert len(alice) == 1
    assert watched.told() == []  # whom a segment begins with has not entered it
    buys(watched, "o1", "bob", "2026-11-01T09:30Z")
    watched.step(BEGAN + HOUR_US)
    [bob] = set(watched.members("buyers")) - set(alice)
    assert watched.told() == [("buyers +", bob, BEGAN + HOUR_US)]
    sends(watched, order("o1", "2026-11-01T09:40Z", user="bob", verb="Cancelled"))
    watched.step(BEGAN + HOUR_US + 1)
    assert (watched.members("buyers"), watched.members("not")) == (alice, [bob])
    watched.step(BEGAN + 9 * DAY_US)
    midnight = us("2026-11-07T21:00Z")  # in Moscow
    assert watched.told()[-2:] == [("buyers -", alice[0], midnight), ("not +", alice[0], midnight)]


def test_a_word_and_a_bounce_move_whom_they_make_reachable(watched):
    identified = {"type": "identify", "messageId": "i1", "userId": "alice", "timestamp": "2026-10-31T10:00Z"}
    sends(watched, {**identified, "traits": {"email": "alice@example.com"}})
    watched.segment("reachable", "reachable.email")
    watched.segment("stopped", 'reachable.email.state = "stopped"')
    watched.step(BEGAN)
    assert watched.members("reachable") == []
    fact = {"channel": "email", "address": "alice@example.com", "purpose": "marketing", "given": True}
    told = {**fact, "source": "form", "text_version": "1"}
    sends(watched, track("Consent Changed", "2026-11-01T09:00Z", userId="alice", properties=told))
    watched.step(BEGAN + HOUR_US)
    assert len(watched.members("reachable")) == 1
    stop_us = BEGAN + 2 * HOUR_US
    consent.suppress(channel="email", address="alice@example.com", reason="hard_bounce", at_us=stop_us, actor=BOB)
    watched.step(BEGAN + HOUR_US + 1)  # what is to come moves nobody yet
    assert (len(watched.members("reachable")), watched.members("stopped")) == (1, [])
    watched.step(stop_us)
    assert (watched.members("reachable"), len(watched.members("stopped"))) == ([], 1)


def test_a_new_address_moves_whom_it_makes_reachable(watched):
    def says(number: int, at: str, email: str) -> None:
        identified = {"type": "identify", "messageId": f"i{number}", "userId": "alice", "timestamp": at}
        sends(watched, {**identified, "traits": {"email": email}})

    says(1, "2026-10-31T10:00Z", "alice@example.com")
    fact = {"channel": "email", "purpose": "marketing", "given": True, "source": "form", "text_version": "1"}
    for address in ("alice@example.com", "alice@example.org"):
        told = {**fact, "address": address}
        sends(watched, track("Consent Changed", "2026-10-31T11:00Z", anonymousId=f"form of {address}", properties=told))
    watched.segment("reachable", "reachable.email")
    watched.step(BEGAN)
    alice = watched.members("reachable")
    assert len(alice) == 1
    consent.suppress(channel="email", address="alice@example.com", reason="hard_bounce", at_us=BEGAN + 1, actor=BOB)
    watched.step(BEGAN + HOUR_US)
    assert watched.members("reachable") == []
    says(2, "2026-11-01T09:30Z", "alice@example.org")
    watched.step(BEGAN + 2 * HOUR_US)
    assert watched.members("reachable") == alice
    assert [text for text, person, _moment in watched.told() if person == alice[0]] == ["reachable -", "reachable +"]


def test_after_a_crash_at_any_moment_the_difference_goes_out_once(watched, monkeypatch):
    watched.segment("buyers", "count(orders) >= 2")
    for number in range(4):
        buys(watched, f"a{number}", f"user{number}", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    for number in range(4):
        buys(watched, f"b{number}", f"user{number}", "2026-10-31T11:00Z")
    watched.crash()  # before the orders were told to anybody
    watched.step(BEGAN + 1)
    assert len(watched.told()) == 4
    monkeypatch.setattr("samovar.understand.live.live.MOVES_AT_ONCE", 1)
    for number in range(4):
        sends(watched, order(f"b{number}", "2026-10-31T12:00Z", user=f"user{number}", verb="Cancelled"))
    real, left = operations.emit, [2]

    def dies(*args: object) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(operations, "emit", dies)
    with pytest.raises(KeyboardInterrupt):
        watched.step(BEGAN + 2)
    monkeypatch.setattr(operations, "emit", real)
    watched.crash()
    watched.step(BEGAN + 3)
    assert [moment for name, _person, moment in watched.told() if name == "buyers -"] == [BEGAN + 2] * 2 + [BEGAN + 3] * 2
    assert watched.members("buyers") == [person for _segment, person in watched.stored()] == []


def test_a_rebuilt_warehouse_tells_the_same_story(watched):
    watched.segment("buyers", "count(orders) >= 1")
    buys(watched, "o1", "alice", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    buys(watched, "o2", "bob", "2026-10-31T10:00Z")
    watched.step(BEGAN + 1)
    members, stored, told = watched.members("buyers"), watched.stored(), watched.told()
    watched.crash(rebuild=True)
    assert watched.stored() == stored
    watched.step(BEGAN + 2)
    assert (watched.members("buyers"), watched.told()) == (members, told)


def test_a_merged_person_leaves_and_an_unmerged_one_comes_back(watched):
    watched.segment("twice", "count(orders) >= 2")
    watched.segment("once", "count(orders) >= 1")
    buys(watched, "o1", "alice", "2026-10-31T10:00Z")
    buys(watched, "o2", "bob", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    alice, bob = watched.members("once")
    collect.merge(profile=alice, other=bob, actor=BOB, at_us=BEGAN + 1)
    watched.step(BEGAN + 1)
    assert (watched.members("once"), watched.members("twice")) == ([alice], [alice])
    collect.unmerge(profile=bob, actor=BOB, at_us=BEGAN + 2)
    watched.step(BEGAN + 2)
    assert (watched.members("once"), watched.members("twice")) == ([alice, bob], [])


def test_the_value_that_survives_a_merge_moves_people_and_goes_with_the_unmerge(watched):
    """The newer city is the last one said; the older one that a member chose is said once more at the merge."""
    registry.load_rooms(["collect"])
    watched.segment("kazan", 'city = "Казань"')
    watched.segment("moscow", 'city = "Москва"')
    for user, city, day in (("alice", "Казань", 1), ("bob", "Москва", 2)):
        told = {"type": "identify", "userId": user, "timestamp": f"2026-10-0{day}T10:00Z", "traits": {"city": city}}
        sends(watched, told)
    watched.step(BEGAN)
    [alice], [bob] = watched.members("kazan"), watched.members("moscow")
    duplicates.merge_people(
        one=alice, other=bob, chosen={"city": alice}, warehouse=watched.house.warehouse, actor=BOB, at_us=BEGAN + 1
    )
    watched.step(BEGAN + 1)
    assert (watched.members("kazan"), watched.members("moscow")) == ([alice], [])
    watched.crash(rebuild=True)
    watched.step(BEGAN + 2)
    assert (watched.members("kazan"), watched.members("moscow")) == ([alice], [])
    collect.unmerge(profile=bob, actor=BOB, at_us=BEGAN + 3)
    watched.step(BEGAN + 3)
    assert (watched.members("kazan"), watched.members("moscow")) == ([alice], [bob])


def test_a_new_rule_moves_people_now_and_what_rests_on_it_follows(watched):
    row = watched.segment("good", "count(orders) >= 2")
    watched.segment("lately", 'entered segment "good" in last 7 days')
    buys(watched, "o1", "alice", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    watched.edit(row, "count(orders) >= 1")
    watched.step(BEGAN + HOUR_US)
    [alice] = watched.members("good")
    assert watched.told() == [("good +", alice, BEGAN + HOUR_US), ("lately +", alice, BEGAN + HOUR_US)]
    operations.archive(segment=Segment.objects.get(slug="lately"), actor=BOB, at_us=BEGAN)
    watched.step(BEGAN + 2 * HOUR_US)
    watched.step(BEGAN + 30 * DAY_US)
    assert len(watched.told()) == 2


def test_two_moves_at_one_moment_are_both_told(watched):
    watched.segment("buyers", "count(orders) >= 1")
    buys(watched, "o0", "alice", "2026-10-31T09:00Z", user_id="x")
    watched.step(BEGAN)
    for verb in ("Completed", "Cancelled"):
        sends(watched, order(f"o-{verb}", "2026-10-31T10:00Z", user="bob", verb="Completed"))
        watched.step(BEGAN + 1)
        sends(watched, order(f"o-{verb}", "2026-10-31T10:00Z", user="bob", verb="Cancelled", message=f"c-{verb}"))
        watched.step(BEGAN + 1)
    assert [name for name, *_ in watched.told()] == ["buyers +", "buyers -"] * 2


def test_a_rule_whose_event_never_happened_waits_for_it_and_holds_up_nobody(watched):
    watched.segment("quizzed", 'count(event("Quiz Finished")) >= 1')
    watched.segment("buyers", "count(orders) >= 1")
    buys(watched, "o1", "alice", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    assert (len(watched.members("buyers")), watched.live.sizes().keys()) == (1, {Segment.objects.get(slug="buyers").id})
    sends(watched, track("Quiz Finished", "2026-10-31T11:00Z", userId="alice"))
    watched.step(BEGAN + HOUR_US)
    assert watched.members("quizzed") == watched.members("buyers")
    assert watched.told() == []  # it begins with her


def test_an_edit_takes_effect_after_the_midnights_before_it(watched):
    row = watched.segment("lately", "count(orders in last 1 days) >= 1")
    buys(watched, "o1", "alice", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    [alice] = watched.members("lately")
    watched.edit(row, "count(orders) >= 1")
    watched.step(BEGAN + 3 * DAY_US)
    assert watched.told() == [
        ("lately -", alice, us("2026-11-01T21:00Z")), ("lately +", alice, BEGAN + 3 * DAY_US),
    ]  # fmt: skip


def test_a_step_that_fails_is_taken_again_whole(watched, monkeypatch):
    row = watched.segment("buyers", "count(orders) >= 2")
    buys(watched, "o1", "alice", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    watched.edit(row, "count(orders) >= 1")

    def fails(*args: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("samovar.understand.live.memory.Memory.refresh", fails)
        with pytest.raises(MemoryError):
            watched.step(BEGAN + 1)
    watched.step(BEGAN + 2)
    assert len(watched.members("buyers")) == 1


def fails_after(patched: pytest.MonkeyPatch, told: int) -> None:
    """So many transactions of announcements go well, and the next one does not."""
    real, left = operations.take_numbers, [told]

    def take(*args: Any) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OperationalError("database is locked")
        return real(*args)

    patched.setattr(operations, "take_numbers", take)


def test_a_move_that_was_told_in_part_goes_on_where_it_failed(watched, monkeypatch):
    watched.segment("buyers", "count(orders) >= 1")
    buys(watched, "o0", "alice", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    for number in range(4):
        buys(watched, f"a{number}", f"user{number}", "2026-10-31T10:00Z")
    monkeypatch.setattr("samovar.understand.live.live.MOVES_AT_ONCE", 1)
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        fails_after(patched, 2)
        watched.step(BEGAN + 1)
    watched.step(BEGAN + 2)
    people = [person for _name, person, _moment in watched.told()]
    assert len(people) == len(set(people)) == 4


def test_a_midnight_that_was_told_is_not_told_again_when_a_later_one_fails(watched, monkeypatch):
    watched.segment("yesterday", "count(orders between 1 and 1 days ago) >= 1")
    buys(watched, "o0", "alice", "2026-11-01T08:00Z")
    watched.step(BEGAN)
    buys(watched, "o1", "bob", "2026-11-03T08:00Z")
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        fails_after(patched, 2)
        watched.step(BEGAN + 3 * DAY_US)
    watched.step(BEGAN + 3 * DAY_US)
    assert [name for name, *_ in watched.told()] == ["yesterday +", "yesterday -", "yesterday +"]


@pytest.mark.parametrize("told", [0, 1])
def test_an_edit_that_could_not_be_told_is_told_later_with_what_rests_on_it(watched, monkeypatch, told):
    row = watched.segment("buyers", "count(orders) >= 2")
    watched.segment("others", 'not in segment "buyers"')
    buys(watched, "o1", "alice", "2026-10-31T10:00Z")
    watched.step(BEGAN)
    watched.edit(row, "count(orders) >= 1")
    watched.segment("newer", "count(orders) >= 1")
    monkeypatch.setattr("samovar.understand.live.live.MOVES_AT_ONCE", 1)
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        fails_after(patched, told)
        watched.step(BEGAN + 1)
    watched.live.sizes()  # of those whose beginning was told
    watched.step(BEGAN + 2)
    assert [name for name, *_ in watched.told()] == ["buyers +", "others -"]
    assert (watched.members("newer"), watched.members("others")) == (watched.members("buyers"), [])
