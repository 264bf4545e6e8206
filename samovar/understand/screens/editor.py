"""The editor of a segment, which counts as you type."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from samovar import rules
from samovar.engine.warehouse.client import current
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.understand import operations, queries, words
from samovar.understand.forms import SegmentForm
from samovar.understand.models import Segment
from samovar.understand.sayings import said, sentence, warned
from samovar.understand.screens.people import named
from samovar.webkit.requests import OfficeRequest

SAMPLE = 5


@needs("segments:write")
def edit(request: OfficeRequest, slug: str = "") -> HttpResponse:
    """The editor of a new segment or of a new version."""
    row = queries.segment(slug) if slug else None
    initial = {"name": row.name, "description": row.description, "rule": row.rule_text, "version": row.version} if row else {}
    form = SegmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = _save(request, row, form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, sentence(refusal))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
            return redirect("segment", saved.slug)
    context = {"form": form, "segment": row, "said": said(rules.from_json(row.tree)) if row and not form.is_bound else ""}
    return render(request, "understand/edit.html", context, status=422 if form.errors else 200)


def _save(request: OfficeRequest, row: Segment | None, values: dict[str, Any]) -> Segment:
    rule = words.read(values["rule"], current())
    facts = {"rule": rule, "name": values["name"], "description": values["description"]}
    if row is None:
        return operations.create(**facts, actor=request.actor, at_us=request.at_us)
    row.version = values["version"] or row.version  # the version that was read when the page was opened
    return operations.publish(segment=row, **facts, actor=request.actor, at_us=request.at_us)


@needs("segments:read")
@require_POST
def check(request: OfficeRequest) -> HttpResponse:
    """What a rule being written means now: its sentence, its count and some people, or its fault with the place."""
    text, warehouse = request.POST.get("rule", ""), current()
    if not text.strip():
        return render(request, "understand/live.html", {"is_empty": True})
    try:
        checked = words.check(text, warehouse)
        [count] = warehouse.query("understand.segment_count", text=text, at_us=request.at_us).to_pylist()
        people = warehouse.query("understand.sample", text=text, at_us=request.at_us, limit=SAMPLE).to_pylist()
    except Refusal as refusal:
        return render(request, "understand/live.html", {"fault": sentence(refusal), **refusal.params})
    share = count["count"] / count["of"] if count["of"] else 0
    context = {"count": count, "share": share, "sample": named(people), "warnings": [warned(one) for one in checked.warnings]}
    return render(request, "understand/live.html", {**context, "said": said(checked.rule)})
