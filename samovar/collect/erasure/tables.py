"""The same for what the room keeps beside the log: refused rows and uploaded files. Turns as in `sweep`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from samovar.collect.erasure.sought import Sought
from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.engine.workspace import Workspace

STEP_ROWS = 500
READ_BYTES = 1 << 20


def sweep_quarantine(sought: Sought, at_us: int) -> Iterator[int]:
    """Empty refused rows that name somebody sought; an open one has nothing left to correct and is left out."""
    after = 0
    while rows := list(QuarantineRow.objects.filter(pk__gt=after).order_by("pk")[:STEP_ROWS]):
        after = rows[-1].pk
        named = [row.pk for row in rows if sought.at(row.added_us).may_be_in(_told(row))]
        found = QuarantineRow.objects.filter(pk__in=named)
        found.filter(status="open").update(status="dismissed", settled_us=at_us)
        found.update(raw={}, detail="", reason="erased")
        yield len(named)


def _told(row: QuarantineRow) -> bytes:
    return json.dumps([row.raw, row.detail], ensure_ascii=False).encode()


def sweep_uploads(workspace: Workspace, sought: Sought) -> Iterator[int]:
    """Remove uploaded files: of imports that are in the log all, of those that wait or failed the ones that may hold her."""
    for run in ImportRun.objects.exclude(path="").order_by("pk"):
        path = Path(run.path)
        if path.parent != workspace.uploads_dir or run.state in ("reading", "sealed"):
            continue
        waits = run.state in ("waiting", "failed")
        if waits and path.exists() and not _may_hold(path, sought):
            continue
        run.path = ""
        if waits:
            run.state, run.error = "failed", _("A person in this file was erased. Upload it again.")
        run.save(update_fields=["path", "state", "error"])
        path.unlink(missing_ok=True)
        yield 1


def _may_hold(path: Path, sought: Sought) -> bool:
    """Whether a file may name somebody sought; one that is no plain text cannot be looked through and may."""
    with path.open("rb") as stream:
        tail = b""
        while part := stream.read(READ_BYTES):
            if b"\x00" in part or sought.everybody.may_be_in(tail + part):
                return True
            tail = part[-1_000:]
    return False
