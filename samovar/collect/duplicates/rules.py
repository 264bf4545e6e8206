"""What a pair found is good for: from which probability it is shown, and which are sure enough to merge without being seen. Pure.

Thresholds were chosen on FEBRL 1 to 3, fake_1000 and simulated families (`bench/duplicates.py`; README.md has the figures).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samovar.collect.duplicates.comparisons import level_at

REVIEW = 0.5  # from here a pair is shown
MERGE = 0.99  # from here it may be merged by itself, where the workspace wants that
_SAME_NAMES = ("same", "same family", "missing")
_BESIDE = ("email", "phone", "street", "household", "middle_name", "document")


def levels_of(row: Mapping[str, Any], fields: Sequence[str]) -> dict[str, str]:
    """The level of each field of a pair found, by its name."""
    return {name: level_at(name, row[f"level_{name}"]) for name in fields}


def reasons_of(row: Mapping[str, Any], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Why a pair is likely one person: `{field: {"level", "weight"}}`, weight in bits; what a side does not have is left out."""
    levels = levels_of(row, fields)
    return {name: {"level": levels[name], "weight": row[f"weight_{name}"] or 0.0} for name in fields if levels[name] != "missing"}


def is_sure(probability: float, levels: Mapping[str, str], least: float) -> bool:
    """Whether a pair may be merged without being looked at: likely enough, and nothing hangs on what a family shares.

    The first name must be the same and the surname no other, the birthday or a document the same, and beside it a contact, an
    address or a patronymic that is the same: two strangers may share name and birthday. A slip anywhere is for people to judge.
    """
    if probability < least or levels.get("first_name") != "same" or levels.get("last_name", "missing") not in _SAME_NAMES:
        return False
    if levels.get("birthday", "missing") not in ("same", "missing") or levels.get("document") == "different":
        return False
    if "same" not in (levels.get("birthday"), levels.get("document")):
        return False
    return any(levels.get(name) == "same" for name in _BESIDE)
