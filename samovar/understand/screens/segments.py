"""One segment with its people, and with those who came and went."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from samovar import rules
from samovar.collect.quality import unsafe
from samovar.collect.quality.screens import unsafe_note
from samovar.engine.warehouse.client import current
from samovar.staff.permissions import may, needs
from samovar.understand import operations, queries, uses
from samovar.understand.models import Segment, SegmentSize
from samovar.understand.sayings import said
from samovar.understand.screens.listing import change_text
from samovar.understand.screens.moves import moves_table, short_day
from samovar.understand.screens.people import member_columns, named, people_text
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series
from samovar.webkit.find import PER_FINDER_MAX, Found
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Page, Table

SIZE_DAYS = 90


@needs("segments:read")
def segment(request: OfficeRequest, slug: str) -> HttpResponseBase:
    """One segment: stored figures, size over time, rule; what the warehouse has to say comes when the page is there."""
    row = queries.segment(slug)
    tab = "moves" if request.GET.get("tab") == "moves" else "people"
    table = moves_table(request, row) if tab == "moves" else _people_table(request, row)
    return table.respond("understand/segment.html", {**_facts(request, row), "tab": tab})


def _people_table(request: OfficeRequest, row: Segment) -> Table[dict[str, Any]]:
    def fetch(page: Page) -> list[dict[str, Any]]:
        after = int(page.after[1]) if page.after else 0
        answer = current().query("understand.members", tree=row.tree, at_us=request.at_us, after=after, limit=page.limit)
        return named(answer.to_pylist())

    return Table(
        request,
        columns=member_columns(),
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


def _facts(request: OfficeRequest, row: Segment) -> dict[str, Any]:
    sizes = queries.sizes_of(row, days_max=SIZE_DAYS)
    today = formats.zone().day(request.at_us)
    week = queries.week_change(row, sizes)
    return {
        "segment": row,
        "said": said(rules.from_json(row.tree)),
        "people": people_text(row),
        "week": None if week is None else change_text(week),
        "chart": _size_chart(sizes, today),
        "may_write": may(request.user.role, "segments:write"),
        "unsafe": unsafe_note(unsafe.alarms_of("segment").get(row.slug, ())),
    }


def _size_chart(sizes: list[SegmentSize], today: int) -> Chart | None:
    """The size at the end of every day from the first counted one on; a day without a count has that of the day before."""
    if len(sizes) < 2:
        return None
    last = list(queries.by_day(sizes, today).items())[-SIZE_DAYS:]
    days, people = [day for day, _people in last], [people for _day, people in last]
    title = _("From %(first)s to %(last)s people since %(day)s") % {
        "first": formats.number(people[0]), "last": formats.number(people[-1]), "day": formats.day(days[0]),
    }  # fmt: skip
    return Chart(title, x=[short_day(day) for day in days], series=[Series(_("people"), people)], height="small", is_close=True)


@needs("segments:write")
@require_POST
def archive(request: OfficeRequest, slug: str) -> HttpResponse:
    """Put a segment away, or take it back."""
    row = queries.segment(slug)
    if row.is_archived:
        uses.check_footing(row)
    change = operations.restore if row.is_archived else operations.archive
    row = change(segment=row, actor=request.actor, at_us=request.at_us)
    told = _("“%(name)s” is archived.") if row.is_archived else _("“%(name)s” is in use again.")
    messages.success(request, told % {"name": row.name})
    return redirect("segment", row.slug)


def resting(request: OfficeRequest, segment: Segment) -> str:
    """The segments whose rules name this one, and those that its own names; nothing for none."""
    context = {"feeds": uses.resting_on(segment), "rests_on": uses.rested_on_by(segment)}
    return render_to_string("understand/resting.html", context, request) if any(context.values()) else ""


def find(request: OfficeRequest, text: str) -> list[Found]:
    """Segments whose name holds the text."""
    rows = Segment.objects.filter(name__icontains=text, is_archived=False).order_by("name")[:PER_FINDER_MAX]
    return [Found(row.name, people_text(row), reverse("segment", args=[row.slug])) for row in rows]
