"""Screens of imports: drop a file, say what its columns become, rehearse, import, and settle what was refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from samovar.collect.imports import bulk, guess, jobs, operations, reading
from samovar.collect.imports import mapping as mappings
from samovar.collect.imports.mapping import BAGS, FIELDS, BadMapping, Mapping
from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.collect.imports.office import append, workspace
from samovar.collect.imports.queries import open_count, row_of, run_of
from samovar.collect.imports.reasons import sentence
from samovar.kit.clock import SECOND_US
from samovar.kit.errors import Refusal
from samovar.kit.ids import token
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.form import Form
from samovar.webkit.menu import Item
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table, page_of

START_US_MAX = 20 * SECOND_US  # until a started import shows that it is at work
MENU = [
    Item(gettext_lazy("Imports"), "imports", 510, "imports:read"),
    Item(gettext_lazy("Quarantine"), "quarantine", 520, "quarantine:read"),
]
STATES = [
    ("waiting", gettext_lazy("waiting")), ("reading", gettext_lazy("at work")), ("sealed", gettext_lazy("at work: sealed")),
    ("logged", gettext_lazy("at work: in the log")), ("applied", gettext_lazy("done")), ("failed", gettext_lazy("failed")),
]  # fmt: skip
STAGES = [("import", gettext_lazy("import")), ("edge", gettext_lazy("the tracking API")), ("worker", gettext_lazy("the worker"))]
STATUSES = [("open", gettext_lazy("open")), ("replayed", gettext_lazy("replayed")), ("dismissed", gettext_lazy("dismissed"))]
STEPS = {
    "look": gettext_lazy("Looking at the file"), "read": gettext_lazy("Reading"), "judge": gettext_lazy("Judging rows"),
    "seal": gettext_lazy("Sealing the batch"), "apply": gettext_lazy("The worker applies it"),
}  # fmt: skip
FIGURES = [
    ("rows_read", gettext_lazy("rows read")), ("orders", gettext_lazy("orders")), ("order_lines", gettext_lazy("order lines")),
    ("anonymous_orders", gettext_lazy("orders of nobody")), ("returns", gettext_lazy("returns")),
    ("cancellations", gettext_lazy("cancellations")), ("people", gettext_lazy("people")), ("consents", gettext_lazy("consents")),
    ("events", gettext_lazy("events")), ("goods", gettext_lazy("goods")),
    ("records", gettext_lazy("linked records")), ("customers", gettext_lazy("customers")),
    ("quarantined", gettext_lazy("to quarantine")),
]  # fmt: skip
KINDS = [
    ("orders", gettext_lazy("orders")), ("people", gettext_lazy("people")), ("events", gettext_lazy("events")),
    ("goods", gettext_lazy("goods")), ("records", gettext_lazy("linked records")),
]  # fmt: skip


class Drop(Form):
    """A file to import."""

    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("CSV, XLSX, Parquet or JSON Lines."))
    preset = forms.ChoiceField(label=gettext_lazy("What it is"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(name, name) for name in mappings.presets()]
        cast(forms.ChoiceField, self.fields["preset"]).choices = [("", _("Look at its columns")), *named]


@needs("imports:read")
def imports(request: OfficeRequest) -> HttpResponseBase:
    """Every import, newest first."""
    return _list(request, Drop())


def _list(request: OfficeRequest, form: Drop, status: int = 200) -> HttpResponseBase:
    states = dict(STATES)
    table = Table[ImportRun](
        request,
        name="imports",
        columns=[
            Column("file", _("File"), lambda run: run.file_name),
            Column("state", _("State"), lambda run: states[run.state]),
            Column("rows", _("Rows"), lambda run: formats.number(run.figures.get("rows_read", 0)), numeric=True),
            Column("refused", _("Refused"), lambda run: formats.number(run.figures.get("quarantined", 0)), numeric=True),
            Column("source", _("Source"), lambda run: run.source, wide=True),
            Column("who", _("By"), lambda run: run.actor_name, wide=True),
            Column("when", _("When"), lambda run: formats.when(run.started_us, "short"), numeric=True, wide=True),
        ],
        fetch=lambda page: page_of(
            ImportRun.objects.filter(file_name__icontains=page.search), page, columns={"when": "started_us"}
        ),
        key=lambda run, sort: (run.started_us, run.pk),
        sort="-when",
        search=_("File"),
        link=lambda run: reverse("import", args=[run.pk]),
        home=reverse("imports"),
        can_export=False,
        empty_title=_("Nothing was imported yet"),
        empty_sentence=_(
            "Drop a file of orders, people, events or goods; nothing is written before you have seen what it becomes."
        ),
    )
    response = table.respond("collect/imports/list.html", {"form": form, "waiting": open_count()})
    response.status_code = status
    return response


@needs("imports:write")
@require_POST
def upload(request: OfficeRequest) -> HttpResponseBase:
    """Keep a dropped file and show its columns."""
    form = Drop(request.POST, request.FILES)
    if form.is_valid():
        try:
            run_id = keep_upload(
                form.cleaned_data["file"], preset=form.cleaned_data["preset"], actor=request.actor, at_us=request.at_us
            )
            return redirect("import", run_id)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    return _list(request, form, 422)


def keep_upload(file: UploadedFile[Any], *, preset: str, actor: Any, at_us: int, mapping: Mapping | None = None) -> int:
    """Keep an uploaded file and note it as a waiting run, mapped by `mapping`, a preset or a guess. Raises `Refusal`."""
    shown = Path(file.name or "file").name[:200]
    kept = Path(default_storage.path(default_storage.save(token(128) + Path(shown).suffix[:10], file)))
    try:
        if mapping is None and preset:
            mapping = mappings.preset(preset)
        if mapping is None:
            blank = Mapping(kind="people", columns={})
            columns = reading.look(workspace(), kept, blank)
            mapping = guess.guess([column["name"] for column in columns], Path(shown).stem[:60] or "import")
    except Refusal:
        kept.unlink(missing_ok=True)
        raise
    return operations.prepare(path=kept, file_name=shown, mapping=mapping, preset=preset, actor=actor, at_us=at_us)


@needs("imports:read")
def import_page(request: OfficeRequest, run_id: int) -> HttpResponse:
    """A waiting file with its columns, or a run with its progress and figures."""
    run = run_of(run_id)
    if run.state in ("waiting", "failed") and run.path:
        return _waiting_page(request, run, mappings.draft_from_json(run.mapping))
    return render(request, "collect/imports/run.html", _progress(run, request.at_us))


def _waiting_page(
    request: OfficeRequest, run: ImportRun, mapping: Mapping, *, text: str = "", problem: str = "", rehearsal: Any = None
) -> HttpResponse:
    try:
        columns = reading.look(workspace(), Path(run.path), mapping)
    except Refusal as refusal:
        columns, problem = [], problem or refusal.message
    if not problem:
        try:
            mappings.from_json(mappings.to_json(mapping))
        except BadMapping as refusal:
            problem = refusal.params.get("problem", refusal.message)
    context = {
        "run": run, "mapping": mapping, "columns": columns, "kinds": KINDS, "targets": _targets(mapping), "problem": problem,
        "text": text or mappings.to_yaml(mapping), "rehearsal": rehearsal, "figures": _told(rehearsal) if rehearsal else [],
    }  # fmt: skip
    return render(request, "collect/imports/waiting.html", context, status=422 if problem and request.method == "POST" else 200)


def _targets(mapping: Mapping) -> list[str]:
    """What a column may become: the fields of the kind, the traits or properties in use, and a few usual ones."""
    prefix = BAGS.get(mapping.kind, "")
    usual = (
        [f"{prefix}{name}" for name in ("first_name", "last_name", "name", "city", "country", "birthday")]
        if prefix == "trait."
        else []
    )
    return list(dict.fromkeys([*FIELDS[mapping.kind], *usual, *mapping.bag_names()]))


@needs("imports:write")
@require_POST
def map_columns(request: OfficeRequest, run_id: int) -> HttpResponse:
    """Take the mapping as chosen or as text; then rehearse or import, as the button said."""
    run = run_of(run_id)
    text = request.POST.get("text", "") if request.POST.get("form") == "text" else ""
    draft = mappings.draft_from_json(run.mapping)
    try:
        mapping = mappings.parse(text) if text else _chosen(request, draft)
        operations.choose_mapping(run_id=run_id, mapping=mapping, actor=request.actor, at_us=request.at_us)
        if request.POST.get("do") == "rehearse":
            told = operations.rehearse(workspace=workspace(), path=Path(run.path), mapping=mapping, at_us=request.at_us)
            return _waiting_page(request, run_of(run_id), mapping, rehearsal=told)
    except Refusal as refusal:
        return _waiting_page(request, run, draft, text=text, problem=refusal.message)
    if request.POST.get("do") == "import":
        return _start(request, run_id)
    return redirect("import", run_id)


def _chosen(request: OfficeRequest, draft: Mapping) -> Mapping:
    """The draft with the kind, the source and the targets chosen on the page. Raises `BadMapping`."""
    columns: dict[str, Any] = {}
    for name, target in zip(request.POST.getlist("column"), request.POST.getlist("target"), strict=False):
        if target:
            columns[name] = target
    data = {
        **mappings.to_json(draft), "kind": request.POST.get("kind", draft.kind), "columns": columns,
        "source": request.POST.get("source", "").strip() or draft.source,
    }  # fmt: skip
    kept = {*columns.values()}
    data["types"] = {target: kind for target, kind in draft.types.items() if target in kept}
    return mappings.from_json(data)


@needs("imports:write")
@require_POST
def resume(request: OfficeRequest, run_id: int) -> HttpResponse:
    """Take up a run that was stopped."""
    return _start(request, run_id)


def _start(request: OfficeRequest, run_id: int) -> HttpResponse:
    operations.begin_prepared(run_id=run_id, actor=request.actor, at_us=request.at_us)
    jobs.start(workspace(), run_id)
    return redirect("import", run_id)


@needs("imports:read")
def progress(request: OfficeRequest, run_id: int) -> HttpResponse:
    """The part of the page that tells how far a run is."""
    return render(request, "collect/imports/progress.html", _progress(run_of(run_id), request.at_us))


def _progress(run: ImportRun, at_us: int) -> dict[str, Any]:
    """How far a run is. One that nobody works on some seconds after its start was stopped and may be taken up."""
    if run.state == "logged" and jobs.is_applied(run.log_offset or 0):
        run.state = "applied"
    is_over = run.state in ("applied", "failed")
    was_stopped = (
        not is_over and at_us - run.started_us > START_US_MAX and not jobs.is_running(workspace()) and run.state != "logged"
    )
    return {
        "run": run, "state": dict(STATES)[run.state], "step": STEPS.get(run.stage, ""), "is_over": is_over,
        "was_stopped": was_stopped, "figures": _told(run.figures), "refused": run.figures.get("quarantined", 0),
    }  # fmt: skip


def _told(figures: Any) -> list[tuple[Any, str]]:
    """(label, figure) of what is not zero."""
    values = figures if isinstance(figures, dict) else {name: getattr(figures.figures, name) for name, _label in FIGURES}
    return [(label, formats.number(values.get(name, 0))) for name, label in FIGURES if values.get(name) or name == "rows_read"]


@needs("quarantine:read")
def quarantine_list(request: OfficeRequest) -> HttpResponseBase:
    """Every refused row and event."""
    statuses, stages = dict(STATUSES), dict(STAGES)

    def fetch(page: Page) -> list[QuarantineRow]:
        chosen = {"status": page.filters.get("status", "open" if not request.GET else "")}
        chosen["stage"] = page.filters.get("stage", "")
        found = QuarantineRow.objects.filter(**{name: value for name, value in chosen.items() if value})
        if page.search:
            found = found.filter(reason__icontains=page.search) | found.filter(source__icontains=page.search)
        return page_of(found, page, columns={"when": "added_us"})

    table = Table[QuarantineRow](
        request,
        name="quarantine",
        columns=[
            Column("reason", _("Reason"), lambda row: sentence(row.reason, row.field)),
            Column(
                "raw",
                _("Row"),
                lambda row: format_html("<code>{}</code>", _short(row.raw)),
                lambda row: _short(row.raw),
                wide=True,
            ),
            Column("line", _("Line"), lambda row: row.line or "", numeric=True),
            Column("source", _("Source"), lambda row: row.source, wide=True),
            Column("stage", _("Refused by"), lambda row: stages[row.stage], wide=True),
            Column("status", _("State"), lambda row: statuses[row.status]),
            Column("when", _("When"), lambda row: formats.when(row.added_us, "short"), numeric=True, wide=True),
        ],
        fetch=fetch,
        key=lambda row, sort: (row.added_us, row.pk),
        sort="-when",
        search=_("Reason or source"),
        filters=[Filter("status", _("State"), STATUSES), Filter("stage", _("Refused by"), STAGES)],
        link=lambda row: reverse("quarantine_row", args=[row.pk]),
        row_id=lambda row: row.pk,
        actions=bulk.ACTIONS,
        empty_title=_("Nothing is in quarantine"),
        empty_sentence=_("A row or an event that cannot be accepted waits here, whole, with its reason."),
    )
    return table.respond("collect/imports/quarantine.html")


def _short(raw: Any) -> str:
    return (" · ".join(str(value) for value in raw.values() if value not in (None, "")) if isinstance(raw, dict) else str(raw))[
        :120
    ]


@needs("quarantine:read")
def quarantine_row(request: OfficeRequest, row_id: int) -> HttpResponse:
    """One refused row, to be corrected in place."""
    return _row_page(request, row_of(row_id))


def _row_page(
    request: OfficeRequest, row: QuarantineRow, *, cells: dict[str, Any] | None = None, event: str = "", problem: str = ""
) -> HttpResponse:
    shown = cells if cells is not None else _cells(row)
    context = {
        "row": row, "reason": sentence(row.reason, row.field), "cells": shown, "problem": problem,
        "is_event": row.stage != "import",
        "status": dict(STATUSES)[row.status], "stage": dict(STAGES)[row.stage],
        "raw": "" if isinstance(row.raw, dict) else row.raw,
        "event": event or (row.raw if isinstance(row.raw, str) else json.dumps(row.raw, ensure_ascii=False, indent=1)),
    }  # fmt: skip
    return render(request, "collect/imports/quarantine_row.html", context, status=422 if problem else 200)


def _cells(row: QuarantineRow) -> dict[str, Any]:
    """The row's cells; those of a row that could not be cut are the mapping's columns, empty."""
    if row.stage != "import":
        return {}
    if isinstance(row.raw, dict):
        return {name: value or "" for name, value in row.raw.items()}
    columns = row.run.mapping["columns"] if row.run else {}
    return dict.fromkeys(columns, "")


@needs("quarantine:write")
@require_POST
def replay(request: OfficeRequest, row_id: int) -> HttpResponse:
    """Bring the corrected row in."""
    row = row_of(row_id)
    cells = dict(zip(request.POST.getlist("column"), request.POST.getlist("cell"), strict=False))
    try:
        corrected = operations.event_from_text(request.POST.get("event", "")) if row.stage != "import" else cells
        operations.correct_and_replay(
            workspace=workspace(), row_id=row_id, corrected=corrected, actor=request.actor, at_us=request.at_us,
            append=append,
        )  # fmt: skip
    except Refusal as refusal:
        return _row_page(request, row, cells=cells, event=request.POST.get("event", ""), problem=refusal.message)
    messages.success(request, _("The corrected row is in. Figures follow within seconds."))
    return redirect("quarantine")


@needs("quarantine:write")
@require_POST
def dismiss(request: OfficeRequest, row_id: int) -> HttpResponse:
    """Leave a refused row out for good."""
    operations.dismiss(row_id=row_id, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("The row stays out. It can still be read here."))
    return redirect("quarantine")


urlpatterns: list[URLPattern] = [
    path("imports/", imports, name="imports"),
    path("imports/upload", upload, name="upload_import"),
    path("imports/<int:run_id>/", import_page, name="import"),
    path("imports/<int:run_id>/mapping", map_columns, name="map_import"),
    path("imports/<int:run_id>/resume", resume, name="resume_import"),
    path("imports/<int:run_id>/progress", progress, name="import_progress"),
    path("quarantine/", quarantine_list, name="quarantine"),
    path("quarantine/<int:row_id>/", quarantine_row, name="quarantine_row"),
    path("quarantine/<int:row_id>/replay", replay, name="replay_row"),
    path("quarantine/<int:row_id>/dismiss", dismiss, name="dismiss_row"),
]
