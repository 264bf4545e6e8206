"""Rows in memory against a plain list of them: added, taken away, told anew, sorted in, asked of some and of neighbours."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from samovar.understand.live import rows as module
from samovar.understand.live.rows import Rows

NAMES = ("day", "time_us", "profile_id", "word")
Row = tuple[int, int, int, int, str | None]


def table(told: list[Row]) -> pa.Table:
    types = (pa.int32(), pa.int32(), pa.int64(), pa.int32(), pa.string())
    columns = list(zip(*told, strict=True)) or [[]] * 5
    return pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], ["person_id", *NAMES])


def random_rows(r: random.Random, many: int) -> list[Row]:
    return [
        (r.randint(1, 30), r.randint(1, 9), r.randint(0, 10**13), r.randint(1, 40), r.choice(["tea", "cup", None]))
        for _ in range(many)
    ]


def held(gathered: module.Gathered, people: list[int]) -> list[Row]:
    """The rows of people as a list, each under its person."""
    columns = [gathered.column(name) for name in NAMES]
    assert (np.diff(gathered.owner) >= 0).all()
    found = []
    for place, owner in enumerate(gathered.owner.tolist()):
        day, time_us, profile, word = (c.values[place] for c in columns)
        is_known = columns[3].known is None or columns[3].known[place]
        found.append((people[owner], int(day), int(time_us), int(profile), columns[3].words[word] if is_known else None))
    return sorted(found, key=repr)


@pytest.mark.parametrize("seed", range(8))
def test_rows_are_those_of_a_plain_list(monkeypatch, seed):
    monkeypatch.setattr(module, "TAIL_MIN", 3)
    r = random.Random(seed)
    plain = random_rows(r, r.choice([0, 1, 40]))
    rows = Rows(NAMES, table(plain))
    for _ in range(30):
        match r.choice(["add", "add", "remove", "told", "settle", "age"]):
            case "add":
                more = random_rows(r, r.randint(0, 6))
                rows.add(table(more))
                plain += more
            case "remove":
                people = sorted(r.sample(range(1, 45), 3))
                rows.remove(np.array(people))
                plain = [row for row in plain if row[0] not in people]
            case "told" if plain:
                person, day, _, profile, _ = r.choice(plain)
                rows.remove_where(np.array([person]), "profile_id", np.array([profile]), np.array([day]))
                plain = [row for row in plain if (row[0], row[1], row[3]) != (person, day, profile)]
            case "settle":
                rows.settle()
                whole = list(range(33))
                assert held(rows.between(0, 33), whole) == sorted(plain, key=repr)
                wanted = sorted((row for row in plain if 5 <= row[0] < 12), key=repr)
                assert held(rows.between(5, 12), list(range(5, 12))) == wanted
            case "age":
                first, last = sorted(r.sample(range(10**13), 2))
                found = set(rows.people_between(first, last).tolist())
                assert {row[0] for row in plain if first < row[2] <= last} <= found
        people = sorted(r.sample(range(1, 60), 12))
        assert len(rows) == len(plain)
        assert held(rows.of(np.array(people)), people) == sorted((row for row in plain if row[0] in people), key=repr)
