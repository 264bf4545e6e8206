"""The screens of segments: the list, one segment with its people, the editor that counts as you type; and parts of the card."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from samovar import rules
from samovar.collect import timeline
from samovar.collect.erasure.queries import person_of
from samovar.collect.people import contacts_of, names_of
from samovar.collect.screens import customers
from samovar.engine.warehouse.client import current
from samovar.kit.errors import Refusal
from samovar.rules.lifecycle import STAGES
from samovar.staff.permissions import may, needs
from samovar.understand import bulk, operations, queries, words
from samovar.understand.explaining import explain
from samovar.understand.forms import SegmentForm
from samovar.understand.models import Segment
from samovar.understand.sayings import STAGE_NAMES, said, sentence, spoken, stage_name, warned
from samovar.webkit import formats, panels
from samovar.webkit.chart import Chart, Series
from samovar.webkit.find import PER_FINDER_MAX, Finder, Found
from samovar.webkit.menu import Item
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table, page_of

SAMPLE = 5
SIZE_DAYS = 90


def _people(row: Segment) -> str:
    return _("not counted yet") if row.people is None else formats.number(row.people)


@needs("segments:read")
def segments(request: OfficeRequest) -> HttpResponseBase:
    """Every segment with its last count."""

    def fetch(page: Page) -> list[Segment]:
        rows = Segment.objects.filter(is_archived=page.filters.get("state") == "archived")
        if page.search:
            rows = rows.filter(name__icontains=page.search)
        return page_of(rows, page, columns={"name": "name"})

    table = Table(
        request,
        columns=[
            Column("name", pgettext("segment", "Name"), lambda row: row.name, sort=True),
            Column("people", _("People"), _people, text=lambda row: row.people, numeric=True),
            Column("rule", _("Rule"), _rule_cell, text=lambda row: row.rule_text, wide=True),
            Column("counted", _("Counted"), lambda row: formats.when(row.counted_us), lambda row: row.counted_us, wide=True),
        ],
        fetch=fetch,
        key=lambda row, sort: (row.name, row.pk),
        sort="name",
        search=pgettext("segment", "Name"),
        filters=[Filter("state", _("State"), [("archived", _("archived"))])],
        link=lambda row: reverse("segment", args=[row.slug]),
        row_id=lambda row: row.id,
        actions=bulk.ACTIONS,
        name="segments",
        empty_title=_("No segments yet"),
        empty_sentence=_("A segment is people who fit a rule, such as those who bought once and never again."),
    )
    return table.respond("understand/segments.html")


def _rule_cell(row: Segment) -> str:
    shown = row.rule_text if len(row.rule_text) <= 80 else row.rule_text[:79] + "…"
    return format_html('<code title="{}">{}</code>', row.rule_text[:1000], shown)


@needs("segments:read")
def segment(request: OfficeRequest, slug: str) -> HttpResponseBase:
    """One segment: stored figures, size over time, rule; its people are asked of the warehouse when the page is there."""
    row = queries.segment(slug)

    def fetch(page: Page) -> list[dict[str, Any]]:
        after = int(page.after[1]) if page.after else 0
        answer = current().query("understand.members", tree=row.tree, at_us=request.at_us, after=after, limit=page.limit)
        return _named(answer.to_pylist())

    table = Table(
        request,
        columns=_member_columns(),
        fetch=fetch,
        key=lambda person, sort: (person["person_id"], person["person_id"]),
        link=lambda person: reverse("customer", args=[person["person_id"]]),
        total=lambda: row.people,
        can_export=may(request.user.role, "customers:export"),
        later=_("Looking for the people…"),
        name=row.slug,
        empty_title=_("Nobody fits this rule now"),
        empty_sentence=_("People come in by themselves when what happens makes the rule true for them."),
    )
    return table.respond("understand/segment.html", _facts(request, row))


def _member_columns() -> list[Column[dict[str, Any]]]:
    return [
        Column("name", _("Name"), lambda p: p["name"] or _("Customer %(id)s") % {"id": p["person_id"]}),
        Column("city", _("City"), lambda p: p["city"] or "", wide=True),
        Column("orders", _("Orders"), lambda p: formats.number(p["orders"]), lambda p: p["orders"], numeric=True),
        Column("revenue", _("Revenue"), lambda p: formats.money(p["revenue_minor"]), lambda p: p["revenue_minor"], numeric=True),
        Column(
            "last", _("Last order"), lambda p: formats.when(p["last_order_us"], "day"), lambda p: p["last_order_us"], wide=True
        ),
    ]


def _named(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With what each is called: a name, else a contact."""
    ids = [person["person_id"] for person in people]
    names = contacts_of(ids) | {person_id: name for person_id, name in names_of(ids).items() if name}
    return [{**person, "name": names.get(person["person_id"], "")} for person in people]


