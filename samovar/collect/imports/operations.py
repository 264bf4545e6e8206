"""The way in: rehearse a file, run an import, correct a refused row. Every step may be done twice.

A run goes read → sealed → logged → applied. Each state is committed after what it tells is durable, so a run stopped anywhere
is taken up from there: a file half read is read again, a sealed batch is named in the log, a log row named twice brings the
same message ids, which the worker drops.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from django.utils.translation import gettext as _

from samovar.collect import hot
from samovar.collect.imports import formats, quarantine, reading
from samovar.collect.imports import mapping as mappings
from samovar.collect.imports.mapping import Mapping
from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.collect.imports.queries import row_of, run_of
from samovar.collect.imports.reading import Figures, Rehearsal
from samovar.collect.imports.reasons import sentence
from samovar.collect.imports.sealing import remove_parts
from samovar.collect.imports.staging import Progress, Staging
from samovar.engine import outbox, store
from samovar.engine.lock import DirectoryLock
from samovar.engine.log import Row
from samovar.engine.outbox import Announcement
from samovar.engine.workspace import Workspace
from samovar.kit.errors import NotFound, Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor

LOCK_WAIT_S = 30.0
HASH_BYTES = 1 << 20

# Appends rows to the log; on disk when it returns. The offsets given.
Append = Callable[[Sequence[Row]], list[int]]


class SealedGone(Refusal):
    """A sealed batch that the store names is not on the disk."""

    status = 409


class RunStarted(Refusal):
    """A change to a run that is under way or over."""

    status = 409


class StillRefused(Refusal):
    """A corrected row that is still wrong; `params` has the reason and the field."""


class RowSettled(Refusal):
    """A quarantined row that was replayed or dismissed already."""

    status = 409


@dataclass(frozen=True)
class Outcome:
    """A run as it stands: `offset` of its log row (None when it brought nothing new), `sealed_rows` events newly brought."""

    run_id: int
    figures: Figures
    offset: int | None
    sealed_rows: int


def _silent(stage: str, done: int, total: int) -> None:
    """A progress nobody watches."""


def rehearse(*, workspace: Workspace, path: Path, mapping: Mapping, at_us: int, progress: Progress = _silent) -> Rehearsal:
    """The dry run: what an import of this file would do. Nothing is written but a temp file. Raises `Refusal`."""
    with Staging(workspace.temp_dir, readable=[path.absolute()]) as staging:
        look = reading.reading_of(mapping, workspace, at_us)
        have = reading.read_file(staging, path.absolute(), look, progress)
        reading.build(staging, look, have, [])
        errors = []
        for row in reading.refused_rows(staging, mapping):
            errors.append({**row, "message": sentence(row["reason"], row["field"])})
            if len(errors) == reading.ERRORS_SHOWN:
                break
        return Rehearsal(reading.figures(staging, mapping), reading.describe_columns(staging, mapping), errors)


def run_import(
    *, workspace: Workspace, path: Path, mapping: Mapping, append: Append, actor: Actor, at_us: int,
    preset: str = "", file_name: str = "", run_id: int | None = None, progress: Progress = _silent,
) -> Outcome:  # fmt: skip
    """Import a file. On return its batch is sealed and named in the log; the worker applies it.

    The same file through the same mapping again gives the same figures and brings nothing. `run_id` is a run that `prepare`
    made for it. Raises `Refusal`.
    """
    with DirectoryLock(workspace.temp_dir / "import.lock", holder="import", wait_s=LOCK_WAIT_S):
        finish_sealed(workspace=workspace, append=append, actor=actor, at_us=at_us)
        fingerprint = fingerprint_of(path, mapping, progress)
        run = _begin(fingerprint, path, mapping, preset, file_name or path.name, actor, at_us, run_id)
        if run.state in ("logged", "applied"):
            _answer_prepared(run, run_id)
            return replace(outcome_of(run), sealed_rows=0)
        remove_parts(workspace.sealed_dir)
        try:
            _read(workspace, run, path.absolute(), mapping, at_us, progress)
        except Refusal as refusal:
            ImportRun.objects.filter(pk=run.pk).update(state="failed", error=refusal.message)
            raise
        return _log(run, append, actor, at_us)


def fingerprint_of(path: Path, mapping: Mapping, progress: Progress = _silent) -> str:
    """The hash of a file's bytes and of what they are read as. Raises `formats.UnreadableFile`."""
    formats.detect(path)
    digest = hashlib.sha256(msgspec.json.encode(mapping, order="deterministic"))
    total, done = path.stat().st_size, 0
    with path.open("rb") as stream:
        while part := stream.read(HASH_BYTES):
            digest.update(part)
            done += len(part)
            progress("look", done, total)
    return digest.hexdigest()


