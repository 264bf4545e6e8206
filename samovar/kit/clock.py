"""Moments. An instant is an int of microseconds UTC; a local day is an int of days since 1970-01-01 in a zone.

Only doors call `Clock.now_us`; all other code is given `at_us`. `Zone` is the one place that knows about time zones, and
`parse_moment` the one place that reads a time written by a person or a program (rules.md, Meaning 11).
"""

from __future__ import annotations

import datetime as dt
import re
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EPOCH_DAY = dt.date(1970, 1, 1)
# Years a fact may lie in; anything else is a broken clock, and int64 arithmetic on windows stays far from overflow.
FIRST_US = int((dt.datetime(1900, 1, 1, tzinfo=dt.UTC) - EPOCH).total_seconds()) * SECOND_US
LAST_US = int((dt.datetime(2200, 1, 1, tzinfo=dt.UTC) - EPOCH).total_seconds()) * SECOND_US


class BadMoment(ValueError):
    """A time that cannot be read."""


def to_us(moment: dt.datetime) -> int:
    """Microseconds UTC of an aware datetime, exact."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND_US + delta.microseconds


def from_us(at_us: int) -> dt.datetime:
    """The aware UTC datetime of an instant."""
    return EPOCH + dt.timedelta(microseconds=at_us)


def day_number(date: dt.date) -> int:
    """Days since 1970-01-01."""
    return (date - EPOCH_DAY).days


def day_date(day: int) -> dt.date:
    """The date of a day number."""
    return EPOCH_DAY + dt.timedelta(days=day)


def iso(at_us: int) -> str:
    """ISO 8601 in UTC, milliseconds, with Z: how an instant is written for machines."""
    return from_us(at_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Zone:
    """A time zone by its IANA name.

    Whole columns are turned into days through a table of the zone's offset changes, so that a million instants cost
    milliseconds; one instant goes the same way, through the table as a tuple: NumPy takes ten times as long for one.
    """

    name: str
    _info: ZoneInfo = field(init=False, repr=False, compare=False)
    _starts_us: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    _offsets_us: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    _changes_us: tuple[tuple[int, ...], tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            info = ZoneInfo(self.name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadMoment(f"There is no time zone “{self.name}”. Use an IANA name such as Europe/Moscow.") from error
        starts, offsets = _offset_changes(info)
        object.__setattr__(self, "_info", info)
        object.__setattr__(self, "_starts_us", starts)
        object.__setattr__(self, "_offsets_us", offsets)
        object.__setattr__(self, "_changes_us", (tuple(starts.tolist()), tuple(offsets.tolist())))

    def offset_us(self, at_us: int) -> int:
        """The zone's offset from UTC at an instant."""
        starts, offsets = self._changes_us
        return offsets[max(bisect_right(starts, at_us) - 1, 0)]

    def day(self, at_us: int) -> int:
        """The local day an instant falls in."""
        return (at_us + self.offset_us(at_us)) // DAY_US

    def offsets_between(self, first_us: int, last_us: int) -> list[tuple[int, int]]:
        """(from when, the offset from UTC) of each stretch of one offset that has instants between two, the earliest first."""
        starts, offsets = self._changes_us
        first, last = (max(bisect_right(starts, at_us) - 1, 0) for at_us in (first_us, last_us))
        return list(zip(starts[first : last + 1], offsets[first : last + 1], strict=True))

    def days(self, at_us: NDArray[np.int64]) -> NDArray[np.int32]:
        """The local days of a column of instants."""
        place = np.clip(np.searchsorted(self._starts_us, at_us, side="right") - 1, 0, None)
        return np.asarray((at_us + self._offsets_us[place]) // DAY_US, dtype=np.int32)

    def wall_periods(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """From which wall-clock microsecond on which offset holds: naive times minus their offsets are `of_naive` of each."""
        before = np.concatenate([self._offsets_us[:1], self._offsets_us[:-1]])
        return self._starts_us + np.maximum(before, self._offsets_us), self._offsets_us

    def local(self, at_us: int) -> dt.datetime:
        """The aware local datetime of an instant."""
        return from_us(at_us).astimezone(self._info)

    def midnight_us(self, day: int) -> int:
        """The first instant of a local day, also where clocks go back over midnight and 00:00 is the day before again."""
        at_us = self.of_naive(dt.datetime.combine(day_date(day), dt.time()))
        while self.day(at_us) < day:
            at_us += 15 * MINUTE_US
        return at_us

    def of_naive(self, naive: dt.datetime) -> int:
        """The instant of a wall-clock time: one that does not exist moves on by the gap, one that exists twice is the first."""
        return to_us(naive.replace(tzinfo=self._info, fold=0).astimezone(dt.UTC))


def _offset_changes(info: ZoneInfo) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Instants at which the offset changes between 1900 and 2200, found by halving half-month steps."""

    def offset(at_us: int) -> int:
        delta = from_us(at_us).astimezone(info).utcoffset()
        assert delta is not None
        return int(delta.total_seconds()) * SECOND_US

    starts, offsets = [FIRST_US], [offset(FIRST_US)]
    step, at = 15 * DAY_US, FIRST_US
    while at < LAST_US:
        after = at + step
        if (there := offset(after)) != offsets[-1]:
            low, high = at, after
            while high - low > SECOND_US:
                middle = (low + high) // (2 * SECOND_US) * SECOND_US
                low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
            starts.append(high)
            offsets.append(there)
        at = after
    return np.array(starts, dtype=np.int64), np.array(offsets, dtype=np.int64)


_DATE_ONLY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def parse_moment(text: str, zone: Zone) -> int:
    """An ISO 8601 date or time as an instant; a naive one is in `zone`, a date is its first instant. Raises `BadMoment`."""
    value = text.strip()
    try:
        if _DATE_ONLY.match(value):
            at_us = zone.of_naive(dt.datetime.combine(dt.date.fromisoformat(value), dt.time()))
        else:
            parsed = dt.datetime.fromisoformat(value)
            at_us = zone.of_naive(parsed) if parsed.tzinfo is None else to_us(parsed.astimezone(dt.UTC))
    except (ValueError, OverflowError) as error:
        raise BadMoment(f"“{text[:40]}” is not a time. Write it as 2026-11-21 or 2026-11-21T10:00.") from error
    if not FIRST_US <= at_us < LAST_US:
        raise BadMoment(f"“{text[:40]}” lies outside the years 1900 to 2199.")
    return at_us


class Clock(Protocol):
    """What tells the doors the time."""

    is_virtual: bool

    def now_us(self) -> int: ...


class RealClock:
    """The machine's clock."""

    is_virtual = False

    def now_us(self) -> int:
        return time.time_ns() // 1000


class VirtualClock:
    """A clock that stands at a moment and moves only forward, by `advance_to` or, once `start` is called, with real time."""

    is_virtual = True

    def __init__(self, at_us: int) -> None:
        self._at_us = at_us
        self._running_since_ns: int | None = None

    def now_us(self) -> int:
        if self._running_since_ns is None:
            return self._at_us
        return self._at_us + (time.monotonic_ns() - self._running_since_ns) // 1000

    def start(self) -> None:
        """Go on at the speed of a real clock from the moment reached."""
        self.started(self._at_us, time.monotonic_ns())

    def started(self, at_us: int, since_ns: int) -> None:
        """Tell the time of a clock that stood at a moment when it was started, at `since_ns` of the machine's monotonic clock."""
        self._at_us, self._running_since_ns = at_us, since_ns

    def advance_to(self, at_us: int) -> None:
        """Jump forward. Raises ValueError for a moment in the past."""
        if at_us < self.now_us():
            raise ValueError("A virtual clock moves only forward.")
        self._at_us, self._running_since_ns = at_us, None
