"""A shop with live segments over some months, told in steps that can be crashed anywhere and gone on with.

Every kind of rule is followed while orders, visits, changes of traits and consent come in, people are merged, parted and
erased, rules are edited and put away, facts come late, midnights pass and months are sealed. A step goes to its own moment and
acts; the one under way at a crash is taken again whole, so each act changes nothing when it was done already.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samovar.doors.tests.crashing import CrashBench, Kill, Writer
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, Zone, iso, parse_moment
from samovar.staff.actors import Actor

BEGAN_US = parse_moment("2026-03-02T10:00", Zone("Europe/Moscow"))  # in Moscow, where the shop is
BOB = Actor("staff", "2", "Bob")
PEOPLE, NAMELESS = 24, 22  # one of them is told of later
# Small, so that one move takes several transactions and the warehouse takes in a part of it at a time.
MOVES_AT_ONCE, OUTBOX_MAX = 3, 20
RULES = {
    "lately": "count(orders in last 7 days) >= 1",
    "now": "count(visits in last 6 hours) >= 1",
    "looked": "did views then cart_adds within 2 hours then not orders within 24 hours in last 30 days",
    "dear": "count(orders where amount > 1000) >= 2",
    "kazan": 'city = "Казань" or trait.tea = "oolong"',
    "asked": "consent.email.marketing",
    "away": 'in segment "lately" and not in segment "now"',
    "fresh": 'entered segment "lately" in last 3 days',
    "old": "count(orders before 30 days ago) >= 1",
    "spent": "sum(orders.amount) >= 3000",
}
Event = dict[str, Any]


# What happens


def _event(kind: str, who: int | str, at_us: int, message: str, **told: Any) -> Event:
    user = who if isinstance(who, str) else f"p{who}"
    return {"type": kind, "userId": user, "messageId": message, "timestamp": iso(at_us), **told}


def identity(who: int, at_us: int, **traits: Any) -> Event:
    return _event("identify", who, at_us, f"i-{who}-{at_us}", traits=traits)


def _newcomer(who: int, at_us: int) -> Event:
    city, tea = "Казань" if who % 5 == 0 else "Пермь", "oolong" if who == 4 else "red"
    return identity(who, at_us, email=f"p{who}@shop.example", city=city, tea=tea)


def consent(who: int, at_us: int, *, given: bool) -> Event:
    said = {
        "channel": "email", "address": f"p{who}@shop.example", "purpose": "marketing", "given": given, "source": "form",
        "text_version": "1",
    }  # fmt: skip
    return _event("track", who, at_us, f"c-{who}-{at_us}", event="Consent Changed", properties=said)


def order(number: str, who: int | str, at_us: int, amount: float, verb: str = "Completed") -> Event:
    told = {"order_id": number, "revenue": amount, "currency": "RUB"}
    return _event("track", who, at_us, f"o-{number}-{verb}", event=f"Order {verb}", properties=told)


def seen(name: str, who: int, at_us: int) -> Event:
    return _event("track", who, at_us, f"{name}-{who}-{at_us}", event=name, properties={"product_id": "tea"})


def page(who: int, at_us: int) -> Event:
    return _event("page", who, at_us, f"page-{who}-{at_us}", properties={"url": "https://shop.example/"})


def send(session: Any, events: Sequence[Event]) -> None:
    """Append events to the log as one request that comes in now."""
    from samovar.engine.log import Row

    body = json.dumps(list(events)).encode()
    session.append_log([Row(session.clock.now_us(), "server", "events", len(events), None, body)])


def person(who: int) -> int:
    from samovar.collect.queries import find_person

    return find_person(f"user_id:p{who}")


def publish(session: Any, slug: str, text: str, at_us: int) -> None:
    """Make a segment of a rule, or give it to one. Raises the refusal of a text that names what is not in use."""
    from samovar.understand import operations, queries, words
    from samovar.understand.models import Segment

    rule = words.read(text, session.owner)
    if not Segment.objects.filter(slug=slug).exists():
        operations.create(name=slug, slug=slug, rule=rule, actor=BOB, at_us=at_us)
    else:
        operations.publish(segment=queries.segment(slug), rule=rule, actor=BOB, at_us=at_us)


# The steps, each with the session and its own moment


def _segments(session: Any, at_us: int) -> None:
    for slug, text in RULES.items():
        publish(session, slug, text, at_us)


def _a_day(session: Any, at_us: int) -> None:
    send(session, [order(f"a{n}", n, at_us - MINUTE_US * n, 900.5 + 200 * n) for n in range(10)])
    send(session, [page(n, at_us - HOUR_US) for n in range(4, 12)])
    send(session, [seen("Product Viewed", n, at_us - 3 * HOUR_US) for n in range(8, 14)])
    send(session, [seen("Product Added", n, at_us - 2 * HOUR_US) for n in range(9, 16)])


def _edits(session: Any, at_us: int) -> None:
    publish(session, "spent", "sum(orders.amount) between 1000 and 2500", at_us)
    send(session, [identity(n, at_us, city="Казань") for n in (3, 5)] + [identity(12, at_us, city="Тула", tea="green")])
    send(session, [consent(n, at_us, given=n % 2 == 0) for n in (6, 13, 14)])


def _merge(session: Any, at_us: int) -> None:
    from samovar.collect import operations

    for one, other in ((1, 2), (3, 20)):
        if person(one) != person(other):
            operations.merge(profile=person(one), other=person(other), actor=BOB, at_us=at_us)


def _late(session: Any, at_us: int) -> None:
    """An order of ten days ago, one cancelled, one whose cancellation comes first, one person who is two by her address."""
    send(session, [order("late", 15, at_us - 10 * DAY_US, 1500.0), order("a4", 4, at_us, 0, "Cancelled")])
    send(session, [order("b1", 16, at_us, 0, "Cancelled"), identity(NAMELESS, at_us, email="p21@shop.example")])
    session.settle()
    send(session, [order("b1", 16, at_us - MINUTE_US, 700.0), order("a2", 2, at_us, 0, "Cancelled")])


def _part(session: Any, at_us: int) -> None:
    from samovar.collect import operations
    from samovar.collect.models import Identifier
    from samovar.understand import operations as segments
    from samovar.understand import queries

    parted = Identifier.objects.get(kind="user_id", value="p2").profile_id
    if person(2) != parted:
        operations.unmerge(profile=parted, actor=BOB, at_us=at_us)
    segments.archive(segment=queries.segment("old"), actor=BOB, at_us=at_us)
    session.settle()
    rest(session, at_us)


def _erase(session: Any, at_us: int) -> None:
    from samovar.collect.erasure import operations
    from samovar.kit.errors import NotFound

    for who in (7, 3):
        try:
            operations.erase(workspace=session.workspace, person=person(who), actor=BOB, at_us=at_us)
        except NotFound:  # nobody is found by what named her: she is erased
            continue


def _returning(session: Any, at_us: int) -> None:
    """Orders go on, one of her who was erased and of somebody new; a segment is made while people would be in it."""
    send(session, [order(f"c{n}", n, at_us - MINUTE_US, 1200.0) for n in (*range(6, 12), PEOPLE)])
    publish(session, "perm", 'city starts with "пе" and in segment "lately"', at_us)


def _months(session: Any, at_us: int) -> None:
    """Into months that are sealed: an order, a cancellation and a visit that come late; an old segment again; another edit."""
    from samovar.understand import operations, queries

    send(session, [order("d1", 17, at_us - 60 * DAY_US, 3100.0), order("a5", 5, at_us - 50 * DAY_US, 0, "Cancelled")])
    send(session, [order("d2", 9, at_us, 5000.0), page(9, at_us - 7 * HOUR_US), page(10, at_us - HOUR_US)])
    operations.restore(segment=queries.segment("old"), actor=BOB, at_us=at_us)
    publish(session, "spent", "sum(orders.amount) >= 2000 or count(visits in last 6 hours) >= 1", at_us)


def rest(session: Any, at_us: int) -> None:
    """Time alone; at rest the worker has a checkpoint."""
    session.owner.checkpoint()


@dataclass(frozen=True)
class Step:
    """What happens `after_us` the beginning; with `is_new_session` the directory's owner ends before and another begins."""

    name: str
    after_us: int
    act: Callable[[Any, int], None]
    is_new_session: bool = False


