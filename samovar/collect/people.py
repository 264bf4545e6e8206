"""People as the office shows them: found by name or identifier, listed by page with their figures, one by one on the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from samovar.collect.models import Identifier, Merge, Profile
from samovar.collect.queries import group_of, identified, survivor_of
from samovar.engine import settings, store
from samovar.engine.warehouse import client
from samovar.kit.text import fold

FOUND_MAX = 500
_AFTER_ALL = "\U0010ffff"


@dataclass(frozen=True)
class Person:
    """A row of the list. `name` is what the person is called, else an identifier; moments are 0 where there is none."""

    id: int
    name: str
    contact: str
    city: str
    since_us: int
    orders: int
    revenue_minor: int
    last_us: int


def find(text: str, limit: int = FOUND_MAX) -> list[int]:
    """Ids of people whose name holds the text or whose identifier begins with it; exact identifiers first.

    Names are read from their index in its own order, which costs a tenth of a second at a million of them when none fits:
    in the order of ids every profile would be fetched.
    """
    region = str(settings.get("phone_region"))
    found = dict.fromkeys(one.person_id for one in identified(text, region))
    word, prefix = fold(text).strip(), text.strip().lower()
    if word:
        named = store.fetch(
            r"SELECT id, merged_into_id FROM collect_profile WHERE folded_name > '' AND folded_name LIKE %s ESCAPE '\' "
            "ORDER BY folded_name LIMIT %s",
            [f"%{_escaped(word)}%", limit],
        )
        reached = store.fetch(
            "SELECT p.id, p.merged_into_id FROM collect_identifier i JOIN collect_profile p ON p.id = i.profile_id "
            "WHERE i.value >= %s AND i.value < %s AND i.kind <> 'anonymous_id' LIMIT %s",
            [prefix, prefix + _AFTER_ALL, limit],
        )
        found.update(dict.fromkeys(survivor_of(into) if into else profile for profile, into in [*named, *reached]))
    return list(found)[:limit]


def _whole(after: Sequence[Any] | None) -> list[int] | None:
    """The place where a page begins; None for one that somebody made up."""
    is_place = after is not None and len(after) == 2 and all(isinstance(one, int) and abs(one) < 2**63 for one in after)
    return [int(one) for one in after] if after and is_place else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def page(
    *, at_us: int, sort: str, descending: bool, limit: int, after: Sequence[Any] | None = None, search: str = "",
    groups: dict[str, str] | None = None,
) -> list[Person]:  # fmt: skip
    """One page of customers with their figures. Raises `WarehouseBusy`."""
    only = find(search) if search else None
    if only == []:
        return []
    rows = (
        client.current()
        .query(
            "collect.customer_list", at_us=at_us, sort=sort, descending=descending, limit=limit,
            after=_whole(after), only=only, groups=groups or {},
        )
        .to_pylist()
    )  # fmt: skip
    ids = [row["person_id"] for row in rows]
    names, contacts, cities = names_of(ids), contacts_of(ids), _cities(ids, at_us)
    return [
        Person(
            id=row["person_id"], name=names.get(row["person_id"]) or contacts.get(row["person_id"], ""),
            contact=contacts.get(row["person_id"], ""), city=cities.get(row["person_id"], ""), since_us=row["since_us"],
            orders=row["orders"], revenue_minor=row["revenue_minor"], last_us=row["last_us"],
        )
        for row in rows
    ]  # fmt: skip


SORT_FIELDS = {"since": "since_us", "orders": "orders", "revenue": "revenue_minor", "last": "last_us"}


def sort_value(person: Person, sort: str) -> int:
    """What the list is sorted by."""
    return int(getattr(person, SORT_FIELDS[sort]))


def names_of(people: Sequence[int]) -> dict[int, str]:
    """What people are called; those without a name are left out."""
    rows = Profile.objects.filter(id__in=people).exclude(name="").values_list("id", "name")
    return dict(rows)


_CONTACT_ORDER = ("email", "phone", "user_id", "external_id", "card")


def contacts_of(people: Sequence[int]) -> dict[int, str]:
    """The identifier that says most of each person: e-mail, else phone, else another. Merged profiles are not asked.

    The kinds are chosen here: named in the query, they lead SQLite to read every identifier there is by kind.
    """
    rows = Identifier.objects.filter(profile_id__in=people).values_list("profile_id", "kind", "value")
    best: dict[int, tuple[int, str]] = {}
    for profile, kind, value in rows:
        if kind not in _CONTACT_ORDER:
            continue
        place = _CONTACT_ORDER.index(kind)
        if profile not in best or place < best[profile][0]:
            best[profile] = (place, value)
    return {profile: value for profile, (_place, value) in best.items()}


def _cities(people: Sequence[int], at_us: int) -> dict[int, str]:
    if not people:
        return {}
    rows = client.current().query("collect.cities", at_us=at_us, only=list(people)).to_pylist()
    return {row["person_id"]: row["city"] or "" for row in rows}


def called(person_id: int) -> str:
    """A name for a heading: the person's, else an identifier, else an empty text."""
    return names_of([person_id]).get(person_id) or contacts_of(group_of(person_id)).get(person_id, "")


def merges_of(person_id: int) -> list[Merge]:
    """Merges into this person or into anybody under her, standing and taken back, the newest first."""
    group = group_of(person_id)
    return list(Merge.objects.filter(into_id__in=group).order_by("-at_us", "-id")[:200])
