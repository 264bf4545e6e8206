"""Forms of a Russian name that messages need: cases, how a person is addressed, Latin letters. Pure; not for hot paths.

Russian addresses people in the nominative, so the vocative is the given name, with the patronymic when it is formal. A name is
declined only where its gender is known and its letters are Russian: a wrong case is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import iuliia
from petrovich.enums import Case, Gender
from petrovich.main import Petrovich

from samovar.collect.contacts.name_words import PATRONYMIC_TAILS
from samovar.collect.contacts.names import Name
from samovar.collect.contacts.verdicts import Verdict
from samovar.collect.contacts.word_sets import word_set

CASES = MappingProxyType(
    {
        "genitive": Case.GENITIVE, "dative": Case.DATIVE, "accusative": Case.ACCUSATIVE, "instrumental": Case.INSTRUMENTAL,
        "prepositional": Case.PREPOSITIONAL,
    }
)  # fmt: skip
_FIXED = re.compile(r"(?:[иы]х|[оуеи]а|[оеуюэи])\Z")
_FOREIGN = word_set("дюма золя гавальда петипа тома")
_ADJECTIVE = re.compile(r"(?:..[оеё]ва|..[иы]на|[а-яё]{2}ая)\Z")
_SHORT_IN_OY = re.compile(r"[^аеёиоуыэюя]+[оауэ]й\Z")
_ENDINGS_Y = MappingProxyType({"genitive": "я", "dative": "ю", "accusative": "я", "instrumental": "ем", "prepositional": "е"})
_STRESSED_IYA = word_set("алия зульфия альфия нурия сания ия")
_STRESSED_YA = word_set("илья")
_BOTH = MappingProxyType({"female": Gender.FEMALE, "male": Gender.MALE})


@dataclass(frozen=True, slots=True)
class Forms:
    """`vocative` and `vocative_formal` as a letter begins; `latin` as a passport spells it; `cases` empty where not declined."""

    vocative: str
    vocative_formal: str
    latin: str
    cases: dict[str, str]


@lru_cache(maxsize=4_096)
def forms_of(name: Name) -> Forms:
    """Every form of a name; of one that is rubbish all are empty."""
    if name.verdict is Verdict.INVALID:
        return Forms("", "", "", {})
    formal = f"{name.first} {name.middle}" if name.first and name.middle and name.is_russian else name.first
    latin = str(iuliia.translate(name.value, schema=iuliia.ICAO_DOC_9303))
    return Forms(name.first, formal, latin, {case: declined(name, case) for case in CASES} if _can_decline(name) else {})


def declined(name: Name, case: str) -> str:
    """The parts of a name in a case, in their usual order: given name, patronymic, surname. `case` is one of `CASES`."""
    parts = [("firstname", name.first), ("middlename", name.middle), ("lastname", name.last)]
    return " ".join(_part(part, kind, case, name.gender) for kind, part in parts if part)


def first_declined(name: Name, case: str) -> str:
    """The given name alone in a case; as it stands where it cannot be declined."""
    return _part(name.first, "firstname", case, name.gender) if _can_decline(name) and name.first else name.first


def _can_decline(name: Name) -> bool:
    return name.is_russian and bool(name.gender)


def _part(word: str, kind: str, case: str, gender: str) -> str:
    head, _, tail = word.rpartition(" ")
    if head and tail in PATRONYMIC_TAILS:
        return word
    return "-".join(_single(one, kind, case, gender) for one in word.split("-"))


def _single(word: str, kind: str, case: str, gender: str) -> str:
    """One word: by the house's own rules where petrovich's do not reach, which are nouns in -а, -й and surnames in -ых."""
    lower = word.lower()
    if kind == "lastname" and (_FIXED.search(lower) or lower in _FOREIGN):
        return word
    if lower[-1:] in "ая" and (kind == "firstname" or (kind == "lastname" and not _ADJECTIVE.search(lower))):
        return _like_a_noun_in_a(word, case)
    if kind == "lastname" and gender == "male" and _SHORT_IN_OY.match(lower):
        return word[:-1] + _ENDINGS_Y[case]
    return str(getattr(_petrovich(), kind)(word, CASES[case], _BOTH[gender]))


def _like_a_noun_in_a(word: str, case: str) -> str:
    """Никита, Муха, Илья, Мария, Алия: Никите, Мухе, Илье, Марии, Алие."""
    stem, last, before = word[:-1], word[-1].lower(), word[-2:-1].lower()
    if case in ("dative", "prepositional"):
        return stem + ("и" if last == "я" and before == "и" and word.lower() not in _STRESSED_IYA else "е")
    if case == "accusative":
        return stem + ("у" if last == "а" else "ю")
    if case == "genitive":
        return stem + ("и" if last == "я" or before in "гкхжчшщ" else "ы")
    return stem + ("ой" if last == "а" and before not in "жчшщц" else "ёй" if word.lower() in _STRESSED_YA else "ей")


@lru_cache(maxsize=1)
def _petrovich() -> Petrovich:
    """Its rules are a file of 200 KB."""
    return Petrovich()
