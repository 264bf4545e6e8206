"""One report: what it is asked, its charts and its table, and the people behind a figure, one click from a segment of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from samovar import rules
from samovar.collect.quality import queries as quality
from samovar.collect.quality import readiness_queries, unsafe
from samovar.collect.quality.screens import readiness_context, unsafe_note
from samovar.engine.warehouse.client import current
from samovar.kit.clock import BadMoment, day_date, parse_moment
from samovar.kit.errors import Refusal
from samovar.measure.builder import choices, files, labels
from samovar.measure.builder.screens import editor
from samovar.measure.reports import answers
from samovar.measure.reports.answers import Found, read_cell
from samovar.measure.reports.funnel import Funnel
from samovar.measure.reports.live import Live
from samovar.measure.reports.live import drawing as counter
from samovar.measure.reports.report import AMONG, BadParameter, Cell, Param, Report
from samovar.measure.reports.words import CHOICES, TITLES, heading, param_label
from samovar.measure.screens import looks, nothing
from samovar.staff.permissions import may, needs
from samovar.understand.lists import operations as lists
from samovar.understand.rules import NAME_MAX
from samovar.understand.sayings import said, sentence
from samovar.understand.screens.people import member_columns, named
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Page, Table

ROWS_SHOWN = 400
READY_DAYS = 28  # whose data a funnel is told to be whole or not


@dataclass(frozen=True)
class Control:
    """A parameter as the page shows it."""

    param: Param
    label: str
    help: str
    value: str
    choices: list[tuple[str, str]]

    @property
    def is_long(self) -> bool:
        return self.param.name in ("rungs", "steps", "among")


@needs("reports:read")
@require_GET
def report(request: OfficeRequest, name: str) -> HttpResponseBase:
    """The page of a report: its controls at once, its answer when it is counted; or its file. Raises `NotFound`."""
    asked = answers.report(name)
    params, at = _params(request, asked), request.GET.get("at", "")
    if (form := request.GET.get("export", "")) in files.TABLE_TYPES:
        return files.of_report(_found(request, name, params, at), form)
    if request.headers.get("HX-Request") and request.GET.get("part"):
        return render(request, "measure/report_answer.html", _answered(request, name, params, at))
    title, says = TITLES[name]
    query: dict[str, str] = {**params, **({"at": at} if at else {})}
    context: dict[str, Any] = {
        "name": name, "title": title, "says": says, "controls": _controls(asked, params), "at": at,
        "today": day_date(formats.zone().day(request.at_us)).isoformat(),
        "answer": f"{request.path}?{urlencode({**query, 'part': '1'})}",
        "unsafe": unsafe_note(unsafe.alarms_of("report").get(name, ())), "offers": _offers(name),
    }  # fmt: skip
    if request.GET.get("part"):  # without scripts the answer is a page
        context |= {"now": _answered(request, name, params, at)}
    return render(request, "measure/report.html", context)


def _params(request: OfficeRequest, asked: Report) -> dict[str, str]:
    """What the address says; the rest is left to the report."""
    given = {one.name: request.GET.get(one.name, "").strip() for one in asked.params}
    return {name: text for name, text in given.items() if text}


def _controls(asked: Report, params: Mapping[str, str]) -> list[Control]:
    return [
        Control(
            one, param_label(asked.name, one.name), _(one.help) if one.help else "", params.get(one.name, one.default),
            [(value, str(CHOICES.get(value, value))) for value in one.choices],
        )
        for one in sorted(asked.params, key=lambda one: one.name == AMONG.name)
    ]  # fmt: skip


def _found(request: OfficeRequest, name: str, params: Mapping[str, str], at: str) -> Found:
    return answers.ask(name, params, warehouse=current(), at_us=_moment(request, at))


def _moment(request: OfficeRequest, at: str) -> int:
    """The moment asked about: of a day its end, as people mean it, and never later than now. Raises `Refusal`."""
    if not at:
        return request.at_us
    zone = formats.zone()
    try:
        first_us = parse_moment(at, zone)
    except BadMoment as error:
        raise BadParameter("bad_moment", _("This is not a day: %(text)s.") % {"text": at[:40]}, field="at") from error
    is_day = len(at) == len("2026-01-01")
    return min(zone.midnight_us(zone.day(first_us) + 1) - 1 if is_day else first_us, request.at_us)


def _answered(request: OfficeRequest, name: str, params: Mapping[str, str], at: str) -> dict[str, Any]:
    """The answer as the page shows it, or the refusal in words."""
    try:
        found = _found(request, name, params, at)
    except Refusal as refusal:
        return {"refusal": sentence(refusal)}
    query: dict[str, str] = {**params, **({"at": at} if at else {})}
    address = reverse("report", args=[name])
    lines = looks.lines(found, lambda cell: _people_address(name, query, cell))
    names = labels.heads(found) if name == "custom" else [heading(column) for column in found.columns]
    heads = [
        (said, column.kind != "text")
        for said, column in zip(names, found.columns, strict=True)
        if looks.is_on_screen(found, column)
    ]
    heads, lines = looks.turned(found, lines) or (heads, lines[::-1] if counter.is_live(found) else lines)
    return {
        "nothing": None if found.rows else nothing.said(found, query, warehouse=current()),
        **_readiness(found), **_watched(request, found, query), "found": found, "heads": heads,
        "lines": lines[:ROWS_SHOWN], "hidden": max(len(lines) - ROWS_SHOWN, 0), "charts": looks.charts(found),
        "grid": looks.grid(found, lambda cell: _people_address(name, query, cell)), "verdict": looks.verdict(found),
        "files": [(form.upper(), f"{address}?{urlencode({**query, 'export': form})}") for form in files.TABLE_TYPES],
    }  # fmt: skip


def _readiness(found: Found) -> dict[str, Any]:
    """Whether what the steps of a funnel want was all there in the last days before the moment; nothing for other reports."""
    if found.report.name != "funnel" or quality.is_counting():
        return {}
    last = formats.zone().day(found.at_us) - 1
    wants = readiness_queries.wanted(Funnel.steps.value(found.params))
    whole = readiness_queries.readiness(wants, from_day=last - READY_DAYS + 1, to_day=last)
    return {"ready_days": READY_DAYS, "readiness": readiness_context(whole)}


def _watched(request: OfficeRequest, found: Found, query: Mapping[str, str]) -> dict[str, Any]:
    """Of a live counter: where its next look is asked for, and whether its reader may keep it to be watched."""
    if not counter.is_live(found):
        return {}
    again = "" if "at" in query else f"{reverse('report', args=[Live.name])}?{urlencode({**query, 'part': '1'})}"
    return {
        "again": again, "refresh_s": counter.REFRESH_S, "is_beyond": counter.is_beyond(found),
        "kept": list(found.params.items()) if may(request.user.role, "reports:write") else None,
    }  # fmt: skip


def _offers(name: str) -> list[tuple[str, str]]:
    """What a live counter may count, with what people call it; nothing for other reports."""
    if name != Live.name:
        return []
    return [(one.value, one.label) for _group, listed in choices.collections(editor.known_words()) for one in listed]


def _people_address(name: str, query: Mapping[str, str], cell: Cell) -> str:
    asked = urlencode({**query, "cell": json.dumps(cell, ensure_ascii=False)})
    return f"{reverse('report_people', args=[name])}?{asked}"


# The people behind a figure


@needs("customers:read")
@require_GET
def report_people(request: OfficeRequest, name: str) -> HttpResponseBase:
    """The people behind a figure, and the rule that says who they are where one does."""
    asked = answers.report(name)
    params, at = _params(request, asked), request.GET.get("at", "")
    cell, at_us = read_cell(request.GET.get("cell", "")), _moment(request, at)
    behind: dict[str, Any] = {"name": name, "params": params, "cell": cell, "at_us": at_us}

    def fetch(page: Page) -> list[dict[str, Any]]:
        after = int(page.after[-1]) if page.after else 0
        rows = current().query("measure.report_page", **behind, after=after, limit=page.limit).to_pylist()
        return named(rows)

    table: Table[dict[str, Any]] = Table(
        request,
        columns=member_columns(),
        fetch=fetch,
        key=lambda row, _sort: (row["person_id"],),
        link=lambda row: reverse("customer", args=[row["person_id"]]),
        can_export=may(request.user.role, "customers:export"),
        later=_("Looking for the people…"),
        total=lambda: int(current().query("measure.report_count", **behind).column("people")[0].as_py()),
        counted=_people_counted,
        name=f"{name}-people",
        empty_title=_("Nobody stands behind this figure"),
        empty_sentence=_("Who was erased since stands in no list; what she ordered stays in totals of orders and money."),
    )  # fmt: skip
    title, _says = TITLES[name]
    context: dict[str, Any] = {
        "name": name,
        "title": title,
        "back": f"{reverse('report', args=[name])}?{urlencode({**params, 'at': at})}",
    }
    if not table.is_awaited or not request.headers.get("HX-Request"):
        context |= _as_segment(request, name, behind, str(title))
    return table.respond("measure/report_people.html", context)


def _people_counted(count: int) -> str:
    return ngettext("%(people)s person", "%(people)s people", count) % {"people": formats.number(count)}


def _as_segment(request: OfficeRequest, name: str, behind: Mapping[str, Any], title: str) -> dict[str, Any]:
    """How the people become a segment: a live one where a rule says who they are, else a list that is kept."""
    [row] = current().query("measure.report_rule", **behind).to_pylist()
    found: dict[str, Any] = {"may_write": may(request.user.role, "segments:write"), "cell": json.dumps(behind["cell"])}
    if row["rule"] is not None:
        rule = rules.from_json(json.loads(row["tree"]))
        query = urlencode({"rule": row["rule"], "name": title[:NAME_MAX]})
        found |= {"rule": row["rule"], "said": capfirst(said(rule)), "new": f"{reverse('new_segment')}?{query}"}
    return found


@needs("segments:write")
@require_POST
def report_segment(request: OfficeRequest, name: str) -> HttpResponse:
    """Keep the people behind a figure as a list, which is a segment that stays as it is."""
    asked = answers.report(name)
    params, at_us = _params(request, asked), _moment(request, request.GET.get("at", ""))
    cell = read_cell(request.GET.get("cell", ""))
    people = answers.people_of(name, params, cell, warehouse=current(), at_us=at_us).people
    title = request.POST.get("name", "").strip() or str(TITLES[name][0])
    segment = lists.keep(name=title, people=people, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("The list “%(name)s” is kept.") % {"name": segment.name})
    return redirect("segment", segment.slug)
