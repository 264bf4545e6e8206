"""`samovar report schedules`: what is sent where, in words and in the pinned form."""

from __future__ import annotations

import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from samovar.doors.cli import report
from samovar.kit.clock import Zone, parse_moment
from samovar.measure.builder import operations, schedules
from samovar.staff.actors import Actor

pytestmark = pytest.mark.django_db
ALICE, ZONE = Actor("staff", "1", "Alice"), Zone("Europe/London")


@pytest.fixture
def run(monkeypatch, tmp_path):
    @contextmanager
    def opened(*_args, **_named):
        yield SimpleNamespace(workspace=SimpleNamespace(zone=ZONE))

    monkeypatch.setattr(report, "open_session", opened)
    return lambda *more: CliRunner().invoke(report.command, ["schedules", "--data", str(tmp_path), *more]).output


def test_it_lists_reports_and_boards_with_their_next_hour_in_the_zone_of_the_workspace(run):
    assert "Nothing is sent" in run()
    at_us = parse_moment("2026-06-15T12:00", ZONE)
    of = [
        operations.save_report(values={"name": "Cities"}, actor=ALICE, at_us=1),
        operations.save_board(values={"name": "Morning"}, actor=ALICE, at_us=1),
    ]
    values = {"addresses": "a@tea.example, b@tea.example", "every": "daily", "time": "09:00", "format": "pdf"}
    for one in of:
        schedules.save(of=one, values=values, zone=ZONE, actor=ALICE, at_us=at_us)
    lines = run().splitlines()
    assert [line.split()[:2] for line in lines] == [["report", "cities"], ["board", "morning"]]
    assert all("2026-06-16 09:00  pdf   a@tea.example, b@tea.example" in line for line in lines)
    told = json.loads(run("--json"))
    assert told["count"] == 2
    assert told["schedules"][1]["next_us"] == parse_moment("2026-06-16T09:00", ZONE)
