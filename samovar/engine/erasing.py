"""Taking what names an erased person out of the outbox, in its table and in its closed months. Turns are some 10 ms long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from samovar.engine import outbox, outbox_reader, store
from samovar.engine.rewriting import rewrite
from samovar.kit.redaction import Redactor

STEP_ROWS = 2_000
KEY_CHARS_MAX = 200
RedactorAt = Callable[[int], Redactor]


def sweep_outbox(months: Path, redactor_at: RedactorAt) -> Iterator[int]:
    """Clean keys and payloads; ids, names and moments stay. Each turn gives how many rows or files it changed.

    `redactor_at` gives what cleans a row of a moment.
    """
    while outbox.clear_sealed():  # what sealed files hold and the table still does
        yield 0
    for span in outbox_reader.sealed(months):
        yield from map(int, rewrite(span.path, partial(_month, redactor_at)))
    after = 0
    while rows := outbox_reader.live(after, STEP_ROWS):
        after = rows[-1][0]
        changed = [(*new, row[0]) for row in rows if (new := _cleaned(row[2], row[5], redactor_at(row[1]))) is not None]
        store.execute_many("UPDATE engine_outbox SET key = %s, payload = %s WHERE id = %s", changed)
        yield len(changed)


def _month(redactor_at: RedactorAt, table: pa.Table) -> pa.Table | None:
    columns: dict[str, list[Any]] = {name: table.column(name).to_pylist() for name in ("key", "payload")}
    pairs = list(zip(columns["key"], columns["payload"], strict=True))
    moments = table.column("time_us").to_pylist()
    new = [_cleaned(*pair, redactor_at(time_us)) for pair, time_us in zip(pairs, moments, strict=True)]
    if not any(new):
        return None
    kept = [old if one is None else one for old, one in zip(pairs, new, strict=True)]
    for name, values in zip(("key", "payload"), zip(*kept, strict=True), strict=True):
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), pa.array(values, pa.string()))
    return table


def _cleaned(key: str, payload: str, redactor: Redactor) -> tuple[str, str] | None:
    """A row's key and payload as they shall be; None to leave them."""
    if not redactor.may_hit(f"{key}\n{payload}".encode()):
        return None
    new = redactor.cleaned(key)[:KEY_CHARS_MAX], redactor.cleaned(payload)
    return new if new != (key, payload) else None
