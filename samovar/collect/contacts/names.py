"""Names of people: case, order, gender and rubbish. Pure.

A Russian name may stand in any order; the roles of its words are those that fit best (`_score`), and where two readings fit
nearly alike the name is doubtful. Gender is told by the patronymic, else by the given name and the form of the surname where
they do not disagree; of a name in other letters than Russian ones nothing is guessed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from samovar.collect.contacts.given_names import ALSO_SURNAMES, EITHER, FEMALE, GIVEN, MALE, is_latin_given
from samovar.collect.contacts.name_words import (
    COMPANIES,
    FEMALE_SURNAME,
    GENDERS,
    HONORIFICS,
    MALE_SURNAME,
    PARTICLES,
    PATRONYMIC_TAILS,
    RUBBISH,
    SURNAME,
    WHO_IS_ASKED,
    cyrillic_of_layout,
    is_initials,
    is_latin_patronymic,
    is_latin_surname,
    without_strangers,
)  # fmt: skip
from samovar.collect.contacts.verdicts import Checked, Finding, Verdict, of_visible
from samovar.kit.text import normal

NAME_PARTS = ("first_name", "middle_name", "last_name")
WORDS_MAX = 6
PART_WORDS_MAX = 4  # María de los Ángeles
CHARS_MAX = 200
_RUSSIAN = re.compile(r"[А-ЯЁа-яё]+(?:['’-][А-ЯЁа-яё]+)*\Z")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’`.-][^\W\d_]*)*\Z")
_PLAIN = re.compile(r"[А-ЯЁA-Z][а-яёa-z]+\Z")
_SEVERAL_DIGITS = re.compile(r"(?:\d[\s()+.-]*){5,}")
_MALE_PATRONYMIC = re.compile(r"(?:[а-яё](?:ович|евич|ьич)|ильич|лукич|кузьмич|фомич|никитич|саввич|ич)\Z")
_FEMALE_PATRONYMIC = re.compile(r"[а-яё](?:овна|евна|ична|инична)\Z")
_MC = re.compile(r"mc[a-z]{3,}\Z")
# Where a word may end and the next begin: a capital after a small letter, or after capitals the one that small letters follow.
_JOINTS = (re.compile(r"(?<=[а-яёa-z])(?=[А-ЯЁA-Z])"), re.compile(r"(?<=[А-ЯЁA-Z])(?=[А-ЯЁA-Z][а-яёa-z])"))
_JOINED_CHARS_MIN = 4  # a shorter piece of a word has its form by chance
_CLOSE = 0.5  # two readings whose scores differ by less are alike
_TELLING_CHARS_MIN = 5  # a shorter surname may have its form by chance
_FITTING = 2.0  # at least so good a reading is a Russian name


@dataclass(frozen=True, slots=True)
class Name(Checked):
    """`gender` is female, male or empty. The parts are empty where the name does not tell them."""

    first: str = ""
    middle: str = ""
    last: str = ""
    gender: str = ""
    is_russian: bool = False
    is_order_certain: bool = False


@lru_cache(maxsize=32_768)
@of_visible
def check_name(came: str) -> Name:
    """A full name judged. Its value keeps the order it came in; the parts say which word is which."""
    text = " ".join(normal(came).split())
    if finding := _rubbish(text):
        return Name(text, came, Verdict.INVALID, (finding,))
    last_first = text.count(",") == 1
    words = [word for word in text.replace(",", " ").split() if word.lower().rstrip(".") not in HONORIFICS]
    if not words or len(words) > WORDS_MAX or len(text) > CHARS_MAX:
        return Name(text, came, Verdict.DOUBTFUL, (Finding("name_words", text),))
    spelt = _all_spelt(words)
    findings = [*_of_words(words, spelt)]
    value = " ".join(spelt)
    if form := _company(words):
        return Name(text, came, Verdict.DOUBTFUL, (Finding("name_company", form),))
    if apart := _words_apart(words):
        return Name(text, came, Verdict.DOUBTFUL, (Finding("name_joined", apart),))
    if any(map(is_initials, spelt)) and (parts := _with_initials(spelt)):
        return Name(value, came, _verdict(findings), tuple(findings), *parts, _gender(*parts), _is_russian(parts), True)
    units = _units(spelt)
    if all(_RUSSIAN.match(unit.replace(" ", "")) for unit in units) and len(units) <= 3:
        parts, is_certain, fits = _read(tuple(units))
        if len(units) > 1 and not is_certain:
            findings.append(Finding("name_order", value))
        return Name(value, came, _verdict(findings), tuple(findings), *parts, _gender(*parts), fits, is_certain)
    russian = _transliterated(spelt)
    parts = russian or _foreign(spelt, last_first)
    return Name(value, came, _verdict(findings), tuple(findings), *parts, is_order_certain=russian is not None)


@lru_cache(maxsize=65_536)
@of_visible
def check_part(came: str) -> Checked:
    """A given name, patronymic or surname judged by itself."""
    if _PLAIN.match(came) and came.lower() not in RUBBISH:
        return Checked(came, came)
    text = " ".join(normal(came).split())
    if finding := _rubbish(text):
        return Checked(text, came, Verdict.INVALID, (finding,))
    words = text.split()
    if apart := _words_apart(words):
        return Checked(text, came, Verdict.DOUBTFUL, (Finding("name_joined", apart),))
    spelt = _all_spelt(words)
    value, findings = " ".join(spelt), [*_of_words(words, spelt)]
    if len(words) > PART_WORDS_MAX:
        findings.append(Finding("name_words", value))
    return Checked(value, came, _verdict(findings), tuple(findings))


@lru_cache(maxsize=1_024)
@of_visible
def check_gender(came: str) -> Checked:
    """female or male, whatever they are called; anything else as it came."""
    return Checked(GENDERS.get(came.strip(" .").lower(), came), came)


@lru_cache(maxsize=32_768)
def gender_of(first: str, middle: str, last: str) -> str:
    """What parts told one by one say of the gender: female, male, or empty where it is not certain."""
    if not all(_RUSSIAN.match(part.replace(" ", "")) for part in (first, middle, last) if part):
        return ""
    return _gender(first, middle, last)


def patronymic_gender(word: str) -> str:
    """The gender that a patronymic tells, or empty where it is none."""
    lower = word.lower()
    head, _, tail = lower.rpartition(" ")
    if head and tail in PATRONYMIC_TAILS:
        return PATRONYMIC_TAILS[tail]
    if _FEMALE_PATRONYMIC.search(lower):
        return "female"
    return "male" if _MALE_PATRONYMIC.search(lower) and len(lower) > 4 else ""


def _verdict(findings: Sequence[Finding]) -> Verdict:
    doubts = {"name_company", "name_order", "name_initial", "name_layout", "name_words", "name_signs", "name_alone"}
    return Verdict.DOUBTFUL if any(finding.code in doubts for finding in findings) else Verdict.VALID


def _rubbish(text: str) -> Finding | None:
    """What makes a text no name at all."""
    lower = text.lower().strip(" .,-_")
    letters = [letter for letter in lower if letter.isalpha()]
    if not letters:
        return Finding("name_phone" if _SEVERAL_DIGITS.search(text) else "name_no_letters")
    if _SEVERAL_DIGITS.search(text):
        return Finding("name_phone")
    if "@" in text or "://" in text or "www." in lower:
        return Finding("name_address")
    if lower in RUBBISH or all(word in RUBBISH for word in lower.split()):
        return Finding("name_rubbish", text)
    if lower in WHO_IS_ASKED:
        return Finding("name_word", text)
    return Finding("name_rubbish", text) if len(letters) > 2 and len(set(letters)) == 1 else None


def _of_words(words: Sequence[str], spelt: Sequence[str]) -> list[Finding]:
    """What there is to say of the words one by one."""
    findings = []
    if any(without_strangers(word) != word for word in words):
        findings.append(Finding("name_strangers"))
    if any(a != b for a, b in zip(words, spelt, strict=True)) and any(_is_shouted(word) for word in words):
        findings.append(Finding("name_case"))
    if any(map(is_initials, spelt)):
        findings.append(Finding("name_initial"))
    if any(not _LETTERS.match(word) for word in spelt):
        findings.append(Finding("name_signs"))
    if meant := [name for word in words if (name := cyrillic_of_layout(word)) in GIVEN]:
        findings.append(Finding("name_layout", meant[0].capitalize()))
    return findings


def _is_shouted(word: str) -> bool:
    return len(word) > 1 and (word.isupper() or word.islower())


def _all_spelt(words: Sequence[str]) -> list[str]:
    """A particle in front stays small where somebody wrote the rest with capitals: de la Cruz."""
    is_written = any(word[:1].isupper() for word in words)
    return [_spelt(word, may_be_particle=at > 0 or (is_written and word.islower())) for at, word in enumerate(words)]


def _spelt(word: str, *, may_be_particle: bool) -> str:
    """A word of a name with the capitals it should have; what has capitals inside was written so on purpose."""
    word = without_strangers(word.replace("`", "’"))
    if _PLAIN.match(word):
        return word
    if may_be_particle and word.lower() in PARTICLES:
        return word.lower()
    if not (word.isupper() or word.islower()) and not _is_typed_badly(word):
        return word
    return "".join(_capital(part) for part in re.split(r"([-'’.])", word.lower()))


def _is_typed_badly(word: str) -> bool:
    """иВАНОВ, ИВанов: a capital too late or one too many, in Russian letters."""
    return _RUSSIAN.match(word) is not None and "-" not in word and word[1:] != word[1:].lower()


def _capital(part: str) -> str:
    if _MC.match(part):
        return "Mc" + part[2:].capitalize()
    return part if part in PARTICLES and len(part) > 3 else part.capitalize()


def _units(words: Sequence[str]) -> list[str]:
    """Words with the ones that belong to them: a patronymic and its оглы."""
    units: list[str] = []
    for word in words:
        if units and word.lower() in PATRONYMIC_TAILS:
            units[-1] = f"{units[-1]} {word}"
        else:
            units.append(word)
    return units


def _read(units: tuple[str, ...]) -> tuple[tuple[str, str, str], bool, bool]:
    """(first, middle, last) as they fit best, whether nothing else fits nearly as well, and whether it is a Russian name."""
    readings = sorted(((_score(parts, order), parts) for parts, order in _readings(units)), key=lambda one: -one[0])
    best, parts = readings[0]
    is_certain = best >= _FITTING and all(best - score >= _CLOSE for score, other in readings[1:] if other != parts)
    return parts, is_certain, best >= _FITTING


def _readings(units: tuple[str, ...]) -> list[tuple[tuple[str, str, str], str]]:
    """Every way to give the words roles: ((first, middle, last), the order as letters)."""
    roles = {1: ("f", "l", "m"), 2: ("fl", "lf", "fm"), 3: tuple("".join(p) for p in itertools.permutations("fml"))}[len(units)]
    made = []
    for order in roles:
        named = dict(zip(order, units, strict=True))
        made.append(((named.get("f", ""), named.get("m", ""), named.get("l", "")), order))
    return made


_USUAL = {"lfm": 0.3, "fml": 0.3, "fl": 0.1, "lf": 0.0, "fm": 0.2, "f": 0.2}


def _score(parts: tuple[str, str, str], order: str) -> float:
    """How well a reading fits: names that are known, forms that a surname and a patronymic have, genders that agree."""
    first, middle, last = (part.lower() for part in parts)
    score = _USUAL.get(order, -0.5)
    if first:
        is_another = SURNAME.search(first) or patronymic_gender(first)
        score += 3.0 if all(part in GIVEN for part in first.split("-")) else -2.0 if is_another else 0.0
    if middle:
        score += 3.0 if patronymic_gender(middle) else -9.0
    if last:
        score += -1.5 if last in GIVEN and last not in ALSO_SURNAMES else 2.0 if SURNAME.search(last) else 0.5
        score -= 0.5 if patronymic_gender(last) else 0.0
    genders = {gender for gender in (_of_given(first), patronymic_gender(middle), _of_surname(last)) if gender}
    return score - (1.5 if len(genders) > 1 else 0.0)


def _gender(first: str, middle: str, last: str) -> str:
    if middle and (told := patronymic_gender(middle)):
        return told
    given, form = _of_given(first.lower()), _of_surname(last.lower())
    if given and form:
        return given if given == form else ""
    if given or not form:
        return given
    if first.lower() in EITHER:
        return form
    return form if len(last) >= _TELLING_CHARS_MIN and form == _of_ending(first.lower()) else ""


def _of_given(first: str) -> str:
    """The gender of a given name that the lists know; of a double name that of its parts."""
    genders = {"male" if part in MALE else "female" if part in FEMALE else "" for part in first.split("-")}
    return genders.pop() if len(genders) == 1 else ""


def _of_surname(last: str) -> str:
    """The gender that the form of a surname tells."""
    tail = last.rpartition("-")[2]
    if FEMALE_SURNAME.search(tail):
        return "female"
    return "male" if MALE_SURNAME.search(tail) else ""


def _of_ending(first: str) -> str:
    """What the end of a given name nobody knows agrees with."""
    if not first:
        return ""
    return "female" if first[-1] in "ая" else "male" if first[-1] not in "аеёиоуыэюяь" else ""


def _company(words: Sequence[str]) -> str:
    """The form of a company that a name begins or ends with, as it came."""
    ends = (words[0], words[-1]) if len(words) > 1 else ()
    return next((word for word in ends if word.lower().strip('.,"«»“”') in COMPANIES), "")


def _words_apart(words: Sequence[str]) -> str:
    """The whole name with the words apart that were run together in one of its words, or empty."""
    parts = [_run_together(word) for word in words]
    if not any(parts):
        return ""
    return " ".join(
        _spelt(one, may_be_particle=False) for word, apart in zip(words, parts, strict=True) for one in apart or [word]
    )


def _run_together(word: str) -> list[str]:
    """НовиковаСВЕТЛАНА, ИВАНОВАнна: words that capitals tell apart, each a name as the lists or its form know it, or none."""
    if word[1:] == word[1:].lower() or word.isupper():
        return []
    for joint in _JOINTS:
        parts = joint.split(word)
        is_given = [part.lower() in GIVEN or is_latin_given(part) for part in parts]
        if (
            len(parts) > 1
            and any(is_given)
            and all(known or _has_form(part) for known, part in zip(is_given, parts, strict=True))
        ):
            return parts
    return []


def _has_form(part: str) -> bool:
    """Whether a word has the form of a surname or a patronymic."""
    lower = part.lower()
    if len(part) < _JOINED_CHARS_MIN:
        return False
    return bool(SURNAME.search(lower) or patronymic_gender(lower) or is_latin_surname(part) or is_latin_patronymic(part))


def _is_russian(parts: Sequence[str]) -> bool:
    return all(_RUSSIAN.match(part) for part in parts if part)


def _with_initials(words: Sequence[str]) -> tuple[str, str, str] | None:
    """(first, middle, last) of a name some words of which are initials: those tell nothing, and a word beside them is a surname
    unless it is known as a given name. None where the rest must be read in another way."""
    rest = [word for word in words if not is_initials(word)]
    if not rest:
        return ("", "", "")
    if _is_russian(rest):
        if len(rest) == 1:
            return (rest[0], "", "") if rest[0].lower() in GIVEN - ALSO_SURNAMES else ("", "", rest[0])
        units = tuple(_units(rest))
        parts, is_certain, _ = _read(units) if len(units) <= 2 else (("", "", ""), False, False)
        return parts if is_certain else None
    if len(rest) != 1 or is_latin_given(rest[0]):
        return None
    is_surname = is_initials(words[0]) or sum(map(len, words)) - len(rest[0]) > 2 or is_latin_surname(rest[0])
    return ("", "", rest[0]) if is_surname else None


def _transliterated(words: Sequence[str]) -> tuple[str, str, str] | None:
    """(first, middle, last) of a Russian name in Latin letters whose order its forms tell; None of any other."""
    given = [is_latin_given(word) for word in words]
    match len(words):
        case 2 if is_latin_surname(words[0]) and given[1] and not given[0]:
            return (words[1], "", words[0])
        case 2 if given[0] and is_latin_patronymic(words[1]):
            return (words[0], words[1], "")
        case 3 if is_latin_patronymic(words[2]) and (given[1] or is_latin_surname(words[0])):
            return (words[1], words[2], words[0])
        case 3 if is_latin_patronymic(words[1]) and (given[0] or is_latin_surname(words[2])):
            return (words[0], words[1], words[2])
    return None


def _foreign(words: Sequence[str], last_first: bool) -> tuple[str, str, str]:
    """(first, middle, last) of a name in other letters: as it stands, or turned where a comma says so."""
    if len(words) == 1:
        return (words[0], "", "")
    if last_first:
        return (words[-1], "", " ".join(words[:-1]))
    at = next((at for at, word in enumerate(words[1:-1], 1) if word.lower() in PARTICLES), len(words) - 1)
    return (words[0], " ".join(words[1:at]), " ".join(words[at:]))
