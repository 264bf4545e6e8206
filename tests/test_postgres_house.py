"""The whole house on PostgreSQL: events, a campaign and a kill, with a second sender on the same store."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter

import psycopg

from tests.system import System, environment, samovar

PEOPLE = 150


def _people() -> list[dict]:
    events = []
    for n in range(PEOPLE):
        mail = f"p{n}@example.com"
        said = {"channel": "email", "address": mail, "purpose": "marketing", "given": True, "source": "t", "text_version": "1"}
        events += [
            {"type": "identify", "userId": mail, "messageId": f"i{n}", "traits": {"email": mail}},
            {"type": "track", "userId": mail, "messageId": f"c{n}", "event": "Consent Changed", "properties": said},
            {
                "type": "track", "userId": mail, "messageId": f"o{n}", "event": "Order Completed",
                "properties": {"order_id": f"o{n}", "revenue": 10.5, "currency": "RUB"},
            },
        ]  # fmt: skip
    return events


def _policy(folder) -> None:
    texts = {
        "samovar.yaml": "format: 1\n",
        "campaigns/tea.yaml": "name: Tea\nkind: information\naudience: count(orders) >= 1\ncontrol_share: 0.1\n",
        "letters/tea.yaml": "A:\n  subject: Tea\n  html: <p>Tea.</p>\n  text: Tea.\n",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _states(url: str) -> Counter:
    with psycopg.connect(url) as connection:
        return Counter(dict(connection.execute("SELECT state, count(*) FROM communicate_message GROUP BY state").fetchall()))


def test_two_senders_and_a_kill_send_every_letter_once(empty_database, tmp_path):
    database = empty_database("house")
    data = tmp_path / "shop"
    key = samovar("init", data, database_url=database)["write_key"]
    assert not (data / "ops.sqlite3").exists()
    _policy(tmp_path / "policy")
    system = System(data, key, tmp_path / "log", database_url=database)
    system.start()
    second = subprocess.Popen(
        [sys.executable, "-m", "samovar.doors.sender"],
        env={**environment(database), "SAMOVAR_DATA": str(data)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert system.post("/v1/batch", {"batch": _people()}) == 200
        samovar("apply", tmp_path / "policy", "--data", data, database_url=database)
        samovar("campaigns", "launch", "tea", "--data", data, database_url=database)
        system.kill("worker")
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            states = _states(database)
            if sum(states.values()) == PEOPLE and not {"planned", "claimed", "intent"} & set(states):
                break
            time.sleep(0.3)
        received = Counter(mail["to"] for mail in samovar("mailbox", "list", "--data", data, database_url=database)["mails"])
        summary = samovar("report", "summary", "--data", data, database_url=database)
    finally:
        second.terminate()
        second.wait(20)
        system.stop()
    assert set(states) == {"sent", "held_out"}
    assert sum(states.values()) == PEOPLE
    assert set(received.values()) == {1}
    assert len(received) == states["sent"]
    assert (summary["orders"], summary["gross_minor"], summary["customers"]) == (PEOPLE, PEOPLE * 1050, PEOPLE)