def _begin(
    fingerprint: str, path: Path, mapping: Mapping, preset: str, file_name: str, actor: Actor, at_us: int,
    run_id: int | None = None,
) -> ImportRun:  # fmt: skip
    with store.transaction():
        if run_id is not None and not ImportRun.objects.filter(fingerprint=fingerprint).exists():
            ImportRun.objects.filter(pk=run_id, fingerprint=None).update(fingerprint=fingerprint)
        run, is_new = ImportRun.objects.get_or_create(
            fingerprint=fingerprint,
            defaults={
                "file_name": file_name[:255], "path": str(path.absolute())[:1000], "source": mapping.source, "preset": preset,
                "mapping": mappings.to_json(mapping), "state": "reading", "actor_name": actor.name, "started_us": at_us,
            },
        )  # fmt: skip
        if is_new:
            audit.record(
                actor=actor, action="import.start", subject=f"import:{run.pk}", at_us=at_us,
                new={"file": run.file_name, "source": run.source, "preset": preset},
            )  # fmt: skip
        elif run.state in ("waiting", "failed"):
            ImportRun.objects.filter(pk=run.pk).update(state="reading", error="")
    return run


def _answer_prepared(run: ImportRun, run_id: int | None) -> None:
    """A prepared run whose file was imported before ends with the figures of that import."""
    if run_id is not None and run_id != run.pk:
        ImportRun.objects.filter(pk=run_id).update(state="applied", figures=run.figures, stage="", done=0, total=0, error="")


def prepare(*, path: Path, file_name: str, mapping: Mapping, preset: str, actor: Actor, at_us: int) -> int:
    """Note an uploaded file that waits to be imported; the run's number."""
    with store.transaction():
        run = ImportRun.objects.create(
            file_name=file_name[:255], path=str(path), source=mapping.source, preset=preset, mapping=mappings.to_json(mapping),
            actor_name=actor.name, started_us=at_us,
        )  # fmt: skip
        audit.record(actor=actor, action="import.upload", subject=f"import:{run.pk}", at_us=at_us, new={"file": run.file_name})
        payload = {"import_id": run.pk, "file": run.file_name}
        outbox.emit([Announcement(f"import:{run.pk}:uploaded", "Import Uploaded", at_us, payload)])
    return run.pk


def choose_mapping(*, run_id: int, mapping: Mapping, actor: Actor, at_us: int) -> None:
    """Say what the columns of a waiting file become. Raises `NotFound`, `RunStarted`."""
    with store.transaction():
        run = run_of(run_id)
        new = mappings.to_json(mapping)
        if run.state not in ("waiting", "failed"):
            raise RunStarted("run_started", _("The import has started; its mapping stands."))
        if new == run.mapping:
            return
        # Another reading of the file is another run, so what an earlier try was known by is let go.
        run.mapping, run.source, run.preset, run.fingerprint, run.state, run.error = new, mapping.source, "", None, "waiting", ""
        old = ImportRun.objects.values_list("mapping", flat=True).get(pk=run_id)
        run.save(update_fields=["mapping", "source", "preset", "fingerprint", "state", "error"])
        audit.record(actor=actor, action="import.map", subject=f"import:{run_id}", at_us=at_us, old=old, new=new)


def begin_prepared(*, run_id: int, actor: Actor, at_us: int) -> None:
    """Note that a prepared or stopped run is started in the background. Raises `NotFound`, `BadMapping`."""
    run = run_of(run_id)
    mappings.from_json(run.mapping)
    with store.transaction():
        ImportRun.objects.filter(pk=run_id, state__in=("waiting", "failed")).update(state="reading", error="")
        ImportRun.objects.filter(pk=run_id).update(started_us=at_us)
        audit.record(actor=actor, action="import.start", subject=f"import:{run_id}", at_us=at_us, new={"file": run.file_name})


def mark_failed(*, run_id: int, message: str) -> None:
    """Note that a prepared run came to nothing; it may be started again."""
    ImportRun.objects.filter(pk=run_id, state__in=("waiting", "reading")).update(state="failed", error=message)


def _read(workspace: Workspace, run: ImportRun, path: Path, mapping: Mapping, at_us: int, progress: Progress) -> None:
    """From the file to a sealed batch on disk and its name in the store."""

    def tell(stage: str, done: int, total: int) -> None:
        ImportRun.objects.filter(pk=run.pk).update(stage=stage, done=done, total=total)
        progress(stage, done, total)

    with Staging(workspace.temp_dir, readable=[path, workspace.sealed_dir]) as staging:
        look = reading.reading_of(mapping, workspace, at_us)
        have = reading.read_file(staging, path, look, tell)
        total = reading.build(staging, look, have, earlier_batches(workspace, run))
        figures = reading.figures(staging, mapping)
        quarantine.add(_keyed(run.source, reading.refused_rows(staging, mapping)), at_us=at_us, run_id=run.pk)
        _seal(workspace, run, staging, mapping, total, figures, tell)


