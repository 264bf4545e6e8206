"""All groups of a report at once, where there are few enough of them: of its cells, its rows, its columns, and of everything,
in one pass over the rows. Most reports have no more, and a board of eight then reads its orders eight times, not thirty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from samovar.measure.reports.custom.spec import Basic

Keys = tuple[Any, ...]
Figures = tuple[Any, ...]
GROUPS_MAX = 20_000


@dataclass(frozen=True)
class Term:
    """What puts groups in order: a key by its name, or a measure as one aggregate or one by another. Unknown ones come last."""

    by: str | tuple[Basic, Basic | None]
    is_descending: bool


@dataclass(frozen=True)
class Groups:
    """`cells` by the keys of rows and columns together, `rows` and `columns` by theirs, `every` one of nobody's keys.

    The figures are the basic measures in their order.
    """

    cells: Mapping[Keys, Figures]
    rows: Mapping[Keys, Figures]
    columns: Mapping[Keys, Figures]
    every: Figures


def levels(keys: Sequence[str], rows: int, *, has_totals: bool) -> list[tuple[str, ...]]:
    """The sets of keys to group by."""
    found = [tuple(keys), tuple(keys[:rows]), tuple(keys[rows:]), *([()] if has_totals else [])]
    return list(dict.fromkeys(found)) if rows < len(keys) else list(dict.fromkeys([found[0], *found[3:]]))


def read(found: Sequence[tuple[Any, ...]], keys: int, rows: int) -> Groups:
    """Groups from rows of (level, keys, figures)."""
    told: dict[int, dict[Keys, Figures]] = {}
    for level, *line in found:
        told.setdefault(level, {})[tuple(line[:keys])] = tuple(line[keys:])
    columns = keys - rows
    not_columns, not_rows, every = (1 << columns) - 1, ((1 << rows) - 1) << columns, (1 << keys) - 1
    cells = told.get(0, {})
    return Groups(
        cells=cells,
        rows={key[:rows]: figures for key, figures in told.get(not_columns, {}).items()} if columns else cells,
        columns={key[rows:]: figures for key, figures in told.get(not_rows, {}).items()} if rows else cells,
        every=next(iter(told.get(every, {}).values()), ()),
    )


def ordered(groups: Mapping[Keys, Figures], names: Sequence[str], basics: Sequence[Basic], terms: Sequence[Term]) -> list[Keys]:
    """The keys of groups in the order of terms."""

    def value(key: Keys, term: Term) -> Any:
        if isinstance(term.by, str):
            return key[names.index(term.by)]
        figures, (above, below) = groups[key], term.by
        held = figures[basics.index(above)]
        if below is None or held is None:
            return held
        return float(held) / float(divisor) if (divisor := figures[basics.index(below)]) else None

    listed = list(groups)
    for term in reversed(terms):
        known = [key for key in listed if value(key, term) is not None]
        unknown = [key for key in listed if value(key, term) is None]
        listed = [*sorted(known, key=lambda key: value(key, term), reverse=term.is_descending), *unknown]
    return listed


def merged(several: Iterable[Figures], functions: Sequence[str]) -> Figures:
    """The figures of groups together that have nobody in common: counts and sums added, the least and the greatest kept."""
    columns = [[one for one in column if one is not None] for column in zip(*several, strict=True)]
    return tuple(
        (sum(column) if function not in ("min", "max") else min(column) if function == "min" else max(column)) if column else None
        for column, function in zip(columns, functions, strict=True)
    )
