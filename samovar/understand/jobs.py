"""What the worker does for this room: keeps live segments up with what happens, and their counts for pages that ask no query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samovar import rules
from samovar.engine.warehouse.registry import Context
from samovar.kit.clock import MINUTE_US
from samovar.understand import operations
from samovar.understand.live.live import Live
from samovar.understand.live.moves import LiveRule
from samovar.understand.models import Segment

RECOUNT_US = MINUTE_US  # how old the moment of a count becomes while its figure stays the same


def live(cursor: Any, context: Context) -> Live:
    """The live segments of a warehouse, to be followed by the process that owns it, with a cursor of their own."""
    return Live(cursor, context, _Published(), operations.announce_move)


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
