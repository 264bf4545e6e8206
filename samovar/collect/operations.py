"""Writes of the room: what a tick decided, merge and un-merge by a person, sources and their keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from samovar.collect import consent
from samovar.collect.consent import Statement
from samovar.collect.duplicates.models import Duplicate
from samovar.collect.duplicates.survivorship import Kept
from samovar.collect.erasure.queries import person_of
from samovar.collect.identity import Decided
from samovar.collect.models import Merge, Profile, Rate, Source
from samovar.collect.queries import group_of, survivor_of
from samovar.engine import outbox, store
from samovar.engine.models import Offset
from samovar.engine.outbox import Announcement
from samovar.engine.snapshots import key_hash
from samovar.kit.errors import NotFound, Refusal
from samovar.kit.ids import token
from samovar.kit.text import fold
from samovar.staff import audit
from samovar.staff.actors import Actor

READER = "worker"
RESERVED_SOURCES = ("import", "feedback", "rest-api")  # names of the house's own sources begin so


class MergeRefused(Refusal):
    """Two profiles that cannot become one, or one that cannot be parted."""

    status = 409


class SourceExists(Refusal):
    """A source of this name exists."""

    status = 409


def commit_decision(*, decided: Decided, statements: Sequence[Statement], at_us: int) -> None:
    """Write what a tick decided, with its offset; call inside `store.transaction()` so that other rooms' writes join it."""
    store.execute_many(
        "INSERT INTO collect_profile (id, merged_into_id, is_customer, name, folded_name, created_us) "
        "VALUES (%s, NULL, %s, '', '', %s)",
        decided.created,
    )
    store.execute_many(
        "INSERT INTO collect_identifier (profile_id, kind, value, since_us) VALUES (%s, %s, %s, %s)", decided.attached
    )
    store.execute_many("INSERT INTO collect_device_link (anonymous_id, time_us, profile_id) VALUES (%s, %s, %s)", decided.links)
    store.execute_many(
        "UPDATE collect_profile SET name = %s, folded_name = %s WHERE id = %s",
        [(name, fold(name)[:200], profile) for profile, name in decided.names.items()],
    )
    for profile, into, reason, key in decided.merges:
        _point(profile, into, reason, Actor.system("worker"), at_us, key=f"merge:{profile}:{into}:{key}")
    consent.state(statements)
    store.execute(
        "INSERT INTO collect_decision (first_position, next_position, at_us, profiles, attached) VALUES (%s, %s, %s, %s, %s)",
        [
            decided.first_position, decided.next_position, at_us, decided.profiles.astype("<i8").tobytes(),
            json.dumps(decided.attached).encode(),
        ],
    )  # fmt: skip
    changed = Offset.objects.filter(reader=READER, position=decided.first_position).update(position=decided.next_position)
    if not changed:
        raise Refusal("second_worker", "Another worker has moved on; this one must stop.", status=409)


def _point(profile: int, into: int, reason: str, actor: Actor, at_us: int, *, key: str = "", kept: Sequence[Kept] = ()) -> None:
    """Let a profile point at another and tell it, under a key or else by the number of the merge: the clock may stand still."""
    store.execute("UPDATE collect_profile SET merged_into_id = %s WHERE id = %s", [into, profile])
    merged = Merge.objects.create(profile_id=profile, into_id=into, reason=reason, actor_name=actor.name, at_us=at_us)
    told: dict[str, Any] = {"profile": profile, "into": into, "reason": reason}
    if kept:
        told["kept"] = {one.name: one.as_payload() for one in kept}
    outbox.emit([Announcement(key or f"merge:{merged.pk}", "Profile Merged", at_us, told, into)])


def merge(*, profile: int, other: int, actor: Actor, at_us: int, kept: Sequence[Kept] = (), reason: str = "person") -> int:
    """Say that two profiles are one person; the survivor is the older one and is returned.

    Both keep their histories: the younger gets a pointer. `kept` are the values that survive where they say different things;
    without it the last one said does. `reason` is "person", or "duplicate" for one found so. A pair found as a duplicate is
    decided with it. Raises `NotFound`, `Erased`, `MergeRefused` when they are one already.
    """
    with store.transaction():
        one, two = person_of(profile), person_of(other)
        if one == two:
            raise MergeRefused("already_one", _("These are one person already."))
        into, loser = min(one, two), max(one, two)
        _point(loser, into, reason, actor, at_us, kept=kept)
        _decide_pair(loser, into, actor, at_us)
        new = {"profile": loser, "into": into, "kept": {one.name: one.profile for one in kept}}
        audit.record(actor=actor, action="profile.merge", subject=f"profile:{into}", at_us=at_us, new=new)
    return into


def _decide_pair(profile: int, into: int, actor: Actor, at_us: int) -> None:
    """What becomes of the pair found between two; other open pairs of one that is merged are found anew at the next look."""
    one, other = min(profile, into), max(profile, into)
    Duplicate.objects.filter(one=one, other=other).update(state="merged", decided_us=at_us, decided_by=actor.name)
    Duplicate.objects.filter(Q(one=profile) | Q(other=profile), state="open").delete()


