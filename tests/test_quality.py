"""A loss of data raises its alarm within an hour, marks what rests on it by name, and ends by itself when the data is back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from samovar.doors.tests import quality_story as story
from samovar.kit.clock import HOUR_US, Zone, parse_moment
from tests.system import environment, samovar


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quality") / "data"


@pytest.fixture(scope="module")
def told(data: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "samovar.doors.tests.quality_story", str(data)], capture_output=True, text=True, timeout=300,
        env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


def us(text: str) -> int:
    return parse_moment(text, Zone("UTC"))


def alarm(told: dict[str, Any], kind: str) -> dict[str, Any]:
    [found] = [one for one in told["alarms"] if one["kind"] == kind]
    return dict(found)


def test_quiet_weeks_raise_nothing(told):
    assert told["quiet"] == []


def test_a_lost_field_alarms_within_an_hour_and_names_itself(told):
    found = alarm(told, "filled")
    assert (found["source"], found["event"], found["field"]) == ("server", "Product Added", "price")
    assert 0 < us(found["opened"]) - story.FIELD_LOST_US < HOUR_US
    assert found["seen"] < 0.9 * found["expected"]


def test_segments_that_read_the_field_are_unsafe_through_other_segments_too(told):
    assert told["unsafe"] == {"segment dear": ["price"], "segment likes": ["price"]}
    assert told["after"] == {}


def test_a_stopped_event_alarms_within_an_hour_and_nothing_else_with_it(told):
    found = alarm(told, "volume")
    assert (found["event"], found["field"]) == ("Product Viewed", "")
    assert 0 <= us(found["opened"]) - story.EVENT_STOPS_US <= HOUR_US
    assert len(told["alarms"]) == 2


def test_alarms_close_when_the_data_is_back(told):
    assert story.FIELD_BACK_US < us(alarm(told, "filled")["closed"]) <= story.FIELD_BACK_US + 2 * HOUR_US
    assert story.EVENT_BACK_US < us(alarm(told, "volume")["closed"]) <= story.EVENT_BACK_US + 2 * HOUR_US
    assert told["outbox"] == ["Quality Alarm Opened", "Quality Alarm Closed"] * 2


def test_the_command_tells_the_field_and_what_lacks_for_a_funnel(told, data):
    found = samovar("quality", "--field", "Product Added.price", "--data", data)
    [field] = found["fields"]
    assert (field["event"], field["field"], field["kind"], field["valid"]) == ("Product Added", "price", "number", 1.0)
    assert 0.9 < field["filled"] < 1.0
    ready = samovar("quality", "--ready", "views then cart_adds", "--from", "2026-03-30", "--to", "2026-04-07", "--data", data)
    assert [step["step"] for step in ready["steps"]] == ["Product Viewed", "Product Added"]
    assert [hole["day"] for one in ready["steps"][0]["wants"] for hole in one["holes"]] == ["2026-04-07"]


def test_counting_again_from_the_log_gives_the_same(told, data):
    done = subprocess.run(
        [sys.executable, "-c", _AGAIN, str(data)], capture_output=True, text=True, timeout=120, env=environment()
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    before, after = json.loads(done.stdout)
    assert before == after and len(before) > 100


_AGAIN = """
import json, sys
from samovar.doors.session import open_session
with open_session(sys.argv[1], command="again", exclusive=True) as session:
    from samovar.collect.quality import operations
    from samovar.collect.quality.models import QualityDay
    from samovar.doors.advance import keep_quality
    def rows():
        found = QualityDay.objects.order_by("stream", "day")
        return [(r.stream_id, r.day, r.seen, r.kinds, bytes(r.registers).hex()) for r in found]
    before = rows()
    operations.forget_counts()
    keep_quality(session)
    print(json.dumps([before, rows()]))
"""
