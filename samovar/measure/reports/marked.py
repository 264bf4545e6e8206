"""Texts for the translators in places that are read before any language is known, such as the options of a command."""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """Mark a text. Django's own asks for its settings, and a command has none before it opens a workspace."""
    return text
