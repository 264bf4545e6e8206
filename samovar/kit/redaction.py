"""Finding what names a person in any text or JSON, and putting a token in its place. Pure.

An e-mail address is found in any case and percent-encoded as in a link, a phone number with or without its country and with
whatever stands between its digits, another value only where it tells itself from an ordinary word or number. A longer
address or number that merely contains one is somebody else's and stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PHONE_DIGITS = 10  # of a national number: how people write it varies in front of these only
TELLING_CHARS_MIN = 8
_BETWEEN = r"[\s().\-]{0,3}"
_BY_NUMBER = re.compile(r"\\u([0-9a-fA-F]{4})")  # how JSON may write any letter
_SEPARATORS = b" \t\r\n().-"


class Redactor:
    """What to find, as `(kind, value) -> token`; kinds are those of identifiers, values in their normal form."""

    def __init__(self, tokens: Mapping[tuple[str, str], str]) -> None:
        self._named = dict(tokens)
        found = {pattern: token for (kind, value), token in tokens.items() if (pattern := _pattern(kind, value)) is not None}
        self._tokens = list(found.values())
        # A group each: the number of the one that matched leads to the token.
        self._text = re.compile("|".join(f"({pattern})" for pattern in found) or r"(?!)", re.IGNORECASE)
        words = [word for kind, value in tokens if _pattern(kind, value) for word in _words(kind, value)]
        self._words = [word.encode() for word in words if word.isascii()]
        self._foreign = [word for word in words if not word.isascii()]
        self._numbers = [_digits(value)[-PHONE_DIGITS:].encode() for kind, value in tokens if kind == "phone"]

    def token(self, kind: str, value: str) -> str | None:
        """What stands for an identifier from now on; None for one that is not sought."""
        return self._named.get((kind, value))

    def may_hit(self, body: bytes) -> bool:
        """Whether UTF-8 or JSON may hold what is sought; False is certain. Some fifty times as fast as `hits`."""
        lower = body.lower()
        if any(word in lower for word in self._words):
            return True
        bare = body.translate(None, _SEPARATORS)
        return any(number in bare for number in self._numbers) or bool(self._foreign and self._is_foreign_in(body))

    def _is_foreign_in(self, body: bytes) -> bool:
        text = _BY_NUMBER.sub(lambda found: chr(int(found[1], 16)), body.decode(errors="replace")).lower()
        return any(word in text for word in self._foreign)

    def hits(self, text: str) -> bool:
        """Whether anything sought is in a text."""
        return self._text.search(text) is not None

    def cleaned(self, text: str) -> str:
        """The text with a token in the place of each find."""
        return self._text.sub(lambda found: self._tokens[(found.lastindex or 1) - 1], text)

    def cleaned_value(self, value: Any) -> Any:
        """A JSON value with a token in the place of each find, in names as well; the value itself when there is none."""
        if isinstance(value, str):
            return self.cleaned(value)
        if isinstance(value, dict):
            return {self.cleaned(name): self.cleaned_value(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.cleaned_value(one) for one in value]
        if isinstance(value, int) and not isinstance(value, bool) and self._text.fullmatch(str(value)):
            return self.cleaned(str(value))
        return value


def _pattern(kind: str, value: str) -> str | None:
    """A regular expression for an identifier in running text; None for one too short to be told from other words."""
    if kind == "email":
        local, _, domain = value.rpartition("@")
        return rf"(?<![\w.+\-]){re.escape(local)}(?:@|%40){re.escape(domain)}(?![\w\-]|\.\w)"
    if kind == "phone":
        digits = _digits(value)
        country, national = digits[:-PHONE_DIGITS], digits[-PHONE_DIGITS:]
        before = rf"(?:(?:\+|%2B)?(?:{country}|8){_BETWEEN})?" if country else ""
        return rf"(?<![\d+]){before}{_BETWEEN.join(national)}(?!\d)"
    if len(value) >= TELLING_CHARS_MIN and not value.isdigit():
        return rf"(?<![\w\-]){re.escape(value)}(?![\w\-])"
    return None


def _words(kind: str, value: str) -> list[str]:
    """What a text in lower case holds when it holds the value; a number's digits are looked for without what is between them."""
    if kind == "phone":
        return []
    lower = value.lower()
    return [lower, lower.replace("@", "%40")] if kind == "email" else [lower]


def _digits(value: str) -> str:
    return re.sub(r"\D", "", value)
