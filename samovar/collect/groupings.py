"""Groupings: ways to part the customers that other rooms know, such as the lifecycle stage. Pure; loaded where queries run.

A room to the right registers one in its `warehouse_queries`; the list of customers then has its filter and its column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from samovar.engine.warehouse.registry import Context


@dataclass(frozen=True)
class Grouping:
    """Both select `person_id` of the people that the SELECT `among` gives, of everybody when it is empty: `people_sql(value,
    among, at_us, context)` those in one group; `likely_sql` those and perhaps others, at little cost. `is_sure(value)` says that
    there are no others."""

    name: str
    people_sql: Callable[[str, str, int, Context], str]
    likely_sql: Callable[[str, str, int, Context], str]
    is_sure: Callable[[str], bool] = lambda _value: False


@dataclass(frozen=True)
class Group:
    """One group as of a moment."""

    grouping: Grouping
    value: str
    at_us: int
    context: Context

    @property
    def is_sure(self) -> bool:
        """Whether those likely in the group are all in it."""
        return self.grouping.is_sure(self.value)

    def people_sql(self, among: str = "") -> str:
        """The people in the group."""
        if self.is_sure:
            return self.likely_sql(among)
        return self.grouping.people_sql(self.value, among, self.at_us, self.context)

    def likely_sql(self, among: str = "") -> str:
        """A superset of them."""
        return self.grouping.likely_sql(self.value, among, self.at_us, self.context)


_groupings: dict[str, Grouping] = {}


def register(grouping: Grouping) -> None:
    """Add a grouping, or replace the one of its name."""
    _groupings[grouping.name] = grouping


def group(name: str, value: str, at_us: int, context: Context) -> Group:
    """One group. Raises KeyError for a grouping nobody registered."""
    return Group(_groupings[name], value, at_us, context)
