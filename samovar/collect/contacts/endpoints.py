"""The REST API of contacts: judging some without storing them, a customer's own, and correcting one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from samovar.collect.contacts import checks, operations, queries
from samovar.collect.erasure.queries import person_of
from samovar.collect.imports.office import append, workspace
from samovar.collect.queries import identifiers_of
from samovar.engine import settings
from samovar.kit.clock import day_date
from samovar.staff.access import Allowed

router = Router(tags=["contacts"])
_TEXT = Field("", max_length=checks.CHARS_MAX)


class ContactsIn(Schema):
    """What a person is said to have; at least one of them."""

    email: str = _TEXT
    phone: str = _TEXT
    name: str = _TEXT
    first_name: str = _TEXT
    middle_name: str = _TEXT
    last_name: str = _TEXT
    birthday: str = _TEXT
    country: str = _TEXT
    region: str = _TEXT
    city: str = _TEXT
    street: str = _TEXT
    postal_code: str = _TEXT


class ContactsOut(Schema):
    """`verdict` is the worst of the fields'. A field has `value` (as it would be stored), `came`, `verdict` (valid, doubtful,
    invalid), `findings` (code, about, message) and what else its check tells: an e-mail its `domain`, `suggestion` and
    `takes_mail` (yes, no, unknown), a phone its
    `region` and `line`, a name its parts, `gender`, `vocative` and `cases`."""

    verdict: str
    fields: dict[str, dict[str, Any]]


class ContactFindingOut(Schema):
    code: str
    about: str
    message: str


class JudgedOut(Schema):
    """`came` is what came; the same as `value` where nothing was corrected."""

    value: str
    came: str
    verdict: str
    findings: list[ContactFindingOut]


class EarlierOut(Schema):
    """What a contact was said to be before, by which source, by whom where somebody put it right, and when."""

    value: str
    came: str
    source: str | None
    by: str
    told_at: str | None


class ContactOut(JudgedOut):
    """`source` is who told it (`house` for what was worked out) and `told_at` when; null for an address that no trait told. `by`
    is who put it right, empty where nobody did; `earlier` what it was said to be before, the last first."""

    field: str
    source: str | None
    by: str
    told_at: str | None
    earlier: list[EarlierOut]


class CorrectionIn(Schema):
    value: str = Field(min_length=1, max_length=checks.CHARS_MAX)


@router.post(
    "/contacts/check", auth=Allowed("customers:read"), response=ContactsOut, summary="Judge contacts without storing them"
)
def check_contacts(request: Any, body: ContactsIn) -> Any:
    """As they are judged when they come in."""
    told = {field: value for field, value in body.model_dump().items() if value.strip()}
    if not told:
        message = _("Give at least one of these: %(fields)s.") % {"fields": ", ".join(ContactsIn.model_fields)}
        raise operations.ContactRefused("nothing_to_check", message)
    return queries.judged(told, region=str(settings.get("phone_region")), on=_today(request))


@router.get(
    "/customers/{person_id}/contacts", auth=Allowed("customers:read"), response=list[ContactOut],
    summary="A customer's contacts, each with what came, its verdict and findings",
)  # fmt: skip
def list_contacts(request: Any, person_id: int) -> Any:
    person = person_of(person_id)
    region = str(settings.get("phone_region"))
    found = queries.contacts_of(person, identifiers_of(person), at_us=request.at_us, region=region, on=_today(request))
    return [queries.contact_as_json(one) for one in found]


@router.put(
    "/customers/{person_id}/contacts/{field}", auth=Allowed("customers:write"), response=JudgedOut,
    summary="Correct a contact of a customer",
)  # fmt: skip
def correct_contact(request: Any, person_id: int, field: str, body: CorrectionIn) -> Any:
    """It is in the log when this answers, and counts within seconds. A value that cannot be is refused."""
    checked = operations.correct(
        person=person_id, field=field, value=body.value, region=str(settings.get("phone_region")), on=_today(request),
        append=append, actor=request.actor, at_us=request.at_us,
    )  # fmt: skip
    return checks.judged_as_json(checked)


def _today(request: Any) -> date:
    return day_date(workspace().zone.day(request.at_us))
