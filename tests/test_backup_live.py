"""A backup taken under load is restored elsewhere with everything acknowledged before it; the warehouse is made again."""

from __future__ import annotations

import threading
import time

from tests.system import System, samovar

BATCHES_BEFORE, BATCH = 20, 10


def _orders(batch: int) -> dict:
    return {
        "batch": [
            {
                "type": "track", "userId": f"u{n}", "messageId": f"o-{batch}-{n}", "event": "Order Completed",
                "properties": {"order_id": f"o-{batch}-{n}", "revenue": 10.5, "currency": "RUB"},
            }
            for n in range(BATCH)
        ]
    }  # fmt: skip


def test_what_was_acknowledged_before_a_backup_is_in_what_is_restored(tmp_path):
    data, back = tmp_path / "shop", tmp_path / "back"
    system = System(data, samovar("init", data)["write_key"], tmp_path / "log")
    system.start()
    ended, sent = threading.Event(), [0]

    def load() -> None:
        while not ended.is_set():
            if system.post("/v1/batch", _orders(sent[0])) == 200:
                sent[0] += 1

    feed = threading.Thread(target=load, daemon=True)
    try:
        for batch in range(BATCHES_BEFORE):
            assert system.post("/v1/batch", _orders(batch)) == 200
        sent[0] = BATCHES_BEFORE
        feed.start()
        samovar("backup", tmp_path / "out", "--data", data)
    finally:
        ended.set()
        feed.join(20)
        system.stop()
    samovar("restore", tmp_path / "out", "--data", back)
    before, after = (samovar("report", "summary", "--data", place) for place in (data, back))
    assert before["orders"] == sent[0] * BATCH
    assert BATCHES_BEFORE * BATCH <= after["orders"] <= before["orders"]
    assert after["gross_minor"] == after["orders"] * 1050
    assert after["customers"] == before["customers"] == BATCH
    assert {finding["id"]: finding["level"] for finding in samovar("doctor", "--data", back)["findings"]}["S008"] == "warning"


def test_a_restored_workspace_sends_nothing_until_a_person_resumes_it(tmp_path):
    """The draft of the original is launched in the copy: its letters are planned and stay planned."""
    data, back, policy = tmp_path / "shop", tmp_path / "back", tmp_path / "policy"
    system = System(data, samovar("init", data)["write_key"], tmp_path / "log")
    system.start()
    try:
        said = {
            "channel": "email",
            "address": "a@example.com",
            "purpose": "marketing",
            "given": True,
            "source": "t",
            "text_version": "1",
        }
        people = [
            {"type": "identify", "userId": "a", "messageId": "i", "traits": {"email": "a@example.com"}},
            {"type": "track", "userId": "a", "messageId": "c", "event": "Consent Changed", "properties": said},
        ]
        assert system.post("/v1/batch", {"batch": people}) == 200
    finally:
        system.stop()
    for name, text in {
        "samovar.yaml": "format: 1\n",
        "campaigns/tea.yaml": "name: Tea\nkind: information\naudience: count(orders) >= 0\ncontrol_share: 0\n",
        "letters/tea.yaml": "A:\n  subject: Tea\n  html: <p>Tea.</p>\n  text: Tea.\n",
    }.items():
        path = policy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    samovar("apply", policy, "--data", data)
    samovar("backup", tmp_path / "out", "--data", data)
    for place in (data, back):
        if place is back:
            samovar("restore", tmp_path / "out", "--data", back)
        running = System(place, "none", tmp_path / "log")
        running.start()
        try:
            samovar("campaigns", "launch", "tea", "--data", place)
            count = _mails(place, wanted=1 if place is data else 0)
        finally:
            running.stop()
        assert count == (1 if place is data else 0)


def _mails(data, wanted: int) -> int:
    """How many letters came; waits for the wanted ones, and long enough to see an unwanted one."""
    deadline = time.monotonic() + (30 if wanted else 4)
    while True:
        count = int(samovar("mailbox", "list", "--data", data)["count"])
        if (wanted and count >= wanted) or time.monotonic() > deadline:
            return count
        time.sleep(0.2)
