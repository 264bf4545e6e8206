"""What every process does alike: what it tells of itself never stands in the way of its work, and its threads take turns."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from samovar.doors.process import HealthFile, take_short_turns
from samovar.engine.workspace import Workspace


@pytest.fixture
def turns() -> Iterator[None]:
    """The length of a turn is the process's: put back what it was."""
    before_s = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before_s)


def test_threads_take_shorter_turns_than_python_gives_them(turns: None) -> None:
    sys.setswitchinterval(0.005)  # what Python begins with
    take_short_turns()
    assert 0 < sys.getswitchinterval() < 0.001


def test_a_state_that_cannot_be_written_stops_nobody_and_is_told_again(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", currency="RUB", timezone="UTC", at_us=0)
    counts = CollectorRegistry()
    letters = Counter(name="letters", documentation="Letters.", registry=counts)
    health = HealthFile(workspace, "sender", counts)
    workspace.health_path("sender").mkdir()
    health.tell(ready=True, now=True, sent=1)
    workspace.health_path("sender").rmdir()
    letters.inc()
    health.tell(ready=True, now=True, sent=2)
    assert json.loads(workspace.health_path("sender").read_text()) == {"ready": True, "sent": 2}
    assert "letters_total 1.0" in workspace.metrics_path("sender").read_text()
    health.remove()
    assert not workspace.health_path("sender").exists()
