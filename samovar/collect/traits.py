"""Traits under the names the house uses, and the name of a person made from them. Pure.

The tracking specification's reserved traits get the house's names; all others keep their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samovar.collect.identifiers import KNOWN
from samovar.collect.properties import Scalar

HOUSE_NAMES = {
    "firstName": "first_name",
    "firstname": "first_name",
    "lastName": "last_name",
    "lastname": "last_name",
    "middleName": "middle_name",
    "createdAt": "registered_at",
    "created_at": "registered_at",
    "address.city": "city",
    "address.country": "country",
    "address.state": "region",
    "address.street": "street",
    "address.postalCode": "postal_code",
}
_SPOKEN_ELSEWHERE = frozenset(KNOWN) - {"email", "phone"}
_OTHERWISE = frozenset({*HOUSE_NAMES, *_SPOKEN_ELSEWHERE} | {f"~{name}" for name in (*HOUSE_NAMES, *_SPOKEN_ELSEWHERE)})


def house_traits(flat: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Normalised traits under the house's names; a new dict. Most shops call them so already, and theirs are only copied."""
    if _OTHERWISE.isdisjoint(flat):
        return dict(flat)
    named: dict[str, Scalar] = {}
    for key, value in flat.items():
        twin = key.startswith("~")
        name = HOUSE_NAMES.get(key[1:] if twin else key, key[1:] if twin else key)
        if name in _SPOKEN_ELSEWHERE:
            continue
        named["~" + name if twin else name] = value
    return named


def person_name(traits: Mapping[str, Any]) -> str:
    """What a list calls a person: first and last name, else the full name, else nothing."""
    first = traits.get("first_name") or traits.get("firstName") or ""
    last = traits.get("last_name") or traits.get("lastName") or ""
    parts = [part.strip() for part in (first, last) if isinstance(part, str) and part.strip()]
    if parts:
        return " ".join(parts)[:200]
    whole = traits.get("name")
    return whole.strip()[:200] if isinstance(whole, str) else ""
