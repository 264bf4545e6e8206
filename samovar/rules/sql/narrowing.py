"""Who a rule can be about at all, where that is cheap to say: a rule of who registered lately reads the rows of these alone."""

from __future__ import annotations

from samovar.kit.clock import DAY_US
from samovar.rules import formulas as f
from samovar.rules.catalogue import Source
from samovar.rules.formulas import Truth
from samovar.rules.sql.scans import PERSON
from samovar.rules.windows import Moment

LATELY_DAYS = 92  # of longer ago there are so many that looking each row up costs more than it saves


def newcomers_sql(truth: Truth, moment: Moment) -> str | None:
    """A SELECT of the people for whom a truth may hold, where one of its parts wants them to be registered lately; else None."""
    for part in _parts(truth):
        match part:
            case f.Compared(
                left=f.Read(feature=f.Known(attribute=attribute)), operator=">=" | ">", right=f.Constant(value=int() as since_us)
            ) if attribute.source is Source.REGISTERED and since_us >= moment.at_us - LATELY_DAYS * DAY_US:
                return f"SELECT {PERSON} FROM people WHERE registered_us >= {since_us}"
    return None


def _parts(truth: Truth) -> list[Truth]:
    """What must hold, all of it."""
    waiting, found = [truth], list[Truth]()
    while waiting:
        part = waiting.pop()
        if isinstance(part, f.All):
            waiting.extend(part.items)
        else:
            found.append(part)
    return found
