"""Reading the outbox: sealed months and the table as one sequence. Only the worker needs it, and the doctor."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samovar.engine import outbox, store
from samovar.engine.months import MonthReader, Span, chain


@dataclass(frozen=True)
class OutboxRow:
    """An announcement as it is read back."""

    id: int
    key: str
    name: str
    profile_id: int | None
    time_us: int
    payload: dict[str, Any]


def read(after_id: int, limit: int, months: Path) -> list[OutboxRow]:
    """Up to `limit` rows after an id, in order; `months` is the folder of the sealed files. Raises `MonthUnreadable`."""
    rows = live(after_id, limit)
    # Asked after the rows: a payload that is gone from them was sealed before, so it is never missed.
    sealed_id = outbox.sealed_up_to() if rows else 0
    if rows and rows[0][0] <= sealed_id:
        found = list(MonthReader().rows(chain(months, sealed_id), after_id, min(rows[-1][0], sealed_id)))
        rows[: len(found)] = found
    return [OutboxRow(id_, key, name, profile, time_us, json.loads(text)) for id_, time_us, key, name, profile, text in rows]


def live(after_id: int, limit: int) -> list[tuple[Any, ...]]:
    """Rows as they lie in the table, in the order of columns of the sealed files: the payload is JSON text."""
    rows = store.fetch(
        "SELECT id, time_us, key, name, profile_id, payload FROM engine_outbox WHERE id > %s ORDER BY id LIMIT %s",
        [after_id, limit],
    )
    return [(*row, load if isinstance(load, str) else json.dumps(load, ensure_ascii=False)) for *row, load in rows]


def sealed(months: Path) -> list[Span]:
    """The sealed files, in order. Raises `MonthUnreadable` when one is gone."""
    return chain(months, outbox.sealed_up_to())
