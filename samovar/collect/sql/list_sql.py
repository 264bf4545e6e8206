"""SQL of the list of customers, DuckDB dialect, as of `$at`. A page has several statements, the quickest first.

At a million people a join of all of them with their figures costs more than the rest of the page together. So a quick statement
looks where the page most likely is, and is right when it fills the page; the last one looks everywhere and is always right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from samovar.collect.groupings import Group
from samovar.collect.sql.card_sql import LIVE_ORDERS
from samovar.engine.warehouse.schema import customers_sql

SORTS = {"since": "since_us", "orders": "orders", "revenue": "revenue_minor", "last": "last_us"}
# Each figure: over a person's orders, and the column of an order that must not be below 0 for the figure not to be.
_FIGURES = {"orders": "count(*)", "revenue_minor": "sum(amount_minor)", "last_us": "max(time_us)"}
_SIGNED = {"revenue_minor": "amount_minor", "last_us": "time_us"}
# How many pages of people a quick statement looks at: some are visitors, or buyers, or in another group.
_LEADING_PAGES, _IDLE_PAGES, _LIKELY_PAGES = 4, 20, 40
_LEADING_SHARE = 5  # one part in so many of the time since the first customer


@dataclass(frozen=True)
class Asked:
    """What page: rows after the key `after`, as (`$value`, `$last`), narrowed to the list `$only` and to groups."""

    sort: str
    descending: bool
    after: tuple[int, int] | None = None
    is_only: bool = False
    groups: Sequence[Group] = ()

    @property
    def column(self) -> str:
        return SORTS[self.sort]

    @property
    def order(self) -> str:
        way = "DESC" if self.descending else "ASC"
        return f"ORDER BY {self.column} {way}, person_id {way}"

    @property
    def later(self) -> str:
        if self.after is None:
            return "true"
        mark = "<" if self.descending else ">"
        return f"({self.column} {mark} $value OR ({self.column} = $value AND person_id {mark} $last))"


def list_sqls(asked: Asked) -> Iterator[str]:
    """Statements of one page: person_id, since_us, orders, revenue_minor, last_us; a figure of nothing is 0.

    Each gives rows in the page's order; the first that gives `$limit` of them gives the page, else the last. A statement is
    made when it is asked for: a grouping's costs more to write than some cost to run.
    """
    for page in _pages(asked):
        yield _with_figures(page, asked)


def _pages(asked: Asked) -> Iterator[str]:
    if asked.groups and not asked.is_only:
        if asked.sort == "since":
            yield _leading_sql(asked)
        yield _likely_sql(asked)
    elif asked.sort != "since" and not asked.is_only:
        if asked.descending and (asked.after is None or asked.after[0] > 0):
            yield _leaders_sql(asked)
        elif asked.after is None or asked.after[0] == 0:
            yield _idle_sql(asked)
    yield _page_sql(asked)


def _with_figures(page: str, asked: Asked) -> str:
    """The figures are worked out for the people of the page alone."""
    return f"""
    WITH page AS (SELECT person_id, since_us FROM ({page})), bought AS (
      SELECT person_id, {", ".join(f"{figure} AS {name}" for name, figure in _FIGURES.items())}
      FROM orders WHERE {LIVE_ORDERS} AND person_id IN (SELECT person_id FROM page) GROUP BY person_id)
    SELECT person_id, since_us, coalesce(orders, 0) AS orders, coalesce(revenue_minor, 0)::BIGINT AS revenue_minor,
           coalesce(last_us, 0) AS last_us
    FROM page LEFT JOIN bought USING (person_id) {asked.order}"""


def _leaders_sql(asked: Asked) -> str:
    """From the top: those who have most of the figure, be they customers or visitors, and then the customers among them."""
    return f"""
    WITH leaders AS MATERIALIZED (
      SELECT * FROM ({_figure_sql(asked.column)}) WHERE {asked.column} > 0 AND {asked.later}
      {asked.order} LIMIT $limit * {_LEADING_PAGES})
    SELECT person_id, known_us AS since_us FROM leaders JOIN people USING (person_id) WHERE {customers_sql()}
    {asked.order} LIMIT $limit"""


def _idle_sql(asked: Asked) -> str:
    """Among those without any of the figure: they stand in the order of their ids. From the start only if nobody is below 0."""
    way, mark = ("DESC", "<") if asked.descending else ("ASC", ">")
    later = f"person_id {mark} $last AND $value = 0" if asked.after is not None else "true"
    signed = _SIGNED.get(asked.column)
    if asked.after is None and signed:
        later = f"NOT EXISTS (SELECT 1 FROM orders WHERE {signed} < 0)"
    return f"""
    WITH next AS MATERIALIZED (
      SELECT person_id, known_us AS since_us FROM people WHERE {customers_sql()} AND {later}
      ORDER BY person_id {way} LIMIT $limit * {_IDLE_PAGES})
    SELECT * FROM next WHERE person_id NOT IN (
      SELECT person_id FROM ({_figure_sql(asked.column, "SELECT person_id FROM next")}) WHERE {asked.column} <> 0)
    ORDER BY person_id {way} LIMIT $limit"""


def _likely_sql(asked: Asked) -> str:
    """The first of those who may be in the groups; whether they are is then asked about these alone."""
    return f"WITH {_certain_sql(asked, _ranked_sql(asked, _in_groups(asked, is_likely=True)))}"


def _leading_sql(asked: Asked) -> str:
    """The same among those who became customers in the part of the time that the page begins in: fewer figures to work out."""
    near, far, way = ("max", "min", ">=") if asked.descending else ("min", "max", "<=")
    bound = f"SELECT {near}(since_us) - ({near}(since_us) - {far}(since_us)) // {_LEADING_SHARE} FROM later"
    may_be = _in_groups(asked, "SELECT person_id FROM nearest", is_likely=True)
    return f"""
    WITH later AS MATERIALIZED ({_ranked_sql(asked, "true")}),
    nearest AS MATERIALIZED (SELECT * FROM later WHERE since_us {way} ({bound})),
    {_certain_sql(asked, f"SELECT * FROM nearest WHERE {may_be}")}"""


def _certain_sql(asked: Asked, likely: str) -> str:
    unsure = replace(asked, groups=[group for group in asked.groups if not group.is_sure])
    certain = _in_groups(unsure, "SELECT person_id FROM likely")
    return f"""likely AS MATERIALIZED ({likely} {asked.order} LIMIT $limit * {_LIKELY_PAGES})
    SELECT * FROM likely WHERE {certain} {asked.order} LIMIT $limit"""


def _in_groups(asked: Asked, among: str = "", *, is_likely: bool = False) -> str:
    people = [group.likely_sql(among) if is_likely else group.people_sql(among) for group in asked.groups]
    return " AND ".join(f"person_id IN ({group})" for group in people) or "true"


def _page_sql(asked: Asked) -> str:
    """Among everybody."""
    only = "SELECT unnest($only::BIGINT[])"
    narrowing = _in_groups(asked, only if asked.is_only else "") + (f" AND person_id IN ({only})" if asked.is_only else "")
    return f"{_ranked_sql(asked, narrowing)} {asked.order} LIMIT $limit"


def _ranked_sql(asked: Asked, narrowing: str) -> str:
    """(person_id, since_us, the column sorted by) of the customers that a condition leaves, without an order."""
    who = f"SELECT person_id, known_us AS since_us FROM people WHERE {customers_sql()} AND {narrowing}"
    if asked.sort != "since":
        figure = _figure_sql(asked.column, "SELECT unnest($only::BIGINT[])" if asked.is_only else "")
        who = f"""
        SELECT person_id, since_us, coalesce({asked.column}, 0)::BIGINT AS {asked.column}
        FROM ({who}) LEFT JOIN ({figure}) USING (person_id)"""
    return f"SELECT * FROM ({who}) WHERE {asked.later}"


def _figure_sql(column: str, people: str = "") -> str:
    """(person_id, the figure) of everybody with orders, or of some people."""
    narrowed = f"person_id IN ({people})" if people else "person_id IS NOT NULL"
    return f"SELECT person_id, {_FIGURES[column]} AS {column} FROM orders WHERE {LIVE_ORDERS} AND {narrowed} GROUP BY person_id"


def cities_sql() -> str:
    """The last known `city` of each person of `$only`: person_id, city."""
    return """
    SELECT person_id, arg_max(text, (time_us, event_key)) AS city FROM attributes
    WHERE name = 'city' AND time_us <= $at AND person_id IN (SELECT unnest($only::BIGINT[])) GROUP BY person_id"""
