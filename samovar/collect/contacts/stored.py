"""Traits as they are stored: corrected, each with what came and a verdict, and what follows from them. Pure, on the hot path.

What follows (`derived`) is stored beside, never in the place of what somebody told (docs/adr/0018).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from samovar.collect.contacts import addresses
from samovar.collect.contacts.birthdays import check_birthday
from samovar.collect.contacts.emails import about_domain, latin_of
from samovar.collect.contacts.names import NAME_PARTS, check_gender, check_name, check_part, gender_of
from samovar.collect.contacts.phones import check_phone
from samovar.collect.contacts.verdicts import Checked, Verdict
from samovar.collect.identifiers import normal_email
from samovar.collect.phone_plans import is_plain
from samovar.collect.properties import Scalar
from samovar.kit.text import fold

Note = tuple[str | None, str]  # what came where the value is another, and the verdict
Notes = dict[str, Note]
# What follows: a trait, its value or None where it follows no more, and whether it follows from parts of a name.
Follows = list[tuple[str, Scalar, bool]]
_BY_ITSELF: Mapping[str, Callable[[str], Checked]] = MappingProxyType(
    {
        "name": check_name, "first_name": check_part, "middle_name": check_part, "last_name": check_part, "gender": check_gender,
        "country": addresses.check_country, "region": addresses.check_region, "city": addresses.check_city,
        "street": addresses.check_street,
    }
)  # fmt: skip
_VALID: Note = (None, "valid")
_JUDGED = frozenset({*_BY_ITSELF, "email", "phone", "birthday", "postal_code"})
_NAMES = frozenset({"name", *NAME_PARTS})
_ISO_DATE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d\Z")
_CHARS_MAX = 1_000  # a longer text is no contact, and is kept as it came


def corrected(traits: dict[str, Scalar], region: str, day: Callable[[], dt.date]) -> Notes:
    """Put the values of contacts among normalised traits right in place; a note for each that was judged.

    `region` is the country of phones and postal codes that name none; `day` is asked when there is a birthday.
    """
    notes: Notes = {}
    for name in _JUDGED & traits.keys():
        came = traits[name]
        if type(came) is not str or not came or len(came) > _CHARS_MAX:
            continue
        if (check := _BY_ITSELF.get(name)) is not None:
            checked = check(came)
            value, verdict = checked.value, checked.verdict
        elif name == "email":
            value, verdict = _email(came)
        elif name == "phone":
            value, verdict = _phone(came, region)
        elif name == "birthday":
            value, verdict = _birthday(came, day())
        else:
            checked = addresses.check_postal_code(came, addresses.country_of(traits, region))
            value, verdict = checked.value, checked.verdict
        if value == came:
            notes[name] = _VALID if verdict is Verdict.VALID else (None, _word(verdict))
        else:
            _put(traits, name, value)
            notes[name] = (came, _word(verdict))
    return notes


def derived(traits: Mapping[str, Scalar], notes: Notes) -> Follows:
    """What follows from corrected traits and was not told with them: parts of a full name, the gender, contacts that are none.

    What an earlier name told and this one does not follows no more.
    """
    found: Follows = []
    if not _NAMES.isdisjoint(traits):
        told = _told_parts(traits, notes)
        whole = None if told[0] or told[2] else _parts_of_whole(traits, notes)
        parts, is_of_parts = whole or told, whole is None and any(told)
        if "name" in traits:
            found += [
                (part, value or None if whole else None, False)
                for part, value in zip(NAME_PARTS, parts, strict=True)
                if part not in traits
            ]
        if "gender" not in traits:
            gender = gender_of(*parts)
            if gender or "name" in traits or "first_name" in traits:
                found.append(("gender", gender or None, is_of_parts))
    for kind in ("email", "phone"):
        if kind in notes and notes[kind][1] == Verdict.INVALID:
            found.append((f"contact.{kind}.is_valid", False, False))
    return found


def _told_parts(traits: Mapping[str, Scalar], notes: Notes) -> tuple[str, str, str]:
    return (
        _valid(traits, notes, "first_name"), _valid(traits, notes, "middle_name"), _valid(traits, notes, "last_name"),
    )  # fmt: skip


def _parts_of_whole(traits: Mapping[str, Scalar], notes: Notes) -> tuple[str, str, str] | None:
    """The parts that a full name tells for certain."""
    whole = _valid(traits, notes, "name")
    name = check_name(whole) if whole else None
    return (name.first, name.middle, name.last) if name is not None and name.is_order_certain else None


def _word(verdict: Verdict) -> str:
    """A verdict as a plain text; the enumeration's own way to it is ten times slower."""
    return "valid" if verdict is Verdict.VALID else "doubtful" if verdict is Verdict.DOUBTFUL else "invalid"


def _email(came: str) -> tuple[str, Verdict]:
    value = normal_email(came.strip())
    if value is None:
        return came, Verdict.INVALID
    return value, Verdict.DOUBTFUL if latin_of(value) else about_domain(value.rpartition("@")[2]).verdict


def _phone(came: str, region: str) -> tuple[str, Verdict]:
    if is_plain(came):
        return came, Verdict.VALID
    checked = check_phone(came, region)
    return (came if checked.verdict is Verdict.INVALID else checked.value), checked.verdict


def _birthday(came: str, on: dt.date) -> tuple[str, Verdict]:
    """As `check_birthday`; a date as the house writes it, of somebody in the middle of life, is passed at once."""
    if _ISO_DATE.match(came) and came[:4] != "1970" and on.year - 100 < int(came[:4]) < on.year - 1 and _is_day(came):
        return came, Verdict.VALID
    checked = check_birthday(came, on)
    return checked.value, checked.verdict


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _put(traits: dict[str, Scalar], name: str, value: str) -> None:
    """A text with its folded twin, which is there only where it differs."""
    traits[name] = value
    folded = fold(value)
    if folded != value:
        traits["~" + name] = folded
    else:
        traits.pop("~" + name, None)


def _valid(traits: Mapping[str, Scalar], notes: Notes, name: str) -> str:
    """A trait that was judged and is not rubbish, or nothing."""
    value = traits.get(name)
    return value if isinstance(value, str) and name in notes and notes[name][1] != Verdict.INVALID else ""
