"""Identifiers made by us: message ids and unguessable tokens, both from the system's random source."""

from __future__ import annotations

import secrets


def token(bits: int = 192) -> str:
    """An unguessable URL-safe text of at least `bits` bits."""
    return secrets.token_urlsafe((bits + 7) // 8)


def message_id() -> str:
    """An id for an event that came without one."""
    return "sv-" + secrets.token_hex(12)
