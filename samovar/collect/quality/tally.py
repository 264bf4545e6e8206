"""Counting a piece of what came: rows of the warehouse in, counts by hour and by day of each stream out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from samovar.collect.quality import sql
from samovar.collect.quality.known import Known

Key = tuple[str, str, str]  # source, event, field


@dataclass
class Hour:
    """Rows of one stream in one hour: of an event all that came, of a field those that were filled."""

    seen: int = 0
    valid: int = 0
    live: int = 0


@dataclass
class Day:
    """The same of a local day, with how its values are spread and the registers of how many differ."""

    seen: int = 0
    valid: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    bins: Counter[str] = field(default_factory=Counter)
    registers: bytes = b""


@dataclass
class Tally:
    """Counts of a piece: `hours` by (stream, hour) and `days` by (stream, local day)."""

    hours: dict[tuple[Key, int], Hour] = field(default_factory=lambda: defaultdict(Hour))
    days: dict[tuple[Key, int], Day] = field(default_factory=lambda: defaultdict(Day))


def coming_days(cursor: Any, after: int, upto: int) -> list[tuple[int, int]]:
    """(local day, rows), the newest first, of the log rows after one offset up to another."""
    return [(day, rows) for day, rows in cursor.execute(sql.coming_days_sql(), {"after": after, "upto": upto}).fetchall()]


def count(cursor: Any, known: Mapping[Key, Known], *, after: int, upto: int, first_day: int, last_day: int) -> Tally:
    """Count the events of some local days among the log rows after one offset up to another.

    The cursor must be one's own: the piece is staged in its temporary tables.
    """
    tally = Tally()
    span = {"after": after, "upto": upto, "first": first_day, "last": last_day}
    cursor.execute(sql.stage_events_sql(), span)
    cursor.execute(sql.stage_ads_sql())
    cursor.execute(sql.stage_values_sql(), {"first": first_day, "last": last_day})
    cursor.register("quality_known", _known_table(known))
    try:
        _count_events(cursor, tally)
        _count_fields(cursor, tally)
        _count_values(cursor, tally)
    finally:
        cursor.unregister("quality_known")
        for table in ("quality_events", "quality_ads", "quality_values"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
    return tally


def _count_events(cursor: Any, tally: Tally) -> None:
    """Rows of each event, and of each source in all."""
    for source, event, hour, day, seen, live in cursor.execute(sql.event_hours_sql()).fetchall():
        keys = [(source, event, "")] if event.startswith("utm:") else [(source, event, ""), (source, "", "")]
        for key in keys:
            one = tally.hours[key, hour]
            one.seen, one.valid, one.live = one.seen + seen, one.valid + seen, one.live + live
            whole = tally.days[key, day]
            whole.seen, whole.valid = whole.seen + seen, whole.valid + seen


def _count_fields(cursor: Any, tally: Tally) -> None:
    for source, event, name, hour, day, kind, seen, valid in cursor.execute(sql.field_hours_sql()).fetchall():
        key = (source, event, name)
        one, whole = tally.hours[key, hour], tally.days[key, day]
        one.seen, one.valid = one.seen + seen, one.valid + valid
        whole.seen, whole.valid = whole.seen + seen, whole.valid + valid
        whole.kinds[kind] += seen


def _count_values(cursor: Any, tally: Tally) -> None:
    for source, event, name, day, bin_, rows in cursor.execute(sql.spreads_sql()).fetchall():
        tally.days[(source, event, name), day].bins[bin_] += rows
    registers: dict[tuple[Key, int], bytearray] = defaultdict(lambda: bytearray(sql.REGISTERS))
    for source, event, name, day, register, rank in cursor.execute(sql.registers_sql()).fetchall():
        registers[(source, event, name), day][register] = rank
    for place, found in registers.items():
        tally.days[place].registers = bytes(found)


def _known_table(known: Mapping[Key, Known]) -> pa.Table:
    rows = list(known.items())
    return pa.table(
        {
            "source": pa.array([key[0] for key, _one in rows], pa.string()),
            "event": pa.array([key[1] for key, _one in rows], pa.string()),
            "field": pa.array([key[2] for key, _one in rows], pa.string()),
            "kind": pa.array([one.kind for _key, one in rows], pa.string()),
            "low": pa.array([one.low for _key, one in rows], pa.int64()),
            "high": pa.array([one.high for _key, one in rows], pa.int64()),
            "listed": pa.array([one.listed for _key, one in rows], pa.list_(pa.string())),
        }
    )
