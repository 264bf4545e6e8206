"""What live segments keep in memory follows every batch: after any of them it is what the warehouse holds, whatever came."""

from __future__ import annotations

import itertools
import queue
import random
import threading
from typing import Any

import pytest
from pyroaring import BitMap

from samovar import rules
from samovar.collect import consent
from samovar.collect import operations as collect
from samovar.collect.consent import Statement
from samovar.collect.erasure import operations as erasure
from samovar.collect.models import Profile
from samovar.collect.records.operations import declare
from samovar.collect.warehouse import Applier
from samovar.doors.worker.tests.conftest import BOB, House, order, track, us
from samovar.engine.warehouse import registry
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, from_us
from samovar.kit.errors import Refusal
from samovar.rules.sql import Moment, truths_sql
from samovar.understand import jobs, operations
from samovar.understand.learned import WarehouseWords
from samovar.understand.models import Segment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]
BEGAN = us("2026-11-20T09:00Z")
RECEIVED = "2026-12-30T00:00Z"
TEXTS = (
    "count(orders in last 7 days) >= 2", "sum(orders.amount) > 300", "median(orders.amount) > 150", "count(returns) >= 1",
    'sum(lines.quantity where category = "tea" in last 5 days) >= 2', "distinct(lines.sku) >= 2", 'last(lines.name) contains "a"',
    "count(visits in last 3 days) >= 2", "count(visits where views >= 2) >= 1", "hours_since(last visits) < 5",
    "count(views in last 6 hours) >= 2", "first(views.price) > 100", "avg(views.price in last 10 days) >= 150",
    "did views then orders within 12 hours", "did visits then not orders within 3 hours in last 9 days", "gap(orders) <= 2",
    "streak(visits, 1 days) >= 2", 'city = "Tver"', "consent.email.marketing", "registered_at is known",
    'lifecycle = "developing"', 'lifecycle in ("newcomer", "cautious")', 'count(record("car") where km > 100) >= 1',
    'count(record("car") in last 2 days) >= 1', 'count(views where person.city = "Tver") >= 1',
    'in segment "s1" and not in segment "s7"', 'entered segment "s1"', "contact.email.is_known",
)  # fmt: skip


