"""What this room knows without a store: slugs, limits, shares of people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samovar.kit.hashing import hash64

SLUG_MAX = 100
NAME_MAX = 150
DESCRIPTION_MAX = 300
# Words that stand at a slug's place in addresses.
ADDRESS_WORDS = frozenset(["new", "check", "lint", "library", "overlap", "builder"])
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch _ y _ e yu ya".replace("_", "").split(" "),
        strict=True,
    )
)


def slug_of(name: str) -> str:
    """A slug from a name: small Latin letters, digits and hyphens; a name without any gets a stable number."""
    latin = "".join(_LATIN.get(letter, letter) for letter in name.lower())
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in latin).split()
    return "-".join(words)[:80].strip("-") or f"segment-{hash64(name) & 0xFFFFFF:x}"


def with_shares(words: Mapping[str, Any]) -> dict[str, Any]:
    """Counted words with the `share` of all people, 0 to 1, who have each attribute; nothing where nothing was counted."""
    people = words.get("people", 0)
    attributes = [{**word, "share": round(word["people"] / people, 4) if people else 0.0} for word in words.get("attributes", [])]
    return {"people": people, "attributes": attributes, "collections": words.get("collections", [])}
