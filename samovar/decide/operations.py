"""Writing campaigns: draft, edit, launch, pause, resume, stop, and the assignment of people.

Each function is one transaction with one audit row and one outbox event, except `assign_chunk`, which belongs to the
launch that a person made. A change of status is one conditional UPDATE and its row count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from samovar.collect.quality import unsafe
from samovar.collect.quality.labels import title
from samovar.decide import actions, fields, queries, reading, rehearsal
from samovar.decide.labels import STATUSES
from samovar.decide.models import Assignment, Campaign
from samovar.decide.rules import ALLOWED, Status, is_late, slug_of
from samovar.engine import store
from samovar.engine.outbox import Announcement, emit
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor


class SlugTaken(Refusal):
    """Another campaign has this slug."""

    status = 409


class WrongStatus(Refusal):
    """The campaign is not in a status from which this can be done."""

    status = 409


class CannotLaunch(Refusal):
    """Something is missing; `params["problems"]` lists every reason."""

    status = 409


class UnsafeAudience(CannotLaunch):
    """The audience rests on data with an open alarm, and nobody said to launch it all the same; `params["unsafe"]` names it."""


def create_draft(*, name: str, actor: Actor, at_us: int, slug: str = "", **values: Any) -> Campaign:
    """A new draft. `values` are of `fields.FIELDS`; what is not given has its default. Raises `SlugTaken`, `BadField`."""
    columns = fields.columns({"name": name, **values})
    slug = fields.slug(slug) if slug else _free_slug(name)
    with store.transaction():
        try:
            with store.transaction():
                campaign = Campaign.objects.create(slug=slug, salt=f"campaign/{slug}", created_us=at_us, **columns)
        except IntegrityError as error:
            raise SlugTaken(
                "slug_taken", _("There is a campaign “%(slug)s” already.") % {"slug": slug}, field="slug", slug=slug
            ) from error
        _tell(campaign, "Campaign Drafted", "campaign.create", actor, at_us, None)
    return campaign


def _free_slug(name: str) -> str:
    base = slug_of(name)
    taken = set(Campaign.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def edit(*, campaign: Campaign, values: Mapping[str, Any], actor: Actor, at_us: int) -> Campaign:
    """Change fields of a draft. Raises `WrongStatus`, `BadField`."""
    columns = fields.columns(values, partial=True)
    if not any(getattr(campaign, name) != value for name, value in columns.items()):
        return campaign
    return _move(campaign, "edit", "Campaign Edited", columns, actor, at_us)


def delete(*, campaign: Campaign, actor: Actor, at_us: int) -> None:
    """Remove a draft that was never launched. Raises `WrongStatus`."""
    with store.transaction():
        old = queries.as_json(campaign)
        removed, _rows = Campaign.objects.filter(id=campaign.id, status__in=ALLOWED["delete"]).delete()
        if not removed:
            raise _wrong_status(campaign, "delete")
        audit.record(actor=actor, action="campaign.delete", subject=f"campaign:{campaign.id}", at_us=at_us, old=old)
        emit(
            [
                Announcement(
                    f"campaign/{campaign.id}/deleted",
                    "Campaign Deleted",
                    at_us,
                    {"campaign_id": campaign.id, "slug": campaign.slug},
                )
            ]
        )


def launch(*, campaign: Campaign, warehouse: Asker, actor: Actor, at_us: int, accept_unsafe: bool = False) -> Campaign:
    """Freeze the audience's rule and let the campaign run, now or at its planned start.

    An audience that rests on data that fell is launched only by who says so with `accept_unsafe`. Raises `CannotLaunch`,
    `UnsafeAudience`, `WrongStatus`.
    """
    check_status(campaign, "launch")
    _check_safe(campaign, accept_unsafe)
    found = rehearsal.rehearse(campaign=campaign, warehouse=warehouse, at_us=at_us)
    if found.problems:
        raise CannotLaunch(
            "cannot_launch", " ".join(problem.message for problem in found.problems),
            problems=[{"code": p.code, "message": p.message, "step": p.step} for p in found.problems],
        )  # fmt: skip
    waits = campaign.start_us is not None and campaign.start_us > at_us
    columns = {
        "status": Status.SCHEDULED if waits else Status.RUNNING, "audience_tree": found.tree, "launched_us": at_us,
        "started_us": None if waits else at_us, "action": campaign.action, "note": "",
    }  # fmt: skip
    return _move(campaign, "launch", "Campaign Launched", columns, actor, at_us)


def _check_safe(campaign: Campaign, accept_unsafe: bool) -> None:
    fallen = [] if accept_unsafe else reading.alarms_under(campaign)
    if fallen:
        told = _("The audience of “%(name)s” rests on data that fell: %(why)s. Launch it all the same only if you say so.")
        message = told % {"name": campaign.name, "why": "; ".join(title(alarm) for alarm in fallen)}
        raise UnsafeAudience("unsafe_audience", message, field="accept_unsafe", unsafe=unsafe.as_json(fallen))


def start(*, campaign: Campaign, actor: Actor, at_us: int) -> Campaign:
    """Begin a scheduled campaign whose moment has come; one missed by more than a day is paused for a person to decide."""
    if campaign.start_us is not None and is_late(campaign.start_us, at_us):
        return hold(campaign=campaign, reason="late", actor=actor, at_us=at_us)
    return _move(campaign, "start", "Campaign Started", {"status": Status.RUNNING, "started_us": at_us}, actor, at_us)


def pause(*, campaign: Campaign, actor: Actor, at_us: int) -> Campaign:
    """Stop sending until resumed; planned rows wait. Raises `WrongStatus`."""
    return _move(campaign, "pause", "Campaign Paused", {"status": Status.PAUSED, "note": ""}, actor, at_us)


def hold(*, campaign: Campaign, reason: str, actor: Actor, at_us: int) -> Campaign:
    """Pause by the house itself, with the code of why; a person decides whether it goes on."""
    return _move(campaign, "pause", "Campaign Paused", {"status": Status.PAUSED, "note": reason[:60]}, actor, at_us)


def resume(*, campaign: Campaign, actor: Actor, at_us: int) -> Campaign:
    """Go on where it was paused. Raises `WrongStatus`."""
    waits = campaign.started_us is None and campaign.start_us is not None and campaign.start_us > at_us
    columns = {
        "status": Status.SCHEDULED if waits else Status.RUNNING, "note": "",
        "started_us": campaign.started_us if waits or campaign.started_us else at_us,
    }  # fmt: skip
    return _move(campaign, "resume", "Campaign Resumed", columns, actor, at_us)


def stop(*, campaign: Campaign, actor: Actor, at_us: int) -> Campaign:
    """End for good: senders see it at their next claim, and rows not begun get the outcome “campaign stopped”."""
    return _move(campaign, "stop", "Campaign Stopped", {"status": Status.STOPPED, "ended_us": at_us, "note": ""}, actor, at_us)


def finish(*, campaign: Campaign, actor: Actor, at_us: int) -> Campaign:
    """End a campaign whose rows all have an outcome and whose window has passed."""
    return _move(campaign, "finish", "Campaign Finished", {"status": Status.DONE, "ended_us": at_us}, actor, at_us)


def assign_chunk(*, campaign: Campaign, recipients: Sequence[actions.Recipient], through: int, at_us: int) -> bool:
    """Write the assignment of some people and let the action plan their rows, in one transaction.

    `through` is the greatest person of the chunk. False, and nothing written, when the campaign no longer runs or another
    worker has come further.
    """
    with store.transaction():
        moved = Campaign.objects.filter(id=campaign.id, status=Status.RUNNING, planned_through__lt=through)
        if not moved.update(planned_through=through):
            return False
        store.execute_many(
            "INSERT INTO decide_assignment (campaign_id, profile_id, variant, is_control) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (campaign_id, profile_id) DO NOTHING",
            [(campaign.id, r.profile_id, r.variant, r.is_control) for r in recipients],
        )
        actions.get(campaign.action["name"]).run(queries.facts(campaign), recipients, at_us)
    campaign.planned_through = through
    return True


def mark_planned(*, campaign: Campaign) -> None:
    """Note that everybody is assigned."""
    count = Assignment.objects.filter(campaign_id=campaign.id).count()
    Campaign.objects.filter(id=campaign.id).update(is_planned=True, audience_count=count)


def mark_delivered(*, campaign: Campaign, at_us: int) -> None:
    """Note when the last planned row had its outcome."""
    Campaign.objects.filter(id=campaign.id, delivered_us__isnull=True).update(delivered_us=at_us)


def mark_closed(*, campaign: Campaign) -> None:
    """Note that a stopped campaign has no open rows left."""
    Campaign.objects.filter(id=campaign.id).update(is_closed=True)


def check_status(campaign: Campaign, verb: str) -> None:
    """Raise `WrongStatus` where a verb may not start from the campaign's status."""
    if campaign.status not in ALLOWED[verb]:
        raise _wrong_status(campaign, verb)


