"""Times of many events at once: ISO texts to instants, corrected by when the sender said it sent them."""

from __future__ import annotations

import datetime as dt

from samovar.kit.clock import FIRST_US, LAST_US, MINUTE_US, BadMoment, Zone, parse_moment, to_us

AHEAD_US_MAX = 5 * MINUTE_US


def event_time_us(stamp: str | None, sent: str | None, batch_sent_us: int | None, received_us: int, zone: Zone) -> int | None:
    """When an event happened: its timestamp, moved by (received - sent), never later than its receipt.

    None when it cannot be read or lies more than five minutes ahead (rules.md, Meaning 11). Without a timestamp the moment
    of receipt.
    """
    if not stamp:
        return received_us
    time_us = read_us(stamp, zone)
    if time_us is None:
        return None
    sent_us = read_us(sent, zone) if sent else batch_sent_us
    if sent_us is not None:
        time_us += received_us - sent_us
    if time_us > received_us:
        return received_us if time_us - received_us <= AHEAD_US_MAX else None
    return time_us if FIRST_US <= time_us < LAST_US else None


def read_us(stamp: str, zone: Zone) -> int | None:
    """An instant from ISO text; the common form with Z takes the short way."""
    try:
        if stamp[-1:] == "Z":
            return to_us(dt.datetime.fromisoformat(stamp))
        return parse_moment(stamp, zone)
    except (BadMoment, ValueError, OverflowError):
        return None
