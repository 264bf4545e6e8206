"""Calendar periods of a report: months, quarters, years, weeks, and stretches of days. Pure."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

_MONTH, _QUARTER = re.compile(r"(\d{4})-(\d{2})\Z"), re.compile(r"(\d{4})-[Qq]([1-4])\Z")
_YEAR, _WEEK = re.compile(r"(\d{4})\Z"), re.compile(r"(\d{4})-[Ww](\d{1,2})\Z")


@dataclass(frozen=True)
class Period:
    """Local days from `first` to `last`, and what people call them."""

    name: str
    first: dt.date
    last: dt.date


def period(text: str) -> Period:
    """2011-10, 2011-Q4, 2011, 2011-W40 (ISO, Monday first) or 2011-10-01..2011-10-15. Raises ValueError."""
    if match := _MONTH.match(text):
        return month_of(dt.date(int(match[1]), int(match[2]), 1))
    if match := _QUARTER.match(text):
        month = int(match[2]) * 3 - 2
        return Period(f"{match[1]}-Q{match[2]}", dt.date(int(match[1]), month, 1), _end(int(match[1]), month + 2))
    if match := _YEAR.match(text):
        return Period(text, dt.date(int(text), 1, 1), dt.date(int(text), 12, 31))
    if match := _WEEK.match(text):
        monday = dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
        return Period(f"{match[1]}-W{int(match[2]):02}", monday, monday + dt.timedelta(days=6))
    first, dots, last = text.partition("..")
    begins, ends = dt.date.fromisoformat(first.strip()), dt.date.fromisoformat(last.strip() if dots else first.strip())
    if ends < begins:
        raise ValueError(text)
    return Period(f"{begins}..{ends}" if begins != ends else str(begins), begins, ends)


def month_of(date: dt.date) -> Period:
    """The calendar month of a day."""
    return Period(f"{date:%Y-%m}", date.replace(day=1), _end(date.year, date.month))


def month_before(date: dt.date) -> Period:
    """The calendar month before the one of a day."""
    return month_of(date.replace(day=1) - dt.timedelta(days=1))


def month_at(number: int) -> Period:
    """The month a number of months after January 1970."""
    return month_of(dt.date(1970 + number // 12, number % 12 + 1, 1))


def week_at(number: int) -> Period:
    """The week, Monday first, whose Monday is `number` weeks after 5 January 1970."""
    monday = dt.date(1970, 1, 5) + dt.timedelta(weeks=number)
    year, week, _day = monday.isocalendar()
    return Period(f"{year}-W{week:02}", monday, monday + dt.timedelta(days=6))


def _end(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
