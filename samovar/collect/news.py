"""What batches brought to the warehouse, told to whom keeps a part of it in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
ROWS_MAX = 200_000  # in tables; beyond it is cheaper to read the people again
FACTS = "facts"  # who is a customer, traits, consents, suppressions, contacts
KEPT = (FACTS, "events", "visits", "orders", "lines", "returns", "records")


@dataclass(frozen=True)
class News:
    """What changed since it was last asked.

    `people`, in order, are those of whom anything may be otherwise than before: nobody else's history is. `reread` names, for
    tables of `KEPT`, those among them of whom the table's rows changed in some way; to others rows came, in batches by table,
    in the columns of the table. A batch's `visits` are all there are of a profile's day. No fact is later than `latest_us`.
    """

    people: Ints
    reread: Mapping[str, Ints]
    batches: Sequence[Mapping[str, pa.Table]] = ()
    latest_us: int = 0


def reread(people: Iterable[int], *, latest_us: int = 0) -> News:
    """The news that facts of people changed in some way."""
    found = _distinct([np.fromiter(people, np.int64)])
    return News(found, dict.fromkeys(KEPT, found), (), latest_us)


@dataclass
class Notebook:
    """Collects news while batches are applied and somebody wants them.

    A batch that is rolled back is forgotten. Where it was told of already, what was told of its people is to be read again once
    the warehouse has it after all: the next telling says so. `take` may be called by another thread than the rest, between a
    telling and the next batch.
    """

    is_wanted: bool = False
    _reread: dict[str, list[Ints]] = field(default_factory=dict)
    _batches: list[Mapping[str, pa.Table]] = field(default_factory=list)
    _rows: int = 0
    _latest_us: int = 0
    _open_reread: list[tuple[str, Ints]] = field(default_factory=list)
    _open: dict[str, pa.Table] = field(default_factory=dict)
    _told: tuple[list[tuple[str, Ints]], Mapping[str, pa.Table]] = ([], {})  # the batch told of, until it is committed
    _failed: list[tuple[str, Ints]] = field(default_factory=list)  # whom those concern that were told of and not committed

    def changed(self, people: Ints, *tables: str) -> None:
        """Rows of these people in tables, or all of theirs, changed in some way."""
        if self.is_wanted:
            self._open_reread += [(table, people) for table in tables or KEPT]

    def came(self, table: str, rows: pa.Table) -> None:
        """Rows were added to a table; of visits, those in place of what a profile's day had."""
        if self.is_wanted:
            self._open[table] = pa.concat_tables([self._open[table], rows]) if table in self._open else rows

    def later(self, latest_us: int) -> None:
        """There is a fact of this time."""
        self._latest_us = max(self._latest_us, latest_us)

    def tell(self) -> None:
        """The batch is about to be committed: all of it is known."""
        self._told = self._open_reread, self._open
        for table, people in [*self._open_reread, *self._failed]:
            self._reread.setdefault(table, []).append(people)
        if self._open:
            self._batches.append(self._open)
            self._rows += sum(rows.num_rows for rows in self._open.values())
        if self._rows > ROWS_MAX:
            for batch in self._batches:
                for table, rows in batch.items():
                    self._reread.setdefault(table, []).append(_people(rows))
            self._batches, self._rows = [], 0
        self._open_reread, self._open, self._failed = [], {}, []

    def keep(self) -> None:
        """The batch is in the warehouse."""
        self._told = [], {}

    def forget(self) -> None:
        """The batch is not in the warehouse."""
        changed, came = self._told
        self._failed += [*changed, *((table, _people(rows)) for table, rows in came.items())]
        self._open_reread, self._open, self._told = [], {}, ([], {})

    def take(self) -> News:
        """The news, which are none afterwards."""
        reread = {table: _distinct(people) for table, people in self._reread.items()}
        people = _distinct([*reread.values(), *(_people(rows) for batch in self._batches for rows in batch.values())])
        found = News(people, reread, tuple(self._batches), self._latest_us)
        self._reread, self._batches, self._rows, self._latest_us = {}, [], 0, 0
        return found


def _people(rows: pa.Table) -> Ints:
    return np.unique(np.asarray(rows.column("person_id").drop_null().to_numpy(), dtype=np.int64))


def _distinct(people: Sequence[Ints]) -> Ints:
    found = np.unique(np.concatenate(people)) if people else np.empty(0, dtype=np.int64)
    return found[found > 0]
