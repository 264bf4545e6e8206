"""The REST API of the room: letters, messages and their outcomes, the built-in mailbox."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from samovar.collect.erasure.queries import person_of
from samovar.communicate import mailbox, operations, queries
from samovar.communicate.models import Letter, Message
from samovar.decide import queries as campaigns
from samovar.staff.access import Allowed
from samovar.webkit.requests import OfficeRequest

ID_MAX = 2**62

router = Router(tags=["communicate"])


class LetterOut(Schema):
    """A letter's newest version."""

    variant: str
    version: int
    subject: str
    html: str
    text: str


class LetterIn(Schema):
    """The words of a letter; without a text part one is made from the HTML."""

    subject: str
    html: str
    text: str = ""


class OutcomesOut(Schema):
    """Messages of a campaign by state and, where they were not sent, by reason; opens and clicks count people's own."""

    by_state: dict[str, int]
    by_reason: dict[str, int]
    opened: int
    machine_opened: int
    clicked: int
    unsubscribed: int


class MessageOut(Schema):
    """A message of the ledger; times in microseconds UTC."""

    id: int
    campaign_id: int
    profile_id: int
    address: str
    variant: str
    is_control: bool
    state: str
    reason: str
    planned_us: int
    claimed_us: int | None
    intent_us: int | None
    sent_us: int | None
    opened_us: int | None
    clicked_us: int | None
    unsubscribed_us: int | None


class PersonMessageOut(Schema):
    """A message as a person's card shows it."""

    id: int
    campaign_id: int
    campaign: str
    name: str
    variant: str
    channel: str
    address: str
    state: str
    reason: str
    is_control: bool
    planned_us: int
    claimed_us: int | None
    sent_us: int | None
    opened_us: int | None
    clicked_us: int | None
    unsubscribed_us: int | None


class MailLineOut(Schema):
    """A mail of the built-in mailbox."""

    n: int
    to: str
    subject: str
    at_us: int


class MailboxOut(Schema):
    """How many mails ever came, and the last ones, newest first."""

    count: int
    mails: list[MailLineOut]


class MailOut(MailLineOut):
    """One mail, opened."""

    raw: str
    html: str
    text: str
    links: list[str]
    unsubscribe: str


class Page(Schema):
    """A page of a list: `limit` rows after or before the number `after`."""

    after: int | None = Field(None, ge=0, le=ID_MAX)
    limit: int = Field(50, ge=1, le=1_000)


@router.get("/campaigns/{slug}/letters", response=list[LetterOut], auth=Allowed("campaigns:read"))
def letters(request: HttpRequest, slug: str) -> list[Letter]:
    """The letters of a campaign."""
    found = queries.current_letters(campaigns.campaign(slug).id)
    return [found[variant] for variant in sorted(found)]


@router.put("/campaigns/{slug}/letters/{variant}", response=LetterOut, auth=Allowed("campaigns:write"))
def save_letter(request: HttpRequest, slug: str, variant: str, body: LetterIn) -> Letter:
    """Save the next version of a letter."""
    office = cast(OfficeRequest, request)
    return operations.save_letter(
        campaign=campaigns.campaign(slug), variant=variant, subject=body.subject, html=body.html, text=body.text,
        actor=office.actor, at_us=office.at_us,
    )  # fmt: skip


@router.get("/campaigns/{slug}/outcomes", response=OutcomesOut, auth=Allowed("campaigns:read"))
def outcomes(request: HttpRequest, slug: str) -> dict[str, Any]:
    """What became of a campaign's messages."""
    return asdict(queries.outcomes(campaigns.campaign(slug).id))


@router.get("/campaigns/{slug}/messages", response=list[MessageOut], auth=Allowed("campaigns:read"))
def messages(request: HttpRequest, slug: str, page: Query[Page], state: str = "") -> list[Message]:
    """A campaign's messages in the order they were planned, all or those of one state."""
    return queries.messages(campaigns.campaign(slug).id, state=state, after_id=page.after or 0, limit=page.limit)


@router.post("/messages/{message_id}/resend", response=MessageOut, auth=Allowed("campaigns:launch"))
def resend(request: HttpRequest, message_id: int) -> Message:
    """Send a message in doubt once more; it may come twice."""
    office = cast(OfficeRequest, request)
    operations.resend(message_id=message_id, actor=office.actor, at_us=office.at_us)
    return queries.message(message_id)


@router.get("/customers/{person_id}/messages", response=list[PersonMessageOut], auth=Allowed("customers:read"))
def person_messages(request: HttpRequest, person_id: int) -> list[dict[str, Any]]:
    """A person's messages, newest first, with why one was not sent."""
    return queries.messages_of(person_of(person_id))


@router.get("/mailbox", response=MailboxOut, auth=Allowed("mailbox:read"))
def mails(request: HttpRequest, page: Query[Page]) -> dict[str, Any]:
    """The built-in mailbox, newest first; `after` is the number to go on below."""
    return {
        "count": mailbox.count(),
        "mails": mailbox.mails(before_n=page.after, limit=page.limit),
    }


@router.get("/mailbox/{n}", response=MailOut, auth=Allowed("mailbox:read"))
def mail(request: HttpRequest, n: int) -> mailbox.ReadMail:
    """One mail of the built-in mailbox."""
    return mailbox.read(n)
