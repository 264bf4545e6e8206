"""Who came into a segment and who went out of it: the list, figures of the days, and which tests of the rule turned."""

from __future__ import annotations

from functools import partial
from typing import Any

from babel.dates import format_date
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from samovar.engine.warehouse.client import current
from samovar.kit.clock import day_date
from samovar.staff.permissions import may, needs
from samovar.understand import queries
from samovar.understand.models import Segment
from samovar.understand.sayings import spoken
from samovar.understand.screens.people import called, name_of, named
from samovar.understand.turning import turning
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table

DAYS = 90
_WAYS = {"in": True, "out": False}


def moves_table(request: OfficeRequest, row: Segment) -> Table[dict[str, Any]]:
    """The list of moves, the latest first."""

    def fetch(page: Page) -> list[dict[str, Any]]:
        before = {"before": int(page.after[1])} if page.after else {}
        way = _WAYS.get(page.filters.get("way", ""))
        answer = current().query("understand.moves", segment_id=row.id, way=way, limit=page.limit, **before)
        return named(answer.to_pylist())

    return Table(
        request,
        columns=[
            Column("name", _("Name"), called),
            Column("way", _("Came or went"), _way_chip, text=lambda move: _way(move["is_in"])),
            Column(
                "when", _("When"), lambda move: formats.when(move["time_us"]), lambda move: formats.plain_when(move["time_us"])
            ),
            Column("why", _("Why"), partial(_why_cell, row), text=lambda move: ""),
        ],
        fetch=fetch,
        key=lambda move, sort: (move["outbox_id"], move["outbox_id"]),
        link=lambda move: reverse("customer", args=[move["person_id"]]),
        filters=[Filter("way", _("Came or went"), [("in", _("came in")), ("out", _("went out"))])],
        can_export=may(request.user.role, "customers:export"),
        later=_("Looking for those who came and went…"),
        name=f"{row.slug}-moves",
        empty_title=_("Nobody has come or gone yet"),
        empty_sentence=_("From its publication on, everybody whom the rule takes in or lets go is listed here, with the reason."),
    )


def _way(is_in: bool) -> str:
    return _("came in") if is_in else _("went out")


def _way_chip(move: dict[str, Any]) -> SafeString:
    return format_html('<span class="chip{}">{}</span>', " good" if move["is_in"] else "", _way(move["is_in"]))


def _why_cell(row: Segment, move: dict[str, Any]) -> SafeString:
    place, address = f"why-{move['outbox_id']}", reverse("segment_move", args=[row.slug, move["outbox_id"]])
    return format_html(
        '<a class="small" href="{0}" hx-get="{0}" hx-target="#{1}" aria-controls="{1}" aria-label="{2}">{3}</a>'
        '<div id="{1}" aria-live="polite"></div>',
        address, place, _("Why: %(name)s") % {"name": called(move)}, _("Why"),
    )  # fmt: skip


@needs("segments:read")
def days(request: OfficeRequest, slug: str) -> HttpResponse:
    """How many came and went on each of the last days: a part of the page."""
    row, today = queries.segment(slug), formats.zone().day(request.at_us)
    found = {
        day["day"]: day
        for day in current().query("understand.move_days", segment_id=row.id, first_day=today - DAYS + 1).to_pylist()
    }
    if not found:
        return render(request, "understand/move_days.html", {"segment": row})
    shown = [found.get(day, {"came": 0, "went": 0}) for day in range(min(found), today + 1)]
    came, went = sum(day["came"] for day in shown), sum(day["went"] for day in shown)
    chart = Chart(
        _("People who came in and went out, by day"),
        x=[short_day(day) for day in range(min(found), today + 1)],
        kind="stacked",
        height="small",
        series=[
            Series(_("came in"), [day["came"] for day in shown]), Series(_("went out"), [-day["went"] for day in shown])
        ],
    )  # fmt: skip
    return render(request, "understand/move_days.html", {"segment": row, "chart": chart, "came": came, "went": went})


@needs("segments:read")
def move(request: OfficeRequest, slug: str, number: int) -> HttpResponse:
    """Why somebody came in or went out: the tests as of that moment, and which of them turned. A part, or a page of its own."""
    row = queries.segment(slug)
    moved = queries.move_of(row, number, current())
    answer = turning(rule=queries.rule_of(row, moved.version), moved=moved, language=spoken(), warehouse=current())
    context = {
        "segment": row,
        "moved": moved,
        "person_id": moved.person_id,
        "way": _way(moved.is_in),
        **answer,
        "is_in": answer["in"],
    }
    if request.is_partial:
        return render(request, "understand/move.html", context)
    return render(request, "understand/move_page.html", {**context, "person": name_of(moved.person_id)})


def short_day(day: int) -> str:
    """A local day as an axis writes it: 14 Nov."""
    return str(format_date(day_date(day), "d MMM", locale=formats.locale()))