class Shop:
    """A house in which anything may happen, and live segments that follow it."""

    def __init__(self, house: House, chance: random.Random) -> None:
        self.house, self.r = house, chance
        self.live = jobs.live(house.ticker.cursor(), house.warehouse.context)
        self.at_us = BEGAN
        self._numbers = itertools.count()
        self._orders: list[tuple[str, str]] = []
        self._merged: list[int] = []

    def events(self, many: int) -> list[dict[str, Any]]:
        """What some customers did in the days before, or only now."""
        return [self.r.choice(self._kinds)(self) for _ in range(many)]

    def _when(self) -> str:
        back = self.r.choice([0, 0, MINUTE_US, HOUR_US, 5 * HOUR_US, DAY_US, 6 * DAY_US, 9 * DAY_US])
        return from_us(self.at_us - back - self.r.randrange(MINUTE_US)).isoformat()

    def _who(self) -> dict[str, str]:
        number = self.r.randrange(8)
        return self.r.choice([{"userId": f"u{number}"}, {"anonymousId": f"a{number}"}, {"userId": f"u{number}"}])

    def _page(self) -> dict[str, Any]:
        return {"type": "page", "timestamp": self._when(), **self._who()}

    def _view(self) -> dict[str, Any]:
        return track("Product Viewed", self._when(), **self._who(), properties={"price": self.r.choice([90, 120, 300])})

    def _order(self) -> dict[str, Any]:
        number, who = f"o{next(self._numbers)}", f"u{self.r.randrange(8)}"
        self._orders.append((number, who))
        return self._told(number, who, "Completed")

    def _later(self) -> dict[str, Any]:
        if not self._orders:
            return self._order()
        return self._told(*self.r.choice(self._orders), self.r.choice(["Updated", "Cancelled", "Refunded", "Completed"]))

    def _told(self, number: str, who: str, verb: str) -> dict[str, Any]:
        goods = [
            {"sku": self.r.choice("abc"), "name": self.r.choice(["Assam", "Oolong"]), "category": self.r.choice(["tea", "cup"]),
             "price": 50, "quantity": self.r.randint(1, 3)}
            for _ in range(self.r.randint(0, 2))
        ]  # fmt: skip
        return order(number, self._when(), user=who, verb=verb, total=self.r.choice([100, 200, 250]), products=goods)

    def _identify(self) -> dict[str, Any]:
        number = self.r.randrange(8)
        traits = self.r.choice([{"city": "Tver"}, {"city": "Omsk"}, {"email": f"u{number}@example.com"}])
        joined = {"anonymousId": f"a{self.r.randrange(8)}"} if self.r.random() < 0.2 else {}
        return {"type": "identify", "timestamp": self._when(), "userId": f"u{number}", "traits": traits, **joined}

    def _record(self) -> dict[str, Any]:
        verb, number = self.r.choice(["Updated", "Updated", "Removed"]), self.r.randrange(5)
        told = {"type": "car", "id": f"c{number}", "km": self.r.choice([50, 200]), "bought": self._when()}
        return track(f"Record {verb}", self._when(), userId=f"u{number}", properties=told)

    _kinds = (_page, _page, _view, _view, _order, _order, _later, _identify, _record)

    def operation(self) -> None:
        """A merge, an un-merge, a consent or an erasure."""
        profiles = list(Profile.objects.filter(merged_into=None).values_list("id", flat=True))
        chosen = self.r.choice(["merge", "merge", "unmerge", "consent", "consent", "erase"])
        try:
            if chosen == "merge" and len(profiles) > 1:
                one, other = self.r.sample(profiles, 2)
                self._merged.append(collect.merge(profile=one, other=other, actor=BOB, at_us=self.at_us) or other)
            elif chosen == "unmerge" and self._merged:
                collect.unmerge(profile=self._merged.pop(), actor=BOB, at_us=self.at_us)
            elif chosen == "consent":
                address, given = f"u{self.r.randrange(8)}@example.com", self.r.random() < 0.5
                key = f"k{next(self._numbers)}"
                consent.state([Statement(key, "email", address, "marketing", given, self.at_us, "office")])
            elif chosen == "erase" and self.r.random() < 0.2:
                erasure.erase(workspace=self.house.workspace, person=self.r.choice(profiles), actor=BOB, at_us=self.at_us)
        except Refusal:
            pass  # of somebody who is erased, or stands alone

    def follow(self) -> None:
        """The worker's turn."""
        self.house.tick()
        self.live.learn(self.house.ticker.news())
        self.live.step(self.at_us)
        self.house.ticker.want_news(self.live.wants_news)

    def agrees(self) -> None:
        """Members are those for whom the rules hold, asked of the warehouse anew."""
        rows = Segment.objects.order_by("id")
        trees = {row.slug: rules.from_json(row.tree) for row in rows}
        words = rules.builtin_catalogue("RUB").with_learned(WarehouseWords(self.house.warehouse.cursor()))
        words = words.with_segments({slug: tree.condition for slug, tree in trees.items()})
        moment = Moment(self.at_us, self.house.warehouse.context.zone)
        told = self.house.rows(truths_sql(list(trees.values()), words, moment))
        for place, row in enumerate(rows, 1):
            assert self.live.members(row.id) == BitMap([one[0] for one in told if one[place]]), row.rule_text


@pytest.mark.parametrize("seed", range(6))
def test_members_are_those_of_everybody_asked_anew(house, seed):
    shop = Shop(house, random.Random(seed))
    declare(name="car", label="Car", time_field="bought", fields={"bought": "date", "km": "number"}, actor=BOB, at_us=BEGAN)
    house.send(*[kind(shop) for kind in Shop._kinds for _ in range(3)], received=RECEIVED)
    house.tick()
    for number, text in enumerate(TEXTS, 1):
        rule = rules.parse(text, rules.builtin_catalogue("RUB"))
        operations.create(name=f"s{number}", slug=f"s{number}", rule=rule, actor=BOB, at_us=BEGAN)
    shop.follow()
    for _ in range(14):
        shop.at_us += shop.r.choice([1, MINUTE_US, HOUR_US, 5 * HOUR_US, 14 * HOUR_US, 2 * DAY_US])
        for _ in range(shop.r.randint(0, 3)):  # some batches are learned of together
            house.take(*shop.events(shop.r.randint(1, 6)), received=RECEIVED)
            if shop.r.random() < 0.4:
                shop.operation()
        shop.follow()
        shop.agrees()


class DiskFull(Exception):
    """A commit of the warehouse failed."""


