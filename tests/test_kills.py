"""kill -9 of any process at any moment: no acknowledged event is lost, nothing is sent or counted twice.

Orders come in and campaigns go out while processes are killed at random moments from a fixed seed. At the end the books are
compared with what was acknowledged and with what the mailbox received.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import closing

import pytest

from tests.system import ROLES, System, samovar

KILLS = 50
WAVES = 10
PEOPLE_PER_WAVE = 60
BATCH = 25
IN_DOUBT_MAX = 64
SEED = 20261121
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")


def _person(wave: int, n: int) -> str:
    return f"w{wave}p{n}@example.com"


def _people() -> list[dict]:
    events = []
    for wave in range(WAVES):
        for n in range(PEOPLE_PER_WAVE):
            mail = _person(wave, n)
            events.append(
                {"type": "identify", "userId": mail, "messageId": f"i-{mail}", "traits": {"email": mail, "city": f"w{wave}"}}
            )
            events.append({
                "type": "track", "userId": mail, "messageId": f"c-{mail}", "event": "Consent Changed",
                "properties": {"channel": "email", "address": mail, "purpose": "marketing", "given": True,
                               "source": "test", "text_version": "1"},
            })  # fmt: skip
    return events


def _orders(batch: int) -> list[dict]:
    return [
        {
            "type": "track", "userId": _person(batch % WAVES, n), "messageId": f"o-{batch}-{n}", "event": "Order Completed",
            "properties": {"order_id": f"o-{batch}-{n}", "revenue": 10.5, "currency": "RUB",
                           "products": [{"product_id": "tea", "price": 10.5, "quantity": 1}]},
        }
        for n in range(BATCH)
    ]  # fmt: skip


class Feed(threading.Thread):
    """Sends batches of orders, each until it is acknowledged, and now and then one that was acknowledged already."""

    def __init__(self, system: System) -> None:
        super().__init__(daemon=True)
        self.system, self.acknowledged, self.ended = system, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            events = {"batch": _orders(self.acknowledged)}
            while self.system.post("/v1/batch", events) != 200:
                time.sleep(0.05)
            if self.acknowledged % 5 == 0:
                self.system.post("/v1/batch", events)
            self.acknowledged += 1
            time.sleep(0.02)


def _policy(folder) -> None:
    """Ten campaigns, one for each wave's city, as text."""
    for sub in ("campaigns", "letters"):
        (folder / sub).mkdir(parents=True)
    (folder / "samovar.yaml").write_text("format: 1\n")
    for wave in range(WAVES):
        (folder / "campaigns" / f"wave-{wave}.yaml").write_text(
            f'name: Wave {wave}\nkind: information\naudience: city = "w{wave}"\ncontrol_share: 0.1\n'
        )
        (folder / "letters" / f"wave-{wave}.yaml").write_text(
            f"A:\n  subject: Wave {wave}\n  html: <p>Tea, {{{{ email }}}}.</p>\n  text: Tea.\n"
        )


def _send_until_acknowledged(system: System, events: list[dict]) -> None:
    for at in range(0, len(events), 200):
        while system.post("/v1/batch", {"batch": events[at : at + 200]}) != 200:
            time.sleep(0.1)


def _kill_at_random(system: System, chance: random.Random, kills: int) -> Counter:
    """Kill one process, or all of them, `kills` times at random moments; how often each."""
    done: Counter = Counter()
    while sum(done.values()) < kills:
        time.sleep(chance.uniform(0.05, 1.2))
        role = chance.choice([*ROLES, "worker", "sender", "all"])
        if role == "all":
            system.kill_all()
            system.start()
        elif not system.kill(role):
            continue
        done[role] += 1
    return done


def _wait_for(condition, seconds: float):
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def _rows(data, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{data / 'ops.sqlite3'}?mode=ro", uri=True, timeout=30)) as ops:
        return ops.execute(sql).fetchall()


def test_fifty_kills_lose_nothing_and_double_nothing(tmp_path):
    data, chance = tmp_path / "shop", random.Random(SEED)
    key = samovar("init", data)["write_key"]
    _policy(tmp_path / "policy")
    system = System(data, key, tmp_path / "log")
    system.start()
    feed = Feed(system)
    try:
        _send_until_acknowledged(system, _people())
        samovar("apply", tmp_path / "policy", "--data", data)
        feed.start()
        killed: Counter = Counter()
        for wave in range(WAVES):
            system.wait_ready()
            samovar("campaigns", "launch", f"wave-{wave}", "--data", data)
            killed += _kill_at_random(system, chance, KILLS // WAVES)
        feed.ended.set()
        feed.join(60)
        system.wait_ready()
        _check_the_books(system, feed.acknowledged * BATCH)
    finally:
        feed.ended.set()
        system.stop()
    assert sum(killed.values()) == KILLS
    assert set(ROLES) < set(killed)


def _check_the_books(system: System, orders: int) -> None:
    def counted():
        summary = samovar("report", "summary", "--data", system.data)
        return summary if summary["orders"] >= orders else None

    def finished():
        states = dict(_rows(system.data, "SELECT state, count(*) FROM communicate_message GROUP BY state"))
        return (
            states
            if sum(states.values()) == WAVES * PEOPLE_PER_WAVE and not {"planned", "claimed", "intent"} & set(states)
            else None
        )

    summary = _wait_for(counted, 60) or samovar("report", "summary", "--data", system.data)
    assert (summary["orders"], summary["gross_minor"]) == (orders, orders * 1050)
    assert summary["customers"] == WAVES * PEOPLE_PER_WAVE
    states = _wait_for(finished, 90) or dict(_rows(system.data, "SELECT state, count(*) FROM communicate_message GROUP BY state"))
    assert set(states) <= {"sent", "held_out", "in_doubt"}, states
    assert sum(states.values()) == WAVES * PEOPLE_PER_WAVE, states
    assert states.get("in_doubt", 0) <= IN_DOUBT_MAX * KILLS
    received = Counter(mail["to"] for mail in samovar("mailbox", "list", "--data", system.data)["mails"])
    assert max(received.values()) == 1
    assert states["sent"] <= len(received) <= states["sent"] + states.get("in_doubt", 0)
    sent = {address for (address,) in _rows(system.data, "SELECT address FROM communicate_message WHERE state = 'sent'")}
    assert sent <= set(received)
