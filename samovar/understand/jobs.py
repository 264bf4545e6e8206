"""What the worker does for this room: keeps live segments up with what happens, and their counts for pages that ask no query."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from samovar import rules
from samovar.engine.keeper import Keeper
from samovar.engine.warehouse.registry import Context
from samovar.kit.clock import MINUTE_US
from samovar.understand import operations
from samovar.understand.live.live import Live
from samovar.understand.live.moves import LiveRule
from samovar.understand.models import Segment
from samovar.understand.word_count import WordCount

WORDS_S_MIN, WORDS_REST = 600.0, 2.0  # between counts of words: ten minutes, and twice what one took with its rests
PIECE_REST = 60.0  # between pieces of a count: times what the last one took, so that few pages meet a piece
WORDS_START_S = 3.0  # after the worker began
RECOUNT_US = MINUTE_US  # how old the moment of a count becomes while its figure stays the same


def live(cursor: Any, context: Context) -> Live:
    """The live segments of a warehouse, to be followed by the process that owns it, with a cursor of their own."""
    return Live(cursor, context, _Published(), operations.announce_moves)


class _Published:
    """The segments in use, whose trees are read when a version is new."""

    def __init__(self) -> None:
        self._read: dict[int, LiveRule] = {}

    def __call__(self) -> Sequence[LiveRule]:
        rows = list(Segment.objects.filter(is_archived=False).order_by("id").values_list("id", "version"))
        if any(id_ not in self._read or self._read[id_].version != version for id_, version in rows):
            self._read = {
                row.id: LiveRule(row.id, row.version, row.slug, rules.from_json(row.tree).condition)
                for row in Segment.objects.filter(is_archived=False)
            }
        return [self._read[id_] for id_, _version in rows if id_ in self._read]


class WordCounter(Keeper):
    """Counts the words of rules with a cursor of its own: a piece at a time with rests between them, so that pages do not wait,
    and half a percent of the time at most."""

    def __init__(self, cursor: Any, currency: str, now_us: Callable[[], int]) -> None:
        self._cursor, self._currency, self._now_us = cursor, currency, now_us
        super().__init__("words", start_s=WORDS_START_S, pause_s=WORDS_S_MIN)

    def turn(self) -> float:
        began = time.monotonic()
        keep_words(cursor=self._cursor, currency=self._currency, at_us=self._now_us(), rest=self._rest)
        return max(WORDS_S_MIN, WORDS_REST * (time.monotonic() - began))

    def _rest(self, took_s: float) -> bool:
        return self.rest(PIECE_REST * took_s)


def keep_words(*, cursor: Any, currency: str, at_us: int, rest: Callable[[float], bool] = lambda _took_s: False) -> None:
    """Store the words of rules as they are borne out now. `rest`, called after each piece with its seconds, may end it."""
    count = WordCount(cursor, currency, at_us)
    began = time.monotonic()
    for _piece in count.pieces():
        if rest(time.monotonic() - began):
            return
        began = time.monotonic()
    operations.store_words(words=count.told(), at_us=at_us)


def keep_counts(*, live: Live, at_us: int, day: int) -> int:
    """Store the sizes that differ from those stored, and those stored a minute ago. Returns how many."""
    sizes = live.sizes()
    rows = Segment.objects.filter(id__in=sizes).values_list("id", "version", "people", "counted_us")
    due = {
        id_: sizes[id_]
        for id_, version, people, counted_us in rows
        if sizes[id_][0] == version
        and (people != sizes[id_][1] or counted_us is None or not 0 <= at_us - counted_us < RECOUNT_US)
    }
    if due:
        operations.store_counts(counts=due, at_us=at_us, day=day)
    return len(due)
