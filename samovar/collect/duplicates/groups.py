"""Who becomes one person by several merges, and what speaks against it: a pair is seldom alone.

A person stands for a group of profiles. A pair says of two of them that they are one; joined through it are all others of both
groups. So before pairs are merged unseen it is asked of every two profiles across: did a member say that they are two, and do
they evidently differ (`guards.py`) by what each of them said itself, whatever the person says last? `Evidence` reads that once
for all pairs of a run and follows the merges of it; `check_refused` asks the store anew, in the transaction of one merge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import product
from typing import Any

import duckdb
import pyarrow as pa
from django.utils.translation import gettext as _

from samovar.collect import people as office
from samovar.collect.duplicates import guards, people
from samovar.collect.duplicates.models import Duplicate
from samovar.collect.queries import group_of, persons_among, survivor_of
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import Refusal

Pair = tuple[int, int]


class Apart(Refusal):
    """A merge would make one of two who are not: a member said so, or they evidently differ."""

    status = 409


class Groups:
    """The people of some pairs, as they stand and as they become while pairs of them are joined."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        profiles = sorted({profile for pair in pairs for profile in pair})
        self._person = {profile: profile for profile in profiles} | persons_among(profiles)
        self._group: dict[int, list[int]] = {}
        for profile, person in self._person.items():
            self._group.setdefault(person, []).append(profile)

    def person(self, profile: int) -> int:
        """Who stands for a profile after what was joined."""
        return self._person[profile]

    def join(self, one: int, other: int) -> None:
        """Take the two for one person from now on."""
        into, loser = sorted((self._person[one], self._person[other]))
        if into != loser:
            moved = self._group.pop(loser)
            self._group[into] += moved
            self._person |= dict.fromkeys(moved, into)

    def across(self, one: int, other: int) -> list[Pair]:
        """Every two profiles that would be of one person were the two joined, and are not yet."""
        mine, others = self._person[one], self._person[other]
        return [] if mine == others else [_sorted(pair) for pair in product(self._group[mine], self._group[others])]

    def _touching(self, pairs: Sequence[Pair]) -> dict[int, int]:
        """Each profile with the number of those whom the pairs could join it to, were nothing against it."""
        above: dict[int, int] = {}

        def top(person: int) -> int:
            while (into := above.get(person)) is not None:
                person = into
            return person

        for one, other in pairs:
            into, loser = sorted((top(self._person[one]), top(self._person[other])))
            if into != loser:
                above[loser] = into
        return {profile: top(person) for profile, person in self._person.items()}


class Evidence(Groups):
    """The same with what speaks against joining them, read once."""

    def __init__(self, pairs: Sequence[Pair], *, warehouse: Asker, at_us: int) -> None:
        super().__init__(pairs)
        self._refused = _refused(self._person)
        self._different = _different(self._touching(pairs), warehouse, at_us)

    def against(self, one: int, other: int) -> list[Apart]:
        """What speaks against making one of the two: first what members refused, then evident differences."""
        across = self.across(one, other)
        refused = [_refusal(*pair) for pair in across if pair in self._refused]
        return refused + [_difference(*pair, self._different[pair]) for pair in across if pair in self._different]

    def check(self, one: int, other: int) -> None:
        """Raises `Apart` where anything speaks against making one of the two."""
        if against := self.against(one, other):
            raise against[0]


def check_refused(one: int, other: int) -> None:
    """Raises `Apart` where a member said of any two profiles across, as they stand in the store, that they are two."""
    mine, others = set(group_of(survivor_of(one))), set(group_of(survivor_of(other)))
    for pair in sorted(_refused([*mine, *others])):
        if (pair[0] in mine) != (pair[1] in mine):
            raise _refusal(*pair)


def _refused(profiles: Iterable[int]) -> set[Pair]:
    among = list(profiles)
    return set(Duplicate.objects.filter(state="refused", one__in=among, other__in=among).values_list("one", "other"))


def _different(touching: dict[int, int], warehouse: Asker, at_us: int) -> dict[Pair, str]:
    """Every two profiles of those that could become one who evidently differ, and by which field."""
    known = warehouse.query("collect.duplicate_profiles", profiles=list(touching), at_us=at_us)
    names = sorted(set(known.column("first_name").drop_null().to_pylist()))
    borne = warehouse.query("collect.duplicate_namesakes", names=names, at_us=at_us)
    size = borne.column("size")[0].as_py() if borne.num_rows else 0
    with duckdb.connect(":memory:") as cursor:
        people.name(cursor, known, borne, size)
        cursor.register("touching", pa.table({"unique_id": list(touching), "among": list(touching.values())}))
        rows: Collection[Any] = cursor.sql(f"""
            SELECT * FROM (
              SELECT l.unique_id, r.unique_id, {guards.evident_difference_sql()} AS field
              FROM named l JOIN touching a ON a.unique_id = l.unique_id JOIN touching b USING (among)
              JOIN named r ON r.unique_id = b.unique_id AND l.unique_id < r.unique_id)
            WHERE field IS NOT NULL""").fetchall()
    return {(one, other): field for one, other, field in rows}


def _sorted(pair: Pair) -> Pair:
    return min(pair), max(pair)


def called(profile: int) -> str:
    """What a profile is called in a list, else its number."""
    return office.called(profile) or _("Customer %(id)s") % {"id": profile}


def numbered(profile: int) -> str:
    """The same with its number, for people of one name."""
    name = office.called(profile)
    return f"{name} № {profile}" if name else called(profile)


def _refusal(one: int, other: int) -> Apart:
    told = {"one": numbered(one), "other": numbered(other)}
    sentence = _("%(one)s and %(other)s were said to be two people, and this would make them one. Decide it side by side.")
    return Apart("said_apart", sentence % told, one=one, other=other)


def _difference(one: int, other: int, field: str) -> Apart:
    sentence = {
        "first_name": _(
            "%(one)s and %(other)s have different first names, and this would make them one. Decide it side by side."
        ),
        "middle_name": _(
            "%(one)s and %(other)s have different patronymics, and this would make them one. Decide it side by side."
        ),
        "birthday": _("%(one)s and %(other)s have different birthdays, and this would make them one. Decide it side by side."),
    }[field]
    return Apart("evidently_two", sentence % {"one": numbered(one), "other": numbered(other)}, one=one, other=other, by=field)
