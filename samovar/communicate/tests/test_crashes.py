"""A sender killed at any moment, and two at once: nobody gets a letter twice, and at most 64 a kill are left in doubt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from samovar.communicate.ledger import OPEN_INTENTS_MAX
from samovar.communicate.tests import sender_process
from samovar.communicate.tests.sinks import Script, scripted
from samovar.engine.workspace import Workspace
from samovar.kit.clock import MINUTE_US

PEOPLE = 240
WAIT_S_MAX = 60.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    Workspace.create(root, currency="RUB", timezone="Europe/Moscow", at_us=sender_process.T0)
    return root


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Which operational store the senders share; empty for SQLite."""
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else ""


def start(data: Path, verb: str, *arguments: object, url: str = "") -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if k not in ("SAMOVAR_DATABASE_URL", "SAMOVAR_DATA")}
    if url:
        environment["SAMOVAR_DATABASE_URL"] = url
    command = [sys.executable, sender_process.__file__, verb, str(data), *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


def run(data: Path, verb: str, *arguments: object, url: str = "") -> Any:
    process = start(data, verb, *arguments, url=url)
    said, _ = process.communicate(timeout=WAIT_S_MAX)
    assert process.returncode == 0
    return json.loads(said) if said else None


def kill_after(process: subprocess.Popen[bytes], script: Script, letters: int) -> None:
    deadline = time.monotonic() + WAIT_S_MAX
    while len(script.letters) < letters and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.0005)
    process.kill()
    process.wait()


def test_kills_leave_at_most_64_in_doubt_each_and_send_nothing_twice(data: Path) -> None:
    with scripted(Script(is_pipelining=True)) as script:
        run(data, "plan", PEOPLE, script.port)
        kills = (1, 40, 41, 100, 170)
        for number, letters in enumerate(kills):
            kill_after(start(data, "send", number * MINUTE_US), script, letters)
        run(data, "send", len(kills) * MINUTE_US)
        run(data, "send", (len(kills) + 1) * MINUTE_US)
        found = run(data, "states")
    received = Counter(recipient for recipient, _content in script.letters)
    assert max(received.values()) == 1
    sent, doubted = set(found.get("sent", [])), set(found.get("in_doubt", []))
    assert len(sent) + len(doubted) == PEOPLE
    assert sent <= set(received)
    assert set(received) <= sent | doubted
    assert len(doubted) <= OPEN_INTENTS_MAX * len(kills)
    assert found["told"] == sorted(sent)


def test_two_senders_on_one_store_share_the_work_and_never_a_row(data: Path, url: str) -> None:
    with scripted(Script()) as script:
        run(data, "plan", PEOPLE, script.port, url=url)
        senders = [start(data, "send", 0, url=url) for _ in range(2)]
        for sender in senders:
            sender.communicate(timeout=WAIT_S_MAX)
        assert [sender.returncode for sender in senders] == [0, 0]
        found = run(data, "states", url=url)
    assert sorted(found) == ["sent", "told"]
    assert sorted(recipient for recipient, _content in script.letters) == sorted(found["sent"])
    assert len(found["sent"]) == PEOPLE
