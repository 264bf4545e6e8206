"""A person's contacts as they stand: each with what came, its verdict, findings, who told it and when, and what it was before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from samovar.collect.contacts.addresses import country_of
from samovar.collect.contacts.checks import FIELDS, as_json, check, check_one, judged_as_json
from samovar.collect.contacts.emails import Email
from samovar.collect.contacts.mail_domains import domain_of, known_of, without_mail
from samovar.collect.contacts.mail_servers import Answer
from samovar.collect.contacts.marks import HOUSE
from samovar.collect.contacts.operations import ADDRESSES, CORRECTED
from samovar.collect.contacts.verdicts import Checked, Finding, Verdict, worst
from samovar.collect.queries import group_of
from samovar.collect.told_here import SOURCE
from samovar.engine.warehouse import client
from samovar.kit.clock import iso
from samovar.staff import audit

TOLD_MAX = 20  # different tellings of one contact, the last of them
_TAKES_MAIL = {Answer.MAIL: "yes", Answer.NO_MAIL: "no", Answer.UNKNOWN: "unknown"}


@dataclass(frozen=True)
class Contact:
    """`came` is None where nothing was corrected; `source` and `told_us` are None for an address that no trait told.

    `by` is the member or program that put it right, empty where none did; `earlier` what it was said to be before, the last one
    first.
    """

    field: str
    value: str
    came: str | None
    checked: Checked
    source: str | None
    told_us: int | None
    by: str = ""
    earlier: tuple[Contact, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return self.checked.verdict


def judged(told: Mapping[str, str], *, region: str, on: dt.date) -> dict[str, Any]:
    """What was told, judged as `checks.as_json` answers; an e-mail with `takes_mail`, what is known of its domain."""
    checked = check(told, region=region, on=on)
    email = checked.get("email")
    known = known_of(email.domain) if isinstance(email, Email) and email.domain else None
    if email is not None and known is Answer.NO_MAIL:
        checked["email"] = _with_no_mail(email, Finding("email_no_mail", domain_of(email.value)))
    answer = as_json(checked)
    if known is not None:
        answer["fields"]["email"]["takes_mail"] = _TAKES_MAIL[known]
    return answer


def contacts_of(
    person_id: int, identifiers: Iterable[Mapping[str, str]], *, at_us: int, region: str, on: dt.date
) -> list[Contact]:
    """Every contact of a person with these identifiers, in the order of `FIELDS`; asks the warehouse what was told of her."""
    [told] = client.current().query_all(asked_told(person_id, at_us))
    return contacts_among(told, person_id, identifiers, region=region, on=on)


def asked_told(person_id: int, at_us: int) -> client.Asked:
    """What `contacts_among` is made of."""
    return "collect.told", {"person_id": person_id, "at_us": at_us, "names": [*FIELDS], "limit": TOLD_MAX}


def contacts_among(
    told: pa.Table, person_id: int, identifiers: Iterable[Mapping[str, str]], *, region: str, on: dt.date
) -> list[Contact]:
    """The same of what was told, at hand (`card_sql.told_sql`)."""
    rows = told.to_pylist()
    by = _correctors(person_id) if any(row["source"] == SOURCE for row in rows) else {}
    country = next((row["text"] for row in rows if row["name"] == "country"), None)
    regions = {"postal_code": country_of({"country": country}, region)}  # a code is judged by the country that stands now
    tellings: dict[str, list[Contact]] = {}
    for row in rows:
        tellings.setdefault(row["name"], []).append(_told(row, by, regions.get(row["name"], region), on))
    addresses = [(one["kind"], one["value"]) for one in identifiers if one["kind"] in ADDRESSES]
    last = [each[0] for each in tellings.values() if each[0].value]
    found = [one for one in last if (one.field, one.value) not in addresses]
    for field, value in addresses:
        before = (one for one in tellings.get(field, ()) if one.value == value)
        found.append(next(before, None) or _address(field, value, region, on))
    found = _with_earlier(found, tellings)
    silent = without_mail(one.value for one in found if one.field == "email" and one.verdict is not Verdict.INVALID)
    found = [replace(one, checked=_with_no_mail(one.checked, silent[one.value])) if one.value in silent else one for one in found]
    return sorted(found, key=lambda one: FIELDS.index(one.field))


def contact_as_json(one: Contact) -> dict[str, Any]:
    """A contact as the REST API and the command line tell it."""
    earlier = [{**_told_as_json(before), "came": before.came or before.value} for before in one.earlier]
    return {"field": one.field, **judged_as_json(one.checked), **_told_as_json(one), "earlier": earlier}


def _told_as_json(one: Contact) -> dict[str, Any]:
    told_at = None if one.told_us is None else iso(one.told_us)
    return {"value": one.value, "source": one.source, "by": one.by, "told_at": told_at}


def _with_earlier(found: list[Contact], tellings: Mapping[str, list[Contact]]) -> list[Contact]:
    """Contacts with what each was before: another spelling of an address is its own, every other value that of the last one."""
    holders: dict[int, list[Contact]] = {}
    for field, told in tellings.items():
        lines = [one for one in found if one.field == field]
        last = next((one for one in lines if one is told[0]), lines[0] if lines else None)
        for one in told:
            holder = next((line for line in lines if line.value == one.value), last)
            is_news = holder is not None and one.value and (one.value != holder.value or one.came is not None)
            if holder is not None and is_news and one.source != HOUSE and one is not holder:
                holders.setdefault(id(holder), []).append(one)
    return [replace(one, earlier=tuple(holders.get(id(one), ()))) for one in found]


def _correctors(person_id: int) -> dict[int, str]:
    """Who put a contact of a person right, by the moment of it, which is that of the telling."""
    return audit.names_by_moment(action=CORRECTED, subjects=[f"profile:{profile}" for profile in group_of(person_id)])


def _with_no_mail(one: Checked, finding: Finding) -> Checked:
    """A check to which a name server's word is added: doubtful at least."""
    return replace(one, verdict=worst([one.verdict, Verdict.DOUBTFUL]), findings=(*one.findings, finding))


def _told(row: dict[str, Any], by: Mapping[int, str], region: str, on: dt.date) -> Contact:
    field, value = row["name"], row["text"] or ""
    checked = check_one(field, row["came"] or value, region=region, on=on)
    who = by.get(row["time_us"], "") if row["source"] == SOURCE else ""
    return Contact(field, value, row["came"], checked, row["source"], row["time_us"], who)


def _address(field: str, value: str, region: str, on: dt.date) -> Contact:
    return Contact(field, value, None, check_one(field, value, region=region, on=on), None, None)
