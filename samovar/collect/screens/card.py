"""The customer card: who she is at the left, everything that happened at the right."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from samovar.collect import operations, people, timeline
from samovar.collect.contacts import operations as contacts
from samovar.collect.contacts.checks import FIELDS
from samovar.collect.contacts.queries import asked_told
from samovar.collect.contacts.screens import ContactForm, shown_contacts
from samovar.collect.duplicates import operations as duplicates
from samovar.collect.erasure.queries import Erased, person_of
from samovar.collect.erasure.screens import erased
from samovar.collect.imports.office import append
from samovar.collect.models import Profile
from samovar.collect.queries import consents_by, find_person, identifiers_of, survivor_of
from samovar.collect.screens.consents import ConsentForm, addresses_among
from samovar.collect.screens.records import asked_records, shown_records
from samovar.collect.timeline import plain
from samovar.engine import settings
from samovar.engine.warehouse import client
from samovar.kit.clock import day_date, parse_moment
from samovar.kit.errors import Refusal
from samovar.staff.permissions import may, needs
from samovar.webkit import formats, panels
from samovar.webkit.requests import OfficeRequest

ENTRIES = 60
ORDERS = 200


@needs("customers:read")
def card(request: OfficeRequest, person_id: int) -> HttpResponse:
    """The whole card, or only its right side when htmx asks for another tab."""
    return _card(request, person_id, ContactForm())


@needs("customers:write")
def correct_contact(request: OfficeRequest, person_id: int) -> HttpResponse:
    """Put a contact right; it shows as soon as the worker has taken it in. What is refused stays in its form, with why."""
    back = f"{reverse('customer', args=[person_id])}?{request.GET.urlencode()}"
    if request.method != "POST":
        return redirect(back)
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            checked = contacts.correct(
                person=person_id, field=form.cleaned_data["field"], value=form.cleaned_data["value"],
                region=str(settings.get("phone_region")), on=day_date(formats.zone().day(request.at_us)), append=append,
                actor=request.actor, at_us=request.at_us,
            )  # fmt: skip
            messages.success(request, _("Corrected to “%(value)s”. It shows here within seconds.") % {"value": checked.value})
            return redirect(back)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    return _card(request, person_id, form)


def _card(request: OfficeRequest, person_id: int, form: ContactForm) -> HttpResponse:
    """The card with a form that corrects a contact, open where it was refused."""
    try:
        survivor = person_of(person_id)
    except Erased:
        if request.is_partial:
            raise
        return erased(request, survivor_of(person_id))
    if survivor != person_id:
        return redirect(f"{reverse('customer', args=[survivor])}?{request.GET.urlencode()}")
    tab = request.GET.get("tab", "")
    if request.is_partial and request.headers.get("HX-Target") == "more":
        [entries] = client.current().query_all(_asked_timeline(request, person_id))
        return render(request, "collect/card/entries.html", _timeline(request, person_id, entries))
    is_whole = not (request.is_partial and request.headers.get("HX-Target") == "right")
    right, left = _asked_right(request, person_id, tab), _asked_left(request, person_id) if is_whole else []
    answers = client.current().query_all(*right, *left)
    context = {
        "person_id": person_id, "tab": tab, "tabs": _tabs(request, person_id, tab),
        **_right(request, person_id, tab, *answers[: len(right)]),
    }  # fmt: skip
    if not is_whole:
        return render(request, "collect/card/right.html", context)
    context |= _left(request, person_id, form, *answers[len(right) :])
    return render(request, "collect/card/card.html", context, status=422 if form.is_bound else 200)


@needs("customers:write")
@require_POST
def merge(request: OfficeRequest, person_id: int) -> HttpResponse:
    """Say that this person and another are one."""
    back = f"{reverse('customer', args=[person_id])}?tab=history"
    try:
        other = find_person(request.POST.get("other", "").strip(), str(settings.get("phone_region")))
        into = duplicates.merge_people(
            one=person_id, other=other, chosen={}, warehouse=client.current(), actor=request.actor, at_us=request.at_us
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect(back)
    messages.success(request, _("They are one person now. Figures follow within seconds; it can be taken back here."))
    return redirect(f"{reverse('customer', args=[into])}?tab=history")


@needs("customers:write")
@require_POST
def unmerge(request: OfficeRequest, person_id: int) -> HttpResponse:
    """Take a merge back."""
    try:
        profile = int(request.POST.get("profile", ""))
    except ValueError:
        profile = 0
    operations.unmerge(profile=profile, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("They are two people again, each with the history of old."))
    return redirect(f"{reverse('customer', args=[person_id])}?tab=history")


def _asked_left(request: OfficeRequest, person_id: int) -> list[client.Asked]:
    asked = {"person_id": person_id, "at_us": request.at_us}
    told = asked_told(person_id, request.at_us)
    return [("collect.person", asked), ("collect.traits", asked), told, asked_records(request, person_id)]


def _left(
    request: OfficeRequest, person_id: int, form: ContactForm, person: pa.Table, traits: pa.Table, told: pa.Table,
    records: pa.Table,
) -> dict[str, Any]:  # fmt: skip
    [facts] = person.to_pylist()
    identifiers = identifiers_of(person_id)
    return {
        "name": people.called(person_id) or _("Customer %(id)s") % {"id": person_id},
        "sentence": _sentence(request, person_id, facts),
        "facts": facts,
        "net_minor": facts["revenue_minor"] - facts["returns_minor"],
        "net_note": _net_note(facts["revenue_minor"], facts["returns_minor"]),
        "average_minor": round(facts["revenue_minor"] / facts["orders"]) if facts["orders"] else None,
        "contacts": shown_contacts(told, person_id, identifiers, request.at_us),
        "contact_form": form if identifiers and may(request.user.role, "customers:write") else None,
        "devices": sum(one["kind"] == "anonymous_id" for one in identifiers),
        "traits": [
            (row["name"], trait_text(row))
            for row in traits.to_pylist()
            if row["name"] not in FIELDS and not row["name"].startswith("contact.")
        ],
        "records": shown_records(records),
        "consents": [
            {**one, "purpose": _purpose(one["purpose"]), "time_us": parse_moment(one["at"], formats.zone())}
            for one in consents_by(identifiers)
        ],
        "consent_form": _consent_form(request, identifiers),
    }


def _net_note(revenue_minor: int, returns_minor: int) -> str:
    """What the net figure is made of: lists and rules speak of orders before returns."""
    if not returns_minor:
        return ""
    return _("orders of %(orders)s less returns of %(returns)s") % {
        "orders": formats.money(revenue_minor), "returns": formats.money(returns_minor),
    }  # fmt: skip


def _consent_form(request: OfficeRequest, identifiers: list[dict[str, str]]) -> ConsentForm | None:
    addresses = addresses_among(identifiers)
    return ConsentForm(addresses=addresses) if addresses and may(request.user.role, "consents:write") else None


def _sentence(request: OfficeRequest, person_id: int, facts: dict[str, Any]) -> str:
    """Stage · 23 orders since 2022 · last 47 days ago."""
    parts = panels.rendered(request, "card", "summary", person_id=person_id)
    if facts["orders"]:
        count = {"count": formats.number(facts["orders"]), "year": formats.zone().local(facts["first_order_us"]).year}
        parts.append(ngettext("%(count)s order since %(year)s", "%(count)s orders since %(year)s", facts["orders"]) % count)
        parts.append(_("the last %(ago)s") % {"ago": formats.ago(facts["last_order_us"], request.at_us)})
    elif facts["first_us"]:
        parts.append(_("no orders yet, first seen %(ago)s") % {"ago": formats.ago(facts["first_us"], request.at_us)})
    return " · ".join(parts)


def _purpose(purpose: str) -> str:
    return {"marketing": _("Marketing"), "service": _("Service messages")}.get(purpose, purpose)


def trait_text(row: dict[str, Any]) -> str:
    """A trait as people read it."""
    if row["kind"] == "boolean":
        return _("yes") if row["boolean"] else _("no")
    if row["kind"] == "number":
        return formats.number(plain(row["number"]), 4)
    if row["kind"] == "date" and row["date_day"] is not None:
        return formats.day(row["date_day"])
    return row["text"] or formats.DASH


def _tabs(request: OfficeRequest, person_id: int, chosen: str) -> list[dict[str, Any]]:
    own = [("", _("Timeline"), 0), ("orders", _("Orders"), 10), ("history", _("Profile history"), 90)]
    others = [(panel.name, panel.title, panel.order) for panel in _panels(request)]
    base = reverse("customer", args=[person_id])
    return [
        {"name": name, "label": label, "url": f"{base}?tab={name}" if name else base, "is_open": name == chosen}
        for name, label, _order in sorted([*own, *others], key=lambda tab: tab[2])
    ]


def _panels(request: OfficeRequest) -> list[panels.Panel]:
    """The tabs of other rooms that the member may see."""
    return [panel for panel in panels.of("card", "tabs") if not panel.permission or may(request.user.role, panel.permission)]


def _panel(request: OfficeRequest, tab: str) -> panels.Panel | None:
    return next((panel for panel in _panels(request) if panel.name == tab), None)


def _asked_right(request: OfficeRequest, person_id: int, tab: str) -> list[client.Asked]:
    if tab == "orders":
        return [("collect.orders_of", {"person_id": person_id, "at_us": request.at_us, "limit": ORDERS})]
    if tab == "history" or _panel(request, tab) is not None:
        return []
    return [_asked_timeline(request, person_id)]


def _right(request: OfficeRequest, person_id: int, tab: str, *rows: pa.Table) -> dict[str, Any]:
    if tab == "orders":
        return {"part": "collect/card/orders.html", "orders": rows[0].to_pylist()}
    if tab == "history":
        return {"part": "collect/card/history.html", **_history(person_id)}
    panel = _panel(request, tab)
    if panel is not None:
        return {"part": "collect/card/panel.html", "html": panel.render(request, person_id=person_id)}
    return {"part": "collect/card/timeline.html", **_timeline(request, person_id, rows[0])}


def _kind_shown(request: OfficeRequest) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in dict(timeline.KINDS) else ""


def _asked_timeline(request: OfficeRequest, person_id: int) -> client.Asked:
    before = timeline.read_place(request.GET.get("before", ""))
    asked = {"kind": _kind_shown(request), "limit": ENTRIES + 1, "before": before}
    return "collect.timeline", {"person_id": person_id, "at_us": request.at_us, **asked}


def _timeline(request: OfficeRequest, person_id: int, entries: pa.Table) -> dict[str, Any]:
    rows = entries.to_pylist()
    found = timeline.entries(rows[:ENTRIES])
    return {
        "person_id": person_id, "kind": _kind_shown(request), "kinds": timeline.KINDS,
        "days": timeline.by_day(found, formats.zone().day(request.at_us)),
        "before": found[-1].cursor if len(rows) > ENTRIES else "",
    }  # fmt: skip


def _history(person_id: int) -> dict[str, Any]:
    merges = people.merges_of(person_id)
    names = people.names_of([merge.profile_id for merge in merges])
    standing = set(
        Profile.objects.filter(id__in=[m.profile_id for m in merges], merged_into__isnull=False).values_list("id", flat=True)
    )
    return {
        "merges": [
            {
                "row": merge, "name": names.get(merge.profile_id, ""),
                "can_undo": merge.undone_us is None and merge.profile_id in standing,
                "reason": _reason(merge.reason),
            }
            for merge in merges
        ]
    }  # fmt: skip


def _reason(reason: str) -> str:
    reasons = {
        "person": _("a member said so"), "device": _("signed in on the same device"), "alias": _("an alias event said so"),
        "duplicate": _("found as a duplicate"),
    }  # fmt: skip
    return reasons.get(reason, reason)
