"""Filters of letters for names: how a person is addressed, and the cases a Russian sentence needs.

`{{ name | vocative }}`, `{{ first_name | genitive }}`, `{{ first_name | dative: gender }}`. A name that cannot be declined, as
a foreign one or one of either gender, stands as it is; rubbish becomes nothing, so that `default` can stand in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from samovar.collect.contacts.name_forms import CASES, declined, forms_of
from samovar.collect.contacts.names import Name, check_name
from samovar.collect.contacts.verdicts import Verdict

NAME_CHARS_MAX = 200


def name_filters() -> dict[str, Callable[..., Any]]:
    """Every filter by its name: the five cases, `vocative`, `vocative_formal` and `latin`."""
    return {
        **{case: partial(_in_case, case) for case in CASES}, "vocative": _vocative, "vocative_formal": _vocative_formal,
        "latin": _latin,
    }  # fmt: skip


def _in_case(case: str, left: Any, gender: Any = "") -> Any:
    return _declined(str(left), case, str(gender)) if _is_name(left) else left


def _vocative(left: Any) -> Any:
    return forms_of(check_name(str(left))).vocative if _is_name(left) else left


def _vocative_formal(left: Any) -> Any:
    return forms_of(check_name(str(left))).vocative_formal if _is_name(left) else left


def _latin(left: Any) -> Any:
    return forms_of(check_name(str(left))).latin if _is_name(left) else left


def _is_name(left: Any) -> bool:
    return isinstance(left, str) and 0 < len(left) <= NAME_CHARS_MAX


@lru_cache(maxsize=8_192)
def _declined(text: str, case: str, gender: str) -> str:
    name = _of_gender(check_name(text), gender)
    if name.verdict is Verdict.INVALID:
        return ""
    return declined(name, case) if name.is_russian and name.gender else name.value


def _of_gender(name: Name, gender: str) -> Name:
    """A name whose gender somebody told, where the name itself does not tell it."""
    return replace(name, gender=gender) if not name.gender and gender in ("female", "male") else name
