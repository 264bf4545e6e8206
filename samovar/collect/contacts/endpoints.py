"""The REST API of contacts: judging some without storing them."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema
from pydantic import Field, model_validator

from samovar.collect.contacts import checks
from samovar.collect.imports.office import workspace
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

    @model_validator(mode="after")
    def tells_something(self) -> ContactsIn:
        if not any(self.model_dump().values()):
            raise ValueError("nothing to check")
        return self


class ContactsOut(Schema):
    """`verdict` is the worst of the fields'. A field has `value` (as it would be stored), `came`, `verdict` (valid, doubtful,
    invalid), `findings` (code, about, message) and what else its check tells: an e-mail its `domain`, `suggestion`, a phone its
    `region` and `line`, a name its parts, `gender`, `vocative` and `cases`."""

    verdict: str
    fields: dict[str, dict[str, Any]]


@router.post(
    "/contacts/check", auth=Allowed("customers:read"), response=ContactsOut, summary="Judge contacts without storing them"
)
def check_contacts(request: Any, body: ContactsIn) -> Any:
    """As they are judged when they come in."""
    on = day_date(workspace().zone.day(request.at_us))
    return checks.as_json(checks.check(body.model_dump(), region=str(settings.get("phone_region")), on=on))
