"""What the warehouse's table of profiles says, in memory: who stands for each profile, and since when it was there.

Columns indexed by the profile's number, 32 bytes each, rebuilt from the table at start. The warehouse's writer asks them
instead of joining a table of millions for every batch, and writes only what they say has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samovar.collect.facts import Sightings
from samovar.engine.warehouse.schema import NEVER_US, SIGHTINGS

Ints = NDArray[np.int64]
Moved = tuple[list[int], set[int]]  # the profiles that moved, and the people who had them before or have them now
_FEWEST = 1024


class Standing:
    """The profiles of one warehouse. A profile that was never merged stands for itself."""

    def __init__(self, cursor: Any) -> None:
        rows = cursor.execute(f"SELECT profile_id, person_id, {', '.join(SIGHTINGS)} FROM profiles").fetchnumpy()
        ids = np.asarray(rows["profile_id"], dtype=np.int64)
        size = max(int(ids.max(initial=0)) + 1, _FEWEST)
        self._persons = np.arange(size, dtype=np.int64)
        self._persons[ids] = rows["person_id"]
        self._moments = {name: np.full(size, NEVER_US, dtype=np.int64) for name in SIGHTINGS}
        for name, column in self._moments.items():
            column[ids] = np.ma.filled(np.ma.asarray(rows[name]), NEVER_US)
        self._led: dict[int, set[int]] = {}
        for profile in np.flatnonzero(self._persons != np.arange(size)).tolist():
            self._led.setdefault(int(self._persons[profile]), set()).add(profile)

    def persons(self, profiles: Ints) -> Ints:
        """Who stands for each profile; 0 stays 0."""
        self._reach(int(profiles.max(initial=0)))
        return self._persons[profiles]

    def sight(self, seen: Sightings) -> tuple[pa.Table, pa.Table]:
        """Take in when profiles were there; the rows of those that are new and of those whose moments became earlier."""
        self._reach(int(seen.profile_id.max(initial=0)))
        told = {name: getattr(seen, name) for name in SIGHTINGS}
        is_earlier = np.zeros(seen.profile_id.size, dtype=bool)
        for name, column in self._moments.items():
            is_earlier |= told[name] < column[seen.profile_id]
        at = np.flatnonzero(is_earlier & (seen.profile_id > 0))
        ids = seen.profile_id[at]
        touched = np.unique(ids)
        is_new = self._moments["first_us"][touched] == NEVER_US
        for name, column in self._moments.items():
            np.minimum.at(column, ids, told[name][at])
        return self._rows(touched[is_new]), self._rows(touched[~is_new])

    def merge(self, profile: int, into: int) -> Moved:
        """A profile, and who stands under it, now stand under another's person."""
        self._reach(max(profile, into))
        return self._move([profile, *self._led.get(profile, ())], int(self._persons[into]))

    def unmerge(self, profile: int, pointers: Mapping[int, int]) -> Moved:
        """A profile stands on its own again, and with it those merged into it, directly or through others.

        `pointers` are the merges that stand, of each profile into which.
        """
        self._reach(profile)
        person = int(self._persons[profile])
        group = [p for p in (person, *self._led.get(person, ())) if _root(pointers, p, profile) == profile]
        return self._move(group, profile)

    def _move(self, group: list[int], person: int) -> Moved:
        people = {person, *self._persons[group].tolist()}
        for one in group:
            self._led.get(int(self._persons[one]), set()).discard(one)
            self._persons[one] = person
            if one != person:
                self._led.setdefault(person, set()).add(one)
        return group, people

    def _rows(self, ids: Ints) -> pa.Table:
        """Rows of the table of profiles as they stand now."""
        columns = {"profile_id": pa.array(ids), "person_id": pa.array(self._persons[ids])}
        for name, column in self._moments.items():
            columns[name] = pa.array(column[ids], mask=column[ids] == NEVER_US)
        return pa.table(columns)

    def _reach(self, profile: int) -> None:
        """Make room for a profile: until it is merged it stands for itself."""
        size = self._persons.size
        if profile >= size:
            more = max(profile + 1, 2 * size) - size
            self._persons = np.concatenate([self._persons, np.arange(size, size + more)])
            for name, column in self._moments.items():
                self._moments[name] = np.concatenate([column, np.full(more, NEVER_US, dtype=np.int64)])


def _root(pointers: Mapping[int, int], profile: int, without: int) -> int:
    """Follow the merges to the end, as if `without` pointed nowhere."""
    while profile != without and (into := pointers.get(profile)) is not None:
        profile = into
    return profile
