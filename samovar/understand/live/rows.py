"""Rows of one source in memory, by person: what any rule may ask of a few people, or of everybody, without the database.

Rows lie in columns: first those in the order of their people, of whom `_start` tells the places, then the *tail*, rows that came
since. A row that counts no more is marked; `settle` sorts the tail in and drops what is marked.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import coo_array

from samovar.kit.clock import DAY_US
from samovar.rules.masks import Bools, Column

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
TAIL_MIN = 1 << 19  # rows for which there is room behind the sorted ones, at least
RECENT_US = 2 * DAY_US  # how much older than asked for the rows may be that are put in the order of their times
_HELD = {pa.int64(): np.int64, pa.int32(): np.int32, pa.float64(): np.float64, pa.bool_(): np.bool_}


class Words:
    """Texts and their numbers; a text keeps its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._texts: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        if len(self._texts) < len(self._numbers):
            self._texts = tuple(self._numbers)
        return self._texts

    def numbered(self, array: pa.Array) -> Places:
        """Each text's number, 0 for null."""
        coded = array.dictionary_encode()
        found = [self._numbers.setdefault(text, len(self._numbers)) for text in coded.dictionary.to_pylist()]
        mine = np.array(found, dtype=np.int32)
        places = np.asarray(coded.indices.fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int32)
        return mine[places] if mine.size else np.zeros(len(array), np.int32)


class Held:
    """A column of values that may be unknown, with room to grow."""

    def __init__(self) -> None:
        self._values: NDArray[Any] | None = None
        self._known: Bools | None = None
        self._words: Words | None = None

    def read(self, array: pa.ChunkedArray | pa.Array) -> tuple[NDArray[Any], Bools | None]:
        """Values as this column holds them, 0 where they are unknown."""
        whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        known = np.asarray(pc.is_valid(whole)) if whole.null_count else None
        if pa.types.is_string(whole.type) or pa.types.is_large_string(whole.type) or pa.types.is_null(whole.type):
            self._words = self._words or Words()
            return self._words.numbered(whole.cast(pa.string())), known
        filled = whole.fill_null(False if pa.types.is_boolean(whole.type) else 0) if whole.null_count else whole
        return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=_HELD.get(whole.type, np.int64)), known

    def put(self, places: slice | Ints, array: pa.ChunkedArray | pa.Array, room: int) -> None:
        """Hold values at places; the column has room for so many."""
        values, known = self.read(array)
        self._widen(values.dtype, room)
        assert self._values is not None
        self._values[places] = values
        if known is not None and self._known is None:
            self._known = np.ones(self._values.size, np.bool_)
        if self._known is not None:
            self._known[places] = True if known is None else known

    def begin(self, array: pa.ChunkedArray | pa.Array, order: Places, room: int) -> None:
        """Hold values in another order than they come in, and room for more."""
        values, known = self.read(array)
        self._values = _taken(values, order, room)
        self._known = None if known is None else _taken(known, order, room)

    def _widen(self, dtype: Any, room: int) -> None:
        if self._values is None:
            self._values = np.zeros(room, dtype)
        elif self._values.size < room:
            self._values = np.concatenate([self._values, np.zeros(room - self._values.size, self._values.dtype)])
            if self._known is not None:
                self._known = np.concatenate([self._known, np.zeros(room - self._known.size, np.bool_)])

    def settle(self, merge: _Merge, room: int) -> None:
        """Only the values that a merge keeps, in its order, and room for more."""
        assert self._values is not None
        self._values = merge.of(self._values, room)
        self._known = None if self._known is None else merge.of(self._known, room)

    def at(self, places: slice | Ints) -> Column:
        """The values at places."""
        assert self._values is not None
        values = self._values[places]
        known = None if self._known is None else self._known[places]
        return Column(values, known, ()) if self._words is None else _few(values, known, self._words.texts)


def _few(numbers: Places, known: Bools | None, texts: tuple[str, ...]) -> Column:
    """Texts by their numbers; of few rows only those that occur, because a test is asked of each."""
    if len(texts) <= 2 * numbers.size:
        return Column(numbers, known, texts)
    found, places = np.unique(numbers, return_inverse=True)
    return Column(places.astype(np.int32), known, tuple(texts[n] for n in found.tolist()) if texts else ())


@dataclass(frozen=True)
class Gathered:
    """The rows of some people. `owner`, (rows,), is the place of a row's person among them; the rows of an earlier one come first
    where `is_ordered`."""

    people: int
    owner: NDArray[Any]
    _columns: Mapping[Hashable, Held]
    _places: slice | Ints
    is_ordered: bool = True

    @property
    def names(self) -> Collection[Hashable]:
        """The columns there are."""
        return self._columns.keys()

    def column(self, name: Hashable) -> Column:
        """A column of the rows, (rows,)."""
        return self._columns[name].at(self._places)


