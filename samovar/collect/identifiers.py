"""Identifiers as they are compared: one normal form for each kind, so that a person is found however she was written down.

Pure. Order of `KNOWN` is the order in which an event's identifiers are asked who its person is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from samovar.collect.phone_texts import phone_of
from samovar.kit.text import normal

KNOWN = ("user_id", "external_id", "card", "email", "phone")  # kinds that make a profile a customer
ANONYMOUS = "anonymous_id"
VALUE_CHARS_MAX = 320

_PLAIN_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z"
)
# Texts that programs write where there is no identifier; as an identifier they would make strangers one person.
_NOBODY = frozenset(
    {"", "null", "none", "undefined", "nil", "nan", "n/a", "-", "0", "unknown", "anonymous", "guest", "[object object]"}
)
_NOBODY_CHARS_MAX = max(map(len, _NOBODY))


def normalise(kind: str, value: object, region: str = "RU") -> str | None:
    """The normal form of an identifier, or None when the value cannot be one.

    E-mail: lower case, IDN in its Unicode form; phone: E.164, `region` for numbers without a country code; others: NFC
    without outer blanks.
    """
    if type(value) is str:
        text = plain(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        text = plain(str(value))
    else:
        return None
    if text is None or kind not in ("email", "phone"):
        return text
    return normal_email(text) if kind == "email" else normal_phone(text, region)


def plain(value: str) -> str | None:
    """A text that may be an identifier, without outer blanks, or None. Not cached: a look into a big cache costs more."""
    text = (value if value.isascii() else normal(value)).strip()
    if len(text) <= _NOBODY_CHARS_MAX and text.lower() in _NOBODY:
        return None
    return None if len(text) > VALUE_CHARS_MAX or "\x00" in text else text


@lru_cache(maxsize=65_536)
def normal_email(text: str) -> str | None:
    """An address in lower case, or None. Deliverability is not asked: that needs the network; nor is a name for tests refused."""
    lower = text.lower()
    if len(lower) <= 254 and _PLAIN_EMAIL.match(lower) and lower.index("@") <= 64 and "--" not in lower:
        return lower
    try:
        return validate_email(text, check_deliverability=False, strict=True).normalized.lower()
    except EmailNotValidError:
        return None


@lru_cache(maxsize=65_536)
def normal_phone(text: str, region: str) -> str | None:
    """E.164, or None for what cannot be a phone number, lacks the code of its town or was guessed: it may be a stranger's."""
    read = phone_of(text, region)
    return read.e164 if read is not None and read.is_certain else None
