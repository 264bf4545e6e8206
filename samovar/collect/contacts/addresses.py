"""Addresses field by field: city, region, street, postal code and country. Pure.

Whether a street exists is not asked: that takes a register of streets. Russian kinds of places get one spelling, so that
"г.Москва", "МОСКВА" and "Москва" are one city in every rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from samovar.collect.contacts.address_words import (
    AREA,
    CITY_NAMES,
    CITY_PREFIX,
    COUNTRY_NAMES,
    HOUSE_PARTS,
    POSTAL,
    REGION_KINDS,
    SMALL_WORDS,
    STREET_KINDS,
)  # fmt: skip
from samovar.collect.contacts.name_words import RUBBISH
from samovar.collect.contacts.verdicts import Checked, Finding, Verdict, of_visible
from samovar.kit.text import normal

FIELDS = ("country", "region", "city", "street", "postal_code")
_SPACED = re.compile(r"(?<=[^\W\d_])\.(?=[^\W_])")
_REPUBLIC_LAST = re.compile(r"(.+?),? Республика\Z")
_LINK = re.compile(r"://|\bwww\.|@|</?[a-z!]|&#?\w+;", re.IGNORECASE)
_STRANGE = re.compile(r"[<>{}|\\^~$*]")
_WORD = re.compile(r"[^\W\d_]+|[\W\d_]+")


def check_address(told: Mapping[str, str], country: str = "") -> dict[str, Checked]:
    """Each field that was told, judged; `country` is the one to assume where none is told."""
    answer: dict[str, Checked] = {}
    if told.get("country"):
        answer["country"] = check_country(told["country"])
        country = country_of(told, country)
    if told.get("region"):
        answer["region"] = check_region(told["region"])
    if told.get("city"):
        answer["city"] = check_city(told["city"])
    if told.get("street"):
        answer["street"] = check_street(told["street"])
    if told.get("postal_code"):
        answer["postal_code"] = check_postal_code(told["postal_code"], country)
    return answer


def country_of(told: Mapping[str, object], country: str) -> str:
    """The code of the country that was told, `country` where none was; empty for one that nobody knows."""
    came = told.get("country")
    if not isinstance(came, str) or not came:
        return country
    checked = check_country(came)
    return checked.value if checked.verdict is Verdict.VALID else ""


@lru_cache(maxsize=4_096)
@of_visible
def check_country(came: str) -> Checked:
    """A country as its code (ISO 3166-1 alpha-2), from the code or its name in Russian or English."""
    text = _clean(came)
    code = _codes().get(_key(text))
    if code is None:
        return Checked(text, came, Verdict.DOUBTFUL, (Finding("country_unknown", text),))
    return Checked(code, came)


@lru_cache(maxsize=16_384)
@of_visible
def check_city(came: str) -> Checked:
    """A city without "г." in front, with the capitals it has."""
    text = CITY_PREFIX.sub("", _clean(came)) or _clean(came)
    if refused := _refused(text, came):
        return refused
    if AREA.search(text):
        return Checked(text, came, Verdict.DOUBTFUL, (Finding("address_region", text),))
    value = CITY_NAMES.get(_key(text)) or _titled(text)
    findings = (Finding("city_signs", value),) if any(letter.isdigit() for letter in value) else ()
    return Checked(value, came, Verdict.DOUBTFUL if findings else Verdict.VALID, findings)


@lru_cache(maxsize=4_096)
@of_visible
def check_region(came: str) -> Checked:
    """A region with the kind of region written out: Московская область, Республика Татарстан."""
    text = _clean(came)
    if refused := _refused(text, came):
        return refused
    text = _titled(text)
    if city := CITY_NAMES.get(_key(CITY_PREFIX.sub("", text))):
        return Checked(city, came)
    for pattern, kind in REGION_KINDS:
        text = pattern.sub(kind, text)
    text = _REPUBLIC_LAST.sub(r"Республика \1", text.strip())
    return Checked(text, came)


@lru_cache(maxsize=16_384)
@of_visible
def check_street(came: str) -> Checked:
    """A street with house and flat: the kind of street in one spelling and in front, one blank after a full stop."""
    text = _clean(came)
    if refused := _refused(text, came):
        return refused
    text = _SPACED.sub(". ", text)
    for pattern, kind in (*STREET_KINDS, *HOUSE_PARTS):
        text = pattern.sub(kind, text)
    value = ", ".join(part.strip() for part in text.split(",") if part.strip())
    return Checked(value[:1].upper() + value[1:] if value.isupper() else value, came)


@lru_cache(maxsize=16_384)
@of_visible
def check_postal_code(came: str, country: str) -> Checked:
    """A postal code as its country writes it; of a country whose codes are not known, as it came."""
    text = _clean(came).upper()
    shape = POSTAL.get(country)
    if shape is None:
        return Checked(text, came)
    found = shape.pattern.match(re.sub(r"[^0-9A-Z]", "", text.removeprefix(f"{country}-")))
    if found is None:
        return Checked(text, came, Verdict.INVALID, (Finding("postal_code_shape", country),))
    value = shape.written.format(*(part or "" for part in found.groups())).rstrip("-")
    doubtful = re.fullmatch(r"(\d)\1+", re.sub(r"[ -]", "", value)) is not None
    findings = (Finding("postal_code_filler", value),) if doubtful else ()
    return Checked(value, came, Verdict.DOUBTFUL if doubtful else Verdict.VALID, findings)


def country_name(code: str, language: str) -> str:
    """What a country is called in a language ("ru" or "en"); the code where it has no name."""
    from babel import Locale  # takes a tenth of a second, and only who shows or reads a country's name needs it

    return Locale(language).territories.get(code, code) or code


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    """Every name of a country, folded -> its code."""
    from babel import Locale

    codes: dict[str, str] = {}
    for language in ("fr", "es", "de", "en", "ru"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"):
                codes[_key(name)] = code
                codes[code.lower()] = code
    return MappingProxyType(codes | COUNTRY_NAMES)


def _refused(text: str, came: str) -> Checked | None:
    """What is no part of an address, or has in it what none has, as it came; None for what may be one."""
    lower = text.lower().strip(" .-_")
    if not lower or lower in RUBBISH:
        return Checked(text, came, Verdict.INVALID, (Finding("address_rubbish", text),))
    if _LINK.search(text):
        return Checked(text, came, Verdict.INVALID, (Finding("address_link"),))
    return Checked(text, came, Verdict.DOUBTFUL, (Finding("address_signs"),)) if _STRANGE.search(text) else None


def _clean(came: str) -> str:
    return " ".join(normal(came).split()).strip(" ,;")


def _key(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.lower().replace("ё", "е")).strip()


def _titled(text: str) -> str:
    """Capitals for what was shouted or whispered; what has capitals of its own keeps them."""
    if not (text.isupper() or text.islower()) or len(text) < 3:
        return text
    words = _WORD.findall(text.lower())
    return "".join(word if at > 0 and word in SMALL_WORDS else word[:1].upper() + word[1:] for at, word in enumerate(words))