def loose(people: int, names: Sequence[Hashable], told: pa.Table) -> Gathered:
    """Rows of everybody below a number as they were read, in no order: person_id, then a column for each name."""
    columns = {name: Held() for name in names}
    everything = slice(0, told.num_rows)
    for number, held in enumerate(columns.values()):
        held.put(everything, told.column(number + 1), told.num_rows)
    return Gathered(people, np.asarray(told.column(0).to_numpy(), dtype=np.intp), columns, everything, is_ordered=False)


class Rows:
    """The rows of one source; `names` are its columns beside the person."""

    def __init__(self, names: Sequence[Hashable], told: pa.Table) -> None:
        self._names = names
        self._person: Places = np.zeros(0, np.int32)
        self._is_alive: Bools = np.zeros(0, np.bool_)
        self._columns: dict[Hashable, Held] = {name: Held() for name in names}
        self._sorted = self._size = 0
        self._dead = 0
        self._start: Ints = np.zeros(1, np.int64)
        self._recent: _Recent | None = None
        self._read(told)

    def __len__(self) -> int:
        return self._size - self._dead

    def _read(self, told: pa.Table) -> None:
        """Begin with rows in any order."""
        people = np.asarray(told.column(0).to_numpy(), dtype=np.int32)
        order, self._start = _in_order(people)
        self._sorted = self._size = people.size
        room = _room(self._size)
        self._person, self._is_alive = _taken(people, order, room), np.ones(room, np.bool_)
        for number, name in enumerate(self._names):
            self._columns[name].begin(told.column(number + 1), order, room)

    # Change

    def add(self, told: pa.Table) -> None:
        """Append rows: person_id, then the columns in their order."""
        if self._size + told.num_rows > self._person.size:
            self._make_room(self._size + told.num_rows)
        places = slice(self._size, self._size + told.num_rows)
        self._person[places] = told.column(0).to_numpy()
        self._is_alive[places] = True
        for number, name in enumerate(self._names):
            self._columns[name].put(places, told.column(number + 1), self._person.size)
        self._size = places.stop

    def remove(self, people: Ints) -> None:
        """Take all rows of these people away."""
        self._bury(self._places_of(people))

    def remove_where(self, people: Ints, name: Hashable, values: Ints, days: Ints) -> None:
        """Take away rows of people that hold one of the pairs (value of a column, day)."""
        places = self._places_of(people)
        pairs = _pair(self._columns[name].at(places).values, self._columns["day"].at(places).values)
        self._bury(places[np.isin(pairs, _pair(values, days))])

    def _bury(self, places: Ints) -> None:
        self._dead += int(np.count_nonzero(self._is_alive[places]))
        self._is_alive[places] = False

    def _make_room(self, rows: int) -> None:
        more = _room(rows) - self._person.size
        self._person = np.concatenate([self._person, np.zeros(more, np.int32)])
        self._is_alive = np.concatenate([self._is_alive, np.zeros(more, np.bool_)])

    def settle(self) -> None:
        """Sort the tail in and drop what counts no more."""
        if self._size == self._sorted and not self._dead:
            return
        merge = _Merge.of_tail(self._person[: self._size], self._sorted, self._is_alive if self._dead else None)
        self._size = self._sorted = merge.rows
        self._dead, self._recent = 0, None
        room = _room(self._size)
        for held in self._columns.values():
            held.settle(merge, room)
        self._person = merge.of(self._person, room)
        self._is_alive = np.ones(room, np.bool_)
        people = self._person[: self._size]
        many = int(people[-1]) + 1 if people.size else 0
        self._start = np.concatenate([[0], np.cumsum(np.bincount(people, minlength=many))]).astype(np.int64)

    # Asking

    def of(self, people: Ints) -> Gathered:
        """The rows of people, whose numbers are in order."""
        places = self._places_of(people)
        owner = np.searchsorted(people, self._person[places])
        return Gathered(people.size, owner, self._columns, places)

    def between(self, first: int, end: int) -> Gathered:
        """The rows of everybody with a number from `first` to before `end`; the rows are settled."""
        last = self._start.size - 1
        places = slice(int(self._start[min(first, last)]), int(self._start[min(end, last)]))
        return Gathered(end - first, self._person[places] - np.int32(first), self._columns, places)

    def _places_of(self, people: Ints) -> Ints:
        """Where the rows of people lie, one person after another."""
        last = self._start.size - 1
        first, end = self._start[np.minimum(people, last)], self._start[np.minimum(people + 1, last)]
        many = end - first
        places = np.repeat(first - np.cumsum(many) + many, many) + np.arange(int(many.sum()))
        if self._size > self._sorted:
            later = self._later(people)
            if later.size:
                places = np.concatenate([places, later])
                places = places[np.argsort(self._person[places], kind="stable")]
        return places[self._is_alive[places]] if self._dead else places

    def _later(self, people: Ints) -> Ints:
        """Where their rows of the tail lie."""
        tail = self._person[self._sorted : self._size]
        is_asked = np.zeros(max(int(tail.max()), int(people[-1]) if people.size else 0) + 1, np.bool_)
        is_asked[people] = True
        return np.flatnonzero(is_asked[tail]) + self._sorted

    def people_between(self, after_us: int, up_to_us: int) -> Ints:
        """Whose rows have a time after one and up to another instant, perhaps some others too."""
        if self._recent is None or after_us < self._recent.since_us:
            self._recent = self._newer_than(after_us - RECENT_US)
        first, end = np.searchsorted(self._recent.times, [after_us, up_to_us], side="right")
        tail = slice(self._sorted, self._size)
        times = self._columns["time_us"].at(tail).values
        later = self._person[tail][(times > after_us) & (times <= up_to_us)]
        return np.concatenate([self._recent.people[first:end], later]).astype(np.int64)

    def _newer_than(self, since_us: int) -> _Recent:
        times = self._columns["time_us"].at(slice(0, self._sorted)).values
        places = np.flatnonzero(times > since_us)
        places = places[np.argsort(times[places], kind="stable")]
        return _Recent(since_us, times[places], self._person[places])