@pytest.mark.parametrize("seed", range(4))
def test_members_are_right_again_after_commits_that_failed_when_their_news_were_told(house, seed, monkeypatch):
    shop = Shop(house, random.Random(seed))
    declare(name="car", label="Car", time_field="bought", fields={"bought": "date", "km": "number"}, actor=BOB, at_us=BEGAN)
    house.take(*[kind(shop) for kind in Shop._kinds for _ in range(3)], received=RECEIVED)
    for number, text in enumerate(TEXTS, 1):
        rule = rules.parse(text, rules.builtin_catalogue("RUB"))
        operations.create(name=f"s{number}", slug=f"s{number}", rule=rule, actor=BOB, at_us=BEGAN)
    shop.follow()
    chance, commit, failed = shop.r, Applier._commit, 0

    def fails_now_and_then(applier: Applier) -> None:
        if chance.random() < 0.3:
            raise DiskFull
        commit(applier)

    for _ in range(12):
        shop.at_us += chance.choice([1, MINUTE_US, HOUR_US, 14 * HOUR_US])
        with monkeypatch.context() as patched:
            patched.setattr(Applier, "_commit", fails_now_and_then)
            for _ in range(6):  # the worker's turns, of which some wait for the warehouse and some do not
                house.send(*shop.events(chance.randint(0, 4)), received=RECEIVED)
                try:
                    house.ticker.tick(shop.at_us)
                    shop.live.learn(house.ticker.news())
                    shop.live.step(shop.at_us)
                except DiskFull:
                    failed += 1
        for _ in range(2):  # the first may hear of a failure that nobody had waited for
            try:
                shop.follow()
            except DiskFull:
                failed += 1
        shop.agrees()
    assert failed > 3


class Lookers:
    """Who looked at three products in six hours, in a house whose commits a test holds up."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.shop, self.disk = house, Shop(house, random.Random(1)), queue.SimpleQueue[Exception | None]()
        self.look("08:00")
        house.tick()
        rule = rules.parse("count(views in last 6 hours) >= 3", rules.builtin_catalogue("RUB"))
        self.segment = operations.create(name="Lookers", slug="lookers", rule=rule, actor=BOB, at_us=BEGAN)
        for _ in range(2):  # the second learns what is ahead of time: nothing
            self.shop.follow()
            self.shop.at_us += 1
        commit = Applier._commit

        def waits(applier: Applier) -> None:
            failure = self.disk.get(timeout=30)
            if failure is not None:
                raise failure
            commit(applier)

        monkeypatch.setattr(Applier, "_commit", waits)

    def look(self, at: str) -> None:
        view = track("Product Viewed", f"2026-11-20T{at}Z", userId="u1", properties={"price": 90})
        self.house.send(view, received=RECEIVED)

    def turn(self) -> int:
        """A turn of the worker; how many people moved."""
        self.house.ticker.tick(BEGAN)
        self.shop.live.learn(self.house.ticker.news())
        self.shop.at_us += 1
        return self.shop.live.step(self.shop.at_us)

    @property
    def stored(self) -> int:
        [(events,)] = self.house.rows("SELECT count(*) FROM events WHERE name = 'Product Viewed'")
        return int(events)


def test_who_moved_is_told_while_the_commit_waits_for_the_disk(house, monkeypatch):
    lookers = Lookers(house, monkeypatch)
    lookers.look("08:20")
    lookers.look("08:50")
    assert lookers.turn() == 1
    assert (len(lookers.shop.live.members(lookers.segment.id)), lookers.stored) == (1, 1)
    for _ in range(3):  # the looks, who moved, and nothing more
        lookers.disk.put(None)
    lookers.shop.follow()
    lookers.shop.agrees()
    assert lookers.stored == 3


def test_rows_that_were_told_and_not_committed_are_counted_once(house, monkeypatch):
    lookers = Lookers(house, monkeypatch)
    lookers.look("08:50")
    assert lookers.turn() == 0
    lookers.disk.put(DiskFull())
    with pytest.raises(DiskFull):
        house.tick()
    for _ in range(3):
        lookers.disk.put(None)
    assert lookers.turn() == 0
    lookers.shop.agrees()
    assert lookers.stored == 2


def test_who_decides_by_what_was_told_waits_until_it_can_be_read(house, monkeypatch):
    registry.load_rooms(["collect"])
    lookers = Lookers(house, monkeypatch)
    lookers.look("08:50")
    lookers.turn()
    threading.Timer(0.2, lookers.disk.put, [None]).start()
    [person] = house.ticker.asker().query("collect.person", person_id=1, at_us=BEGAN).to_pylist()
    assert person["events"] == 2
