"""Reads of duplicates: pairs as they stand, what two people say of themselves, the effect of the merges, the last look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from samovar.collect.consent import ADDRESS_KINDS
from samovar.collect.duplicates.models import Duplicate, Search
from samovar.collect.duplicates.survivorship import Kept, Value, kept_of
from samovar.collect.identifiers import normalise
from samovar.collect.imports.models import ImportRun
from samovar.collect.queries import decided_merges, merge_pointers, source_kinds, survivor_of
from samovar.engine import settings
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import iso
from samovar.kit.errors import NotFound


def pair_of(pair_id: int) -> Duplicate:
    """A pair by its number. Raises `NotFound`."""
    row = Duplicate.objects.filter(pk=pair_id).first()
    if row is None:
        raise NotFound("no_duplicate", _("There is no pair %(id)d.") % {"id": pair_id})
    return row


def pairs_of(ids: Sequence[int]) -> list[Duplicate]:
    """Pairs by their numbers; those that are not there are left out."""
    return list(Duplicate.objects.filter(pk__in=ids))


def pairs(*, state: str = "open", limit: int = 100) -> list[Duplicate]:
    """Pairs of a state, the likeliest first."""
    return list(Duplicate.objects.filter(state=state).order_by("-probability", "pk")[:limit])


def as_json(pair: Duplicate) -> dict[str, Any]:
    """A pair for programs."""
    return {
        "id": pair.pk, "one": pair.one, "other": pair.other, "probability": round(pair.probability, 6), "is_sure": pair.is_sure,
        "state": pair.state, "reasons": pair.reasons, "found_at": iso(pair.found_us),
        "decided_at": iso(pair.decided_us) if pair.decided_us else None, "decided_by": pair.decided_by,
    }  # fmt: skip


def people_of(pair: Duplicate) -> list[int]:
    """Who stands for the two now: one of them may have become part of another since."""
    return [survivor_of(pair.one), survivor_of(pair.other)]


def refused_people() -> set[tuple[int, int]]:
    """The pairs of people, as they stand now, between whom a member refused one."""
    roots = _roots(merge_pointers())
    refused = Duplicate.objects.filter(state="refused").values_list("one", "other")
    return {(min(one, other), max(one, other)) for one, other in ((roots(a), roots(b)) for a, b in refused)}


def _roots(pointers: Mapping[int, int]) -> Callable[[int], int]:
    """Who stands for a profile, by pointers from one profile to another."""

    def root(profile: int) -> int:
        while (into := pointers.get(profile)) is not None:
            profile = into
        return profile

    return root


def values_of(*, warehouse: Asker, people: Sequence[int], at_us: int) -> list[Value]:
    """What people say of themselves, the last value of each field."""
    rows = warehouse.query("collect.duplicate_fields", people=list(people), at_us=at_us).to_pylist()
    return [Value(**{**row, "source": row["source"] or "", "verdict": row["verdict"] or ""}) for row in rows]


def compared(*, pair: Duplicate, warehouse: Asker, at_us: int) -> list[tuple[Value, bool]]:
    """What each side of a pair says of itself, by field, and whether policy would let it survive a merge."""
    people = people_of(pair)
    values = values_of(warehouse=warehouse, people=people, at_us=at_us)
    kept = {(one.name, one.profile) for one in survivors(values, min(people), {})}
    contested = {name for name, _profile in kept}
    return [(value, value.name not in contested or (value.name, value.profile) in kept) for value in values]


def survivors(values: Sequence[Value], survivor: int, chosen: Mapping[str, int]) -> list[Kept]:
    """What survives of what two people say differently, by a member's choice and the workspace's policy."""
    return kept_of(values, survivor, chosen=chosen, order=trusted_sources(), kinds=_kinds())


def _kinds() -> dict[str, str]:
    """The kind of each source; what files came by is an import, unless a source of that name has a key of its own."""
    imported = ImportRun.objects.values_list("source", flat=True).distinct()
    return {**dict.fromkeys(imported, "import"), **source_kinds()}


def own_contacts() -> frozenset[str]:
    """The shop's own addresses and numbers in their normal form: they say nothing of who a customer is."""
    region = str(settings.get("phone_region"))
    told = [str(settings.get("from_address")), *str(settings.get("duplicates_own_contacts")).split(",")]
    normal = [normalise(kind, one.strip(), region) for one in told if one.strip() for kind in sorted(set(ADDRESS_KINDS.values()))]
    return frozenset(one for one in normal if one)


def trusted_sources() -> list[str]:
    """The sources in the workspace's order of trust."""
    return [one.strip() for one in str(settings.get("duplicates_trust")).split(",") if one.strip()]


def effect(*, warehouse: Asker, at_us: int) -> dict[str, int]:
    """What duplicates are and were: found, open, merged, refused (pairs); people_before and people; joined (people who stand for
    several); orders and revenue_minor that came together; changed (people whose count of orders did).

    It is counted from the merges that stand, not from the pairs: where one of a pair was part of somebody already, another
    profile moved than the pair names.
    """
    states = Counter(Duplicate.objects.values_list("state", flat=True))
    found = Duplicate.objects.filter(probability__gt=0).count()  # others were refused by an un-merge, unfound
    before = _people_before()
    told = warehouse.query("collect.duplicates_effect", profiles=list(before), before=list(before.values()), at_us=at_us)
    [row] = told.to_pylist()
    return {"found": found, **{state: states.get(state, 0) for state in Duplicate.STATES}, **row}


def _people_before() -> dict[int, int]:
    """Each profile of a person whom a decided merge made of several -> the person it would be of without these merges."""
    pointers, decided = merge_pointers(), decided_merges()
    root, root_before = _roots(pointers), _roots({one: into for one, into in pointers.items() if one not in decided})
    joined = {root(profile) for profile in decided}
    profiles = sorted(joined | {profile for profile in pointers if root(profile) in joined})
    return {profile: root_before(profile) for profile in profiles}


def last_search() -> Search | None:
    """The newest look over everybody."""
    return Search.objects.order_by("-pk").first()
