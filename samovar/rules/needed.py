"""What a condition needs: a weaker condition that costs less. Whoever the condition holds for, it holds for too."""

from __future__ import annotations

from samovar.rules import tree
from samovar.rules.tree import Condition


def needed(condition: Condition) -> Condition:
    """The condition without runs of days: a run is never longer than the rows it is made of, which are cheap to count."""
    match condition:
        case tree.And(items=items):
            return tree.And(items=tuple(needed(item) for item in items))
        case tree.Compare(
            left=tree.Aggregate(function="streak" | "last_streak", of=of),
            operator=">=" | ">" as operator,
            right=tree.Number() as least,
        ):
            return tree.Compare(left=tree.Aggregate(function="count", of=of), operator=operator, right=least)
        case _:
            return condition