STEPS = (
    Step("segments", HOUR_US, _segments),
    Step("a day", 5 * HOUR_US, _a_day),
    Step("edits", 6 * HOUR_US, _edits),
    Step("a merge", 8 * HOUR_US, _merge),
    Step("a night", 20 * HOUR_US, rest),
    Step("late facts", 2 * DAY_US, _late),
    Step("an un-merge", 2 * DAY_US + HOUR_US, _part, is_new_session=True),
    Step("erasures", 3 * DAY_US, _erase),
    Step("orders again", 3 * DAY_US + HOUR_US, _returning, is_new_session=True),
    Step("a month", 45 * DAY_US, rest),
    Step("sealed months", 75 * DAY_US, _months),
    Step("the end", 110 * DAY_US, rest, is_new_session=True),
)


SHORT = tuple(step for step in STEPS if step.name in ("segments", "a day", "edits", "a merge", "an un-merge"))


@contextmanager
def opened(data: Path) -> Iterator[Any]:
    """The workspace with its segments followed, as the command `run` has it."""
    from samovar.doors.session import open_session

    with open_session(data, command="run", exclusive=True) as session:
        yield session


def prepare(data: Path) -> None:
    """People with traits, consents and an old order."""
    from samovar.doors.cli.init import make

    make(data, currency="RUB", timezone="Europe/Moscow", virtual=True, at="2026-03-02T10:00")
    old_us = BEGAN_US - 29 * DAY_US
    with opened(data) as session:
        send(session, [_newcomer(n, old_us) for n in range(PEOPLE) if n != NAMELESS])
        send(session, [consent(n, old_us, given=True) for n in range(0, PEOPLE, 2)])
        send(session, [order(f"z{n}", n, old_us + n * HOUR_US, 400.0 + n) for n in range(0, PEOPLE, 3)])
        send(session, [seen(name, 23, old_us) for name in ("Product Viewed", "Product Added")])
        session.settle()


