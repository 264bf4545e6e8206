"""What may have happened of one source: rows at the edges of its rules, few before many.

1. A handful of rows in every way, as far as the handful stays small.
2. Chains of days: so many rows, each so many days after the one before, as gaps and streaks ask for.
3. Crowds: so many rows at one edge and so many at another, as counts in windows ask for.
4. Rows anywhere, by a fixed seed.
Sequences are walked by their own steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import accumulate, combinations_with_replacement, islice, product
from random import Random

from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US
from samovar.rules import tree
from samovar.rules.catalogue import Catalogue
from samovar.understand.lint.edges import DAYS_MAX, RowEdges
from samovar.understand.lint.histories import Event
from samovar.understand.lint.sources import rows_source
from samovar.understand.lint.values import Variant

Track = tuple[Event, ...]
TRACKS_MAX = 6_000  # of one source; a quarter for each way
ROWS_MAX = 60_000  # of all of them together
_HANDFUL = 5
_UNITS_US = {"minutes": MINUTE_US, "hours": HOUR_US, "days": DAY_US, "weeks": 7 * DAY_US}


def tracks(source: str, edges: RowEdges, variants: list[Variant], chance: Random) -> list[Track]:
    """Different histories of one source, the empty one first."""
    agos_us = sorted(edges.agos_us)
    rows = [Event(source, ago_us, variant) for variant in variants for ago_us in agos_us]
    share = TRACKS_MAX // 4
    found: dict[Track, None] = {(): None}
    rows_left = ROWS_MAX
    ways: tuple[Iterator[Track], ...] = (
        _handfuls(rows, share), _chains(source, edges, variants, chance, share), _crowds(rows, edges, chance, share),
        _scattered(rows, edges, chance),
    )  # fmt: skip
    for way in ways:
        for history in islice(way, share):
            rows_left -= len(history)
            if rows_left < 0:
                break
            found.setdefault(tuple(sorted(history, key=_order)))
    return list(found)


def _order(event: Event) -> tuple[int, str]:
    return event.ago_us, repr(event.values)


def _handfuls(rows: list[Event], share: int) -> Iterator[Track]:
    left = share
    for size in range(1, _HANDFUL + 1):
        many = math.comb(len(rows) + size - 1, size)
        if size > 1 and many > left:
            return
        left -= many
        yield from combinations_with_replacement(rows, size)


def _chains(source: str, edges: RowEdges, variants: list[Variant], chance: Random, share: int) -> Iterator[Track]:
    """Chains of each length from each edge: every choice of steps for short ones, at most two different steps for long ones.

    When these are too many, some of them by chance.
    """
    counts, steps = sorted(count for count in edges.counts if count > 1), sorted(edges.steps)
    for_each = max(share // max(len(counts), 1), 1)
    for count in counts:
        is_short = len(steps) ** (count - 1) * len(edges.days) <= for_each
        ways = list(product(steps, repeat=count - 1) if is_short else _two_steps(steps, count - 1))
        chosen: Iterable[tuple[tuple[int, ...], int, Variant]] = product(ways, edges.days, variants)
        if len(ways) * len(edges.days) * len(variants) > for_each:
            chosen = [(chance.choice(ways), chance.choice(edges.days), chance.choice(variants)) for _ in range(for_each)]
        for way, first, variant in chosen:
            days = [first, *(first + passed for passed in accumulate(way))]
            if days[-1] <= DAYS_MAX:
                yield tuple(Event(source, day * DAY_US, variant) for day in days)


def _two_steps(steps: list[int], many: int) -> Iterator[tuple[int, ...]]:
    """Steps that are all the same, and those that change once, after the first or before the last."""
    for step in steps:
        yield (step,) * many
    for near, far in product(steps, repeat=2):
        if near != far:
            for place in dict.fromkeys((1, many // 2, many - 1)):
                yield (near,) * place + (far,) * (many - place)


def _crowds(rows: list[Event], edges: RowEdges, chance: Random, share: int) -> Iterator[Track]:
    """So many of one row and so many of another; when these are too many, some of them by chance."""
    counts = sorted(edges.counts)
    yield from ((row,) * count for count, row in islice(product(counts, rows), share // 2))
    pairs = len(rows) ** 2 * len(counts) ** 2
    if pairs <= share // 2:
        for one, other, (row, another) in product(counts, counts, product(rows, repeat=2)):
            yield (row,) * one + (another,) * other
        return
    for _ in range(share // 2):
        some = chance.randrange(2, 4)
        crowd = [(chance.choice(rows),) * chance.choice(counts) for _ in range(some)]
        yield tuple(event for row in crowd for event in row)


def _scattered(rows: list[Event], edges: RowEdges, chance: Random) -> Iterator[Track]:
    counts = sorted({1, 2, 3, *edges.counts})
    while True:
        yield tuple(chance.choice(rows) for _ in range(chance.choice(counts)))


def walks(
    sequence: tree.Sequence, catalogue: Catalogue, edges: dict[str, RowEdges], variants: dict[str, list[Variant]]
) -> list[Track]:
    """A sequence as it may go: at each step in time or a minute late, with what must not happen or without it."""
    sources = [rows_source(step.of, catalogue) for step in sequence.steps]
    starts = sorted(edges[sources[0]].agos_us)
    gaps: list[tuple[int | None, ...]] = []
    for step in sequence.steps[1:]:
        within_us = step.within.amount * _UNITS_US[step.within.unit] if step.within is not None else HOUR_US
        reached: tuple[int | None, ...] = (MINUTE_US, within_us, within_us + MINUTE_US)
        gaps.append((*reached, None) if step.is_absent else reached)
    lasting_us = sum((gap[2] or 0) for gap in gaps)
    starts_us = sorted({*starts, *(start + lasting_us for start in starts)})
    found = []
    for start_us, way in product(starts_us, product(*gaps)):
        for chosen in islice(product(*(variants[source] for source in sources)), 4):
            found.append(_walk(sources, start_us, way, chosen))
    return [history for history in found[:TRACKS_MAX] if history]


def _walk(sources: list[str], start_us: int, way: tuple[int | None, ...], variants: tuple[Variant, ...]) -> Track:
    """Events of the steps taken; one that would lie in the future is not there."""
    events = [Event(sources[0], start_us, variants[0])]
    ago_us = start_us
    for source, gap, variant in zip(sources[1:], way, variants[1:], strict=True):
        if gap is None:
            continue
        ago_us -= gap
        if ago_us >= 0:
            events.append(Event(source, ago_us, variant))
    return tuple(events)
