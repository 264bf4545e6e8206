"""Reading letters and the ledger. Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from samovar.collect import queries as people
from samovar.communicate import writing
from samovar.communicate.models import Letter, Message, State
from samovar.kit.errors import NotFound

OWN_VARIABLES = frozenset({"email", "unsubscribe_url", "preferences_url"})  # given by the house, not by a person's traits
OPEN_STATES = (State.PLANNED, State.CLAIMED, State.INTENT)
MESSAGES_MAX = 200
REMAINING_MAX = 10_000


def current_letters(campaign_id: int) -> dict[str, Letter]:
    """Variant -> the newest version of its letter."""
    newest = Letter.objects.filter(campaign_id=campaign_id).values("variant").annotate(last=Max("version"))
    wanted = Q()
    for row in newest:
        wanted |= Q(variant=row["variant"], version=row["last"])
    if not wanted:
        return {}
    return {letter.variant: letter for letter in Letter.objects.filter(wanted, campaign_id=campaign_id)}


def current_letter(campaign_id: int, variant: str) -> Letter:
    """The newest version of one variant's letter. Raises `NotFound`."""
    letter = Letter.objects.filter(campaign_id=campaign_id, variant=variant).order_by("-version").first()
    if letter is None:
        words = _("The variant “%(variant)s” has no letter yet.") % {"variant": variant}
        raise NotFound("no_letter", words, variant=variant)
    return letter


def preview(subject: str, html: str, text: str, context: Mapping[str, Any]) -> writing.Rendered:
    """A letter filled for reading, not for sending: its own links lead nowhere. Raises `writing.TemplateError`."""
    shown = {"unsubscribe_url": "#", "preferences_url": "#", **context}
    rendered = writing.compile_letter(subject, html, text).render(shown)
    return writing.Rendered(rendered.subject, rendered.html, rendered.text or writing.plain_text(rendered.html))


def remaining(campaign_id: int) -> int:
    """How many rows of a campaign have no outcome yet, counted up to `REMAINING_MAX`: asked at every turn of the worker."""
    return Message.objects.filter(campaign_id=campaign_id, state__in=OPEN_STATES)[:REMAINING_MAX].count()


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Rows of a campaign by state, and refusals and failures by reason."""

    by_state: dict[str, int]
    by_reason: dict[str, int]
    opened: int
    machine_opened: int
    clicked: int
    unsubscribed: int


def outcomes(campaign_id: int) -> Outcomes:
    """What became of a campaign's messages."""
    rows = Message.objects.filter(campaign_id=campaign_id)
    states = dict(rows.values_list("state").annotate(n=Count("id")))
    reasons = rows.filter(state__in=[State.REFUSED, State.FAILED, State.IN_DOUBT]).values_list("reason").annotate(n=Count("id"))
    counted = rows.aggregate(
        opened=Count("opened_us"), machine=Count("machine_opened_us"), clicked=Count("clicked_us"),
        unsubscribed=Count("unsubscribed_us"),
    )  # fmt: skip
    return Outcomes(
        states, dict(reasons), counted["opened"], counted["machine"], counted["clicked"], counted["unsubscribed"]
    )  # fmt: skip


_MOMENTS = ("claimed_us", "sent_us", "opened_us", "clicked_us", "unsubscribed_us")


@dataclass(frozen=True, slots=True)
class PersonMessage:
    """A message as a person's card and the command line show it; times in microseconds UTC, null while they have not come."""

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


def person_messages(person_id: int, limit: int = MESSAGES_MAX) -> list[PersonMessage]:
    """The messages of a person and of everyone merged into him, newest first; those not sent carry their reason."""
    rows = Message.objects.filter(profile_id__in=people.group_of(person_id)).order_by("-id")
    return [
        PersonMessage(
            id=row.id, campaign_id=row.campaign_id, campaign=row.campaign.slug, name=row.campaign.name, variant=row.variant,
            channel="email", address=row.address, state=row.state, reason=row.reason, is_control=row.is_control,
            planned_us=row.planned_us, claimed_us=row.claimed_us, sent_us=row.sent_us, opened_us=row.opened_us,
            clicked_us=row.clicked_us, unsubscribed_us=row.unsubscribed_us,
        )
        for row in rows.select_related("campaign").defer("context")[:limit]
    ]  # fmt: skip


def messages_of(person_id: int, *, at_us: int | None = None) -> list[dict[str, Any]]:
    """The same for machines, as of a moment if one is given."""
    found = [asdict(message) for message in person_messages(person_id)]
    return found if at_us is None else [_as_of(message, at_us) for message in found if message["planned_us"] <= at_us]


def _as_of(message: dict[str, Any], at_us: int) -> dict[str, Any]:
    """A message as it stood at a moment: what came later has not come yet."""
    then = {name: message[name] if message[name] is not None and message[name] <= at_us else None for name in _MOMENTS}
    if then["claimed_us"] is None:
        return {**message, **then, "state": State.PLANNED, "reason": ""}
    is_later = message["sent_us"] is not None and then["sent_us"] is None
    return {**message, **then, **({"state": State.CLAIMED} if is_later else {})}


def in_doubt(campaign_id: int, limit: int = MESSAGES_MAX) -> list[Message]:
    """Messages that may or may not have reached their server."""
    rows = Message.objects.filter(campaign_id=campaign_id, state=State.IN_DOUBT)
    return list(rows.order_by("id").defer("context")[:limit])


def message(message_id: int) -> Message:
    """One row of the ledger. Raises `NotFound`."""
    row = Message.objects.filter(id=message_id).defer("context").first()
    if row is None:
        raise NotFound("unknown_message", _("There is no message %(number)s.") % {"number": message_id})
    return row


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message its server took."""

    id: int
    campaign_id: int
    profile_id: int
    address: str
    sent_us: int


def sent_messages(campaign_id: int) -> list[SentMessage]:
    """Every message of a campaign that was sent, in order of id."""
    rows = Message.objects.filter(campaign_id=campaign_id, state=State.SENT).order_by("id")
    return [
        SentMessage(row.id, row.campaign_id, row.profile_id, row.address, row.sent_us or 0)
        for row in rows.defer("context").iterator()
    ]


def messages(campaign_id: int, *, state: str = "", after_id: int = 0, limit: int = 50) -> list[Message]:
    """A campaign's messages by id, of one state when given, after an id."""
    rows = Message.objects.filter(campaign_id=campaign_id, id__gt=after_id)
    if state:
        rows = rows.filter(state=state) if state in State.values else rows.none()
    return list(rows.order_by("id").defer("context")[: max(1, min(limit, MESSAGES_MAX))])
