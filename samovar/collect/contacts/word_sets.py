"""Sets of words written as running text."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The different words of a text, told apart by blanks."""
    return frozenset(text.split())