def _seal(
    workspace: Workspace, run: ImportRun, staging: Staging, mapping: Mapping, total: int, figures: Figures, progress: Progress
) -> None:
    run.sealed_file = f"import-{run.pk}.parquet" if total else ""
    if total:
        total = reading.seal_events(staging, mapping, workspace.sealed_dir / run.sealed_file, total, progress)
    run.sealed_rows, run.figures, run.state = total, msgspec.to_builtins(figures), "sealed"
    run.save(update_fields=["sealed_file", "sealed_rows", "figures", "state"])


def _keyed(source: str, rows: Any) -> Any:
    """Refused rows under keys of what they say and how many times it was said, so that a file again adds none."""
    seen: dict[bytes, int] = {}
    for row in rows:
        text = json.dumps([row["reason"], row["raw"]], ensure_ascii=True, sort_keys=True)
        digest = hashlib.blake2b(text.encode(), digest_size=12).digest()
        seen[digest] = ordinal = seen.get(digest, 0) + 1
        yield {**row, "stage": "import", "source": source, "key": f"import:{source}:{digest.hex()}:{ordinal}"}


def earlier_batches(workspace: Workspace, run: ImportRun) -> list[Path]:
    """Sealed batches of the same source, oldest first. Raises `SealedGone`."""
    names = (
        ImportRun.objects.filter(source=run.source, state__in=("sealed", "logged", "applied"), sealed_rows__gt=0)
        .exclude(pk=run.pk)
        .order_by("pk")
        .values_list("sealed_file", flat=True)
    )
    paths = [workspace.sealed_dir / name for name in names]
    gone = next((path for path in paths if not path.is_file()), None)
    if gone is not None:
        raise SealedGone(
            "sealed_gone", _("%(path)s is missing. Put it back from a backup before importing more.") % {"path": gone}
        )
    return paths


def finish_sealed(*, workspace: Workspace, append: Append, actor: Actor, at_us: int) -> int:
    """Name in the log every batch that a crash left sealed only; how many there were."""
    left = list(ImportRun.objects.filter(state="sealed").order_by("pk"))
    for run in left:
        _log(run, append, actor, at_us)
    return len(left)


def _log(run: ImportRun, append: Append, actor: Actor, at_us: int) -> Outcome:
    if run.sealed_rows and run.log_offset is None:
        told = {"file": run.sealed_file, "rows": run.sealed_rows, "source": run.source, "import_id": run.pk}
        (run.log_offset,) = append([Row(at_us, run.source, "sealed", run.sealed_rows, None, json.dumps(told).encode())])
    run.state = "logged" if run.sealed_rows else "applied"
    with store.transaction():
        run.save(update_fields=["state", "log_offset"])
        audit.record(actor=actor, action="import.log", subject=f"import:{run.pk}", at_us=at_us, new=run.figures)
        payload = {"import_id": run.pk, "source": run.source, "file": run.file_name, "events": run.sealed_rows, **run.figures}
        outbox.emit([Announcement(f"import:{run.pk}:logged", "Import Finished", at_us, payload)])
    return outcome_of(run)


def outcome_of(run: ImportRun) -> Outcome:
    """What a finished run tells."""
    return Outcome(run.pk, msgspec.convert(run.figures, Figures), run.log_offset, run.sealed_rows)


def mark_applied(*, run_id: int) -> None:
    """Note that the worker has applied the run's batch."""
    ImportRun.objects.filter(pk=run_id, state="logged").update(state="applied", stage="", done=0, total=0)


def correct_and_replay(
    *, workspace: Workspace, row_id: int, corrected: Mapped[str, Any], append: Append, actor: Actor, at_us: int
) -> int | None:
    """Bring a refused row in as a person corrected it; the offset of its log row, None when it brought nothing new.

    `corrected` is the row as column → text, or the whole event. Raises `NotFound`, `RowSettled`, `StillRefused`, `BadMapping`.
    """
    row = _open_row(row_id)
    if row.stage == "import":
        offset = _replay_row(workspace, row, corrected, append, actor, at_us)
    else:
        offset = _replay_event(workspace, row, corrected, append, at_us)
    _settle(row, "replayed", actor, at_us, dict(corrected))
    return offset


def check_replay(workspace: Workspace, row: QuarantineRow, at_us: int) -> None:
    """Raise the refusal that the row would meet again as it stands: `RowSettled`, `StillRefused`."""
    check_open(row)
    if row.stage == "import":
        # Nothing of its file or mapping can have changed since it was refused.
        raise StillRefused(row.reason, _("A row of a file is brought in by correcting it: open it."))
    _checked_event(workspace, row, row.raw if isinstance(row.raw, dict) else {}, at_us)


