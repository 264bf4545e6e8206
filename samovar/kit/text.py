"""Text as it is stored and compared: NFC, with a folded twin (NFC, then `lower()`; ё is not е)."""

from __future__ import annotations

import unicodedata


def normal(text: str) -> str:
    """NFC; ASCII returns itself."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """The twin that `contains`, `starts with` and `ends with` compare."""
    return normal(text).lower()
