"""The engines whose SQL rules are printed in. A query is built once, as a tree in DuckDB's words; an engine prints the tree.

Lists of days are reckoned with lambdas, which no tree tells for both: each engine has its own texts for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlglot import exp

from samovar.rules.sql import clickhouse


@dataclass(frozen=True)
class Lists:
    """Texts over a list of days. `runs` is whatever `longest` and `last` read; a run's days lie at most `{span}` apart."""

    distinct: str  # of `collected`, the days in order with repetitions
    gap: str  # of `days`: the median of what lies between one and the next, null below two
    runs: str  # of `days`
    longest: str  # of `days` and `runs`: how many days the longest run has
    last: str  # of `days` and `runs`: how many the run has that ends with the latest day


@dataclass(frozen=True)
class Dialect:
    """One engine: its name to sqlglot, its texts over lists, how a tree becomes one in its words, how a whole query ends."""

    name: str
    lists: Lists
    translated: Callable[[exp.Expression], exp.Expression] | None = None
    ending: str = ""

    def text(self, sql: exp.Expression) -> str:
        """The text of a piece of SQL."""
        return str((self.translated(sql) if self.translated is not None else sql).sql(self.name))

    def query_text(self, sql: exp.Expression) -> str:
        """The text of a whole query."""
        return self.text(sql) + self.ending


DUCKDB = Dialect(
    "duckdb",
    Lists(
        distinct="list_filter(collected, lambda day, place: place = 1 OR day <> collected[place - 1])",
        gap="list_median(list_transform(days[2:], lambda day, place: day - days[place]))",
        runs="list_filter(range(1, len(days) + 1), lambda place: place = 1 OR days[place] - days[place - 1] > {span})",
        longest="list_max(list_transform(runs, lambda start, place: coalesce(runs[place + 1], len(days) + 1) - start))",
        last="len(days) + 1 - runs[-1]",
    ),
)
CLICKHOUSE = Dialect(
    "clickhouse",
    Lists(
        distinct="arrayCompact(collected)",
        gap="if(length(days) < 2, NULL, arrayReduce('quantileExactInclusive(0.5)', arraySlice(arrayDifference(days), 2)))",
        runs="arraySplit(apart -> apart > {span}, arrayDifference(days))",
        longest="arrayMax(arrayMap(run -> length(run), runs))",
        last="length(runs[-1])",
    ),
    clickhouse.translated,
    clickhouse.ENDING,
)
DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in (DUCKDB, CLICKHOUSE)})
