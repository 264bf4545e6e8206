"""One running edge for the tests that only talk to it, and a maker of others for those that bend or break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from samovar.doors.edge.tests.running import RunningEdge


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEdge]:
    running = RunningEdge(tmp_path_factory.mktemp("edge") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def make_edge(tmp_path: Path) -> Iterator[Callable[..., RunningEdge]]:
    made: list[RunningEdge] = []

    def make(**settings: object) -> RunningEdge:
        made.append(RunningEdge(tmp_path / f"data{len(made)}", **settings))
        return made[-1]

    yield make
    for running in made:
        if hasattr(running, "process") and running.process.poll() is None:
            running.kill()
