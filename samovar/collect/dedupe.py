"""Message ids already seen: a set of 64-bit hashes in memory, open addressing in NumPy arrays.

The slots of the table hold numbers, and a number is a hash's place in the order of arrival: a few numbers say where in the
log stretches of hashes came from. 5,000 ids cost about 1.5 ms whether 2 or 20 million are known (a unique index: 88 and
157 ms). The set is a cache: it is rebuilt from the warehouse at start, and a hit is confirmed by the full id, looked for
where its hash was seen, before an event is called a duplicate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOAD_MAX = 0.5
STRETCH_BITS = 18  # of a number, not told apart when it is said where it came from: two row groups of the warehouse
_FREE = np.uint32(0)  # numbers begin with 1, so that a free slot holds none; four billion are enough

Hashes = NDArray[np.int64]


class SeenIds:
    """A growing set of int64 hashes, numbered in the order in which they came."""

    def __init__(self, expected: int = 1 << 16) -> None:
        self.size = 0
        self._hashes = np.empty(max(expected, 1) + 1, dtype=np.int64)  # by number
        self._slots = np.zeros(_capacity(expected), dtype=np.uint32)

    def contains(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Which of the hashes are in the set."""
        return self.numbers(hashes).astype(np.bool_)

    def numbers(self, hashes: Hashes) -> NDArray[np.uint32]:
        """The number of each hash, 0 for one that is not in the set."""
        mask = np.int64(self._slots.size - 1)
        place = _home(hashes) & mask
        found = np.zeros(hashes.size, dtype=np.uint32)
        open_ = np.arange(hashes.size)
        while open_.size:
            held = self._slots[place[open_]]
            open_, held = open_[held != _FREE], held[held != _FREE]
            is_it = self._hashes[held] == hashes[open_]
            found[open_[is_it]] = held[is_it]
            open_ = open_[~is_it]
            place[open_] = (place[open_] + 1) & mask
        return found

    def add(self, hashes: Hashes) -> None:
        """Put hashes into the set; ones already there change nothing."""
        new = hashes[~self.contains(hashes)]
        last = self.size + new.size
        if last >= self._hashes.size:
            self._hashes = np.concatenate([self._hashes, np.empty(last, dtype=np.int64)])
        self._hashes[self.size + 1 : last + 1] = new
        first, self.size = self.size + 1, last
        if last > LOAD_MAX * self._slots.size:
            self._slots = np.zeros(_capacity(last * 2), dtype=np.uint32)
            first = 1
        for start in range(first, last + 1, 1 << 20):
            self._settle(np.arange(start, min(start + (1 << 20), last + 1), dtype=np.uint32))

    def _settle(self, numbers: NDArray[np.uint32]) -> None:
        """Give numbers their slots. Of equal hashes one has a slot, which is as good as each having one."""
        mask = np.int64(self._slots.size - 1)
        hashes = self._hashes[numbers]
        place = _home(hashes) & mask
        open_ = np.arange(numbers.size)
        while open_.size:
            free = open_[self._slots[place[open_]] == _FREE]
            # Several may want one free slot: all write, the one that is read back has it.
            self._slots[place[free]] = numbers[free]
            open_ = open_[self._hashes[self._slots[place[open_]]] != hashes[open_]]
            place[open_] = (place[open_] + 1) & mask


class SeenMessages(SeenIds):
    """Message ids by the hash of source and id, and about where in the log each was seen."""

    def __init__(self, expected: int = 1 << 16) -> None:
        super().__init__(expected)
        self._spans: list[tuple[int, int]] = []  # of each stretch of numbers, the first and the last offset

    def add_from(self, hashes: Hashes, offsets: NDArray[np.int64]) -> None:
        """Put in hashes of events from rows of the log, in about the order of the log."""
        for start in range(0, hashes.size, 1 << STRETCH_BITS):
            part = slice(start, start + (1 << STRETCH_BITS))
            before = self.size
            self.add(hashes[part])
            self._widen(before >> STRETCH_BITS, self.size >> STRETCH_BITS, int(offsets[part].min()), int(offsets[part].max()))

    def by_span(self, hashes: Hashes) -> dict[tuple[int, int], Hashes]:
        """Hashes of the set by the first and the last row of the log between which they were seen."""
        stretches = self.numbers(hashes) >> STRETCH_BITS
        by_span: dict[tuple[int, int], list[Hashes]] = {}  # the stretches of a long sealed file are all of its one row
        for stretch in np.unique(stretches).tolist():
            by_span.setdefault(self._spans[stretch], []).append(hashes[stretches == stretch])
        return {span: np.concatenate(parts) for span, parts in by_span.items()}

    def _widen(self, first_stretch: int, last_stretch: int, first: int, last: int) -> None:
        for stretch in range(first_stretch, last_stretch + 1):
            if stretch < len(self._spans):
                low, high = self._spans[stretch]
                self._spans[stretch] = (min(low, first), max(high, last))
            else:
                self._spans.append((first, last))


def _home(hashes: Hashes) -> Hashes:
    """Where a hash would like to stand: its upper bits, mixed, because blake2b's are all good."""
    return np.asarray((hashes >> np.int64(7)) & np.int64(0x7FFF_FFFF_FFFF_FFFF), dtype=np.int64)


def _capacity(expected: int) -> int:
    return 1 << max(10, int(np.ceil(np.log2(max(expected, 1) / LOAD_MAX))))
