"""Correcting a contact: what a member or a program says it is goes into the log as an event of the house's own source."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from samovar.collect.contacts import checks, sentences
from samovar.collect.contacts.verdicts import Checked, Verdict
from samovar.collect.erasure.queries import person_of
from samovar.collect.queries import identified
from samovar.collect.told_here import Append, event_row, naming
from samovar.engine import store
from samovar.kit.errors import Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor

ADDRESSES = ("email", "phone")  # contacts that name a person
CORRECTED = "customer.correct"  # how the trail calls it


class ContactRefused(Refusal):
    """A value that the field cannot have, or an address that is somebody else's."""

    status = 422


def correct(
    *, person: int, field: str, value: str, region: str, on: dt.date, append: Append, actor: Actor, at_us: int
) -> Checked:
    """Say what a contact of a person is from now on; what it was stays as history. How it was judged.

    `field` is one of `checks.FIELDS`, `on` the local day. A doubtful value is taken, an invalid one refused. Raises
    `ContactRefused`, `NotFound`, `Erased`, `Nameless`.
    """
    if field not in checks.FIELDS:
        raise ContactRefused("bad_field", _("“%(name)s” is no contact.") % {"name": field[:60]}, field="field")
    if not value.strip() or len(value) > checks.CHARS_MAX:
        message = _("Write a value of at most %(max)d characters.") % {"max": checks.CHARS_MAX}
        raise ContactRefused("bad_value", message, field="value")
    checked = checks.check_one(field, value, region=region, on=on)
    if checked.verdict is Verdict.INVALID:
        raise ContactRefused("invalid_contact", " ".join(map(sentences.sentence, checked.findings)), field="value")
    with store.transaction():
        person = person_of(person)
        if field in ADDRESSES and any(found.person_id != person for found in identified(checked.value, region, kinds=(field,))):
            message = _("Another customer has this address. If they are one person, merge them.")
            raise ContactRefused("taken", message, field="value")
        named = naming(person, without=(field,))
        # The field alone: the trail outlives an erasure.
        audit.record(actor=actor, action=CORRECTED, subject=f"profile:{person}", at_us=at_us, new={"field": field})
        append([event_row({"type": "identify", "traits": {field: value}}, named, at_us, "value")])
    return checked
