"""Who a rule can be about at all, where that is cheap to say: its dear parts read the rows of these alone.

Two kinds of parts are worth it: a late registration, and a trait that is one of some texts. Of a part that holds for most people
(a consent, any registration, an age) it is not: to look each row up among them costs more than it saves.
"""

from __future__ import annotations

from samovar.kit.clock import DAY_US
from samovar.rules import formulas as f
from samovar.rules import tree
from samovar.rules.catalogue import Source
from samovar.rules.formulas import Truth
from samovar.rules.lowering import Lowering
from samovar.rules.sql.scans import PERSON
from samovar.rules.tree import Condition
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


def parted(condition: Condition, lowering: Lowering) -> tuple[Condition | None, Condition]:
    """What must hold of the person alone, where few are such, and what else must; else (None, the condition)."""
    if not isinstance(condition, tree.And):
        return None, condition
    truths = [lowering.truth(item) for item in condition.items]
    of_person = [item for item, truth in zip(condition.items, truths, strict=True) if _is_of_person(truth)]
    others = [item for item, truth in zip(condition.items, truths, strict=True) if not _is_of_person(truth)]
    if not others or not any(_is_of_few(truth) for truth in truths):
        return None, condition
    return tree.And(items=tuple(of_person)), tree.And(items=tuple(others))


def _is_of_person(truth: Truth) -> bool:
    """Whether it reads what is known of the person and no rows."""
    return all(isinstance(r.feature, f.Known) and r.feature.attribute.source is not Source.LIFECYCLE for r in f.features(truth))


def _is_of_few(truth: Truth) -> bool:
    match truth:
        case (
            f.Among(value=f.Read(feature=f.Known(attribute=attribute)), constants=(str(), *_))
            | f.Compared(left=f.Read(feature=f.Known(attribute=attribute)), operator="=", right=f.Constant(value=str()))
        ):
            return attribute.source is Source.TRAIT
    return False


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
