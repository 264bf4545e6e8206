"""The list of segments, and one segment with its people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from samovar import rules
from samovar.engine.warehouse.client import current
from samovar.staff.permissions import may, needs
from samovar.understand import bulk, operations, queries
from samovar.understand.models import Segment
from samovar.understand.sayings import said
from samovar.understand.screens.people import named, people_text
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series
from samovar.webkit.find import PER_FINDER_MAX, Found
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table, page_of

SIZE_DAYS = 90


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
            Column("people", _("People"), people_text, text=lambda row: row.people, numeric=True),
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
        return named(answer.to_pylist())

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
        "people": people_text(row),
        "week": None if week is None else f"{'+' if week > 0 else ''}{formats.number(week)}",
        "chart": chart,
        "may_write": may(request.user.role, "segments:write"),
    }


@needs("segments:write")
@require_POST
def archive(request: OfficeRequest, slug: str) -> HttpResponse:
    """Put a segment away, or take it back."""
    row = queries.segment(slug)
    change = operations.restore if row.is_archived else operations.archive
    row = change(segment=row, actor=request.actor, at_us=request.at_us)
    told = _("“%(name)s” is archived.") if row.is_archived else _("“%(name)s” is in use again.")
    messages.success(request, told % {"name": row.name})
    return redirect("segment", row.slug)


def find(request: OfficeRequest, text: str) -> list[Found]:
    """Segments whose name holds the text."""
    rows = Segment.objects.filter(name__icontains=text, is_archived=False).order_by("name")[:PER_FINDER_MAX]
    return [Found(row.name, people_text(row), reverse("segment", args=[row.slug])) for row in rows]
