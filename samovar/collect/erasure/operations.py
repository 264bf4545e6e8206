"""Erasing a person: what happens at once, in one transaction. The rest is swept by the worker (`sweep`)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from samovar.collect.batches import ERASED
from samovar.collect.consent import ADDRESS_KINDS, suppress
from samovar.collect.duplicates.models import Duplicate
from samovar.collect.erasure.models import Erasing, Erasure, Tombstone
from samovar.collect.erasure.tombstones import Tombstones, digest, salt_of
from samovar.collect.identifiers import ANONYMOUS
from samovar.collect.identity import Decided
from samovar.collect.models import Consent, DeviceLink, Identifier, Profile, Suppression
from samovar.collect.queries import group_of, survivor_of
from samovar.engine import outbox, store
from samovar.engine.outbox import Announcement
from samovar.engine.workspace import Workspace
from samovar.kit.errors import Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor

CHANNELS = {kind: channel for channel, kind in ADDRESS_KINDS.items()}


class ErasedAlready(Refusal):
    """The person was erased before."""

    status = 409


def erase(*, workspace: Workspace, person: int, actor: Actor, at_us: int) -> Erasure:
    """Make a person nobody: from this commit on no identifier leads to her, and nothing of hers up to now is taken again.

    Consents go, a stop on an address stays as a hash. Raises `NotFound`, `ErasedAlready`.
    """
    with store.transaction():
        person = survivor_of(person)
        # One statement with the look: on PostgreSQL two may ask at the same moment.
        erasure, is_new = Erasure.objects.get_or_create(person_id=person, defaults={"profiles": [], "asked_us": at_us})
        if not is_new:
            raise ErasedAlready("erased_already", _("This person was erased before."))
        _bury(workspace, erasure)
        new = {"profiles": len(erasure.profiles)}
        audit.record(actor=actor, action="profile.erase", subject=f"profile:{person}", at_us=at_us, new=new)
    return erasure


def bury_late(*, workspace: Workspace, erasures: Sequence[Erasure]) -> None:
    """The same for what a turn of the worker, under way while `erase` was at work, still took for theirs."""
    with store.transaction():
        for erasure in erasures:
            if erasure.person_id is not None:
                _bury(workspace, erasure)


def _bury(workspace: Workspace, erasure: Erasure) -> None:
    """Let no identifier lead to the person: each is noted to be swept and leaves a hash."""
    assert erasure.person_id is not None
    group = group_of(erasure.person_id)
    named = list(Identifier.objects.filter(profile_id__in=group).values_list("kind", "value"))
    linked = DeviceLink.objects.filter(profile_id__in=group).values_list("anonymous_id", flat=True)
    named = list(dict.fromkeys([*named, *((ANONYMOUS, device) for device in linked)]))
    named = [one for one in named if not (one[0] == ANONYMOUS and _is_shared(one[1], group))]
    Erasing.objects.bulk_create([Erasing(erasure=erasure, kind=kind, value=value) for kind, value in named])
    salt = salt_of(workspace)
    for kind, value in named:
        left = {"erased_us": erasure.asked_us, "suppressed": _unsaid(kind, value)}
        Tombstone.objects.update_or_create(digest=digest(salt, kind, value), defaults=left)
    Identifier.objects.filter(profile_id__in=group).delete()
    DeviceLink.objects.filter(profile_id__in=group).delete()
    Profile.objects.filter(id__in=group).update(name="", folded_name="")
    Duplicate.objects.filter(Q(one__in=group) | Q(other__in=group), state="open").delete()
    if more := sorted(set(group) - set(erasure.profiles)):
        key = f"erase:{erasure.person_id}:{len(erasure.profiles)}"
        outbox.emit([Announcement(key, "Profile Erased", erasure.asked_us, {"profiles": more}, erasure.person_id)])
        erasure.profiles = [*erasure.profiles, *more]
        erasure.save(update_fields=["profiles"])


def _is_shared(device: str, group: Sequence[int]) -> bool:
    """Whether somebody else was seen on a device too: its name is as much theirs."""
    return DeviceLink.objects.filter(anonymous_id=device).exclude(profile_id__in=group).exists()


def _unsaid(kind: str, value: str) -> str:
    """Take away what was said about an address; why it was stopped, if it was."""
    channel = CHANNELS.get(kind)
    if channel is None:
        return ""
    stopped = Suppression.objects.filter(channel=channel, address=value)
    reason = stopped.values_list("reason", flat=True).first() or ""
    stopped.delete()
    Consent.objects.filter(channel=channel, address=value).delete()
    return reason


def settle(*, decided: Decided, erased: Tombstones, at_us: int) -> None:
    """What follows from a decision: an erased person that came up once more is swept out of the log from there, and an address
    that comes back to be somebody's is stopped if it was. Call inside the transaction that commits the decision.
    """
    if (decided.profiles == ERASED).any():
        Erasure.objects.create(from_position=decided.first_position, asked_us=at_us)
    for _profile, kind, value, _since_us in decided.attached:
        if kind in CHANNELS and (reason := erased.suppressed(kind, value)):
            suppress(channel=CHANNELS[kind], address=value, reason=reason, at_us=at_us, actor=Actor.system("worker"))


def finish(*, erasures: Sequence[Erasure], changed: int, at_us: int) -> None:
    """Everything stored has been gone through: what was sought is forgotten. A stretch of the log came into no warehouse."""
    swept = Erasure.objects.filter(pk__in=[erasure.pk for erasure in erasures])
    with store.transaction():
        Erasing.objects.filter(erasure__in=erasures).delete()
        swept.update(state="swept", changed=changed)
        swept.filter(person_id=None).update(state="done", done_us=at_us)


def close(*, up_to: int, at_us: int) -> int:
    """A warehouse made after the sweeps is in use: the swept erasures up to an id are done. How many."""
    return Erasure.objects.filter(state="swept", pk__lte=up_to).update(state="done", done_us=at_us)
