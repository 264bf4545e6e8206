"""The quarantine: every refused row or event, whole, with its reason, until a person corrects or dismisses it.

`add` is called by whoever refuses: the import, the edge's rows as the worker reads them, the worker itself. A key is made of
what was refused, so the same refusal told again adds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any

from samovar.collect.imports.models import QuarantineRow

ROWS_OF_ONE_WRITE = 500  # keeps a write transaction far below 50 ms
RAW_CHARS_MAX = 40_000


def add(rows: Iterable[Mapping[str, Any]], *, at_us: int, run_id: int | None = None) -> None:
    """Insert refused rows; those whose key stands already are left as they are.

    A row has `stage` ("import", "edge", "worker"), `source`, `reason`, `raw` (JSON) and `key`; `line`, `field` and `detail` where
    they are known.
    """
    waiting = iter(rows)
    while part := list(islice(waiting, ROWS_OF_ONE_WRITE)):
        QuarantineRow.objects.bulk_create(
            [
                QuarantineRow(
                    key=blake2b(str(row["key"]).encode(), digest_size=24).hexdigest(),
                    run_id=run_id, source=str(row["source"])[:100], stage=row["stage"],
                    line=row.get("line"), raw=storable(row.get("raw")), reason=str(row["reason"])[:40],
                    field=str(row.get("field", ""))[:100], detail=_plain(str(row.get("detail", "")))[:300], added_us=at_us,
                )
                for row in part
            ],
            ignore_conflicts=True,
        )  # fmt: skip


def storable(raw: Any) -> Any:
    """A refused value as both databases take it: no NUL, no half letters, no more than a page of text."""
    text = _plain(json.dumps(raw, ensure_ascii=False, default=str))
    if len(text) > RAW_CHARS_MAX:
        return text[:RAW_CHARS_MAX]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plain(text: str) -> str:
    return text.replace("\x00", "␀").replace("\\u0000", "␀").encode("utf-8", "replace").decode()
