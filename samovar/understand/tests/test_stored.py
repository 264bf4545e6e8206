"""Announcements in the warehouse's tables give the members that plain sets give, in whatever order the rows lie."""

from __future__ import annotations

import random

import duckdb
import pytest
from pyroaring import BitMap

from samovar.engine.warehouse import schema
from samovar.understand.live import stored


@pytest.mark.parametrize("seed", range(10))
def test_the_last_word_about_each_person_counts(seed):
    chance, cursor = random.Random(seed), duckdb.connect()
    schema.create(cursor)
    members = {segment: set(chance.sample(range(1, 40), chance.randrange(20))) for segment in (3, 7, 8)}
    for segment, people in members.items():
        cursor.execute("INSERT INTO beginnings VALUES (?, 1, ?, 0, 0, ?)", [segment, BitMap(people).serialize(), segment])
    told = []
    for number in range(100, 100 + chance.randrange(400)):
        segment, person = chance.choice([3, 7, 8]), chance.randrange(1, 40)
        told.append((segment, 1, person, person not in members[segment], 0, 0, number))
        members[segment] ^= {person}
    chance.shuffle(told)
    if told:
        cursor.executemany("INSERT INTO membership VALUES (?, ?, ?, ?, ?, ?, ?)", told)
    assert {segment: set(people) for segment, people in stored.members(cursor)} == members
    assert {segment: set(people) for segment, people in stored.members(cursor, [7, 9])} == {7: members[7]}
