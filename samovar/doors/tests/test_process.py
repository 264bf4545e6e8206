"""What every process does alike: what it tells of itself never stands in the way of its work, its threads take turns, and
all of them tell the same time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from samovar.doors.process import HealthFile, clock_to_share, start_clock, take_short_turns
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


def test_processes_of_a_virtual_clock_tell_one_time_whenever_each_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = Workspace.create(tmp_path / "w", currency="RUB", timezone="UTC", at_us=1_000, virtual=True)
    for name, value in clock_to_share(supervisor).items():
        monkeypatch.setenv(name, value)
    edge = Workspace.open(supervisor.root)
    start_clock(edge)
    while edge.clock.now_us() < 1_500:
        pass
    edge.save_clock()
    worker = Workspace.open(supervisor.root)  # one that fell and begins again, when the clock has gone on
    start_clock(worker)
    before_us, between_us, after_us = edge.clock.now_us(), worker.clock.now_us(), edge.clock.now_us()
    assert before_us <= between_us <= after_us


def test_a_virtual_clock_goes_on_from_where_it_stood_and_a_real_one_is_let_be(tmp_path: Path) -> None:
    virtual = Workspace.create(tmp_path / "v", currency="RUB", timezone="UTC", at_us=1_000, virtual=True)
    start_clock(virtual)
    assert 1_000 <= virtual.clock.now_us() < 10_000_000
    real = Workspace.create(tmp_path / "r", currency="RUB", timezone="UTC", at_us=0)
    assert clock_to_share(real) == {}
    start_clock(real)
    assert real.clock.now_us() > 1_000_000_000_000_000
