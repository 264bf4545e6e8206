"""Where an alert of a counter opens and closes, from the states of its figure minute by minute. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from samovar.measure.reports.live.line import State


@dataclass(frozen=True)
class Judged:
    """A figure beside its line at the end of a window."""

    end_us: int
    state: State
    figure: float | None
    line: float | None


@dataclass(frozen=True)
class Opened:
    """The figure had been beyond its line for long enough: `first` is the judgement that began it, `last` the one that told."""

    first: Judged
    last: Judged


@dataclass(frozen=True)
class Closed:
    """The figure had been back for long enough."""

    last: Judged


def turns(judged: Sequence[Judged], *, after_us: int, is_open: bool, hold: int, rest: int) -> Iterator[Opened | Closed]:
    """The turns at ends after a moment; what was judged before it only says for how long a state has lasted.

    An alert opens after `hold` ends beyond the line and closes after `rest` ends back, each without a break. Ends with too little
    to judge by are neither.
    """
    beyond = back = 0
    for place, one in enumerate(judged):
        beyond = beyond + 1 if one.state == "beyond" else 0
        back = back + 1 if one.state == "ok" else 0
        if one.end_us <= after_us:
            continue
        if not is_open and beyond >= hold:
            is_open = True
            yield Opened(judged[place - beyond + 1], one)
        elif is_open and back >= rest:
            is_open = False
            yield Closed(one)
