"""Periods as local days, and the period that one is compared with. Pure.

The period before is as long and ends the day before; of months it is the months before, of which as many days have passed.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass

from samovar.kit.clock import Zone, day_date, day_number
from samovar.rules import tree
from samovar.rules.parser import parse_operand
from samovar.rules.tree import Aggregate, Window
from samovar.rules.windows import Moment, bounds, shifted


@dataclass(frozen=True)
class Span:
    """Local days `first` to `last`, both inclusive. `months` and `days` are how far it lies before what it is compared with."""

    first: int
    last: int
    days: int = 0
    months: int = 0

    def window(self) -> str:
        """The window of the rule language that says it."""
        return f"from {day_date(self.first)} to {day_date(self.last)}"

    def within(self, first: int, last: int) -> Span:
        """What of it lies between two days; `first` after `last` where nothing does."""
        return Span(max(self.first, first), min(self.last, last), self.days, self.months)


def span(window: Window | None, moment: Moment) -> Span | None:
    """The days of a window, none later than the moment's; None without one, and for one that counts hours."""
    edges = {bound.operator: bound.value for bound in bounds(window, moment) if bound.column == "day"}
    if ">=" not in edges:
        return None
    return Span(edges[">="], min(edges.get("<=", moment.day), moment.day))


def named_span(text: str, at_us: int, zone: Zone) -> Span | None:
    """The days of a window as it is written; None of an empty one, and of one that counts hours. Raises `RuleError`."""
    found = parse_operand(f"count(orders {text})")
    return span(found.of.window, Moment(at_us, zone)) if isinstance(found, Aggregate) else None


def before(window: Window, of: Span) -> Span:
    """The period before one."""
    months = _months(window, of)
    if not months:
        return _days_back(of, of.last - of.first + 1)
    found = _months_back(of, months)
    return found.within(found.first, of.first - 1)


def year_ago(of: Span) -> Span:
    """The same days a year ago."""
    return _months_back(of, 12)


def _months(window: Window, of: Span) -> int:
    """How many months a window goes on for, 0 for one that counts days."""
    match window:
        case tree.Month():
            return 1
        case tree.Last(amount=amount, unit="months" | "years" as unit) if amount:
            return amount * (12 if unit == "years" else 1)
    first, last = day_date(of.first), day_date(of.last)
    if first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]:
        return (last.year - first.year) * 12 + last.month - first.month + 1
    return 0


def _days_back(of: Span, days: int) -> Span:
    return Span(of.first - days, of.last - days, days=days)


def _months_back(of: Span, months: int) -> Span:
    """So many months earlier; a last day of a month stays one."""
    last = day_date(of.last)
    is_end = last.day == calendar.monthrange(last.year, last.month)[1]
    earlier = day_date(shifted(of.last, months, "months"))
    if is_end:
        earlier = earlier.replace(day=calendar.monthrange(earlier.year, earlier.month)[1])
    return Span(shifted(of.first, months, "months"), day_number(earlier), months=months)
