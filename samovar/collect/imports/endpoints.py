"""The REST API of imports and of the quarantine."""

from __future__ import annotations

from typing import Any

from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from samovar.collect.imports import bulk, jobs, operations
from samovar.collect.imports import mapping as mappings
from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.collect.imports.office import append, workspace
from samovar.collect.imports.queries import row_of, run_of
from samovar.collect.imports.reasons import sentence
from samovar.collect.imports.screens import keep_upload
from samovar.kit.clock import iso
from samovar.staff.access import Allowed
from samovar.webkit.bulk import serve

router = Router(tags=["imports"])
ROWS_MAX = 1_000


class ImportOut(Schema):
    """`state` is waiting, reading, sealed, logged, applied or failed; `done` of `total` belong to `stage`."""

    id: int
    file: str
    source: str
    preset: str
    state: str
    stage: str
    done: int
    total: int
    figures: dict[str, int]
    error: str
    mapping: dict[str, Any]
    started_at: str


class ImportQuery(Schema):
    before: int = Field(0, ge=0, description="the id of the last import seen; 0 begins with the newest")
    limit: int = Field(50, ge=1, le=ROWS_MAX)


class ImportIn(Schema):
    """A preset or a mapping (YAML text); with neither the columns are guessed and the import waits for a person."""

    preset: str = ""
    mapping: str = ""


class MappingIn(Schema):
    mapping: str = Field(description="YAML text, as docs/imports.md tells")


class RefusedOut(Schema):
    id: int
    reason: str
    message: str
    field: str
    detail: str
    stage: str
    source: str
    line: int | None
    import_id: int | None
    raw: Any
    status: str
    added_at: str


class QuarantineQuery(Schema):
    status: str = Field("open", pattern="^(open|replayed|dismissed)?$", description="empty for all")
    stage: str = Field("", pattern="^(import|edge|worker)?$")
    import_id: int | None = None
    after: int = Field(0, ge=0, description="the id of the last row seen")
    limit: int = Field(50, ge=1, le=ROWS_MAX)


class CorrectedIn(Schema):
    """The row as column → text, or the whole event."""

    row: dict[str, Any]


class ReplayOut(Schema):
    """`offset` of the log row that holds it; null when it brought nothing new."""

    id: int
    offset: int | None


@router.get("/imports", auth=Allowed("imports:read"), response=list[ImportOut], summary="Imports, newest first")
def list_imports(request: Any, query: Query[ImportQuery]) -> Any:
    found = ImportRun.objects.order_by("-pk")
    return [_run(run) for run in (found.filter(pk__lt=query.before) if query.before else found)[: query.limit]]


@router.post("/imports", auth=Allowed("imports:write"), response={201: ImportOut}, summary="Bring a file")
def bring_file(request: Any, told: Form[ImportIn], file: File[UploadedFile]) -> Any:
    """With a preset or a mapping the import starts at once; follow it at its own address."""
    mapping = mappings.parse(told.mapping) if told.mapping else None
    run_id = keep_upload(file, preset=told.preset, actor=request.actor, at_us=request.at_us, mapping=mapping)
    if told.mapping or told.preset:
        operations.begin_prepared(run_id=run_id, actor=request.actor, at_us=request.at_us)
        jobs.start(workspace(), run_id)
    return Status(201, _run(run_of(run_id)))


@router.get("/imports/{run_id}", auth=Allowed("imports:read"), response=ImportOut, summary="One import")
def show_import(request: Any, run_id: int) -> Any:
    return _run(run_of(run_id))


@router.post("/imports/{run_id}/start", auth=Allowed("imports:write"), response={202: ImportOut}, summary="Start an import")
def start_import(request: Any, run_id: int, body: MappingIn | None = None) -> Any:
    """With a mapping for a file that waits, or without one to go on where a run was stopped."""
    if body is not None:
        operations.choose_mapping(run_id=run_id, mapping=mappings.parse(body.mapping), actor=request.actor, at_us=request.at_us)
    operations.begin_prepared(run_id=run_id, actor=request.actor, at_us=request.at_us)
    jobs.start(workspace(), run_id)
    return Status(202, _run(run_of(run_id)))


@router.get("/quarantine", auth=Allowed("quarantine:read"), response=list[RefusedOut], summary="What was refused")
def list_quarantine(request: Any, query: Query[QuarantineQuery]) -> Any:
    found = QuarantineRow.objects.filter(pk__gt=query.after).order_by("pk")
    for name in ("status", "stage"):
        if value := getattr(query, name):
            found = found.filter(**{name: value})
    if query.import_id is not None:
        found = found.filter(run_id=query.import_id)
    return [_refused(row) for row in found[: query.limit]]


@router.get("/quarantine/{row_id}", auth=Allowed("quarantine:read"), response=RefusedOut, summary="One refused row")
def show_refused(request: Any, row_id: int) -> Any:
    return _refused(row_of(row_id))


@router.post("/quarantine/{row_id}/replay", auth=Allowed("quarantine:write"), response=ReplayOut, summary="Correct and replay")
def replay_refused(request: Any, row_id: int, body: CorrectedIn) -> Any:
    offset = operations.correct_and_replay(
        workspace=workspace(), row_id=row_id, corrected=body.row, actor=request.actor, at_us=request.at_us,
        append=append,
    )  # fmt: skip
    return {"id": row_id, "offset": offset}


@router.post("/quarantine/{row_id}/dismiss", auth=Allowed("quarantine:write"), response=RefusedOut, summary="Leave out for good")
def dismiss_refused(request: Any, row_id: int) -> Any:
    operations.dismiss(row_id=row_id, actor=request.actor, at_us=request.at_us)
    return _refused(row_of(row_id))


serve(router, "quarantine", bulk.ACTIONS)


def _run(run: ImportRun) -> dict[str, Any]:
    return {
        "id": run.pk, "file": run.file_name, "source": run.source, "preset": run.preset, "state": run.state, "stage": run.stage,
        "done": run.done, "total": run.total, "figures": run.figures, "error": run.error, "mapping": run.mapping,
        "started_at": iso(run.started_us),
    }  # fmt: skip


def _refused(row: QuarantineRow) -> dict[str, Any]:
    return {
        "id": row.pk, "reason": row.reason, "message": sentence(row.reason, row.field), "field": row.field, "detail": row.detail,
        "stage": row.stage, "source": row.source, "line": row.line, "import_id": row.run_id, "raw": row.raw, "status": row.status,
        "added_at": iso(row.added_us),
    }  # fmt: skip
