"""Which tests of a rule turned when a person came into a segment or went out of it: the explanation as of that moment beside one
as of shortly before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from samovar import rules
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US
from samovar.rules.sentence import LanguageCode
from samovar.understand.explaining import explain

# How long before a move is looked at: time turns a test at once, a fact at its own time, which lies a little before it is told.
_EARLIER_US = (1, MINUTE_US, HOUR_US, DAY_US)


@dataclass(frozen=True)
class Moved:
    """A move as it was announced under the number `outbox_id`, and when this person's truth was announced before (`since_us`)."""

    outbox_id: int
    person_id: int
    is_in: bool
    time_us: int
    version: int
    since_us: int | None


def turning(*, rule: rules.Rule, moved: Moved, language: LanguageCode, warehouse: Asker) -> dict[str, Any]:
    """The explanation as of the move, see `explain`; each leaf also `has_turned` and what it `was`.

    `before_us` is the nearest earlier moment of those looked at where the rule said otherwise, null when none did: the rule
    itself was changed, or what was known has changed since.
    """

    def asked(at_us: int) -> dict[str, Any]:
        return explain(rule=rule, person_id=moved.person_id, at_us=at_us, language=language, warehouse=warehouse)

    now = asked(moved.time_us)
    for before_us in _earlier(moved):
        was = asked(before_us)
        if was["in"] != now["in"]:
            leaves = [
                {**leaf, "was": old["shown"], "has_turned": leaf["ok"] != old["ok"]}
                for leaf, old in zip(now["leaves"], was["leaves"], strict=True)
            ]
            return {**now, "leaves": leaves, "before_us": before_us}
    return {**now, "leaves": [{**leaf, "was": "", "has_turned": False} for leaf in now["leaves"]], "before_us": None}


def _earlier(moved: Moved) -> Iterator[int]:
    """Moments before a move, nearest first, and none before the truth that was announced last."""
    floor_us = moved.since_us if moved.since_us is not None else moved.time_us - _EARLIER_US[-1]
    yield from (at_us for us in _EARLIER_US if (at_us := moved.time_us - us) > floor_us)
    if floor_us < moved.time_us:
        yield floor_us
