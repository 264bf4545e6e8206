"""Which of two values survives a merge, where no member chose: the valid one, then the trusted source's, then the newer.

Pure. What both sides said stays said; the chosen value only becomes the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from samovar.collect.contacts.marks import HOUSE
from samovar.kit.numbers import SCALE

_VERDICTS = {"valid": 0, "": 1, "doubtful": 2, "invalid": 3}
HOUSE_SOURCE = "rest-api"  # what members and programs of the house say


@dataclass(frozen=True)
class Value:
    """A field's value of one person, with the row of the warehouse that says it: `profile` and `key`."""

    person: int
    name: str
    kind: str
    text: str | None
    number: int | None
    boolean: bool | None
    date_day: int | None
    time_us: int
    source: str
    verdict: str
    profile: int
    key: int

    @property
    def plain(self) -> str | float | bool | None:
        """The value as JSON: a number as people wrote it."""
        if self.kind == "number" and self.number is not None:
            return self.number // SCALE if self.number % SCALE == 0 else self.number / SCALE
        return self.boolean if self.kind == "boolean" else self.text

    @property
    def told(self) -> tuple[Any, ...]:
        """What is said, to be compared with what another says."""
        return (self.text, self.number, self.boolean)


@dataclass(frozen=True)
class Kept:
    """A value that survives: the row it is taken from, and the profile that holds it from the merge on. Where both values were
    derived by the house it stays so, and what is told later of it, or follows from a newer name, wins as ever."""

    name: str
    profile: int
    key: int
    holder: int
    is_derived: bool = False

    def as_payload(self) -> dict[str, Any]:
        """As an announcement tells it. The value itself is not in it, so that an erasure finds it in one place."""
        payload = {"profile": self.profile, "key": str(self.key), "holder": self.holder}
        return {**payload, "derived": True} if self.is_derived else payload


def trust_of(source: str, order: Sequence[str], kinds: Mapping[str, str]) -> int:
    """How much a source is trusted, 0 the most: by the workspace's order, then the house itself, servers, imports, browsers.

    `kinds` is the kind of each source by its name: "server", "browser" or "import".
    """
    if source in order:
        return order.index(source)
    base = len(order)
    if source == HOUSE_SOURCE:
        return base
    return base + {"import": 2, "browser": 3}.get(kinds.get(source, ""), 1)


def better(one: Value, other: Value, order: Sequence[str], kinds: Mapping[str, str]) -> Value:
    """The value that survives."""

    def rank(value: Value) -> tuple[int, int, int, int]:
        return (
            _VERDICTS.get(value.verdict, 1), trust_of(value.source, order, kinds), -value.time_us, -value.key,
        )  # fmt: skip

    return min(one, other, key=rank)


def kept_of(
    values: Sequence[Value], survivor: int, *, chosen: Mapping[str, int], order: Sequence[str], kinds: Mapping[str, str]
) -> list[Kept]:
    """What survives of the fields that both people have and say differently. `chosen` is `{field: person}` as a member chose."""
    by_field: dict[str, list[Value]] = {}
    for value in values:
        by_field.setdefault(value.name, []).append(value)
    kept = []
    for name, told in sorted(by_field.items()):
        if len(told) != 2 or told[0].told == told[1].told:
            continue
        best = next((one for one in told if one.person == chosen.get(name)), None) or better(told[0], told[1], order, kinds)
        holder = next(one for one in told if one.person == survivor)
        kept.append(Kept(name, best.profile, best.key, holder.profile, all(one.source == HOUSE for one in told)))
    return kept
