"""Who knows of an alarm, and what they say of it."""

from __future__ import annotations

import pytest

from samovar.collect.quality import operations
from samovar.collect.quality.models import QualityAlarm, QualityStream
from samovar.engine import store
from samovar.staff.actors import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.store]
ALICE = Actor("staff", "1", "Alice")


def test_each_word_on_an_alarm_is_told_though_the_clock_stands_still() -> None:
    stream = QualityStream.objects.create(source="till", event="", field="")
    told = {"since_us": 1, "opened_us": 1, "last_us": 1, "expected": 1.0, "seen": 0.0}
    alarm = QualityAlarm.objects.create(stream=stream, kind="volume", **told)
    for note in ("The till is off.", "It is on again."):
        operations.acknowledge(alarm_id=alarm.pk, note=note, actor=ALICE, at_us=2)
    assert store.fetch("SELECT count(*) FROM engine_outbox WHERE name = 'Quality Alarm Acknowledged'") == [(2,)]
