"""Contacts on the customer card: what each is, what came, what is to be said of it, and the form that corrects one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.collect.contacts import checks, sentences
from samovar.collect.contacts.addresses import country_name
from samovar.collect.contacts.marks import HOUSE
from samovar.collect.contacts.names import NAME_PARTS
from samovar.collect.contacts.phones import Phone, written
from samovar.collect.contacts.queries import Contact, contacts_among
from samovar.collect.contacts.verdicts import Verdict
from samovar.engine import settings
from samovar.kit.clock import day_date, day_number
from samovar.kit.text import with_invisible_named
from samovar.webkit import formats
from samovar.webkit.form import Form

LABELS = {
    "email": lazy("E-mail"), "phone": lazy("Phone"), "name": lazy("Full name"), "first_name": lazy("Given name"),
    "middle_name": lazy("Patronymic"), "last_name": lazy("Surname"), "gender": lazy("Gender"), "birthday": lazy("Birthday"),
    "country": lazy("Country"), "region": lazy("Region"), "city": lazy("City"), "street": lazy("Street"),
    "postal_code": lazy("Postal code"),
}  # fmt: skip
IDENTIFIERS = {"user_id": lazy("User id"), "external_id": lazy("External id"), "card": lazy("Card")}
_SEEN_BESIDE = frozenset({"name_case", "name_strangers"})  # corrections that show beside what came
EARLIER_SHOWN = 5
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


def shown_contacts(told: pa.Table, person_id: int, identifiers: Iterable[Mapping[str, str]], at_us: int) -> list[Shown]:
    """Lines of a person of whom this was told, with these identifiers: contacts, then other numbers she is known by."""
    known = [*identifiers]
    region, on = str(settings.get("phone_region")), day_date(formats.zone().day(at_us))
    contacts = contacts_among(told, person_id, known, region=region, on=on)
    has_whole = any(one.field == "name" for one in contacts)
    lines = [_shown(one) for one in contacts if not (has_whole and one.source == HOUSE and one.field in NAME_PARTS)]
    return lines + [Shown(str(IDENTIFIERS[one["kind"]]), one["value"]) for one in known if one["kind"] in IDENTIFIERS]


def _shown(one: Contact) -> Shown:
    said = _said(one)
    came = with_invisible_named(one.came) if one.came and one.came != said else ""
    notes = [sentences.sentence(finding) for finding in one.checked.findings if not (came and finding.code in _SEEN_BESIDE)]
    if isinstance(one.checked, Phone) and one.verdict is not Verdict.INVALID:
        notes.insert(0, _line(one.checked))
    if one.source == HOUSE:
        notes.append(source_word(one.source))
    if one.by and one.told_us is not None:
        notes.append(_("put right by %(name)s, %(when)s") % {"name": one.by, "when": formats.plain_when(one.told_us, "short")})
    notes += [_earlier(before) for before in one.earlier[:EARLIER_SHOWN]]
    word = "" if one.verdict is Verdict.VALID else sentences.verdict_word(one.verdict)
    return Shown(str(LABELS[one.field]), said, came, word, _TONES[one.verdict], tuple(notes))


def _earlier(one: Contact) -> str:
    """earlier “Казань”, came as “г.казань” · import:people · 3 Oct 2026."""
    said, who = _said(one), one.by or source_word(one.source or "")
    value = _("earlier “%(value)s”") % {"value": said}
    if one.came and one.came != said:
        value = _("earlier “%(value)s”, came as “%(came)s”") % {"value": said, "came": with_invisible_named(one.came)}
    return f"{value} · {who} · {formats.plain_when(one.told_us or 0, 'short')}"


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
        return with_invisible_named(one.value)
    match one.field:
        case "phone":
            return written(one.value)
        case "gender":
            return gender_word(one.value)
        case "birthday":
            return formats.day(day_number(dt.date.fromisoformat(one.checked.value)))
        case "country" if one.verdict is Verdict.VALID:
            return country_name(one.value, get_language() or "en")
    return with_invisible_named(one.value)
