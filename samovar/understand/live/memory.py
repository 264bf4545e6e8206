"""What live segments keep of the warehouse in memory: the rows and the facts that some rule asks for, as they are at a moment.

It is a cache: read whole when a rule first asks for something, then kept up with the news of each batch; of people whose facts
changed in another way than by rows that came, all is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyroaring import BitMap

from samovar.collect.news import FACTS, News
from samovar.rules import formulas as f
from samovar.rules.catalogue import Catalogue
from samovar.rules.masks import Bools, Column
from samovar.rules.windows import Moment
from samovar.understand.live.bitmaps import CONTAINER
from samovar.understand.live.reading import Reader
from samovar.understand.live.rows import Gathered, Held, Ints, Rows
from samovar.understand.live.sources import Need, Needs, RowSource

_ASKED, _TOLD = "asked", "told"  # the names under which people and rows of a batch are registered
_EVER_US = -(2**62)


class Some:
    """Some people: an `Asked` of features."""

    def __init__(self, ids: Ints, rows: Mapping[RowSource, Rows], facts: Facts) -> None:
        self.ids, self._rows, self._facts = ids, rows, facts

    def rows(self, source: RowSource) -> Gathered:
        return self._rows[source].of(self.ids)

    def fact(self, read: f.Read) -> Column:
        return self._facts.column(read, self.ids)


class Neighbours:
    """Everybody with a number in a range, whether a customer or not: an `Asked` of features."""

    def __init__(self, first: int, end: int, rows: Mapping[RowSource, Rows], facts: Facts) -> None:
        self.ids = np.arange(first, end, dtype=np.int64)
        self._range, self._rows, self._facts = slice(first, end), rows, facts

    def rows(self, source: RowSource) -> Gathered:
        return self._rows[source].between(self._range.start, self._range.stop)

    def fact(self, read: f.Read) -> Column:
        return self._facts.column(read, self._range)


class Facts:
    """Who is a customer, and what is known of each, by the number of the person."""

    def __init__(self) -> None:
        self._is_customer: Bools = np.zeros(1, np.bool_)
        self._columns: dict[f.Read, Held] = {}

    @property
    def reads(self) -> Sequence[f.Read]:
        """What is held, in the order of the columns that `put` takes."""
        return tuple(self._columns)

    @property
    def end(self) -> int:
        """A number after the greatest of any person."""
        return self._is_customer.size

    def hold(self, reads: Sequence[f.Read]) -> None:
        """Begin to hold more."""
        self._columns |= {read: Held() for read in reads if read not in self._columns}

    def put(self, asked: Ints | None, told: pa.Table) -> None:
        """Take in what is known of people, or of everybody: person_id of customers, then each column."""
        ids = np.asarray(told.column(0).to_numpy(), dtype=np.int64)
        end = max(self.end, int(ids.max(initial=0)) + 1, int(asked[-1]) + 1 if asked is not None else 0)
        if end > self.end:
            self._is_customer = np.concatenate([self._is_customer, np.zeros(end + end // 16 - self.end, np.bool_)])
        self._is_customer[slice(None) if asked is None else asked] = False
        self._is_customer[ids] = True
        for number, held in enumerate(self._columns.values()):
            held.put(ids, told.column(number + 1), self.end)

    def customers(self, people: Ints) -> Ints:
        """The customers among some people."""
        inside = people[people < self.end]
        return inside[self._is_customer[inside]]

    def is_customer(self, first: int, end: int) -> Bools:
        """Which of everybody in a range is one."""
        return self._is_customer[first:end]

    def column(self, read: f.Read, people: slice | Ints) -> Column:
        """A fact about people."""
        return self._columns[read].at(people)


class Memory:
    """The rows and facts that rules ask for, read with a cursor of its own."""

    def __init__(self, cursor: Any) -> None:
        self._reader = Reader(cursor)
        self._needs: dict[RowSource, Need] = {}
        self._rows: dict[RowSource, Rows] = {}
        self._facts = Facts()
        self._is_loaded = False

    @property
    def is_begun(self) -> bool:
        """Whether anything is kept, perhaps not all that is needed yet."""
        return self._is_loaded or bool(self._rows)

    # Reading

    def load(self, needs: Needs, catalogue: Catalogue, moment: Moment) -> None:
        """Read what is needed and not there yet, as of a moment."""
        self._catalogue = catalogue
        due: list[RowSource | str] = []
        for source, need in needs.rows.items():
            held = self._needs.get(source)
            if held is None or not held.covers(need) or source not in self._rows:
                self._needs[source] = need if held is None else held.joined(need)
                self._rows.pop(source, None)  # its memory is wanted for the other
                due.append(source)
        missing = [read for read in needs.facts if read not in self._facts.reads]
        if missing or not self._is_loaded:
            self._is_loaded = False
            self._facts.hold(missing)
            due.append(FACTS)
        self._reader.forget(due)
        for asked, told in self._reader.everything(due, self._needs, self._facts.reads, catalogue, moment):
            if isinstance(asked, RowSource):
                self._rows[asked] = Rows(self._needs[asked].names, told)
            else:
                self._facts.put(None, told)
                self._is_loaded = True

    def refresh(self, table: str, people: Ints, moment: Moment) -> None:
        """Read everything of these people in a table of `news.KEPT` again."""
        if not people.size:
            return
        self._reader.cursor.register(_ASKED, pa.table({"person_id": people}))
        try:
            who = f"SELECT person_id FROM {_ASKED}"
            for source, rows in self._rows.items():
                if source.table == table:
                    found = self._reader.rows(source, self._needs[source], moment, who=who)
                    rows.remove(people)
                    rows.add(found)
            if table == FACTS and self._is_loaded:
                self._facts.put(people, self._reader.facts(self._facts.reads, self._catalogue, moment, who=who))
        finally:
            self._reader.cursor.unregister(_ASKED)

    def learn(self, news: News, moment: Moment, *, after_us: int | None = None) -> BitMap:
        """Take in the rows that came, of times up to a moment: all, or those after another moment alone.

        Returns of whom it holds something else than before.
        """
        whose = BitMap()
        for batch in news.batches:
            for source, rows in self._rows.items():
                if source.table in batch:
                    whose |= self._add(source, rows, batch[source.table], moment, after_us)
        return whose

    def _add(self, source: RowSource, rows: Rows, told: pa.Table, moment: Moment, after_us: int | None) -> BitMap:
        found = self._came(source, rows, told, moment, after_us)
        rows.add(found)
        return BitMap((told.column("person_id").drop_null() if source.table == "visits" else found.column(0)).to_pylist())

    def _came(self, source: RowSource, rows: Rows, told: pa.Table, moment: Moment, after_us: int | None) -> pa.Table:
        """The rows of a batch that are a source's; those they stand in place of are taken away."""
        if source.table == "visits" and after_us is None:
            people, profiles, days = (told.column(name).to_numpy() for name in ("person_id", "profile_id", "day"))
            rows.remove_where(np.unique(people[people > 0]), "profile_id", profiles, days)
        after_us = _EVER_US if after_us is None else after_us
        need = self._needs[source]
        if (columns := need.columns_told) is not None:
            return told.filter(_counts(told, need, after_us, moment.at_us)).select(columns)
        self._reader.cursor.register(_TOLD, told)
        try:
            return self._reader.rows(source, need, moment, told=_TOLD, after=after_us)
        finally:
            self._reader.cursor.unregister(_TOLD)

    # Asking

    def aged(self, source: RowSource, after_us: int, up_to_us: int) -> Ints:
        """Whose rows of a source have a time after one and up to another instant, perhaps some others too."""
        return self._rows[source].people_between(after_us, up_to_us)

    def some(self, people: Ints) -> Some:
        """The customers among some people, who are in order."""
        return Some(self._facts.customers(people), self._rows, self._facts)

    def everybody(self) -> Iterator[tuple[Neighbours, Bools]]:
        """All people in ranges of `CONTAINER` numbers, and who of them is a customer."""
        for rows in self._rows.values():
            rows.settle()
        for first in range(0, self._facts.end, CONTAINER):
            end = min(first + CONTAINER, self._facts.end)
            yield Neighbours(first, end, self._rows, self._facts), self._facts.is_customer(first, end)


def _counts(told: pa.Table, need: Need, after_us: int, at_us: int) -> pa.Array:
    """Which rows of a batch are a source's, and have happened by one moment and not by another: what `rows_sql` asks."""

    def column(name: str) -> Any:
        return told.column(name).to_numpy()

    holds = (column("time_us") > after_us) & (column("time_us") <= at_us) & told.column("person_id").is_valid().to_numpy()
    if need.collection.event is not None:
        holds &= pc.equal(told.column("name"), need.collection.event).to_numpy()
    if need.collection.is_versioned:
        holds &= (column("valid_from_us") <= at_us) & (column("valid_to_us") > at_us)
    if need.first_day is not None:
        holds &= column("day") >= need.first_day
    return pa.array(holds)
