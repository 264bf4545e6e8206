"""One door to all checks: what was told of a person, judged, and as JSON. Pure but for the words of findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from samovar.collect.contacts import addresses, sentences
from samovar.collect.contacts.birthdays import check_birthday
from samovar.collect.contacts.emails import check_email
from samovar.collect.contacts.name_forms import forms_of
from samovar.collect.contacts.names import NAME_PARTS, Name, check_gender, check_name, check_part, gender_of
from samovar.collect.contacts.phones import check_phone
from samovar.collect.contacts.verdicts import Checked, Verdict, worst

FIELDS = ("email", "phone", "name", *NAME_PARTS, "gender", "birthday", *addresses.FIELDS)
CHARS_MAX = 1_000
_SHARED = frozenset(field.name for field in fields(Checked))


def check(told: Mapping[str, str], *, region: str, on: dt.date) -> dict[str, Checked]:
    """What was told, judged: {field of `FIELDS`: its check}, fields in their order. Others are left out.

    `region` is the country of phones and addresses that name none, `on` the day as of which a birthday is judged.
    """
    given = {field: told[field] for field in FIELDS if told.get(field)}
    address = addresses.check_address(given, region)
    return {field: address.get(field) or check_one(field, value, region=region, on=on) for field, value in given.items()}


def check_one(field: str, value: str, *, region: str, on: dt.date) -> Checked:
    """One field judged by itself. `field` is one of `FIELDS`."""
    match field:
        case "email":
            return check_email(value)
        case "phone":
            return check_phone(value, region)
        case "name":
            return check_name(value)
        case "gender":
            return check_gender(value)
        case "birthday":
            return check_birthday(value, on)
        case _ if field in NAME_PARTS:
            return check_part(value)
    return addresses.check_address({field: value}, region).get(field, Checked(value, value))


def as_json(checks: Mapping[str, Checked]) -> dict[str, Any]:
    """`{"verdict": the worst, "fields": {field: …}}`; a field has value, came, verdict, findings and what its check tells."""
    told: dict[str, Any] = {field: _as_json(one) for field, one in checks.items()}
    whole = full_name(checks)
    if whole is not None and "name" in told:
        told["name"] |= _forms(whole)
    elif whole is not None and "first_name" in told:
        told["first_name"] |= {"gender": whole.gender, **_forms(whole)}
    return {"verdict": worst([one.verdict for one in checks.values()]), "fields": told}


def full_name(checks: Mapping[str, Checked]) -> Name | None:
    """The name that a full one or its parts tell; None where no name was told."""
    whole = checks.get("name")
    if isinstance(whole, Name):
        return whole
    parts = {field: checks[field] for field in NAME_PARTS if field in checks}
    return named({field: one.value for field, one in parts.items() if one.verdict is not Verdict.INVALID}) if parts else None


def named(parts: Mapping[str, str]) -> Name:
    """The name that parts told one by one make, by their names of `NAME_PARTS`."""
    first, middle, last = (parts.get(field, "") for field in NAME_PARTS)
    value = " ".join(part for part in (first, middle, last) if part)
    gender = gender_of(first, middle, last)
    return Name(value, value, first=first, middle=middle, last=last, gender=gender, is_russian=bool(gender))


def judged_as_json(one: Checked) -> dict[str, Any]:
    """What every check answers: value, came, verdict and findings, each with its sentence."""
    found = [{"code": f.code, "about": f.about, "message": sentences.sentence(f)} for f in one.findings]
    return {"value": one.value, "came": one.came, "verdict": one.verdict.value, "findings": found}


def _as_json(one: Checked) -> dict[str, Any]:
    return judged_as_json(one) | {f.name: getattr(one, f.name) for f in fields(one) if f.name not in _SHARED}


def _forms(name: Name) -> dict[str, Any]:
    forms = forms_of(name)
    return {
        "vocative": forms.vocative, "vocative_formal": forms.vocative_formal, "latin": forms.latin, "cases": forms.cases,
    }  # fmt: skip
