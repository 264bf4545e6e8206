"""Reads of the room from the operational store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from samovar.collect.consent import ADDRESS_KINDS
from samovar.collect.identifiers import normalise
from samovar.collect.models import Identifier
from samovar.collect.orders import Rates
from samovar.engine import store
from samovar.kit.clock import LAST_US, iso
from samovar.kit.errors import NotFound, Refusal
from samovar.kit.numbers import INT64_MAX


def source_kinds() -> dict[str, str]:
    """Name of each source -> "server" or "browser"."""
    return dict(store.fetch("SELECT name, kind FROM collect_source"))


def rates() -> Rates:
    """A function (currency, local day) -> rate to the workspace's currency: the latest rate of that day or before it."""
    table: dict[str, list[tuple[int, Decimal]]] = {}
    for currency, day, text in store.fetch("SELECT currency, day, rate FROM collect_rate ORDER BY currency, day"):
        table.setdefault(currency, []).append((day, Decimal(text)))

    def rate_of(currency: str, day: int) -> Decimal | None:
        return next((value for at, value in reversed(table.get(currency, [])) if at <= day), None)

    return rate_of


def decision_after(position: int) -> tuple[int, int, bytes, bytes] | None:
    """The first decision at or after a position: its span (first, next), the profiles as int64 and the attached identifiers."""
    rows = store.fetch(
        "SELECT first_position, next_position, profiles, attached FROM collect_decision WHERE first_position >= %s "
        "ORDER BY first_position LIMIT 1",
        [position],
    )
    return (rows[0][0], rows[0][1], bytes(rows[0][2]), bytes(rows[0][3])) if rows else None


def merge_pointers() -> dict[int, int]:
    """The merges that stand: each profile that is merged -> the one it points at."""
    return dict(store.fetch("SELECT id, merged_into_id FROM collect_profile WHERE merged_into_id IS NOT NULL"))


def decided_merges() -> set[int]:
    """The profiles whose merge stands and was decided, by a person or as a duplicate found; not by what an event said."""
    rows = store.fetch("SELECT profile_id FROM collect_merge WHERE undone_us IS NULL AND reason IN ('person', 'duplicate')")
    return {profile for (profile,) in rows}


def merge_changes() -> int:
    """A number that grows with every merge and every un-merge."""
    return int(store.fetch("SELECT count(*) + count(undone_us) FROM collect_merge")[0][0])


class AmbiguousPerson(Refusal):
    """A bare value that names more than one person."""

    status = 409


@dataclass(frozen=True)
class Found:
    """An identifier and the person it leads to."""

    kind: str
    value: str
    person_id: int


def find_person(reference: str, region: str = "RU") -> int:
    """The person a reference names: `kind:value`, or a bare value of any kind. Raises `NotFound`, `AmbiguousPerson`."""
    kind, colon, rest = reference.partition(":")
    found = identified(rest, region, kinds=(kind,)) if colon and kind in Identifier.KINDS else identified(reference, region)
    people = sorted({f.person_id for f in found})
    if not people:
        raise NotFound("no_customer", _("Nobody is known as “%(reference)s”.") % {"reference": reference[:80]})
    if len(people) > 1:
        named = [f"{f.kind}:{f.value}" for f in found]
        raise AmbiguousPerson(
            "ambiguous",
            _("“%(reference)s” is more than one person: %(named)s. Say which.")
            % {"reference": reference[:80], "named": ", ".join(named)},
            named=named,
        )
    return people[0]


def identified(text: str, region: str, kinds: Sequence[str] = Identifier.KINDS) -> list[Found]:
    """Identifiers of the given kinds that a text may be, each in its normal form."""
    found: list[Found] = []
    for kind in kinds:
        value = normalise(kind, text, region)
        rows = store.fetch("SELECT profile_id FROM collect_identifier WHERE kind = %s AND value = %s", [kind, value or ""])
        found.extend(Found(kind, value or "", survivor_of(profile)) for (profile,) in rows)
    return found


def survivor_of(profile: int) -> int:
    """Follow merge pointers to the profile that stands for a merged one. Raises `NotFound`."""
    while True:
        is_number = abs(profile) <= INT64_MAX  # no store takes a greater one
        rows = store.fetch("SELECT merged_into_id FROM collect_profile WHERE id = %s", [profile]) if is_number else []
        if not rows:
            raise NotFound("no_profile", _("There is no profile %(id)s.") % {"id": profile})
        if rows[0][0] is None:
            return profile
        profile = rows[0][0]


def group_of(person: int) -> list[int]:
    """Every profile that stands under a person, the person's own first."""
    group, waiting = [person], [person]
    while waiting:
        rows = store.fetch(
            f"SELECT id FROM collect_profile WHERE merged_into_id IN ({','.join(['%s'] * len(waiting))}) ORDER BY id", waiting
        )
        waiting = [profile for (profile,) in rows]
        group.extend(waiting)
    return group


def persons_among(profiles: Sequence[int]) -> dict[int, int]:
    """Who stands for some profiles and for all that stand with them; those who stand alone are left out."""
    if not profiles:
        return {}
    marks = ",".join(["%s"] * len(profiles))
    joined = store.fetch(
        f"SELECT id FROM collect_profile WHERE id IN ({marks}) AND merged_into_id IS NOT NULL UNION "
        f"SELECT merged_into_id FROM collect_profile WHERE merged_into_id IN ({marks})",
        [*profiles, *profiles],
    )
    people = {survivor_of(profile) for (profile,) in joined}
    return {member: person for person in sorted(people) for member in group_of(person)}


def identifiers_of(person: int, *, at_us: int = LAST_US) -> list[dict[str, str]]:
    """Identifiers of a person and of everyone merged into her, as `{"kind", "value"}`, oldest first: those there are, or those
    that were known by a moment. Who is merged is as it stands now."""
    group = group_of(person)
    rows = store.fetch(
        f"SELECT kind, value FROM collect_identifier WHERE profile_id IN ({','.join(['%s'] * len(group))}) AND since_us <= %s "
        "ORDER BY since_us, id",
        [*group, at_us],
    )
    return [{"kind": kind, "value": value} for kind, value in rows]


def consents_of(person: int, *, at_us: int = LAST_US) -> list[dict[str, Any]]:
    """What holds for each channel, address and purpose of a person, or held at a moment; addresses are as they stand now."""
    return consents_by(identifiers_of(person), at_us=at_us)


def consents_by(identifiers: Iterable[dict[str, str]], *, at_us: int = LAST_US) -> list[dict[str, Any]]:
    """The same of the person who has these identifiers."""
    held: dict[tuple[str, str, str], dict[str, Any]] = {}
    for identifier in identifiers:
        for channel, kind in ADDRESS_KINDS.items():
            if identifier["kind"] != kind:
                continue
            rows = store.fetch(
                "SELECT purpose, given, time_us, source, text_version FROM collect_consent "
                "WHERE channel = %s AND address = %s AND time_us <= %s ORDER BY time_us, given DESC, id",
                [channel, identifier["value"], at_us],
            )
            for purpose, given, time_us, source, text_version in rows:
                held[(channel, identifier["value"], purpose)] = {
                    "channel": channel, "address": identifier["value"], "purpose": purpose, "given": bool(given),
                    "at": iso(time_us), "source": source, "text_version": text_version,
                }  # fmt: skip
    return list(held.values())
