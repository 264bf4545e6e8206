"""A workspace to import into, with a log that is a list, and a look into what was sealed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.utils import translation

from samovar.collect.imports import mapping as mappings
from samovar.collect.imports import operations
from samovar.collect.imports.models import QuarantineRow
from samovar.engine.log import Row
from samovar.engine.workspace import Workspace
from samovar.kit.clock import Zone, parse_moment
from samovar.staff.actors import Actor

AT_US = parse_moment("2026-01-01T00:00", Zone("UTC"))
ALICE = Actor("staff", "1", "Alice")


@dataclass
class Desk:
    """Somebody who imports: every call is one import into the same workspace."""

    workspace: Workspace
    folder: Path
    log: list[Row] = field(default_factory=list)

    def append(self, rows: Any) -> list[int]:
        self.log.extend(rows)
        return list(range(len(self.log) - len(rows) + 1, len(self.log) + 1))

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def bring(self, path: Path, mapping: str, **more: Any) -> operations.Outcome:
        return operations.run_import(
            workspace=self.workspace, path=path, mapping=mappings.parse(mapping), append=more.pop("append", self.append),
            actor=ALICE, at_us=AT_US, **more,
        )  # fmt: skip

    def rehearse(self, path: Path, mapping: str) -> operations.Rehearsal:
        return operations.rehearse(workspace=self.workspace, path=path, mapping=mappings.parse(mapping), at_us=AT_US)

    def replay(self, row_id: int, corrected: dict[str, Any]) -> int | None:
        return operations.correct_and_replay(
            workspace=self.workspace, row_id=row_id, corrected=corrected, append=self.append, actor=ALICE, at_us=AT_US
        )

    def sealed(self, place: int = -1) -> list[dict[str, Any]]:
        """The events of a sealed batch that the log names."""
        told = [json.loads(row.body) for row in self.log if row.kind == "sealed"][place]
        rows = pq.read_table(self.workspace.sealed_dir / told["file"]).to_pylist()
        assert told["rows"] == len(rows)
        return rows

    def refused(self) -> list[tuple[int | None, str]]:
        return list(QuarantineRow.objects.order_by("line", "id").values_list("line", "reason"))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences as they are written in the source."""
    with translation.override("en"):
        yield


@pytest.fixture
def desk(db: None, tmp_path: Path) -> Desk:
    workspace = Workspace.create(tmp_path / "shop", currency="RUB", timezone="Europe/Moscow", at_us=AT_US)
    return Desk(workspace, tmp_path)
