"""Where alerts open and close, from states alone."""

from __future__ import annotations

import random

import pytest

from samovar.kit.clock import MINUTE_US
from samovar.measure.watch.turns import Closed, Judged, Opened, turns

STATES = {"o": "ok", "B": "beyond", "f": "few"}


def _judged(states: str) -> list[Judged]:
    return [Judged(place * MINUTE_US, STATES[one], 1.0, 2.0) for place, one in enumerate(states)]  # type: ignore[arg-type]


def _told(states: str, hold: int = 3, rest: int = 3, is_open: bool = False, after: int = -1) -> list[tuple[str, int, int]]:
    found = []
    for turn in turns(_judged(states), after_us=after * MINUTE_US, is_open=is_open, hold=hold, rest=rest):
        first = turn.first if isinstance(turn, Opened) else turn.last
        found.append((type(turn).__name__, first.end_us // MINUTE_US, turn.last.end_us // MINUTE_US))
    return found


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ("ooBBooBBoo", []),
        ("oBBBBBBBBBBBBBBB", [("Opened", 1, 3)]),
        ("BBBooBooBooo", [("Opened", 0, 2), ("Closed", 11, 11)]),
        ("BBfBBfBBB", [("Opened", 6, 8)]),
        ("BBBffffooo", [("Opened", 0, 2), ("Closed", 9, 9)]),
        ("BBBoooBBB", [("Opened", 0, 2), ("Closed", 5, 5), ("Opened", 6, 8)]),
        ("ffff", []),
        ("", []),
    ],
)
def test_an_alert_opens_and_closes_once_a_state_has_lasted(states, told):
    assert _told(states) == told


def test_what_was_judged_before_only_says_for_how_long():
    assert _told("BBBBB", after=2, is_open=True) == []
    assert _told("BBBBB", after=2) == [("Opened", 0, 3)]
    assert _told("BBoo", after=2, is_open=True, rest=2) == [("Closed", 3, 3)]
    assert _told("Booo", after=3, is_open=True) == []
    assert _told("Boooo", hold=1, rest=4) == [("Opened", 0, 0), ("Closed", 4, 4)]


@pytest.mark.parametrize("seed", range(20))
def test_pieces_of_any_size_tell_the_same_as_the_whole(seed):
    chance = random.Random(seed)
    states = "".join(chance.choice("oB") * chance.randrange(1, 7) if chance.random() < 0.9 else "f" for _n in range(80))
    hold, rest = chance.randrange(1, 6), chance.randrange(1, 6)
    whole = list(turns(_judged(states), after_us=-1, is_open=False, hold=hold, rest=rest))
    judged, found, is_open, after = _judged(states), list[Opened | Closed](), False, -1
    while after < len(states) - 1:
        upto = min(after + chance.randrange(1, 9), len(states) - 1)
        piece = judged[max(after + 2 - max(hold, rest), 0) : upto + 1]
        told = list(turns(piece, after_us=after * MINUTE_US, is_open=is_open, hold=hold, rest=rest))
        found += told
        is_open = isinstance(told[-1], Opened) if told else is_open
        after = upto
    assert [(type(one), one.last) for one in found] == [(type(one), one.last) for one in whole]
    assert whole