def _move(campaign: Campaign, verb: str, event: str, columns: Mapping[str, Any], actor: Actor, at_us: int) -> Campaign:
    """One conditional UPDATE from an allowed status and the version that was read, with its audit row and its event."""
    old = queries.as_json(campaign)
    with store.transaction():
        rows = Campaign.objects.filter(id=campaign.id, status__in=ALLOWED[verb], version=campaign.version)
        if not rows.update(version=campaign.version + 1, **columns):
            raise _wrong_status(campaign, verb)
        campaign.refresh_from_db()
        _tell(campaign, event, f"campaign.{verb}", actor, at_us, old)
    return campaign


def _tell(campaign: Campaign, event: str, action: str, actor: Actor, at_us: int, old: dict[str, Any] | None) -> None:
    new = queries.as_json(campaign)
    changed = new if old is None else {key: value for key, value in new.items() if old.get(key) != value}
    before = None if old is None else {key: old[key] for key in changed}
    audit.record(actor=actor, action=action, subject=f"campaign:{campaign.id}", at_us=at_us, old=before, new=changed)
    payload = {"campaign_id": campaign.id, "slug": campaign.slug, "status": campaign.status, "version": campaign.version}
    emit([Announcement(f"campaign/{campaign.id}/{campaign.version}", event, at_us, payload)])


def _wrong_status(campaign: Campaign, verb: str) -> WrongStatus:
    now = Campaign.objects.filter(id=campaign.id).values_list("status", flat=True).first()
    if now in ALLOWED[verb]:
        message = _("Somebody else changed the campaign “%(name)s”. Load it again.") % {"name": campaign.name}
        return WrongStatus("campaign_changed", message, campaign=campaign.slug)
    message = _("The campaign “%(name)s” is in the status “%(status)s”, where this cannot be done.") % {
        "name": campaign.name, "status": STATUSES[now] if now else _("deleted"),
    }  # fmt: skip
    return WrongStatus("wrong_status", message, campaign=campaign.slug, current=now, verb=verb)
