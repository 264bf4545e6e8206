"""What a report is asked: the moment, its parameters, and among whom. Everything a report reads goes through here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from pyroaring import BitMap

from samovar import rules
from samovar.engine.warehouse import schema
from samovar.engine.warehouse.registry import Context
from samovar.kit.clock import FIRST_US, day_date
from samovar.kit.numbers import minor_per_major
from samovar.measure.sql import summary
from samovar.rules.catalogue import Catalogue
from samovar.rules.sql import Moment, people_sql
from samovar.understand.learned import StoredSegments, WarehouseWords
from samovar.understand.live import past

OTHERS = "…"  # the parts that are too small or too many to stand by name
MONTH_OF_LOCAL = "((year(local) - 1970) * 12 + month(local) - 1)::INTEGER"  # months since January 1970 of a date `local`
LIVE_LINES = "time_us <= $at AND valid_from_us <= $at AND $at < valid_to_us"


class Question:
    """One asking of a report. `params` are texts, as they stand in an address; those not given are not there."""

    def __init__(self, cursor: Any, context: Context, at_us: int, params: Mapping[str, str]) -> None:
        self._cursor, self.context, self.at_us, self.params = cursor, context, at_us, params
        self.moment = Moment(at_us, context.zone)

    @cached_property
    def words(self) -> Catalogue:
        """The workspace's words: built in, learned, and its segments."""
        found = rules.builtin_catalogue(self.context.currency).with_learned(WarehouseWords(self._cursor))
        return found.with_segments(StoredSegments())

    @cached_property
    def among(self) -> str:
        """The canonical text of the rule that narrows the report to some people; empty for all. Raises `RuleError`."""
        return self.canonical(text) if (text := self.params.get("among", "").strip()) else ""

    def canonical(self, text: str) -> str:
        """A rule as the printer writes it, so that it may stand in brackets beside another. Raises `RuleError`."""
        return rules.to_text(rules.parse(text, self.words))

    def rule(self, *parts: str) -> str:
        """The canonical rule that all parts hold for somebody among those asked about. Raises `RuleError`."""
        return self.canonical(" and ".join(f"({part})" for part in (self.among, *parts) if part))

    def people_sql(self, rule: str) -> str:
        """SELECT person_id of the people in a rule. Raises `RuleError`."""
        return people_sql(rules.parse(rule, self.words), self.words, self.moment)

    def at(self, at_us: int) -> Question:
        """The same question as of another moment."""
        return Question(self._cursor, self.context, at_us, self.params)

    def members(self, trees: Sequence[Any]) -> dict[int, BitMap]:
        """{place: the ids of its people at the moment} of stored rules; those that make no sense here are left out."""
        return past.members_of(self._cursor, self.context.zone, trees, self.words, self.at_us)

    @cached_property
    def customers_sql(self) -> str:
        """SELECT person_id of everybody the report counts: of those it speaks of, who was not erased by the moment."""
        return self.people_sql(self.among) if self.among else f"SELECT person_id FROM people WHERE {schema.customers_sql()}"

    @cached_property
    def doers_sql(self) -> str:
        """SELECT person_id of everybody whose orders and events count: of the erased too, where no rule narrows the report."""
        return self.people_sql(self.among) if self.among else summary.customers_sql()

    def is_doer_sql(self, column: str) -> str:
        """Whether somebody is a customer by now, erased since or not: a test of one bit of a string made once a statement,
        a third of what it costs to look the person of each row up in a table of a million."""
        beyond = self._last_person + 1  # of whom nothing is known
        bits = f"SELECT bitstring_agg(person_id::INTEGER, 0, {beyond}) FROM ({summary.customers_sql()})"
        return f"get_bit(({bits}), least({column}, {beyond})::INTEGER) = 1"

    @cached_property
    def _last_person(self) -> int:
        return int(self.fetch("SELECT coalesce(max(person_id), 0) FROM people")[0][0])

    @cached_property
    def facts(self) -> str:
        """The beginning of a WITH: `customers`, and their orders as they stand as `bought`."""
        return f"WITH customers AS ({self.customers_sql}), bought AS ({summary.orders_sql()})"

    @cached_property
    def past(self) -> str:
        """The same of all whose orders count, for figures of money: an erasure takes nothing from them."""
        return f"WITH customers AS ({self.doers_sql}), bought AS ({summary.orders_sql()})"

    def fetch(self, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement; `$at` is the moment."""
        found: list[tuple[Any, ...]] = self._cursor.execute(sql, self._held(sql, params)).fetchall()
        return found

    def _held(self, sql: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return {**({"at": self.at_us} if "$at" in sql else {}), **params}

    def arrays(self, sql: str, **params: Any) -> dict[str, Any]:
        """The columns of a statement as NumPy arrays, as `fetch` gives rows."""
        found: dict[str, Any] = self._cursor.execute(sql, self._held(sql, params)).fetchnumpy()
        return found

    def major(self, minor: int) -> str:
        """Money as rules write it, in major units."""
        return str(Decimal(minor) / minor_per_major(self.context.currency))

    def date(self, day: int) -> dt.date:
        """A local day as a date."""
        return day_date(day)


BEGINNING = day_date(FIRST_US // 86_400_000_000)  # no order is older


def bought_between(first: dt.date, last: dt.date) -> str:
    """The rule of those who ordered on some day from one to another."""
    return f"count(orders from {first} to {last}) >= 1"


def bought_nothing_before(first: dt.date) -> str:
    """The rule of those who ordered nothing before a day."""
    return f"count(orders from {BEGINNING} to {first - dt.timedelta(days=1)}) = 0"


def text_sql(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