@dataclass(frozen=True)
class _Recent:
    """The times of settled rows after one, in order, and whose they are."""

    since_us: int
    times: Ints
    people: Places


@dataclass(frozen=True)
class _Merge:
    """Where rows come from when a tail is sorted in: those sorted before that count, `kept` or all, go where `is_old` says so,
    (rows,), and the rows `tail` in between."""

    sorted: int
    kept: Ints | None
    tail: Ints
    is_old: Bools

    @classmethod
    def of_tail(cls, person: Places, in_order: int, is_alive: Bools | None) -> _Merge:
        tail = np.arange(in_order, person.size)
        kept = None
        if is_alive is not None:
            kept, tail = np.flatnonzero(is_alive[:in_order]), tail[is_alive[in_order : person.size]]
        tail = tail[np.argsort(person[tail], kind="stable")]
        old = person[:in_order] if kept is None else person[kept]
        is_old = np.ones(old.size + tail.size, np.bool_)
        is_old[np.searchsorted(old, person[tail], side="right") + np.arange(tail.size)] = False
        return cls(in_order, kept, tail, is_old)

    @property
    def rows(self) -> int:
        """How many there are then."""
        return self.is_old.size

    def of(self, values: NDArray[Any], room: int) -> NDArray[Any]:
        """Values in the new order, and room for more."""
        found = np.empty(room, values.dtype)
        found[self.rows :] = 0
        old = values[: self.sorted] if self.kept is None else values[self.kept]
        if not self.tail.size:
            found[: self.rows] = old
        else:
            found[: self.rows][self.is_old] = old
            found[: self.rows][~self.is_old] = values[self.tail]
        return found


def _room(rows: int) -> int:
    """For how many rows there is room where so many lie."""
    return rows + max(TAIL_MIN, rows // 16)


def _taken(values: NDArray[Any], order: Places, room: int) -> NDArray[Any]:
    """Values in an order, and room for more."""
    found = np.zeros(room, values.dtype)
    np.take(values, order, out=found[: order.size], mode="clip")
    return found


def _in_order(person: Places) -> tuple[Places, Ints]:
    """The places of rows in the order of their people, stable, and where each person's rows begin then: a counting sort."""
    many, size = int(person.max(initial=-1)) + 1, person.size
    told = coo_array((np.empty(size, np.int8), (person, np.arange(size, dtype=np.int32))), shape=(many, max(size, 1)))
    told.has_canonical_format = True  # every row of it stands in a column of its own
    found = told.tocsr()
    return found.indices, found.indptr.astype(np.int64)


def _pair(one: NDArray[Any], other: NDArray[Any]) -> Ints:
    """Two numbers of at most 32 bits as one."""
    return (one.astype(np.int64) << 32) | (other.astype(np.int64) & 0xFFFFFFFF)
