"""The builder: a report made of choices, drawn as it is changed. Without scripts it is a form with a button that shows."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from samovar.engine.warehouse.client import current
from samovar.kit.errors import NotFound, Refusal
from samovar.measure.builder import choices, draft, labels, operations, queries
from samovar.measure.builder.draft import Draft
from samovar.measure.builder.library import ready
from samovar.measure.builder.screens.reports import TOLD_BESIDE, shown
from samovar.measure.models import SavedReport
from samovar.measure.reports import answers
from samovar.measure.reports.answers import Found
from samovar.rules.parser import parse_operand
from samovar.rules.tree import Aggregate
from samovar.staff.permissions import needs, role_labels
from samovar.understand import vocabulary, words
from samovar.understand.sayings import sentence, spoken
from samovar.webkit.requests import OfficeRequest

ASKED = ("of", "where", "among", "rows", "columns", "measures", "period", "compare", "sort", "limit")


@needs("reports:write")
def new(request: OfficeRequest) -> HttpResponse:
    """A new report: empty, one of the library, or what an address proposes."""
    if request.method == "POST":
        return _posted(request, None)
    begin = ready(request.GET.get("ready", ""))
    if begin is not None:
        return _page(request, Draft(dict(begin.params), begin.chart), {"name": _(begin.name), "description": _(begin.sentence)})
    params = {name: request.GET[name] for name in ASKED if request.GET.get(name)}
    return _page(request, Draft(params, request.GET.get("chart", "table")), {})


@needs("reports:write")
def edit(request: OfficeRequest, slug: str) -> HttpResponse:
    """The builder of a saved report. Raises `NotFound` for one that is of another kind."""
    row = queries.saved_report(slug, request.user.role, request.actor)
    if row.report != "custom":
        raise NotFound("not_built", _("This report is changed on its own page."))
    if request.method == "POST":
        return _posted(request, row)
    facts = {"name": row.name, "description": row.description, "roles": row.roles, "version": row.version}
    return _page(request, Draft(dict(row.params), row.chart), facts, row)


@needs("reports:read")
@require_POST
def live(request: OfficeRequest) -> HttpResponse:
    """What the form as it stands now shows. A fault leaves the last good answer where it is."""
    found = _drafted(request)
    context = shown(request, partial(_asked, found), found.chart, request.POST.get("name", ""))
    answer = render(request, "measure/builder/live.html", context)
    if "fault" in context:
        answer["HX-Reswap"] = "none"
    return answer


def _asked(found: Draft, **asked: Any) -> Found:
    """The answer to a draft. Raises its fault, and as `answers.ask`."""
    if found.fault is not None:
        raise found.fault
    return answers.ask("custom", found.params, **asked)


def _posted(request: OfficeRequest, row: SavedReport | None) -> HttpResponse:
    found = _drafted(request)
    facts: dict[str, Any] = {
        "name": request.POST.get("name", ""), "description": request.POST.get("description", ""),
        "roles": request.POST.getlist("roles"), "version": request.POST.get("version", ""),
    }  # fmt: skip
    if request.POST.get("do") != "save":
        return _page(request, found, facts, row)
    values = {**facts, "params": found.params, "chart": found.chart, "report": "custom"}
    try:
        if found.fault is not None:
            raise found.fault
        saved = _save(request, row, values)
    except Refusal as refusal:
        refused = {"field": refusal.field, "message": sentence(refusal)}
        return _page(request, found, {**facts, "refused": refused}, row, status=refusal.status)
    messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
    return redirect("own_report", saved.slug)


def _save(request: OfficeRequest, row: SavedReport | None, values: dict[str, Any]) -> SavedReport:
    if row is None:
        return operations.save_report(values=values, actor=request.actor, at_us=request.at_us)
    version = values.pop("version")
    row.version = int(version) if str(version).isdigit() else row.version  # the version that was read when the page was opened
    return operations.change_report(report=row, values=values, actor=request.actor, at_us=request.at_us)


def _drafted(request: OfficeRequest) -> Draft:
    form = {name: text for name, text in request.POST.items() if isinstance(text, str)}
    kinds = {one["name"]: one["kind"] for one in _fields(form.get("of", ""), known_words())}
    return draft.read(form, kinds)


def known_words() -> dict[str, Any]:
    """The words of the workspace with what people call them."""
    return vocabulary.vocabulary(words.open_catalogue(), current(), spoken(), settings.WORKSPACE.currency)


def _fields(of: str, known: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a collection; none where it is not known."""
    for one in known["collections"]:
        if one["name"] == of:
            fields: list[dict[str, Any]] = one["fields"]
            return fields
    found = parse_operand(f"count({of})")
    if not isinstance(found, Aggregate) or not (found.of.event or found.of.record):
        return []
    source = {"event": found.of.event} if found.of.event else {"record": found.of.record or ""}
    try:
        return vocabulary.fields_of(current(), **source)
    except Refusal:
        return []


def _page(
    request: OfficeRequest, found: Draft, facts: dict[str, Any], row: SavedReport | None = None, status: int = 200
) -> HttpResponse:
    """The whole builder. What the form holds that cannot be read is shown as it is, with its fault."""
    params, known = {"of": "orders", **found.params}, known_words()
    fields = _fields(params["of"], known)
    try:
        lines, orders, rows = draft.lines(params), choices.orders(params), draft.rows(params)
    except ValueError:
        lines, orders, rows = draft.lines({}), choices.orders({}), draft.rows({})
    period = params.get("period", "")
    context = {
        "report": row, "facts": facts, "told_beside": TOLD_BESIDE,
        "params": params, "chart": found.chart, "lines": lines, "orders": orders,
        "row_parts": rows,
        "collections": choices.with_written(choices.collections(known), params["of"]),
        "parts": choices.with_written(
            choices.parts(fields, known), *(text for _place, text in rows), params.get("columns", "")
        ),
        "measures": choices.with_written(choices.measures(params["of"], fields), *(line.basic for line in lines)),
        "ways": choices.ways(), "periods": choices.periods(),
        "is_own_period": period not in labels.periods(), "comparisons": choices.comparisons(), "operators": choices.operators(),
        "fields": fields, "charts": choices.charts(), "segments": known["segments"], "roles": role_labels().items(),
        "conditions": range(1, draft.CONDITIONS + 1),
        "here": reverse("edit_report", args=[row.slug]) if row else reverse("new_report"),
        **shown(request, partial(_asked, found), found.chart, facts.get("name") or _("New report")),
    }  # fmt: skip
    return render(request, "measure/builder/edit.html", context, status=status)
