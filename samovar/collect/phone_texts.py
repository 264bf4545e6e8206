"""Phone numbers as people write them: which number a text says, and whether a part of it was left out or guessed. Pure.

The library takes what it understands of a text and drops the rest, which makes another number of one in which a letter stands.
Here nothing is dropped without a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import phonenumbers
from phonenumbers import ValidationResult

from samovar.collect.phone_plans import UNKNOWN, is_plain, plan_of
from samovar.kit.text import without_invisible

CHARS_MAX = 250  # as the library has it; what follows takes time by the square of the length
_LETTER = re.compile(r"[^\W\d_]")
# A letter O, Latin or Russian, that is no part of a word.
_LONE_O = re.compile(r"(?<![^\W\d_])[OoОо]+(?![^\W\d_])")
# A whole number with words in front, or set apart behind it.
_WITH_WORDS = re.compile(r"[^\d+]*(\+?\d[\d\s()./~\u2010-\u2015-]*?)(?:[\s(\[,;:/-][^\d+]*)?\Z")
# How a call abroad begins where the region of the text has another way: 00 in most countries, 8~10 in Russia.
_ABROAD = re.compile(r"\A[\s(]*(?:00|8\s*~\s*10)(?=[\s()-]*[1-9])")


@dataclass(frozen=True, slots=True)
class PhoneText:
    """A number in E.164; `is_local` where the code of its town is missing, `is_guess` where letters had to be read as digits."""

    e164: str
    is_local: bool = False
    has_extension: bool = False
    has_words: bool = False
    is_guess: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether it names one line: the digits told say all of it."""
        return not (self.is_local or self.is_guess)


def phone_of(text: str, region: str) -> PhoneText | None:
    """The number that a text says, `region` being the country of one without a country code; None where it says none."""
    if is_plain(text):
        return PhoneText(text)
    if len(text) > CHARS_MAX:
        return None
    text = without_invisible(text)
    read, extension = _parsed(text, region)
    head = re.sub(rf"\D*{extension}\D*\Z", "", text) if extension else text
    if _LETTER.search(head):
        return _among_letters(head, region)
    if not _is_given_out(read) and (abroad := with_plus(head)) != head:
        read, _ = _parsed(abroad, region)
    return replace(read, has_extension=bool(extension)) if read else None


def with_plus(text: str) -> str:
    """A text that begins as a call abroad does, with the plus of such a number."""
    return _ABROAD.sub("+", text)


def _among_letters(text: str, region: str) -> PhoneText | None:
    """A number with letters in it or beside it, if its country gives out the one they leave."""
    zeros = _LONE_O.sub(lambda letters: "0" * len(letters[0]), text)
    if zeros != text and not _LETTER.search(zeros):
        read = phone_of(zeros, region)
        return replace(read, is_guess=True) if read and _is_given_out(read) else None
    if (parts := _WITH_WORDS.match(text)) is not None:
        read = phone_of(parts[1], region)
        if read and _is_given_out(read):
            return replace(read, has_words=True)
    by_keys = _parsed(text, region)[0] if phonenumbers.is_alpha_number(text) else None
    return replace(by_keys, is_guess=True) if by_keys and _is_given_out(by_keys) else None


def _parsed(text: str, region: str) -> tuple[PhoneText | None, str]:
    """The library's reading, and the extension; None for what is no number."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, ""
    length = phonenumbers.is_possible_number_with_reason(number)
    if length not in (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return None, ""
    e164 = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return PhoneText(e164, is_local=length == ValidationResult.IS_POSSIBLE_LOCAL_ONLY), number.extension or ""


def _is_given_out(read: PhoneText | None) -> bool:
    return read is not None and plan_of(read.e164)[1] != UNKNOWN
