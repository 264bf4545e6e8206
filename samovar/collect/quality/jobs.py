"""What the worker does for quality, in a thread of its own beside its loop: counts what came, learns once a day, and looks for
alarms at each hour that went by. Commands and the virtual clock run the same pass at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from samovar.collect.batches import INDEX_BITS
from samovar.collect.quality import operations, tally
from samovar.collect.quality.looks import Hours
from samovar.engine.keeper import Keeper
from samovar.kit.clock import HOUR_US, MINUTE_US, Zone

PASS_S = 20.0  # between passes; one with nothing new is three small queries
PIECE_REST = 4.0  # between pieces: times what the last one took, so that pages meet one in five moments at most
START_S = 10.0  # after the worker began
PIECE_ROWS = 100_000  # events of one piece: 0.6 s of one core
DAYS_MAX = 400  # of one piece, where nobody waits
PIECE_COUNTS = 6_000  # hours of streams that one piece may write: its transaction keeps others waiting for 50 ms
LOOK_US = 5 * MINUTE_US  # between looks for alarms
LOOK_BACK_US = 7 * 24 * HOUR_US  # of hours that went by unwatched, no more are looked at
FIRST_LOOK_US = 24 * HOUR_US
Rest = Callable[[float], bool]


class QualityKeeper(Keeper):
    """Keeps quality up to date beside the worker's loop, with a cursor of its own."""

    def __init__(self, cursor: Any, zone: Zone, now_us: Callable[[], int]) -> None:
        self._cursor, self._zone, self._now_us = cursor, zone, now_us
        super().__init__("quality", start_s=START_S, pause_s=PASS_S)

    def turn(self) -> float:
        keep_quality(cursor=self._cursor, zone=self._zone, at_us=self._now_us(), rest=self._rest, look_us=LOOK_US)
        return PASS_S

    def _rest(self, took_s: float) -> bool:
        return self.rest(PIECE_REST * took_s)


def keep_quality(*, cursor: Any, zone: Zone, at_us: int, rest: Rest | None = None, look_us: int = 0) -> None:
    """One pass: count what came, learn when a day began, look for alarms unless the last look is less than `look_us` ago.

    `rest`, called after each piece with its seconds, may end it; the next pass goes on where it stood. Without it nobody else
    waits for the store, and pieces are cut by events alone.
    """
    if _count_all(cursor, zone, at_us, rest):
        _learn(zone.day(at_us))
        _look(at_us, look_us)


def _count_all(cursor: Any, zone: Zone, at_us: int, rest: Rest | None) -> bool:
    """Count every log row that the warehouse holds whole; False when told to leave off."""
    mark = operations.mark()
    while True:
        if mark.after == mark.upto:
            upto = _whole_rows(cursor)
            if upto <= mark.upto:
                return True
            operations.begin_round(upto=upto)
        if not _count_round(cursor, zone, at_us, rest):
            return False
        operations.end_round()
        mark = operations.mark()


def _whole_rows(cursor: Any) -> int:
    """The last log row all of whose events are in the warehouse; 0 while the log is empty."""
    rows = cursor.execute("SELECT value FROM state WHERE name = 'position'").fetchall()
    return max((int(rows[0][0]) >> INDEX_BITS) - 1, 0) if rows else 0


def _count_round(cursor: Any, zone: Zone, at_us: int, rest: Rest | None) -> bool:
    """Count the days of a round, the newest first, from where it stands; False when told to leave off.

    A late log row adds to the days it speaks of, so the order in which things come changes nothing.
    """
    mark = operations.mark()
    known = operations.known_streams()
    oldest_hour = at_us // HOUR_US - operations.HOURS_KEPT
    days_max = DAYS_MAX if rest is None else max(PIECE_COUNTS // (24 * max(operations.stream_count(), 1)), 1)
    for first, last in _pieces(tally.coming_days(cursor, mark.after, mark.upto), mark.from_day, days_max):
        began_s = time.monotonic()
        found = tally.count(cursor, known, after=mark.after, upto=mark.upto, first_day=first, last_day=last)
        operations.add_counts(tally=found, from_day=first, oldest_hour=oldest_hour)
        if rest is not None and rest(time.monotonic() - began_s):
            return False
    return True


def _pieces(days: list[tuple[int, int]], from_day: int | None, days_max: int) -> list[tuple[int, int]]:
    """Runs of (first, last) local days of about `PIECE_ROWS` events and at most `days_max` days, the newest first, of those
    before `from_day`."""
    pieces: list[tuple[int, int]] = []
    rows = 0
    for day, count in days:
        if from_day is not None and day >= from_day:
            continue
        if pieces and rows + count <= PIECE_ROWS and pieces[-1][1] - day < days_max:
            pieces[-1] = (day, pieces[-1][1])
            rows += count
        else:
            pieces.append((day, day))
            rows = count
    return pieces


def _learn(day: int) -> None:
    if operations.mark().learned_day != day:
        operations.learn_past(day=day)


def _look(at_us: int, look_us: int) -> None:
    """Look at each full hour since the last look, and at the moment itself."""
    watched_us = operations.mark().watched_us
    first_us = max(at_us - FIRST_LOOK_US if watched_us is None else watched_us, at_us - LOOK_BACK_US)
    if watched_us is not None and at_us - watched_us < look_us:
        return
    moments = [*range((first_us // HOUR_US + 1) * HOUR_US, at_us, HOUR_US), at_us]
    hours = Hours(moments[0], at_us)
    for moment in moments:
        found = hours.look(moment)
        if not (found.fallen or found.back or found.still):
            continue
        if operations.tell_alarms(fallen=found.fallen, back=found.back, still=found.still, at_us=moment):
            hours = Hours(moments[0], at_us)
    operations.watched(until_us=at_us)
