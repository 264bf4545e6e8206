"""Contacts on the customer card: what each is, what came, what is to be said of it, and the form that corrects one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from samovar.collect.contacts import checks, operations, sentences
from samovar.collect.contacts.addresses import country_name
from samovar.collect.contacts.marks import HOUSE
from samovar.collect.contacts.names import NAME_PARTS
from samovar.collect.contacts.phones import Phone, written
from samovar.collect.contacts.queries import Contact, contacts_among
from samovar.collect.contacts.verdicts import Verdict
from samovar.collect.imports.office import append
from samovar.engine import settings
from samovar.kit.clock import day_date, day_number
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest

LABELS = {
    "email": lazy("E-mail"), "phone": lazy("Phone"), "name": lazy("Full name"), "first_name": lazy("Given name"),
    "middle_name": lazy("Patronymic"), "last_name": lazy("Surname"), "gender": lazy("Gender"), "birthday": lazy("Birthday"),
    "country": lazy("Country"), "region": lazy("Region"), "city": lazy("City"), "street": lazy("Street"),
    "postal_code": lazy("Postal code"),
}  # fmt: skip
IDENTIFIERS = {"user_id": lazy("User id"), "external_id": lazy("External id"), "card": lazy("Card")}
_SEEN_BESIDE = frozenset({"name_case", "name_strangers"})  # corrections that show beside what came
_TONES = {Verdict.VALID: "", Verdict.DOUBTFUL: "brass", Verdict.INVALID: "bad"}


@dataclass(frozen=True)
class Shown:
    """A line of the card; `verdict` is empty for what needs no word, `tone` the look of its chip."""

    label: str
    value: str
    came: str = ""
    verdict: str = ""
    tone: str = ""
    notes: tuple[str, ...] = ()


class ContactForm(Form):
    """Which contact is put right, and what it is."""

    field = forms.ChoiceField(label=lazy("Which contact"), choices=list(LABELS.items()))
    value = forms.CharField(label=lazy("What is right"), max_length=checks.CHARS_MAX)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="contact-%s", **kwargs)


def shown_contacts(traits: pa.Table, identifiers: Iterable[Mapping[str, str]], at_us: int) -> list[Shown]:
    """Lines of a person with these traits and identifiers: contacts, then other numbers she is known by."""
    known = [*identifiers]
    region, on = str(settings.get("phone_region")), day_date(formats.zone().day(at_us))
    contacts = contacts_among(traits, known, region=region, on=on)
    has_whole = any(one.field == "name" for one in contacts)
    told = [_shown(one) for one in contacts if not (has_whole and one.source == HOUSE and one.field in NAME_PARTS)]
    return told + [Shown(str(IDENTIFIERS[one["kind"]]), one["value"]) for one in known if one["kind"] in IDENTIFIERS]


def _shown(one: Contact) -> Shown:
    said = _said(one)
    came = one.came if one.came not in (None, said) else ""
    notes = [sentences.sentence(finding) for finding in one.checked.findings if not (came and finding.code in _SEEN_BESIDE)]
    if isinstance(one.checked, Phone) and one.verdict is not Verdict.INVALID:
        notes.insert(0, _line(one.checked))
    if one.source == HOUSE:
        notes.append(source_word(one.source))
    word = "" if one.verdict is Verdict.VALID else sentences.verdict_word(one.verdict)
    return Shown(str(LABELS[one.field]), said, came or "", word, _TONES[one.verdict], tuple(notes))


def _line(phone: Phone) -> str:
    """mobile, Russia."""
    kind = str(sentences.LINES[phone.line])
    return f"{kind}, {country_name(phone.region, get_language() or 'en')}" if phone.region else kind


def gender_word(value: str) -> str:
    """A gender as it is stored, in the reader's words."""
    return {"female": _("female"), "male": _("male")}.get(value, value)


def source_word(source: str) -> str:
    """Who told a value, in the reader's words; a source of the shop by its name."""
    return _("worked out from the name") if source == HOUSE else source


def _said(one: Contact) -> str:
    """A value as people read it."""
    if one.verdict is Verdict.INVALID:
        return one.value
    match one.field:
        case "phone":
            return written(one.value)
        case "gender":
            return gender_word(one.value)
        case "birthday":
            return formats.day(day_number(dt.date.fromisoformat(one.checked.value)))
        case "country" if one.verdict is Verdict.VALID:
            return country_name(one.value, get_language() or "en")
    return one.value


@needs("customers:write")
@require_POST
def correct(request: OfficeRequest, person_id: int) -> HttpResponse:
    """Put a contact right; it shows as soon as the worker has taken it in."""
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            checked = operations.correct(
                person=person_id, field=form.cleaned_data["field"], value=form.cleaned_data["value"],
                region=str(settings.get("phone_region")), on=day_date(formats.zone().day(request.at_us)), append=append,
                actor=request.actor, at_us=request.at_us,
            )  # fmt: skip
            messages.success(request, _("Corrected to “%(value)s”. It shows here within seconds.") % {"value": checked.value})
        except Refusal as refusal:
            messages.error(request, refusal.message)
    else:
        name, faults = next(iter(form.errors.items()))
        messages.error(request, f"{form.fields[name].label}: {faults[0]}")
    return redirect(reverse("customer", args=[person_id]))
