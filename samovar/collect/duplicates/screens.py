"""Customers, Duplicates: the queue of pairs with the effect of what was merged, and one pair side by side."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from samovar.collect.contacts.screens import LABELS, gender_word, source_word
from samovar.collect.duplicates import bulk, groups, jobs, labels, operations, queries
from samovar.collect.duplicates.models import Duplicate
from samovar.collect.duplicates.survivorship import Value
from samovar.collect.imports.office import workspace
from samovar.collect.queries import identifiers_of
from samovar.collect.screens.card import trait_text
from samovar.engine import settings
from samovar.engine.warehouse import client
from samovar.kit.clock import SECOND_US
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.menu import Item
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table, page_of

ORDERS_SHOWN = 5
NO_BREAK = "\N{NO-BREAK SPACE}"  # in a narrow column the source and the age stay whole
STARTING_US = 20 * SECOND_US  # how long a look may take to begin before the page no longer waits for it
THRESHOLDS = (0.999, 0.99, 0.95, 0.9)
MENU = [Item(gettext_lazy("Duplicates"), "duplicates", 115, "customers:read")]
STATES = [
    ("open", pgettext_lazy("of a pair", "open")), ("merged", pgettext_lazy("of a pair", "merged")),
    ("refused", pgettext_lazy("of a pair", "not the same person")),
]  # fmt: skip
_SURE = [("yes", gettext_lazy("sure")), ("no", gettext_lazy("to be looked at"))]


@needs("customers:read")
def duplicates(request: OfficeRequest) -> HttpResponseBase:
    """The queue: open pairs, the likeliest first."""
    context = {} if request.is_partial else {**_look(request), "bands": _bands(), "by_itself": _by_itself(), **_effect(request)}
    return _table(request).respond("collect/duplicates/list.html", context)


def _table(request: OfficeRequest) -> Table[Duplicate]:
    least = [(f"{one}", _("from %(share)s") % {"share": formats.percent(one)}) for one in THRESHOLDS]

    def fetch(page: Page) -> list[Duplicate]:
        found = _found(page.filters, is_first="state" not in request.GET)
        return page_of(found, page, columns={"probability": "probability", "found": "found_us"})

    return Table[Duplicate](
        request,
        name="duplicates",
        home=reverse("duplicates"),
        columns=[
            Column("pair", _("Two people"), _both, _plain_both),
            Column("probability", _("Probability"), lambda row: labels.likelihood(row.probability),
                   lambda row: round(row.probability, 6), sort=True, numeric=True),
            Column("reasons", _("Reasons"), lambda row: _chips(row, request), lambda row: _words(row)),
            Column("state", _("State"), lambda row: labels.state_label(row.state), wide=True, hidden=True),
            Column("found", _("Found"), lambda row: formats.when(row.found_us, "short"),
                   lambda row: formats.plain_when(row.found_us, "short"), sort=True, numeric=True, wide=True),
        ],
        fetch=fetch,
        key=lambda row, sort: (row.found_us if sort == "found" else row.probability, row.pk),
        sort="-probability",
        filters=[
            Filter("state", _("State"), STATES), Filter("from", _("Probability"), least), Filter("sure", _("How sure"), _SURE),
        ],
        link=lambda row: reverse("duplicate", args=[row.pk]),
        row_id=lambda row: row.pk,
        actions=bulk.ACTIONS,
        folds=True,
        empty_title=_("No open pairs"),
        empty_sentence=_("A look compares everybody with everybody; what may be one person waits here for a decision."),
    )  # fmt: skip


def _found(filters: dict[str, str], *, is_first: bool) -> QuerySet[Duplicate]:
    """The pairs that the filters leave; open ones where no state was asked for."""
    found = (
        Duplicate.objects.filter(state=filters.get("state", "open"))
        if is_first or "state" in filters
        else Duplicate.objects.all()
    )
    if least := filters.get("from"):
        found = found.filter(probability__gte=float(least))
    if sure := filters.get("sure"):
        found = found.filter(is_sure=sure == "yes")
    return found


def _both(row: Duplicate) -> Any:
    return formats.breakable(_plain_both(row))


def _plain_both(row: Duplicate) -> str:
    return f"{groups.called(row.one)} · {groups.called(row.other)}"


def _chips(row: Duplicate, request: OfficeRequest) -> str:
    context = {"reasons": labels.reasons(row.reasons, labels.SHOWN_MAX), "pair": row}
    return render_to_string("collect/duplicates/reasons.html", context, request)


def _words(row: Duplicate) -> str:
    return ", ".join(f"{one['label']}: {one['level']}" for one in labels.reasons(row.reasons))


def _bands() -> list[dict[str, Any]]:
    """How many open pairs are sure, and how many there are from each threshold on: what one click would merge."""
    opened = Duplicate.objects.filter(state="open")
    home = reverse("duplicates")
    bands = [
        {"label": _("from %(share)s") % {"share": formats.percent(least)}, "count": opened.filter(probability__gte=least).count(),
         "url": f"{home}?state=open&from={least}"}
        for least in THRESHOLDS
    ]  # fmt: skip
    sure = {"label": _("sure ones"), "count": opened.filter(is_sure=True).count(), "url": f"{home}?state=open&sure=yes"}
    return [band for band in [sure, *bands] if band["count"]]


def _by_itself() -> str:
    """What becomes of sure pairs without anybody, in words."""
    permille = int(settings.get("duplicates_merge_permille"))
    if not permille:
        return _("Nothing is merged by itself.")
    return _("Sure pairs from %(share)s on are merged by themselves after each look.") % {
        "share": formats.percent(permille / 1000)
    }


def _effect(request: OfficeRequest) -> dict[str, Any]:
    """The effect of the merges; nothing while the worker cannot be asked, for the queue stands without it."""
    try:
        effect = queries.effect(warehouse=client.current(), at_us=request.at_us)
    except Refusal:
        return {}
    return {"effect": effect, "before": _("%(shown)s before") % {"shown": formats.number(effect["people_before"])}}


def _look(request: OfficeRequest) -> dict[str, Any]:
    """The last look, and whether one is under way. One begun a moment ago is still starting: the address says after which look
    it comes and until when it is waited for."""
    last = queries.last_search()
    awaited, until = request.GET.get("begun", ""), request.GET.get("until", "")
    is_starting = (
        awaited.isdecimal() and until.isdecimal() and (last.pk if last else 0) <= int(awaited) and request.at_us < int(until)
    )
    return {
        "last": last, "is_running": is_starting or jobs.is_running(workspace()),
        "look_url": f"{reverse('duplicates_look')}?{request.GET.urlencode()}",
    }  # fmt: skip


@needs("customers:read")
def look(request: OfficeRequest) -> HttpResponse:
    """How far the look is, asked again and again while it goes on; then the page is loaded anew."""
    told = _look(request)
    response = render(request, "collect/duplicates/look.html", told)
    if not told["is_running"]:
        response["HX-Refresh"] = "true"
    return response


@needs("customers:write")
@require_POST
def start(request: OfficeRequest) -> HttpResponse:
    """Begin a look in a process of its own."""
    if not jobs.is_running(workspace()):
        jobs.start(workspace())
    messages.success(request, _("Everybody is being compared. You can go on working; pairs appear here."))
    last = queries.last_search()
    return redirect(f"{reverse('duplicates')}?begun={last.pk if last else 0}&until={request.at_us + STARTING_US}")


@needs("customers:read")
def duplicate(request: OfficeRequest, pair_id: int) -> HttpResponse:
    """One pair side by side."""
    pair = queries.pair_of(pair_id)
    compared = queries.compared(pair=pair, warehouse=client.current(), at_us=request.at_us)
    people = queries.people_of(pair)
    sides = [_side(request, person) for person in people]
    against = groups.Evidence([(pair.one, pair.other)], warehouse=client.current(), at_us=request.at_us).against(*people)
    context = {
        "pair": pair, "title": _plain_both(pair), "sides": sides, "state": labels.state_label(pair.state),
        "reasons": labels.reasons(pair.reasons), "share": labels.likelihood(pair.probability), "is_open": pair.state == "open",
        "against": [one.message for one in against if (one.params["one"], one.params["other"]) != (pair.one, pair.other)],
        "is_refused": any(one.code == "said_apart" for one in against),
        "fields": _fields(request, people, compared), "after": _after(sides), "is_sure": pair.is_sure,
    }  # fmt: skip
    return render(request, "collect/duplicates/pair.html", context)


def _side(request: OfficeRequest, person: int) -> dict[str, Any]:
    asked = {"person_id": person, "at_us": request.at_us}
    orders, facts = client.current().query_all(("collect.orders_of", {**asked, "limit": ORDERS_SHOWN}), ("collect.person", asked))
    identifiers = [one for one in identifiers_of(person) if one["kind"] != "anonymous_id"]
    return {
        "person": person, "name": groups.called(person), "contacts": [one["value"] for one in identifiers],
        "orders": orders.to_pylist(), "facts": facts.to_pylist()[0],
    }  # fmt: skip


def _after(sides: list[dict[str, Any]]) -> dict[str, int]:
    """What the one person would have."""
    facts = [side["facts"] for side in sides]
    return {name: sum(one[name] for one in facts) for name in ("orders", "revenue_minor")}


def _fields(request: OfficeRequest, people: list[int], compared: list[tuple[Value, bool]]) -> list[dict[str, Any]]:
    """A row for each field: both values, and whether they differ so that one is to be chosen."""
    by_name: dict[str, dict[int, tuple[Value, bool]]] = {}
    for value, survives in compared:
        by_name.setdefault(value.name, {})[value.person] = (value, survives)
    rows = []
    for name, told in by_name.items():
        cells = [_cell(request, person, told.get(person)) for person in people]
        is_contested = len(told) == 2 and len({value.told for value, _survives in told.values()}) == 2
        rows.append({"name": name, "label": _label(name), "cells": cells, "is_contested": is_contested})
    return sorted(rows, key=lambda row: (not row["is_contested"], str(row["label"])))


def _cell(request: OfficeRequest, person: int, told: tuple[Value, bool] | None) -> dict[str, Any]:
    if told is None:
        return {"person": person, "text": ""}
    value, survives = told
    fact = {"kind": value.kind, "text": value.text, "number": value.number, "boolean": value.boolean, "date_day": value.date_day}
    text = trait_text(fact)
    return {
        "person": person, "text": gender_word(text) if value.name == "gender" else text,
        "source": source_word(value.source), "survives": survives, "verdict": value.verdict,
        "ago": formats.ago(value.time_us, request.at_us).replace(" ", NO_BREAK), "time_us": value.time_us,
    }  # fmt: skip


def _label(name: str) -> str:
    known = labels.field_label(name)
    return known if known != name else str(LABELS.get(name, name))


@needs("customers:write")
@require_POST
def merge(request: OfficeRequest, pair_id: int) -> HttpResponse:
    """Make one person of the pair, with the values that the member chose."""
    pair = queries.pair_of(pair_id)
    chosen = {
        name.removeprefix("keep-"): int(person) if (person := str(value)).isdecimal() else 0
        for name, value in request.POST.items()
        if name.startswith("keep-")
    }
    try:
        survivor = operations.merge_pair(
            pair=pair, chosen=chosen, warehouse=client.current(), actor=request.actor, at_us=request.at_us,
            anyway=bool(request.POST.get("anyway")),
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("duplicate", pair_id)
    messages.success(request, _("They are one person now. Figures follow within seconds; it can be taken back here."))
    return redirect(f"{reverse('customer', args=[survivor])}?tab=history")


@needs("customers:write")
@require_POST
def refuse(request: OfficeRequest, pair_id: int) -> HttpResponse:
    """Say that the two are two people, and show the next pair."""
    try:
        operations.refuse(pair=queries.pair_of(pair_id), actor=request.actor, at_us=request.at_us)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("duplicate", pair_id)
    messages.success(request, _("They stay two people and are not proposed again."))
    following = Duplicate.objects.filter(state="open").order_by("-probability", "pk").first()
    return redirect("duplicate", following.pk) if following else redirect("duplicates")


urlpatterns: list[URLPattern] = [
    path("customers/duplicates/", duplicates, name="duplicates"),
    path("customers/duplicates/look", look, name="duplicates_look"),
    path("customers/duplicates/find", start, name="find_duplicates"),
    path("customers/duplicates/<int:pair_id>/", duplicate, name="duplicate"),
    path("customers/duplicates/<int:pair_id>/merge", merge, name="merge_duplicate"),
    path("customers/duplicates/<int:pair_id>/refuse", refuse, name="refuse_duplicate"),
]
