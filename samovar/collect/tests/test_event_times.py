"""When an event happened (rules.md, Meaning 11)."""

from __future__ import annotations

import pytest

from samovar.collect.moments import event_time_us
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
