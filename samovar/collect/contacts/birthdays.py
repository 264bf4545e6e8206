"""Birthdays: read in the ways people write them, and whether somebody living can have one. Pure.

A day is read as day, month, year where it could be either; forms that fill themselves in leave 1 January of 1900 or 1970, and
these days are kept but doubted.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from samovar.collect.contacts.verdicts import Checked, Finding, Verdict, of_visible
from samovar.kit.text import fold

YEARS_MAX = 110
_DEFAULTS = frozenset({(1900, 1, 1), (1970, 1, 1), (1899, 12, 30), (1899, 12, 31)})
_ISO = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[t ]\d{2}:\d{2}.*)?\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4}|\d{2})(?: ?г\.?)?\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_WORDS = re.compile(r"(\d{1,2})(?:st|nd|rd|th|-?е|-?го)?[ .]+([^\W\d]+)\.?,? +(\d{4})(?: ?г(?:ода|\.)?)?\Z")
_MONTH_FIRST = re.compile(r"([^\W\d]+)\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})\Z")
_MONTHS = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                "jan янв", "feb фев", "mar мар", "apr апр", "may мая май", "jun июн", "jul июл", "aug авг", "sep сен", "oct окт",
                "nov ноя", "dec дек",
            ),
            1,
        )
        for name in names.split()
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Birthday(Checked):
    """`value` is the ISO date, or what came where it is no date."""


@lru_cache(maxsize=16_384)
@of_visible
def check_birthday(came: str, on: dt.date) -> Birthday:
    """A birthday judged as of a day."""
    text = fold(came).strip()
    read = _read(text, on)
    if read is None:
        return Birthday(came.strip(), came, Verdict.INVALID, (Finding("birthday_no_date"),))
    day, is_certain = read
    value = day.isoformat()
    if day > on:
        return Birthday(value, came, Verdict.INVALID, (Finding("birthday_ahead", value),))
    findings = []
    if (day.year, day.month, day.day) in _DEFAULTS:
        findings.append(Finding("birthday_default", value))
    if _years(day, on) > YEARS_MAX:
        findings.append(Finding("birthday_too_old", str(_years(day, on))))
    elif _years(day, on) < 1:
        findings.append(Finding("birthday_newborn"))
    if not is_certain:
        findings.append(Finding("birthday_either_way", value))
    return Birthday(value, came, Verdict.DOUBTFUL if findings else Verdict.VALID, tuple(findings))


def _read(text: str, on: dt.date) -> tuple[dt.date, bool] | None:
    """The day, and whether it could be no other."""
    if found := _ISO.match(text) or _COMPACT.match(text):
        return _certain(*(int(part) for part in found.groups()))
    if found := _DAY_FIRST.match(text):
        first, second, year = (int(part) for part in found.groups())
        year, is_whole = (year, True) if year > 99 else (_century(year, on), False)
        if second > 12 >= first:
            return _certain(year, first, second)
        day = _day(year, second, first)
        return None if day is None else (day, is_whole and ("/" not in text or first > 12 or first == second))
    if found := _WORDS.match(text):
        return _certain(int(found[3]), _MONTHS.get(found[2][:3], 0), int(found[1]))
    if found := _MONTH_FIRST.match(text):
        return _certain(int(found[3]), _MONTHS.get(found[1][:3], 0), int(found[2]))
    return None


def _certain(year: int, month: int, day: int) -> tuple[dt.date, bool] | None:
    read = _day(year, month, day)
    return None if read is None else (read, True)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _century(year: int, on: dt.date) -> int:
    """The last year that ends so."""
    return 2000 + year if 2000 + year <= on.year else 1900 + year


def _years(day: dt.date, on: dt.date) -> int:
    """Full years between two days."""
    return on.year - day.year - ((on.month, on.day) < (day.month, day.day))
