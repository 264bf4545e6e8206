"""The sender's process and the mailbox commands, as they are run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samovar.communicate.tests import sender_process
from samovar.communicate.tests.sinks import Script, scripted
from samovar.engine.workspace import Workspace

WAIT_S_MAX = 60.0


def environment(**more: str) -> dict[str, str]:
    own = ("SAMOVAR_DATABASE_URL", "SAMOVAR_DATA", "DJANGO_SETTINGS_MODULE")
    return {**{k: v for k, v in os.environ.items() if k not in own}, **more}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Workspace.create(tmp_path / "w", currency="RUB", timezone="Europe/Moscow", at_us=sender_process.T0)
    return tmp_path / "w"


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted(Script()) as found:
        yield found


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), env=environment(), capture_output=True, text=True, timeout=WAIT_S_MAX)
    assert done.returncode == 0, done.stderr
    return done.stdout


def helper(verb: str, data: Path, *arguments: object) -> Any:
    said = run(sys.executable, sender_process.__file__, verb, data, *arguments)
    return json.loads(said) if said else None


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + WAIT_S_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_sends_tells_its_health_and_ends_on_sigterm(data: Path, script: Script) -> None:
    helper("plan", data, 50, script.port)
    health = data / "run" / "sender.health"
    process = subprocess.Popen(
        [sys.executable, "-m", "samovar.doors.sender"], env=environment(SAMOVAR_DATA=str(data)), stderr=subprocess.PIPE
    )
    try:
        wait_for(lambda: len(script.letters) == 50)
        wait_for(lambda: health.exists() and json.loads(health.read_text()).get("sent") == 50)
        assert json.loads(health.read_text())["ready"] is True
        metrics = (data / "run" / "sender.metrics").read_text()
        assert 'samovar_sender_messages_total{outcome="sent"} 50.0' in metrics
        assert "samovar_sender_wire_seconds_count 50.0" in metrics
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
    assert not health.exists()
    assert sorted(helper("states", data)) == ["sent", "told"]


def test_the_mailbox_commands_show_what_came(data: Path) -> None:
    helper("plan", data, 3, 0)
    helper("send", data, 0)
    command = [sys.executable, "-m", "samovar.doors.cli.main", "mailbox"]
    listed = json.loads(run(*command, "list", "--data", data, "--json"))
    assert listed["count"] == 3
    assert [(m["n"], sorted(m)) for m in listed["mails"]] == [(n, ["at", "n", "subject", "to"]) for n in (1, 2, 3)]
    shown = json.loads(run(*command, "show", 1, "--data", data, "--json"))
    assert sorted(shown) == ["links", "raw", "unsubscribe"]
    assert shown["raw"].startswith("DKIM-Signature:")
    assert "/u/" in shown["unsubscribe"]
    refused = subprocess.run(
        [*command, "show", "9", "--data", str(data), "--json"], env=environment(), capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["ok"] is False