def _part_pairs(profile: int, into: int, actor: Actor, at_us: int) -> None:
    """Every pair across two people who are parted is refused from now on, found or not: a profile that nobody found to be like
    the other's has a pair of no probability with the one it was merged into and with who stands for that."""
    person = survivor_of(into)
    mine, others = group_of(profile), group_of(person)
    refused = {"state": "refused", "decided_us": at_us, "decided_by": actor.name}
    across = Q(one__in=mine, other__in=others) | Q(one__in=others, other__in=mine)
    Duplicate.objects.filter(across).exclude(state="refused").update(**refused)
    for other in sorted({into, person}):
        one, two = min(profile, other), max(profile, other)
        Duplicate.objects.get_or_create(one=one, other=two, defaults={"probability": 0.0, "found_us": at_us, **refused})


def unmerge(*, profile: int, actor: Actor, at_us: int) -> None:
    """Take a merge back: the profile stands on its own again, with everything that came by its identifiers. What survived by the
    merge goes with it, and that the two are one is refused from now on, as if a member had said so of a pair found.

    Raises `NotFound`, `Erased`, `MergeRefused` when it is not merged.
    """
    with store.transaction():
        if person_of(profile) == profile:
            raise MergeRefused("not_merged", _("This profile is not merged into another."))
        into = Profile.objects.values_list("merged_into_id", flat=True).get(id=profile)
        assert into is not None
        store.execute("UPDATE collect_profile SET merged_into_id = NULL WHERE id = %s", [profile])
        merged = Merge.objects.filter(profile_id=profile, into_id=into, undone_us=None).latest("pk")
        merged.undone_us = at_us
        merged.save(update_fields=["undone_us"])
        told = {"profile": profile, "into": into}
        outbox.emit([Announcement(f"unmerge:{merged.pk}", "Profile Unmerged", at_us, told, into)])
        _part_pairs(profile, into, actor, at_us)
        audit.record(
            actor=actor, action="profile.unmerge", subject=f"profile:{into}", at_us=at_us, old={"profile": profile, "into": into}
        )


def create_source(*, name: str, kind: str, actor: Actor, at_us: int) -> str:
    """Make a source and return its key, which is stored only hashed. Raises `SourceExists`, `Refusal`."""
    if kind not in dict(Source.KINDS):
        raise Refusal("bad_kind", _("A source is a server or a browser."), field="kind")
    if not name.strip() or name.startswith(RESERVED_SOURCES):
        raise Refusal("bad_name", _("Choose another name for the source."), field="name")
    key = ("sk_" if kind == "server" else "bk_") + token()
    with store.transaction():
        if Source.objects.filter(name=name).exists():
            raise SourceExists("source_exists", _("There is a source called “%(name)s” already.") % {"name": name}, field="name")
        Source.objects.create(name=name, kind=kind, key_hash=key_hash(key), created_us=at_us)
        audit.record(
            actor=actor, action="source.create", subject=f"source:{name}"[:120], at_us=at_us, new={"name": name, "kind": kind}
        )
    return key


def revoke_source(*, name: str, actor: Actor, at_us: int) -> None:
    """Stop accepting a source's key. Raises `NotFound`."""
    with store.transaction():
        if not Source.objects.filter(name=name, revoked_us=None).update(revoked_us=at_us):
            raise NotFound("no_source", _("There is no open source called “%(name)s”.") % {"name": name})
        audit.record(actor=actor, action="source.revoke", subject=f"source:{name}"[:120], at_us=at_us)


def state_rate(*, currency: str, day: int, rate: Decimal, workspace_currency: str, actor: Actor, at_us: int) -> None:
    """Say what one unit of a currency is worth from a local day on; orders stored from now on are converted by it.

    Raises `Refusal` for the workspace's own currency.
    """
    if currency == workspace_currency:
        raise Refusal(
            "own_currency", _("%(currency)s is the workspace's own currency.") % {"currency": currency}, field="currency"
        )
    with store.transaction():
        old = Rate.objects.filter(currency=currency, day=day).values_list("rate", flat=True).first()
        Rate.objects.update_or_create(currency=currency, day=day, defaults={"rate": str(rate)})
        audit.record(
            actor=actor, action="rate.state", subject=f"rate:{currency}", at_us=at_us,
            old=None if old is None else {"day": day, "rate": old}, new={"day": day, "rate": str(rate)},
        )  # fmt: skip


def edge_keys() -> dict[str, dict[str, Any]]:
    """The open sources as the edge needs them: hash of the key -> source and kind."""
    return {s.key_hash: {"source": s.name, "kind": s.kind} for s in _open_sources()}


def _open_sources() -> Iterable[Source]:
    return Source.objects.filter(revoked_us=None).order_by("name")
