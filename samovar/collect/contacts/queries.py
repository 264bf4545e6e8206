"""A person's contacts as they stand: each with what came, its verdict, findings, who told it and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from samovar.collect.contacts.checks import FIELDS, as_json, check, check_one
from samovar.collect.contacts.emails import Email
from samovar.collect.contacts.mail_domains import domain_of, known_of, without_mail
from samovar.collect.contacts.mail_servers import Answer
from samovar.collect.contacts.verdicts import Checked, Finding, Verdict, worst
from samovar.engine.warehouse import client

_TAKES_MAIL = {Answer.MAIL: "yes", Answer.NO_MAIL: "no", Answer.UNKNOWN: "unknown"}


@dataclass(frozen=True)
class Contact:
    """`came` is None where nothing was corrected; `source` and `told_us` are None for an address that no trait told."""

    field: str
    value: str
    came: str | None
    checked: Checked
    source: str | None
    told_us: int | None

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
    """Every contact of a person with these identifiers, in the order of `FIELDS`; asks the warehouse for her traits."""
    traits = client.current().query("collect.traits", person_id=person_id, at_us=at_us)
    return contacts_among(traits, identifiers, region=region, on=on)


def contacts_among(traits: pa.Table, identifiers: Iterable[Mapping[str, str]], *, region: str, on: dt.date) -> list[Contact]:
    """The same of traits at hand (`card_sql.traits_sql`)."""
    rows = {row["name"]: row for row in traits.to_pylist() if row["name"] in FIELDS and row["text"]}
    addresses = [(one["kind"], one["value"]) for one in identifiers if one["kind"] in ("email", "phone")]
    found = [_told(field, row, region, on) for field, row in rows.items() if (field, row["text"]) not in addresses]
    for field, value in addresses:
        row = rows.get(field)
        is_told = row is not None and row["text"] == value
        found.append(_told(field, row, region, on) if is_told and row else _address(field, value, region, on))
    silent = without_mail(one.value for one in found if one.field == "email" and one.verdict is not Verdict.INVALID)
    found = [replace(one, checked=_with_no_mail(one.checked, silent[one.value])) if one.value in silent else one for one in found]
    return sorted(found, key=lambda one: FIELDS.index(one.field))


def _with_no_mail(one: Checked, finding: Finding) -> Checked:
    """A check to which a name server's word is added: doubtful at least."""
    return replace(one, verdict=worst([one.verdict, Verdict.DOUBTFUL]), findings=(*one.findings, finding))


def _told(field: str, row: dict[str, Any], region: str, on: dt.date) -> Contact:
    came = row["came"] or row["text"]
    return Contact(field, row["text"], row["came"], check_one(field, came, region=region, on=on), row["source"], row["time_us"])


def _address(field: str, value: str, region: str, on: dt.date) -> Contact:
    return Contact(field, value, None, check_one(field, value, region=region, on=on), None, None)
