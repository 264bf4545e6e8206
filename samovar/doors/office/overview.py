"""What home shows: the loop in one strip, what waits for a person, what changed. Every part is one cheap question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samovar.collect.imports.models import QuarantineRow
from samovar.collect.quality.labels import alarm as alarm_text
from samovar.collect.quality.labels import title as alarm_title
from samovar.collect.quality.queries import open_alarms
from samovar.collect.quality.unsafe import resting_on_alarms
from samovar.communicate.models import Message, State
from samovar.decide.models import Campaign
from samovar.doors.office.audit_words import said
from samovar.engine import settings
from samovar.engine.warehouse import client
from samovar.kit.clock import DAY_US
from samovar.kit.errors import Refusal
from samovar.measure import queries as measure
from samovar.measure import verdicts
from samovar.measure.builder import dispatches
from samovar.measure.watch import labels as alert_labels
from samovar.measure.watch.queries import alerts
from samovar.staff.models import AuditRow
from samovar.staff.permissions import may
from samovar.understand.models import Segment
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest

CHANGES = 8
NAMED_MAX = 5
_QUIET = ("member.choose_language",)


@dataclass(frozen=True)
class Tile:
    """A step of the loop: its figure, a few words, where it leads."""

    label: str
    figure: str
    note: str
    url: str


@dataclass(frozen=True)
class Waiting:
    """Something a person should look at: what, why, where."""

    tone: str
    title: str
    note: str
    url: str


@dataclass(frozen=True)
class Change:
    """Somebody did something to a thing."""

    at_us: int
    actor_name: str
    said: str
    subject: str


def strip(request: OfficeRequest) -> list[Tile]:
    """Collected today, people, segments moving, messages out, earned."""
    try:
        today = client.current().query("collect.today", at_us=request.at_us).to_pylist()[0]
    except Refusal:
        today = None
    return [*_collected(today), _segments(), _messages(request), _earned(request)]


def _collected(today: dict[str, Any] | None) -> list[Tile]:
    if today is None:
        return [Tile(_("Collected today"), formats.DASH, _("the worker does not answer"), reverse("customers"))]
    orders = ngettext("%(count)s order", "%(count)s orders", today["orders"]) % {"count": formats.number(today["orders"])}
    newcomers = ngettext("%(count)s new today", "%(count)s new today", today["newcomers"])
    return [
        Tile(
            _("Collected today"), formats.number(today["events"]), f"{orders}, {formats.money(today['revenue_minor'])}",
            reverse("customers"),
        ),
        Tile(
            _("People"), formats.number(today["customers"]), newcomers % {"count": formats.number(today["newcomers"])},
            reverse("customers"),
        ),
    ]  # fmt: skip


def _segments() -> Tile:
    count = Segment.objects.filter(is_archived=False).count()
    largest = Segment.objects.filter(is_archived=False, people__isnull=False).order_by("-people").first()
    note = f"{largest.name}: {formats.number(largest.people)}" if largest else _("people who fit a rule")
    return Tile(_("Segments"), formats.number(count), note, reverse("segments"))


def _messages(request: OfficeRequest) -> Tile:
    zone = formats.zone()
    midnight = zone.midnight_us(zone.day(request.at_us))
    found = Message.objects.filter(sent_us__gte=midnight).aggregate(
        sent=Count("id"), opened=Count("id", filter=Q(opened_us__gt=0))
    )
    opened = ngettext("%(count)s opened by people", "%(count)s opened by people", found["opened"])
    note = opened % {"count": formats.number(found["opened"])}
    return Tile(_("Messages out today"), formats.number(found["sent"]), note, reverse("campaigns"))


def _earned(request: OfficeRequest) -> Tile:
    """What the latest finished or running campaign earned, with its interval; adding campaigns up would hide overlaps."""
    campaign = Campaign.objects.exclude(launched_us=None).order_by("-launched_us").first()
    if campaign is None:
        return Tile(_("Earned"), formats.DASH, _("the first campaign will show it"), reverse("campaigns"))
    url = reverse("campaign", args=[campaign.slug])
    try:
        effect = measure.campaign_report(campaign=campaign, warehouse=client.current(), at_us=request.at_us).effect
    except Refusal:
        return Tile(_("Earned"), formats.DASH, campaign.name, url)
    if effect.verdict == "not_enough_data" or effect.low_minor is None or effect.high_minor is None:
        return Tile(_("Earned"), formats.DASH, _("%(name)s: not enough data yet") % {"name": campaign.name}, url)
    amount, low, high = verdicts.rounded(effect.incremental_minor, effect.low_minor, effect.high_minor, formats.currency())
    note = f"{campaign.name}: {formats.between(low, high)}"
    return Tile(_("Earned"), formats.money(amount, signed=True), note, url)


def needs(request: OfficeRequest) -> list[Waiting]:
    """What waits for a person, the gravest first; only what this member may see."""
    return [*_sending(), *_fallen(), *_beyond(request), *_scheduled(), *_quarantine(), *_empty_house()]


def _sending() -> list[Waiting]:
    waiting = []
    if settings.get("sending_paused"):
        waiting.append(
            Waiting("bad", _("Sending is paused"), _("Nothing leaves until it is turned on in Settings."), reverse("settings"))
        )
    in_doubt = Message.objects.filter(state=State.IN_DOUBT).count()
    if in_doubt:
        title = ngettext("%(count)s message in doubt", "%(count)s messages in doubt", in_doubt)
        note = _("A crash left its delivery unknown. Send it again, or leave it, on the page of its campaign.")
        waiting.append(Waiting("warning", title % {"count": formats.number(in_doubt)}, note, reverse("campaigns")))
    failed = Message.objects.filter(state=State.FAILED).count()
    if failed:
        title = ngettext("%(count)s message could not be delivered", "%(count)s messages could not be delivered", failed)
        note = _("The mail server refused them for good.")
        waiting.append(Waiting("warning", title % {"count": formats.number(failed)}, note, reverse("campaigns")))
    return waiting


def _scheduled() -> list[Waiting]:
    """Reports and boards that did not reach a mailbox at their last turn."""
    return [
        Waiting(
            "warning", _("“%(name)s” was not delivered") % {"name": row.schedule.of.name},
            _("%(address)s: %(reason)s") % {"address": row.address, "reason": row.reason},
            reverse("board" if row.schedule.board_id else "own_report", args=[row.schedule.of.slug]),
        )
        for row in dispatches.undelivered()
    ]  # fmt: skip


def _fallen() -> list[Waiting]:
    """Open alarms of data that nobody has taken note of: the newest by name, the others as a count."""
    found = [one for one in open_alarms() if one.acknowledged_us is None]
    if not found:
        return []
    newest, others = found[0], len(found) - 1
    title = alarm_title(newest)
    if others:
        more = ngettext("%(title)s, and %(count)s alarm more", "%(title)s, and %(count)s alarms more", others)
        title = more % {"title": title, "count": formats.number(others)}
    names = [one.name for one, _alarms in resting_on_alarms()]
    note = _("It rests under: %(names)s.") % {"names": ", ".join(names[:NAMED_MAX])} if names else alarm_text(newest)
    return [Waiting("bad", title, note, reverse("quality_alarms"))]


def _beyond(request: OfficeRequest) -> list[Waiting]:
    """Open alerts of live counters that nobody has taken note of."""
    found = alerts(request.user.role, request.actor, only_open=True) if may(request.user.role, "reports:read") else []
    return [
        Waiting("bad", alert_labels.title(one), alert_labels.text(one), reverse("alerts"))
        for one in found
        if one.acknowledged_us is None
    ]


def _quarantine() -> list[Waiting]:
    rows = QuarantineRow.objects.filter(status="open").count()
    if not rows:
        return []
    title = ngettext("%(count)s row in quarantine", "%(count)s rows in quarantine", rows) % {"count": formats.number(rows)}
    return [Waiting("warning", title, _("They count nowhere until they are corrected or dismissed."), reverse("quarantine"))]


def _empty_house() -> list[Waiting]:
    """A new workspace: what to do first."""
    if Segment.objects.exists() or Campaign.objects.exists():
        return []
    return [
        Waiting("next", _("Bring in your customers"), _("Import an export of your shop; segments come next."), reverse("imports"))
    ]


def changes(request: OfficeRequest) -> list[Change]:
    """What members, programs and the house changed in the last day, the newest first."""
    if not may(request.user.role, "audit:read"):
        return []
    rows = AuditRow.objects.filter(at_us__gte=request.at_us - DAY_US).exclude(action__in=_QUIET)
    return [Change(row.at_us, row.actor_name, said(row.action), row.subject) for row in rows.order_by("-id")[:CHANGES]]
