"""The SQL of a report of one's own.

1. `scope`: the rows of the period, and of the period before beside them, each with its keys (k0, k1, …), the values of its fields
   (c0, c1, …) and whether it `is_earlier`.
2. All groups are measured in one pass (`groups.py`); where they are too many, only those that are kept, in a pass more.
3. Parts of the rows are put in order by a measure of the period; those beyond the limit, and columns beyond theirs, are others:
   then rows are grouped anew by what their keys have become, and measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from msgspec.structs import replace

from samovar.kit.clock import FIRST_US, day_date
from samovar.measure.reports.custom.groups import GROUPS_MAX, Groups, Keys, Term, levels, merged, ordered, read
from samovar.measure.reports.custom.meaning import Meaning
from samovar.measure.reports.custom.spans import Span
from samovar.measure.reports.custom.spec import Basic, Part
from samovar.measure.reports.question import text_sql
from samovar.measure.reports.report import BadParameter, Cell
from samovar.measure.reports.values import TEXTS
from samovar.rules.sql import selected_sql
from samovar.rules.tree import FromTo, Selection

COLUMNS_MAX = 12
_ADDED = ("count", "people", "sum", "min", "max")  # measures of a whole that are made of those of its parts
OTHERS_OF = "others"  # in a cell: whether its row, its column or both are those of the others

_WEEKS_SHIFT = 100_000  # whole weeks that make any day positive, so that division cuts downwards
_TIMES = {
    "day": "day",
    "week": f"(day - 4 + {7 * _WEEKS_SHIFT}) // 7 - {_WEEKS_SHIFT}",
    "month": "(year(local) - 1970) * 12 + month(local) - 1",
    "quarter": "year(local) * 4 + quarter(local) - 1",
    "year": "year(local)",
    "weekday": "isodow(local)",
}


_ERASED_SQL = "SELECT person_id FROM people WHERE erased_us <= $at"


@dataclass(frozen=True)
class Kept:
    """The keys of the rows and of the columns that stand by name, in order; all others are together where some `are_cut`."""

    rows: tuple[Keys, ...]
    columns: tuple[Keys, ...]
    are_rows_cut: bool
    are_columns_cut: bool


class Query:
    """The statements of one report."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning, self.asked, self.of = meaning, meaning.asked, meaning.of
        self.rows = len(self.of.rows)
        self.keys = [f"k{place}" for place in range(len(self.of.parts))]

    # The rows

    @cached_property
    def scope(self) -> str:
        """SELECT (person_id, day, is_earlier, k0, …, c0, …); rows of who was erased count, and are nobody's."""
        parts = [self._rows(self.meaning.selection, None)]
        if (earlier := self.meaning.earlier) is not None:
            window = FromTo(first=day_date(earlier.first), last=day_date(earlier.last))
            parts.append(self._rows(replace(self.meaning.selection, window=window), earlier))
        return " UNION ALL ".join(parts)

    def _rows(self, selection: Selection, earlier: Span | None) -> str:
        asked = self.asked
        who = asked.doers_sql if asked.among else None
        rows = selected_sql(selection, self.meaning.of_rows(), asked.words, asked.moment, who=who, by_time=self.of.has_time)
        rows = rows if asked.among else f"SELECT * FROM ({rows}) WHERE {asked.is_doer_sql('person_id')}"
        joins = "".join(
            f" LEFT JOIN ({self.meaning.people[part.text].sql}) p{place} ON p{place}.person_id = r.person_id"
            for place, part in enumerate(self.of.parts)
            if part.kind == "person"
        )
        keys = "".join(f", {self._key(part, place)} AS k{place}" for place, part in enumerate(self.of.parts))
        person = "r.person_id"
        if self._is_somebody_erased:  # the test costs a tenth of a second a million rows
            person = f"CASE WHEN r.person_id NOT IN ({_ERASED_SQL}) THEN r.person_id END AS person_id"
        if self.is_by_person:
            figures = "".join(
                f", {_of_one(basic, self._field(basic))} AS b{place}" for place, basic in enumerate(self.meaning.basics)
            )
            people = f"SELECT person_id, min(day) AS day{figures} FROM ({rows}) GROUP BY person_id"
            values = "".join(f", b{place}" for place in range(len(self.meaning.basics)))
            return f"SELECT {person}, day, {earlier is not None} AS is_earlier{keys}{values} FROM ({people}) r{joins}"
        values = "".join(f", c{place}" for place in range(len(self.meaning.fields)))
        moved = f"SELECT *, DATE '1970-01-01' + day AS local FROM (SELECT * REPLACE ({_moved(earlier)} AS day) FROM ({rows}))"
        return f"SELECT {person}, day, {earlier is not None} AS is_earlier{keys}{values} FROM ({moved}) r{joins}"

    @cached_property
    def _is_somebody_erased(self) -> bool:
        return bool(self.asked.fetch(f"{_ERASED_SQL} LIMIT 1"))

    @cached_property
    def is_by_person(self) -> bool:
        """Whether the rows of each person are added up first: they are parted by what people are, and every measure allows it.

        The values of people, which may be texts, then meet one row a person and not each of their rows.
        """
        return (
            bool(self.of.parts)
            and all(part.kind == "person" for part in self.of.parts)
            and all(basic.function in _ADDED for basic in self.meaning.basics)
        )

    def _field(self, basic: Basic) -> str:
        return f"c{list(self.meaning.fields).index(basic.field)}" if basic.field else ""

    def _key(self, part: Part, place: int) -> str:
        if part.kind == "person":
            return f"p{place}.value::{self._sql_type(f'k{place}')}"
        if part.kind == "field":
            return f"c{list(self.meaning.fields).index(part.text)}"
        return f"({_TIMES[part.text] if part.text in _TIMES else self._hour()})::INTEGER"

    def _hour(self) -> str:
        """The hour on the clock of the workspace."""
        days = [one.first for one in (self.meaning.span, self.meaning.earlier) if one is not None]
        first_us = self.asked.moment.first_us(min(days)) if days else FIRST_US
        offsets = self.asked.moment.zone.offsets_between(first_us, self.asked.at_us)
        cases = "".join(f" WHEN time_us >= {since} THEN {offset}" for since, offset in reversed(offsets[1:]))
        offset = f"CASE{cases} ELSE {offsets[0][1]} END" if cases else str(offsets[0][1])
        return f"(time_us + {offset} - 86400000000 * floor((time_us + {offset}) / 86400000000.0)::BIGINT) // 3600000000"

    # The figures

    def figure(self, basic: Basic, *, is_earlier: bool = False) -> str:
        """A basic measure over rows of `scope`."""
        field = self._field(basic)
        only = f" FILTER ({'' if is_earlier else 'NOT '}is_earlier)" if self.meaning.earlier else ""
        if self.is_by_person:
            held = f"b{self.meaning.basics.index(basic)}"
            if basic.function == "people":
                return f"count(person_id){only}"
            return (
                f"{basic.function}({held}){only}"
                if basic.function in ("min", "max")
                else f"coalesce(sum({held}){only}, 0)::HUGEINT"
            )
        match basic.function:
            case "count":
                return f"count(*){only}"
            case "people":
                return f"count(DISTINCT person_id){only}"
            case "days":
                return f"count(DISTINCT day){only}"
            case "distinct":
                return f"count(DISTINCT {field}){only}"
            case "sum":
                return f"coalesce(sum({field}){only}, 0)::HUGEINT"
            case "avg":
                return f"sum({field}){only}::DOUBLE / nullif(count({field}){only}, 0)"
        return f"{basic.function}({field}){only}"

    @cached_property
    def figures(self) -> list[str]:
        """All basic measures, and then those of the period before."""
        found = [self.figure(basic) for basic in self.meaning.basics]
        return found + [self.figure(basic, is_earlier=True) for basic in self.meaning.basics if self.meaning.earlier]

    def totals(self) -> tuple[Any, ...]:
        """The basic measures over all rows."""
        if self._groups is not None and self._groups.every:
            return self._groups.every
        if self._groups is not None and self._groups.cells:
            return merged(self._groups.cells.values(), self._functions)
        return self.asked.fetch(f"WITH scope AS ({self.scope}) SELECT {', '.join(self.figures)} FROM scope")[0]

    # The groups

    @cached_property
    def _groups(self) -> Groups | None:
        """All groups in one pass; None where there are too many, or where a pass for those that are kept is cheaper."""
        if not self.keys or not (self.is_by_time or self._are_merged(self.of.rows)):
            return None
        wants_every = any(one.is_share for one in self.of.measures) and not self._are_merged(self.of.parts)
        sets = levels(self.keys, self.rows, has_totals=wants_every)
        listed = [", ".join(one) for one in sets]
        grouping = f"GROUPING SETS ({', '.join(f'({one})' for one in listed)})" if len(listed) > 1 else listed[0]
        level = f"GROUPING({', '.join(self.keys)})"
        found = self.asked.fetch(
            f"WITH scope AS ({self.scope}) SELECT {', '.join([level, *self.keys, *self.figures])} FROM scope "
            f"GROUP BY {grouping} LIMIT {GROUPS_MAX + 1}"
        )
        return read(found, len(self.keys), self.rows) if len(found) <= GROUPS_MAX else None

    def _are_merged(self, parts: Sequence[Part]) -> bool:
        """Whether groups that differ in some parts alone can be made one by their figures: nobody stands in two of them, or
        people are not counted."""
        return all(
            basic.function in _ADDED and (basic.function != "people" or all(part.kind == "person" for part in parts))
            for basic in self.meaning.basics
        )

    def _terms(self, keys: Sequence[str], *, are_rows: bool) -> list[Term]:
        """What puts rows or columns in order, the first of them to be kept."""
        ties = [Term(key, is_descending=False) for key in keys]
        if not are_rows:
            first = Term(keys[0], True) if self._are_columns_times else Term((self.of.measures[0].basic, None), True)
            return [first, *ties]
        order, named = self.of.order, {part.name: f"k{place}" for place, part in enumerate(self.of.rows)}
        if order.by in named:
            return [Term(named[order.by], order.is_descending), *ties]
        if not order.by and self.is_by_time:
            return [Term("k0", True), Term(self._measure, True), *ties]
        return [Term(self._measure, order.is_descending), *ties]

    @property
    def is_by_time(self) -> bool:
        """Whether rows follow one another in time unless they are asked for in another order."""
        return bool(self.of.rows) and self.of.rows[0].kind == "time"

    @property
    def _measure(self) -> tuple[Basic, Basic | None]:
        """What a row is put in order by."""
        texts = [one.text for one in self.of.measures]
        chosen = self.of.measures[texts.index(self.of.order.by) if self.of.order.by in texts else 0]
        return chosen.basic, chosen.per

    def _term_sql(self, term: Term) -> str:
        by = term.by if isinstance(term.by, str) else self.figure(term.by[0])
        if not isinstance(term.by, str) and term.by[1] is not None:
            by = f"{by}::DOUBLE / nullif({self.figure(term.by[1])}, 0)"
        return f"{by} {'DESC' if term.is_descending else 'ASC'} NULLS LAST"

    @cached_property
    def kept(self) -> Kept:
        """Which rows and columns stand by name."""
        rows, are_rows_cut = self._largest(self.keys[: self.rows], self.of.limit, are_rows=True)
        columns, are_columns_cut = self._largest(self.keys[self.rows :], COLUMNS_MAX, are_rows=False)
        return Kept(rows, columns, are_rows_cut, are_columns_cut)

    def _largest(self, keys: Sequence[str], most: int, *, are_rows: bool) -> tuple[tuple[Keys, ...], bool]:
        if not keys:
            return ((),), False
        terms = self._terms(keys, are_rows=are_rows)
        if self._groups is not None:
            groups = self._groups.rows if are_rows else self._groups.columns
            found = ordered(groups, keys, self.meaning.basics, terms)[: most + 1]
        else:
            listed, order = ", ".join(keys), ", ".join(map(self._term_sql, terms))
            found = self.asked.fetch(
                f"WITH scope AS ({self.scope}) SELECT {listed} FROM scope GROUP BY {listed} ORDER BY {order} LIMIT {most + 1}"
            )
        kept = found[:most]
        if (are_rows and not self.of.order.by and self.is_by_time) or (not are_rows and self._are_columns_times):
            kept = sorted(kept, key=lambda key: (key[0] is None, key[0] or 0))
        return tuple(kept), len(found) > most

    @property
    def _are_columns_times(self) -> bool:
        return bool(self.of.columns) and self.of.columns[0].kind == "time"

    def grouped(self) -> dict[tuple[int, int], tuple[Any, ...]]:
        """{(row, column): basic measures}, rows and columns by their place among those kept; others come after the last."""
        kept, groups = self.kept, self._groups
        can_cut_rows, can_cut_columns = self._are_merged(self.of.rows), self._are_merged(self.of.columns)
        if groups is not None and (can_cut_rows or not kept.are_rows_cut) and (can_cut_columns or not kept.are_columns_cut):
            rows, columns = ({key: place for place, key in enumerate(one)} for one in (kept.rows, kept.columns))
            placed: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
            for key, figures in groups.cells.items():
                place = rows.get(key[: self.rows], len(rows)), columns.get(key[self.rows :], len(columns))
                placed.setdefault(place, []).append(figures)
            return {place: merged(several, self._functions) for place, several in placed.items()}
        found = self.asked.fetch(f"WITH {self._placed} SELECT row, col, {', '.join(self.figures)} FROM placed GROUP BY row, col")
        return {(row, col): tuple(figures) for row, col, *figures in found}

    @property
    def _functions(self) -> list[str]:
        return [basic.function for basic in self.meaning.basics] * (2 if self.meaning.earlier else 1)

    @cached_property
    def _placed(self) -> str:
        """`placed`: the rows of `scope`, each with the places of its row and column."""
        kept = self.kept
        row = self._place("kept_rows", self.keys[: self.rows], kept.rows, kept.are_rows_cut)
        col = self._place("kept_columns", self.keys[self.rows :], kept.columns, kept.are_columns_cut)
        joins = f"{row[2]}{col[2]}"
        ctes = ", ".join(part for part in (f"scope AS ({self.scope})", row[0], col[0]) if part)
        return f"{ctes}, placed AS (SELECT s.*, {row[1]} AS row, {col[1]} AS col FROM scope s{joins})"

    def _place(self, name: str, keys: Sequence[str], kept: Sequence[Keys], is_cut: bool) -> tuple[str, str, str]:
        """A CTE of the keys kept with their places, what reads a row's place, and the join."""
        if not keys or not kept:
            return "", "0", ""
        types = [self._sql_type(key) for key in keys]
        lines = ", ".join(
            f"({place}, {', '.join(f'{_value_sql(value)}::{type}' for value, type in zip(key, types, strict=True))})"
            for place, key in enumerate(kept)
        )
        cte = f"{name}(place, {', '.join(keys)}) AS (VALUES {lines})"
        on = " AND ".join(f"{name}.{key} IS NOT DISTINCT FROM s.{key}" for key in keys)
        return cte, f"coalesce({name}.place, {len(kept)})" if is_cut else f"{name}.place", f" LEFT JOIN {name} ON {on}"

    def _sql_type(self, key: str) -> str:
        part = self.of.parts[int(key[1:])]
        if part.kind == "person":
            return "VARCHAR" if self.meaning.people[part.text].told.kind in TEXTS else "BIGINT"
        if part.kind == "time":
            return "INTEGER"
        return {"text": "VARCHAR", "any": "VARCHAR", "boolean": "BOOLEAN"}.get(self.meaning.fields[part.text].kind, "BIGINT")

    def people(self, cell: Cell) -> str:
        """SELECT person_id of the people behind a cell. Raises `BadParameter` for keys that cannot be."""
        others = cell.get(OTHERS_OF, "").split()
        held = ["person_id IS NOT NULL", "is_earlier" if "earlier" in cell else "NOT is_earlier"]
        for name, keys in (("rows", self.keys[: self.rows]), ("columns", self.keys[self.rows :])):
            if name not in others:
                held += [f"{key} IS NOT DISTINCT FROM {self._written(key, cell.get(key))}" for key in keys]
        if not others:
            return f"WITH scope AS ({self.scope}) SELECT DISTINCT person_id FROM scope WHERE {' AND '.join(held)}"
        held += [f"row = {len(self.kept.rows)}"] if "rows" in others else []
        held += [f"col = {len(self.kept.columns)}"] if "columns" in others else []
        return f"WITH {self._placed} SELECT DISTINCT person_id FROM placed WHERE {' AND '.join(held)}"

    def _written(self, key: str, text: str | None) -> str:
        """A key of a cell as SQL."""
        if text is None:
            return "NULL"
        kind = self._sql_type(key)
        if kind == "VARCHAR":
            return text_sql(text)
        if kind == "BOOLEAN":
            return "true" if text == "true" else "false"
        try:
            return str(int(text))
        except ValueError as error:
            raise BadParameter("bad_cell", _("There is no such figure in this report."), field=key) from error


def _of_one(basic: Basic, field: str) -> str:
    """A basic measure of one person, to be added up."""
    return "count(*)" if basic.function in ("count", "people") else f"{basic.function}({field})"


def _moved(earlier: Span | None) -> str:
    """The local day, brought from the period before to where it is compared with."""
    if earlier is None:
        return "day"
    if earlier.months:
        return f"date_diff('day', DATE '1970-01-01', (DATE '1970-01-01' + day + INTERVAL {earlier.months} MONTH)::DATE)::INTEGER"
    return f"day + {earlier.days}"


def _value_sql(value: Any) -> str:
    if value is None:
        return "NULL"
    return text_sql(value) if isinstance(value, str) else str(value)
