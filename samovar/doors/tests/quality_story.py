"""A shop whose data fails, told hour by hour under a virtual clock: a field is lost, later an event stops, and comes back.

`python -m samovar.doors.tests.quality_story DIR` tells it and prints what `told` returns as JSON.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, Zone, iso, parse_moment

ZONE = Zone("Europe/Moscow")
BEGAN_US = parse_moment("2026-03-02T00:00", ZONE)  # a Monday
NOW_US = BEGAN_US + 35 * DAY_US
FIELD_LOST_US = NOW_US + 10 * HOUR_US + 20 * MINUTE_US
FIELD_BACK_US = NOW_US + 16 * HOUR_US
EVENT_STOPS_US = NOW_US + 35 * HOUR_US  # the next day at eleven
EVENT_BACK_US = NOW_US + 40 * HOUR_US
UNTIL_US = NOW_US + 44 * HOUR_US
EVENTS = {"Product Viewed": 40, "Product Added": 24, "Checkout Started": 8}
SEGMENTS = {
    "dear": "count(cart_adds where price > 100) >= 1",
    "likes": 'in segment "dear" and count(views) >= 2',
    "seen": "count(views) >= 1",
}


def _strength(at_us: int) -> float:
    """More by day than by night, less at weekends."""
    local = ZONE.local(at_us)
    return (0.6 + 0.5 * math.sin((local.hour - 9) / 24 * 2 * math.pi)) * (0.7 if local.weekday() >= 5 else 1.0)


def hour_of_events(hour_us: int, chance: random.Random) -> list[dict[str, Any]]:
    """What the shop's server tells of one hour."""
    told = []
    for name, mean in EVENTS.items():
        for place in range(_drawn(mean * _strength(hour_us), chance)):
            at_us = hour_us + chance.randrange(HOUR_US)
            if name == "Product Viewed" and EVENT_STOPS_US <= at_us < EVENT_BACK_US:
                continue
            properties: dict[str, Any] = {"sku": f"tea-{chance.randrange(20)}", "price": chance.randrange(80, 900)}
            if name == "Product Added" and FIELD_LOST_US <= at_us < FIELD_BACK_US:
                del properties["price"]
            told.append({
                "type": "track", "event": name, "userId": f"p{chance.randrange(40)}", "timestamp": iso(at_us),
                "messageId": f"{name}-{hour_us}-{place}", "properties": properties,
            })  # fmt: skip
    return told


def _drawn(mean: float, chance: random.Random) -> int:
    """A Poisson number (Knuth's way)."""
    number, product, least = 0, chance.random(), math.exp(-mean)
    while product > least:
        number, product = number + 1, product * chance.random()
    return number


def make(data: Path) -> None:
    """A workspace with a virtual clock that stands where the past ends."""
    subprocess.run(
        [sys.executable, "-m", "samovar.doors.cli.main", "init", str(data), "--clock", "virtual", "--at", iso(NOW_US)],
        check=True, capture_output=True,
    )  # fmt: skip


def told(data: Path) -> dict[str, Any]:
    """Five quiet weeks, then two days hour by hour; the alarms, the segments, and what the outbox says."""
    from samovar.doors.session import open_session

    chance = random.Random(4)
    with open_session(data, command="story", exclusive=True) as session:
        from samovar.doors.advance import advance  # once Django stands

        _append(session, range(BEGAN_US, NOW_US, HOUR_US), chance)
        _publish(session)
        advance(session, NOW_US)
        quiet, unsafe = _alarms(), {}
        for hour_us in range(NOW_US, UNTIL_US, HOUR_US):
            _append(session, [hour_us], chance)
            advance(session, hour_us + HOUR_US)
            if hour_us + HOUR_US <= FIELD_BACK_US:
                unsafe = _unsafe()
        return {"quiet": quiet, "alarms": _alarms(), "unsafe": unsafe, "after": _unsafe(), "outbox": _announced()}


def _append(session: Any, hours: Any, chance: random.Random) -> None:
    from samovar.engine.log import Row

    rows = []
    for hour_us in hours:
        events = hour_of_events(hour_us, chance)
        rows.append(Row(hour_us + HOUR_US, "server", "events", len(events), None, json.dumps(events).encode()))
    session.append_log(rows)


def _publish(session: Any) -> None:
    from samovar.staff.actors import Actor
    from samovar.understand import operations, words

    session.settle()
    for slug, text in SEGMENTS.items():
        rule = words.read(text, session.owner)
        operations.create(name=slug, slug=slug, rule=rule, actor=Actor("staff", "2", "Bob"), at_us=NOW_US)


def _alarms() -> list[dict[str, Any]]:
    from samovar.collect.quality import queries

    return [queries.alarm_as_json(one) for one in queries.alarms()]


def _unsafe() -> dict[str, list[str]]:
    """What rests on fallen data now: the fields and events that fell under each."""
    from samovar.collect.quality import unsafe

    found = unsafe.resting_on_alarms()
    return {f"{one.kind} {one.slug}": [alarm.stream.field or alarm.stream.event for alarm in alarms] for one, alarms in found}


def _announced() -> list[str]:
    from samovar.engine import store

    rows = store.fetch("SELECT name FROM engine_outbox WHERE name LIKE %s ORDER BY id", ["Quality Alarm%"])
    return [name for (name,) in rows]


if __name__ == "__main__":
    make(Path(sys.argv[1]))
    print(json.dumps(told(Path(sys.argv[1])), ensure_ascii=False))
