"""One look for duplicates over everybody: asked of the worker once, compared in this process, kept in the store.

It runs in the process of a command or in one that the office starts (`jobs.py`), never in the worker. Steps: the people come as
Arrow by a named query, part by part; the model finds pairs in a DuckDB of its own; pairs are stored; those that are sure are
merged where the workspace wants that.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from samovar.collect.duplicates import operations, queries, rules
from samovar.engine import settings
from samovar.engine.lock import DirectoryLock
from samovar.engine.warehouse.client import Asker
from samovar.engine.workspace import Workspace
from samovar.staff.actors import Actor

LOCK = "duplicates.lock"
LOCK_WAIT_S = 1.0


def look(*, workspace: Workspace, warehouse: Asker, actor: Actor, at_us: int) -> dict[str, Any]:
    """Look for duplicates among everybody known. Returns `{"pairs", "open", "merged", "left", "people", "candidates", "learned",
    "ms"}`: pairs found now, open pairs, pairs merged by themselves, sure ones left to people, people compared, whether the model
    learned from them.

    Raises `DirectoryHeld` while another look is under way, `WarehouseBusy`.
    """
    began = time.monotonic()
    with DirectoryLock(workspace.temp_dir / LOCK, holder="duplicates find", wait_s=LOCK_WAIT_S):
        search = operations.start_search(at_us=at_us)
        try:
            figures = _look(workspace.temp_dir, warehouse, actor, at_us)
        except BaseException as error:
            operations.finish_search(search=search, figures={}, error=str(error)[:500] or type(error).__name__, at_us=at_us)
            raise
        figures["ms"] = round((time.monotonic() - began) * 1000)
        operations.finish_search(search=search, figures=figures, at_us=at_us)
    return figures


def _known(warehouse: Asker, at_us: int) -> pa.Table:
    """Everybody known, asked part by part, so that no answer takes long."""
    parts = [warehouse.query("collect.duplicate_people", at_us=at_us)]
    while parts[-1].num_rows:
        after = parts[-1].column("person_id")[-1].as_py()
        parts.append(warehouse.query("collect.duplicate_people", at_us=at_us, after=after))
    return pa.concat_tables(parts)


def _look(temp_dir: Path, warehouse: Asker, actor: Actor, at_us: int) -> dict[str, Any]:
    from samovar.collect.duplicates import model  # brings splink: a second and 100 MiB that only a look needs

    merge_from = int(settings.get("duplicates_merge_permille")) / 1000
    asked = model.Asked(
        least=rules.REVIEW,
        owners_max=int(settings.get("duplicates_owners_max")),
        own_contacts=queries.own_contacts(),
    )
    known = _known(warehouse, at_us)
    with TemporaryDirectory(prefix="duplicates-", dir=temp_dir) as spill:
        found = model.find(known, asked, spill=Path(spill))
    del known
    open_pairs = operations.store_found(pairs=found.pairs, fields=found.fields, least=rules.MERGE, actor=actor, at_us=at_us)
    merged, left = (
        operations.merge_sure(least=merge_from, warehouse=warehouse, actor=actor, at_us=at_us) if merge_from else (0, 0)
    )
    return {
        "pairs": found.pairs.num_rows, "open": open_pairs - merged, "merged": merged, "left": left,
        "people": found.people, "candidates": found.candidates, "learned": found.is_learned,
    }  # fmt: skip
