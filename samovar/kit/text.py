"""Text as it is stored and compared: NFC, with a folded twin (NFC, then `lower()`; ё is not е)."""

from __future__ import annotations

import re
import unicodedata

# Control characters that are no blanks, signs that turn or hide the text beside them, and letters that look like nothing; joiners
# of letters, but after an Arabic or Indian letter, which is written by them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]|(?<![\u0600-\u18af])[\u200c\u200d]"
)


def normal(text: str) -> str:
    """NFC; ASCII returns itself."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def without_invisible(text: str) -> str:
    """A text without the signs that nobody sees and that have no place in a name or an address."""
    return _INVISIBLE.sub("", text)


def with_invisible_named(text: str) -> str:
    """A text for reading, each of those signs by its number, ⟨U+202E⟩: as it is it turns or hides what stands beside it."""
    return _INVISIBLE.sub(lambda sign: f"⟨U+{ord(sign[0]):04X}⟩", text)


def fold(text: str) -> str:
    """The twin that `contains`, `starts with` and `ends with` compare."""
    return normal(text).lower()
