"""Days that are over, put into the order of their customers, so that a question about one of them reads few rows.

DuckDB keeps rows as they came, in groups of `GROUP_ROWS`, and skips a group whose least and greatest values say that nothing
asked for is in it. Among rows in the order of their arrival every group holds somebody of everybody. So a *stretch*, a run of
whole days of one table, is written anew in the order of `person_id` and time:

1. `due` finds the days that no sorted stretch holds, or that changed much since, and cuts them into stretches; where there are
   none, it finds `FAN` neighbours of about one size, to be sorted as one: a question reads a group or two of every stretch;
2. `sort` takes the rows of a slice of people out of a stretch and puts them back in order, each slice in one transaction;
3. the table `stretches` notes the stretch in the transaction of its last slice, in place of those it is made of.

The rows are the same after every step, so any step may be the last: a stretch that was not noted is begun anew. Rows that come
late lie outside their stretch, and merged ones where they lay, until it is sorted again. Why so:
docs/adr/0013-old-days-are-sorted-by-customer.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samovar.engine.warehouse.schema import PERSONAL, TABLES

GROUP_ROWS = 122_880  # of DuckDB
STRETCH_ROWS = 12 * GROUP_ROWS  # at least, of a stretch of days that lie as they came: each slice of it reads all of it
FAN = 8  # so many stretches become one; a slice of that reads the groups of its people alone
# At least, in a step of about 0.3 s. Rows that come in between lie in a group of their own behind the slice. DuckDB joins
# such groups to their neighbours at a checkpoint where four fit into three, which beside two full ones they never do.
SLICE_ROWS = 2 * GROUP_ROWS
# A stretch is sorted again when so many rows came late, or were given to another person, since: a group that holds one row of
# somebody far away is read for everybody in between. Of `STRETCH_ROWS`; a longer one waits for as many times more.
LATE_ROWS, MOVED_ROWS = 2 * GROUP_ROWS, 1_500

DATED = tuple(name for name in PERSONAL if " day " in TABLES[name])
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stretch:
    """The rows of some days of a table that belong to somebody; `moved` of them now to another than their own profile."""

    table: str
    first_day: int
    last_day: int
    rows: int
    moved: int

    def rows_sql(self) -> str:
        """The condition that holds for its rows."""
        return f"day BETWEEN {self.first_day} AND {self.last_day} AND person_id IS NOT NULL"


def due(cursor: Any, table: str, before_day: int) -> list[Stretch]:
    """The stretches of a table to be sorted, of the days before one. Days with too few rows for a stretch wait for others.

    When all are sorted it is asked again: those then due are made of several.
    """
    day, rows, moved = _numbers(
        cursor,
        f"SELECT day, count(*) AS rows, count(*) FILTER (person_id <> profile_id) AS moved FROM {table} "
        f"WHERE day < {before_day} AND person_id IS NOT NULL GROUP BY day ORDER BY day",
    )
    is_open = np.ones(day.size, dtype=bool)
    noted = cursor.execute(
        "SELECT first_day, last_day, rows, moved FROM stretches WHERE name = ? ORDER BY first_day", [table]
    ).fetchall()
    for first_day, last_day, rows_then, moved_then in noted:
        its, patience = (day >= first_day) & (day <= last_day), max(rows_then // STRETCH_ROWS, 1)
        late, given = rows[its].sum() - rows_then, abs(moved[its].sum() - moved_then)
        if late < LATE_ROWS * patience and given < MOVED_ROWS * patience:
            is_open &= ~its
    runs = np.split(np.arange(day.size), np.flatnonzero(np.diff(is_open)) + 1)
    places = [run[first : last + 1] for run in runs if is_open[run].any() for first, last in parts(rows[run], STRETCH_ROWS)]
    if not places:
        together = [np.flatnonzero((day >= first) & (day <= last)) for first, last in _neighbours([one[:3] for one in noted])]
        places = [at for at in together if at.size]  # none where a clock was set back to before them
    return [Stretch(table, int(day[at[0]]), int(day[at[-1]]), int(rows[at].sum()), int(moved[at].sum())) for at in places]


def _neighbours(noted: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """First and last days of every `FAN` noted stretches (first day, last day, rows) in a row that are about as long."""
    found, run = [], list[tuple[int, int, int]]()
    for one in noted:
        if run and _size(run[-1][2]) != _size(one[2]):
            run = []
        run.append(one)
        if len(run) == FAN:
            found.append((run[0][0], run[-1][1]))
            run = []
    return found


def _size(rows: int) -> int:
    """How often stretches were made of stretches to become so long: 0 of days as they came."""
    times = rows // STRETCH_ROWS
    return 0 if times < FAN else 1 + _size(rows // FAN)


def sort(cursor: Any, stretch: Stretch) -> Iterator[None]:
    """Put a stretch in order, a step at each turn of the iterator. Nobody else may write the warehouse during a step."""
    person, rows = _numbers(
        cursor,
        f"SELECT person_id, count(*) AS rows FROM {stretch.table} WHERE {stretch.rows_sql()} "
        "GROUP BY person_id ORDER BY person_id",
    )
    slices = parts(rows, SLICE_ROWS)
    yield
    for first, last in slices:
        cursor.execute("BEGIN")
        try:
            _rewrite(cursor, stretch, int(person[first]), int(person[last]))
            if (first, last) == slices[-1]:
                _note(cursor, stretch)
            cursor.execute("COMMIT")
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        yield


def parts(rows: Integers, least: int) -> list[tuple[int, int]]:
    """First and last places of consecutive parts that hold at least so many rows each; none when all together hold fewer.

    What is left over joins the last part.
    """
    ends, found, first, before = np.cumsum(rows), [], 0, 0
    while ends.size and ends[-1] - before >= least:
        last = int(np.searchsorted(ends, before + least))
        found.append((first, last))
        first, before = last + 1, ends[last]
    if found:
        found[-1] = (found[-1][0], ends.size - 1)
    return found


def _rewrite(cursor: Any, stretch: Stretch, first: int, last: int) -> None:
    rows = f"FROM {stretch.table} WHERE {stretch.rows_sql()} AND person_id BETWEEN {first} AND {last}"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE slice AS SELECT * {rows}")
    cursor.execute(f"DELETE {rows}")
    cursor.execute(f"INSERT INTO {stretch.table} SELECT * FROM slice ORDER BY person_id, time_us, event_key")
    cursor.execute("DROP TABLE slice")


def _note(cursor: Any, stretch: Stretch) -> None:
    """In place of what was noted of these days before."""
    days = [stretch.table, stretch.first_day, stretch.last_day]
    cursor.execute("DELETE FROM stretches WHERE name = ? AND last_day >= ? AND first_day <= ?", days)
    cursor.execute("INSERT INTO stretches VALUES (?, ?, ?, ?, ?)", [*days, stretch.rows, stretch.moved])


def _numbers(cursor: Any, sql: str) -> list[Integers]:
    """The columns of a query, all of whole numbers and none null."""
    return [np.asarray(column, dtype=np.int64) for column in cursor.execute(sql).fetchnumpy().values()]
