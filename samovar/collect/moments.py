"""Times of many events at once: ISO texts to instants, corrected by when the sender said it sent them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from samovar.kit.clock import FIRST_US, LAST_US, MINUTE_US, BadMoment, Zone, parse_moment, to_us

AHEAD_US_MAX = 5 * MINUTE_US
_PLAIN_CHARS = (20, 24, 27)  # seconds, milliseconds, microseconds, and Z
_COLUMN_FEWEST = 8  # fewer are read faster one by one


def event_times_us(
    stamps: Sequence[str | None], sents: Sequence[str | None], batch_sent_us: int | None, received_us: int, zone: Zone
) -> list[int | None]:
    """`event_time_us` of each timestamp and sentAt; events that all say a plain UTC time are read as one column."""
    if len(stamps) < _COLUMN_FEWEST:
        return _one_by_one(stamps, sents, batch_sent_us, received_us, zone)
    plain = [stamp[:-1] for stamp in stamps if stamp and len(stamp) in _PLAIN_CHARS and stamp[10] == "T" and stamp[-1] == "Z"]
    if len(plain) == len(stamps) and not any(sents):
        try:
            times = np.array(plain, dtype="datetime64[us]").astype(np.int64)
        except ValueError:  # one of them is no time: the long way says which
            times = np.zeros(0, dtype=np.int64)
        if times.size:
            if batch_sent_us is not None:
                times += received_us - batch_sent_us
            if times.min() >= FIRST_US and times.max() <= received_us:
                return list(times.tolist())
    return _one_by_one(stamps, sents, batch_sent_us, received_us, zone)


def _one_by_one(
    stamps: Sequence[str | None], sents: Sequence[str | None], batch_sent_us: int | None, received_us: int, zone: Zone
) -> list[int | None]:
    return [event_time_us(stamp, sent, batch_sent_us, received_us, zone) for stamp, sent in zip(stamps, sents, strict=True)]


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