def _facts(request: OfficeRequest, row: Segment) -> dict[str, Any]:
    sizes = queries.sizes_of(row, days_max=SIZE_DAYS)
    chart = None
    if len(sizes) > 1:
        labels = [formats.day(size.day) for size in sizes]
        chart = Chart(
            _("Size over time"), x=labels, series=[Series(_("people"), [size.people for size in sizes])], height="small"
        )
    week = queries.week_change(row, sizes[-1].day) if sizes else None
    return {
        "segment": row,
        "said": said(rules.from_json(row.tree)),
        "people": _people(row),
        "week": None if week is None else f"{'+' if week > 0 else ''}{formats.number(week)}",
        "chart": chart,
        "may_write": may(request.user.role, "segments:write"),
    }


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
    context = {"count": count, "share": share, "sample": _named(people), "warnings": [warned(one) for one in checked.warnings]}
    return render(request, "understand/live.html", {**context, "said": said(checked.rule)})


@needs("segments:write")
@require_POST
def archive(request: OfficeRequest, slug: str) -> HttpResponse:
    """Put a segment away, or take it back."""
    row = queries.segment(slug)
    change = operations.restore if row.is_archived else operations.archive
    row = change(segment=row, actor=request.actor, at_us=request.at_us)
    said = _("“%(name)s” is archived.") if row.is_archived else _("“%(name)s” is in use again.")
    messages.success(request, said % {"name": row.name})
    return redirect("segment", row.slug)


def _card_stage(request: OfficeRequest, person_id: int) -> str:
    """The place at the left side of the card where `customer_stage` comes: every rule of the shop is asked for it."""
    return render_to_string("understand/card_stage_later.html", {"person_id": person_id}, request)


@needs("segments:read")
def customer_stage(request: OfficeRequest, person_id: int) -> HttpResponse:
    """The stage and the segments of a person, as a part of the card."""
    person_id = person_of(person_id)
    stage = current().query("understand.stage_of", person_id=person_id, at_us=request.at_us).column("stage")[0].as_py()
    truths = queries.truths_of(warehouse=current(), person_id=person_id, at_us=request.at_us)
    context = {"stage": stage_name(stage), "segments": [row for row, is_in in truths if is_in]}
    return render(request, "understand/card_stage.html", context)


def _card_segments(request: OfficeRequest, person_id: int) -> str:
    """Every segment, in or out, with its rule: a tab of the card."""
    truths = queries.truths_of(warehouse=current(), person_id=person_id, at_us=request.at_us)
    context = {"truths": sorted(truths, key=lambda t: not t[1]), "person_id": person_id}
    return render_to_string("understand/card_segments.html", context, request)


@needs("segments:read")
def customer_why(request: OfficeRequest, person_id: int, slug: str) -> HttpResponse:
    """Why a person is in a segment or out of it, test by test: a part of the card, and a page of its own without scripts."""
    row, person_id = queries.segment(slug), person_of(person_id)
    answer = explain(
        rule=rules.from_json(row.tree), person_id=person_id, at_us=request.at_us, language=spoken(), warehouse=current()
    )
    context = {"segment": row, "person_id": person_id, "is_in": answer["in"], **answer}
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "understand/why.html" if is_part else "understand/why_page.html", context)


def _find(request: OfficeRequest, text: str) -> list[Found]:
    rows = Segment.objects.filter(name__icontains=text, is_archived=False).order_by("name")[:PER_FINDER_MAX]
    return [Found(row.name, _people(row), reverse("segment", args=[row.slug])) for row in rows]


timeline.register_names("segment_id", queries.names_of)
panels.register(panels.Panel("card", "left", 30, _card_stage, permission="segments:read"))
panels.register(
    panels.Panel("card", "tabs", 30, _card_segments, title=lazy("Segments"), permission="segments:read", name="segments")
)
customers.register_filter(Filter("stage", lazy("Stage"), [(stage, STAGE_NAMES[stage]) for stage in STAGES]))
MENU = [Item(lazy("Segments"), "segments", 120, "segments:read")]
FINDERS = [Finder(lazy("Segments"), 20, "segments:read", _find)]
urlpatterns = [
    path("segments/", segments, name="segments"),
    path("segments/new/", edit, name="new_segment"),
    path("segments/check", check, name="check_segment_rule"),
    path("segments/of/<int:person_id>", customer_stage, name="customer_stage"),
    path("segments/<slug:slug>/of/<int:person_id>", customer_why, name="customer_why"),
    path("segments/<str:slug>/", segment, name="segment"),
    path("segments/<str:slug>/edit/", edit, name="edit_segment"),
    path("segments/<str:slug>/archive", archive, name="archive_segment"),
]
