"""Reports to begin with: what every shop asks, ready to be opened, changed and saved. Nothing is stored until somebody does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from samovar.measure.reports.marked import gettext_noop

ChartKind = Literal["table", "line", "bar", "stacked", "figure"]
CHARTS: tuple[ChartKind, ...] = get_args(ChartKind)


@dataclass(frozen=True)
class Ready:
    """One of them. `name` and `sentence` are in English until they are translated where they are shown."""

    slug: str
    name: str
    sentence: str
    chart: ChartKind
    params: Mapping[str, str]


LIBRARY: tuple[Ready, ...] = (
    Ready(
        "orders-by-month", gettext_noop("Orders by month"),
        gettext_noop("Orders, buyers, revenue and the average order in each of the last twelve months."), "line",
        {"rows": "month", "measures": "sum(amount); count; people; avg(amount)", "period": "in last 12 months"},
    ),
    Ready(
        "this-month", gettext_noop("This month beside the previous"),
        gettext_noop("Revenue, orders and buyers so far, and after as many days of the month before."), "figure",
        {"measures": "sum(amount); count; people; sum(amount) / people", "period": "this month", "compare": "before"},
    ),
    Ready(
        "channels", gettext_noop("Channels of orders"),
        gettext_noop("Where people ordered in the last 90 days, and in the 90 days before."), "bar",
        {
            "rows": "channel", "measures": "sum(amount); count; share of sum(amount)", "period": "in last 90 days",
            "compare": "before",
        },
    ),
    Ready(
        "cities", gettext_noop("Buyers by city"),
        gettext_noop("Who bought in the last year, how much, and what one buyer brought."), "bar",
        {
            "rows": "person.city", "measures": "people; count; sum(amount); sum(amount) / people", "period": "in last 365 days",
            "limit": "20",
        },
    ),
    Ready(
        "loyalty", gettext_noop("Buyers by number of orders"),
        gettext_noop("How many people ordered once, twice and more, and how much of the revenue is theirs."), "bar",
        {
            "rows": "person.count(orders)", "measures": "people; share of people; sum(amount); share of sum(amount)",
            "sort": "person.count(orders) asc", "limit": "20",
        },
    ),
    Ready(
        "goods", gettext_noop("Best-selling goods"),
        gettext_noop("The goods that brought most in the last 90 days: revenue, units, buyers, orders."), "table",
        {
            "of": "lines", "rows": "sku", "measures": "sum(amount); sum(quantity); people; distinct(order_id)",
            "period": "in last 90 days", "limit": "25",
        },
    ),
    Ready(
        "categories-by-month", gettext_noop("Categories by month"),
        gettext_noop("Revenue of each category in each of the last twelve months."), "stacked",
        {"of": "lines", "rows": "month", "columns": "category", "measures": "sum(amount)", "period": "in last 12 months"},
    ),
    Ready(
        "hours", gettext_noop("Hours and weekdays of orders"),
        gettext_noop("When people order: the hour of the day down, the day of the week across."), "table",
        {"rows": "hour", "columns": "weekday", "measures": "count", "period": "in last 365 days"},
    ),
    Ready(
        "returns-by-month", gettext_noop("Returns by month"),
        gettext_noop("Goods brought back: how often, by how many people, for how much."), "bar",
        {"of": "returns", "rows": "month", "measures": "sum(amount); count; people", "period": "in last 12 months"},
    ),
    Ready(
        "visits-by-week", gettext_noop("Visits by week"),
        gettext_noop("Visits of customers, how many people came and how many pages they saw."), "line",
        {"of": "visits", "rows": "week", "measures": "count; people; sum(views); days", "period": "in last 26 weeks"},
    ),
)  # fmt: skip


def ready(slug: str) -> Ready | None:
    """The one of a slug."""
    return next((one for one in LIBRARY if one.slug == slug), None)
