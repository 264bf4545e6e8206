"""When an event happened (rules.md, Meaning 11)."""

from __future__ import annotations

import pytest

from samovar.collect.moments import event_time_us, event_times_us
from samovar.kit.clock import MINUTE_US, Zone, parse_moment

MOSCOW = Zone("Europe/Moscow")
RECEIVED = "2026-11-01T12:00Z"


def us(text: str) -> int:
    return parse_moment(text, Zone("UTC"))


@pytest.mark.parametrize(
    ("stamp", "sent", "happened"),
    [
        (None, None, RECEIVED),
        ("2026-11-01T10:00:00Z", None, "2026-11-01T10:00Z"),
        ("2026-11-01T10:00:00", None, "2026-11-01T07:00Z"),  # naive: the workspace's zone
        ("2026-11-01T10:00:00Z", "2026-11-01T10:30:00Z", "2026-11-01T11:30Z"),  # the sender's clock is 90 minutes late
        ("2026-11-01T12:04:00Z", None, RECEIVED),  # a little ahead: the moment of receipt
        ("2026-11-01T12:06:00Z", None, None),  # further ahead: refused
        ("2026-11-01T22:06:00Z", "2026-11-01T22:10:00Z", "2026-11-01T11:56Z"),  # a clock ahead that says so
        ("soon", None, None),
    ],
)
def test_a_client_s_clock_is_corrected(stamp: str | None, sent: str | None, happened: str | None) -> None:
    expected = None if happened is None else us(happened)
    assert event_time_us(stamp, sent, None, us(RECEIVED), MOSCOW) == expected


def test_a_batch_s_sent_at_counts_where_the_event_has_none() -> None:
    sent = us(RECEIVED) - 10 * MINUTE_US
    assert event_time_us("2026-11-01T10:00:00Z", None, sent, us(RECEIVED), MOSCOW) == us("2026-11-01T10:10Z")


@pytest.mark.parametrize("batch_sent", [None, "2026-11-01T11:50Z"])
@pytest.mark.parametrize(
    "stamps",
    [
        ["2026-11-01T10:00:00Z", "2026-11-01T10:00:00.123Z", "2026-11-01T10:00:00.123456Z"],
        ["2026-11-01T10:00:00Z", "2026-11-01T12:04:00Z", "2026-11-01T12:30:00Z"],
        ["2026-11-01T10:00:00Z", "2026-13-01T10:00:00Z", "1800-11-01T10:00:00Z", "todayTtodayTtodayTZ"],
        ["2026-11-01T10:00:00Z", "2026-11-01", "2026-11-01T10:00:00+03:00", None, ""],
    ],
)
def test_a_column_of_times_reads_as_one_by_one(stamps: list[str | None], batch_sent: str | None) -> None:
    sent = None if batch_sent is None else us(batch_sent)
    stamps = stamps * 4  # so many that they are read as a column
    one_by_one = [event_time_us(stamp, None, sent, us(RECEIVED), MOSCOW) for stamp in stamps]
    assert event_times_us(stamps, [None] * len(stamps), sent, us(RECEIVED), MOSCOW) == one_by_one