class SegmentStory:
    """The story to be crashed, whole or some steps of it."""

    def __init__(self, steps: Sequence[Step] = STEPS) -> None:
        self._steps = steps

    def prepare(self, data: Path) -> None:
        prepare(data)

    def writers(self) -> Sequence[Writer]:
        from samovar.engine import outbox
        from samovar.engine.warehouse.owner import Warehouse

        return [(outbox, "seal"), (Warehouse, "take_place_of")]

    def run(self, data: Path, begins: Callable[[str], None]) -> None:
        """From the step that was begun last to the end; steps begun are noted beside the workspace."""
        _make_small()
        noted = data.parent / "begun"
        begun = noted.read_text().splitlines() if noted.exists() else []
        steps = list(self._steps[max(len(begun) - 1, 0) :])
        while steps:
            with opened(data) as session:
                for step in _of_one_session(steps):
                    if step.name not in begun:
                        with noted.open("a") as out:
                            out.write(f"{step.name}\n")
                    begins(step.name)
                    _take(session, step)

    def recover(self, data: Path) -> list[str]:
        """Settle what is left, then the rest of the story, then a warehouse made anew: each must agree with the rules."""
        from samovar.doors import advance
        from samovar.doors.tests.segment_books import books, made_anew, told_so_far

        _make_small()
        with opened(data) as session:
            advance.settle(session)
            wrong = [f"after the crash: {one}" for one in books(session)]
        self.run(data, lambda step: None)
        with opened(data) as session:
            advance.settle(session)
            wrong += [f"at the end: {one}" for one in books(session)]
            told = told_so_far(session)
        return wrong + [f"made anew: {one}" for one in made_anew(data, told)]


def _of_one_session(steps: list[Step]) -> Iterator[Step]:
    """Take the steps up to one that begins another session."""
    yield steps.pop(0)
    while steps and not steps[0].is_new_session:
        yield steps.pop(0)


def _take(session: Any, step: Step) -> None:
    from samovar.doors import advance

    at_us = BEGAN_US + step.after_us
    advance.advance(session, at_us)
    step.act(session, at_us)
    advance.advance(session, at_us)


def _make_small() -> None:
    from samovar.doors.worker import replay, tick
    from samovar.understand.live import live

    live.MOVES_AT_ONCE = MOVES_AT_ONCE
    replay.OUTBOX_MAX = tick.OUTBOX_MAX = OUTBOX_MAX


def main(home: str, *kills: str) -> None:
    """Try some kills, each as JSON, in a short story; print whether each was killed, and what was wrong then."""
    bench = CrashBench(Path(home), SegmentStory(SHORT))
    tried = [bench.attempt(Kill(*json.loads(kill))) for kill in kills]
    sys.stdout.write(json.dumps([[one.is_killed, one.wrong] for one in tried]))


if __name__ == "__main__":
    main(*sys.argv[1:])
