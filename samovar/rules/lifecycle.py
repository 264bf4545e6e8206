"""The six lifecycle stages as shipped: rules of the language, evaluated from the last to the first, so that each registered
person stands in exactly one. The numbers are parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from samovar.rules.parser import parse_text
from samovar.rules.tree import Condition

STAGES = ("newcomer", "cautious", "developing", "regular", "at risk", "lost")


@dataclass(frozen=True)
class LifecycleDays:
    """The numbers of the stages, in days and times."""

    lost_after_days: int = 90
    at_risk_from_days: int = 45
    habit_gap_days: int = 14
    habit_order_days: int = 3
    curious_visits: int = 3
    curious_window_days: int = 14


def stage_rules(days: LifecycleDays | None = None) -> dict[str, str]:
    """The text of each stage's rule, in order of evaluation: the first that holds is the person's stage."""
    d = days or LifecycleDays()
    return {
        "lost": (
            f"count(orders) >= 1 and days_since(last orders) > {d.lost_after_days} "
            f"and count(visits in last {d.lost_after_days} days) = 0"
        ),
        "at risk": (
            f"streak(orders, {d.habit_gap_days} days) >= {d.habit_order_days} "
            f"and days_since(last orders) >= {d.at_risk_from_days}"
        ),
        "regular": (
            f"last_streak(orders, {d.habit_gap_days} days) >= {d.habit_order_days} "
            f"and days_since(last orders) < {d.at_risk_from_days}"
        ),
        "developing": "count(orders) >= 1",
        "cautious": (
            f"registered_at is known and count(orders) = 0 "
            f"and count(visits in last {d.curious_window_days} days) >= {d.curious_visits}"
        ),
        "newcomer": "registered_at is known and count(orders) = 0",
    }


@cache
def stage_conditions() -> dict[str, Condition]:
    """The shipped rule of each stage as a tree, in order of evaluation."""
    return {stage: parse_text(text) for stage, text in stage_rules().items()}
