"""Windows as bounds on stored integers: local days for day windows, microseconds for hour and minute windows."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from samovar.kit.clock import DAY_US, FIRST_US, HOUR_US, LAST_US, MINUTE_US, Zone, day_date, day_number
from samovar.rules import tree
from samovar.rules.tree import Unit, Window

_FIRST_DAY, _LAST_DAY = FIRST_US // DAY_US, LAST_US // DAY_US
_EXACT: dict[Unit, int] = {"minutes": MINUTE_US, "hours": HOUR_US}


@dataclass(frozen=True)
class Moment:
    """The moment a rule is asked about: an instant and the zone whose calendar counts its days.

    Of an `is_open` one only the day counts: SQL asks the instant as `$at`, so that its text serves for the whole local day.
    """

    at_us: int
    zone: Zone
    is_open: bool = False

    @cached_property
    def day(self) -> int:
        """The local day."""
        return self.zone.day(self.at_us)

    def first_us(self, day: int) -> int:
        """The first instant of a local day. Days outside the years of facts are cut."""
        return self.zone.midnight_us(min(max(day, _FIRST_DAY), _LAST_DAY))


class Bound(NamedTuple):
    """One condition on a row: `column operator value`; of `time_us` the value lies so long before the moment."""

    column: Literal["day", "time_us"]
    operator: Literal["<", "<=", ">", ">="]
    value: int


def bounds(window: Window | None, moment: Moment) -> tuple[Bound, ...]:
    """The bounds a row keeps within a window, beside `time_us <= at` which always holds."""
    match window:
        case None:
            return ()
        case tree.Last(amount=amount, unit=unit):
            if unit in _EXACT:
                return (Bound("time_us", ">", amount * _EXACT[unit]),)
            return _days(shifted(moment.day, amount, unit), moment.day)
        case tree.Ago(from_amount=first, to_amount=last, unit=unit):
            if unit in _EXACT:
                exact = _EXACT[unit]
                return Bound("time_us", ">", first * exact), Bound("time_us", "<=", last * exact)
            return _days(shifted(moment.day, first, unit), shifted(moment.day, last, unit))
        case tree.Before(amount=amount, unit=unit):
            if unit in _EXACT:
                return (Bound("time_us", "<=", amount * _EXACT[unit]),)
            return (Bound("day", "<", shifted(moment.day, amount, unit)),)
        case tree.Since(first=date):
            return (Bound("day", ">=", day_number(date)),)
        case tree.FromTo(first=date, last=last_date):
            return _days(day_number(date), day_number(last_date))
        case tree.Month(which=which):
            return _days(*_month(moment.day, back=which == "previous"))


def _days(first: int, last: int) -> tuple[Bound, ...]:
    return Bound("day", ">=", first), Bound("day", "<=", last)


def shifted(day: int, amount: int, unit: Unit) -> int:
    """The local day `amount` units before another; a month's day is clamped to the month's end."""
    if unit in ("days", "weeks"):
        return day - amount * (7 if unit == "weeks" else 1)
    date = day_date(day)
    months = date.year * 12 + date.month - 1 - amount * (12 if unit == "years" else 1)
    year, month = months // 12, months % 12 + 1
    return day_number(dt.date(year, month, min(date.day, calendar.monthrange(year, month)[1])))


def _month(day: int, *, back: bool) -> tuple[int, int]:
    first = day_date(day).replace(day=1)
    if back:
        last = first - dt.timedelta(days=1)
        return day_number(last.replace(day=1)), day_number(last)
    return day_number(first), day_number(first.replace(day=calendar.monthrange(first.year, first.month)[1]))


def days_until_anniversaries(day: int) -> list[int]:
    """Days from `day` to the next 1 January, 2 January … 31 December, at index (month - 1) * 31 + day of month - 1.

    29 February is kept on 28 February in common years. Combinations that no calendar has hold 0.
    """
    today, found = day_date(day), [0] * 372
    for month in range(1, 13):
        for of_month in range(1, calendar.monthrange(2024, month)[1] + 1):
            date = _kept(today.year, month, of_month)
            if date < today:
                date = _kept(today.year + 1, month, of_month)
            found[(month - 1) * 31 + of_month - 1] = (date - today).days
    return found


def _kept(year: int, month: int, of_month: int) -> dt.date:
    return dt.date(year, month, min(of_month, calendar.monthrange(year, month)[1]))
