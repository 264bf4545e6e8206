"""Groupings: ways to part the customers that other rooms know, such as the lifecycle stage. Pure; loaded where queries run.

A room to the right registers one in its `warehouse_queries`; the list of customers then has its filter and its column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from samovar.engine.warehouse.registry import Context


@dataclass(frozen=True)
class Grouping:
    """`people_sql(value, at_us, context)` selects the `person_id` of the people in one group."""

    name: str
    people_sql: Callable[[str, int, Context], str]


_groupings: dict[str, Grouping] = {}


def register(grouping: Grouping) -> None:
    """Add a grouping, or replace the one of its name."""
    _groupings[grouping.name] = grouping


def people_sql(name: str, value: str, at_us: int, context: Context) -> str:
    """The people of one group. Raises KeyError for a grouping nobody registered."""
    return _groupings[name].people_sql(value, at_us, context)