def dismiss(*, row_id: int, actor: Actor, at_us: int) -> None:
    """Leave a refused row out for good; it stays readable. Raises `NotFound`, `RowSettled`."""
    _settle(_open_row(row_id), "dismissed", actor, at_us, None)


def _open_row(row_id: int) -> QuarantineRow:
    row = row_of(row_id)
    check_open(row)
    return row


def check_open(row: QuarantineRow) -> None:
    """Raise `RowSettled` for a row that was replayed or left out already."""
    if row.status != "open":
        raise RowSettled("row_settled", _("Row %(id)d was settled already.") % {"id": row.pk})


def _settle(row: QuarantineRow, status: str, actor: Actor, at_us: int, new: Any) -> None:
    with store.transaction():
        if not QuarantineRow.objects.filter(pk=row.pk, status="open").update(status=status, settled_us=at_us):
            raise RowSettled("row_settled", _("Row %(id)d was settled already.") % {"id": row.pk})
        audit.record(
            actor=actor, action=f"quarantine.{'replay' if status == 'replayed' else 'dismiss'}", subject=f"quarantine:{row.pk}",
            at_us=at_us, old={"raw": row.raw, "reason": row.reason}, new=quarantine.storable(new),
        )  # fmt: skip
        payload = {"row": row.pk, "source": row.source, "reason": row.reason, "status": status}
        outbox.emit([Announcement(f"quarantine:{row.pk}:{status}", "Quarantine Settled", at_us, payload)])


def _replay_row(
    workspace: Workspace, row: QuarantineRow, corrected: Mapped[str, Any], append: Append, actor: Actor, at_us: int
) -> int | None:
    """One row through the mapping of its import, as a batch of its own."""
    if row.run is None:
        raise NotFound("no_import", _("The import of row %(id)d is gone.") % {"id": row.pk})
    mapping = mappings.from_json(row.run.mapping)
    cells = {str(name): None if value is None else str(value) for name, value in corrected.items()}
    digest = hashlib.sha256(json.dumps([row.key, cells], sort_keys=True).encode()).hexdigest()
    with DirectoryLock(workspace.temp_dir / "import.lock", holder="import", wait_s=LOCK_WAIT_S):
        finish_sealed(workspace=workspace, append=append, actor=actor, at_us=at_us)
        name = _("Row %(line)d of %(file)s") % {"line": row.line or 0, "file": row.run.file_name}
        run = ImportRun.objects.filter(fingerprint=digest, state__in=("logged", "applied")).first()
        if run is not None:
            return run.log_offset
        with Staging(workspace.temp_dir, readable=[workspace.sealed_dir]) as staging:
            header = list(dict.fromkeys([*cells, *mapping.columns, *(consent.column for consent in mapping.consents)]))
            staging.open_table(header)
            staging.add([row.line or 0], [pa.array([cells.get(column)], pa.string()) for column in header])
            look = reading.reading_of(mapping, workspace, at_us)
            have = reading.judge(staging, look, _silent)
            for refused in reading.refused_rows(staging, mapping):
                message = sentence(refused["reason"], refused["field"])
                raise StillRefused(refused["reason"], message, field=refused["field"])
            run = _begin(digest, Path(), mapping, row.run.preset, name, actor, at_us)
            total = reading.build(staging, look, have, earlier_batches(workspace, run), all_new=True)
            _seal(workspace, run, staging, mapping, total, reading.figures(staging, mapping), _silent)
        return _log(run, append, actor, at_us).offset


def event_from_text(text: str) -> dict[str, Any]:
    """A corrected event as a person wrote it. Raises `StillRefused`."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StillRefused("bad_json", sentence("bad_json")) from error
    if not isinstance(event, dict):
        raise StillRefused("bad_json", sentence("bad_json"))
    return event


def _replay_event(workspace: Workspace, row: QuarantineRow, corrected: Mapped[str, Any], append: Append, at_us: int) -> int:
    checked = _checked_event(workspace, row, corrected, at_us)
    (offset,) = append([Row(at_us, row.source, "events", checked.count, checked.sent_us, checked.body)])
    return offset


def _checked_event(workspace: Workspace, row: QuarantineRow, corrected: Mapped[str, Any], at_us: int) -> hot.Checked:
    """One event through the checks of the edge, under a message id of its own: the old one may count as seen."""
    event = {key: value for key, value in corrected.items() if value is not None}
    event["messageId"] = f"{str(event.get('messageId', ''))[:200]}~{row.pk}"
    try:
        return hot.check_single(json.dumps(event).encode(), str(event.get("type", "track")), hot.Reception(at_us, workspace.zone))
    except hot.Refused as refused:
        raise StillRefused(refused.code, refused.message) from refused
