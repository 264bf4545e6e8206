"""What may have happened to a person: facts, and histories made of them.

A moment is so many microseconds before the moment of the question, which is made up: noon, in the middle of a month, after
every date that the rules name. So the same stages always give the same findings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from samovar.kit.clock import DAY_US, Zone, day_number
from samovar.rules import tree
from samovar.rules.tree import Condition
from samovar.rules.windows import Moment

ZONE = Zone("UTC")
NOON_US = DAY_US // 2
Stored = str | bool | Decimal | dt.date | None
Cost = tuple[int, int, int]


@dataclass(frozen=True)
class Event:
    """One row of what happened, or a record whose own time was then; below zero it is still to come. `source` names the rows it
    is of, `values` the fields that matter, `None` a field left out."""

    source: str
    ago_us: int
    values: tuple[tuple[str, Stored], ...] = ()


@dataclass(frozen=True)
class Mark:
    """What a person is: a trait, a contact with its consents, since when she is registered (days ago)."""

    source: str
    values: tuple[tuple[str, Stored], ...] = ()


Fact = Event | Mark
History = tuple[Fact, ...]


def cost(history: History) -> Cost:
    """What makes one history shorter than another: fewer facts, then fewer days with some, then the more recent."""
    events = [fact for fact in history if isinstance(fact, Event)]
    days = {(event.source, event.ago_us // DAY_US) for event in events}
    return sum(bool(fact.values) or isinstance(fact, Event) for fact in history), len(days), sum(abs(e.ago_us) for e in events)


def moment_of(conditions: Iterable[Condition]) -> Moment:
    """The moment at which a search stands."""
    dates = [dt.date(2026, 1, 1)]
    for condition in conditions:
        for node in tree.walk(condition):
            match node:
                case tree.Date(value=date) | tree.Since(first=date) | tree.FromTo(last=date):
                    dates.append(date)
    after = max(dates) + dt.timedelta(days=31)
    return Moment(day_number(after.replace(day=15)) * DAY_US + NOON_US, ZONE)
