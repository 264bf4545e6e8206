"""How often something may be tried: a count in a running window, in the operational store so that it holds for all processes."""

from __future__ import annotations

import hashlib

from samovar.engine import store
from samovar.kit.clock import MINUTE_US

WINDOW_US = 15 * MINUTE_US
LOGIN_TRIES_MAX = 8  # for one login from one address
ADDRESS_TRIES_MAX = 60  # for one address, whatever the login
_KEPT_US = 4 * WINDOW_US


def take(subject: str, tries_max: int, at_us: int) -> bool:
    """Count one try of `subject`; False when it is one too many in this window."""
    key = _key(subject)
    with store.transaction():
        store.execute("DELETE FROM staff_attempts WHERE window_us < %s", [at_us - _KEPT_US])
        (row,) = store.fetch(
            "INSERT INTO staff_attempts (key, window_us, count) VALUES (%s, %s, 1) "
            "ON CONFLICT (key) DO UPDATE SET "
            "count = CASE WHEN staff_attempts.window_us < %s THEN 1 ELSE staff_attempts.count + 1 END, "
            "window_us = CASE WHEN staff_attempts.window_us < %s THEN excluded.window_us ELSE staff_attempts.window_us END "
            "RETURNING count",
            [key, at_us, at_us - WINDOW_US, at_us - WINDOW_US],
        )
    return int(row[0]) <= tries_max


def forget(subject: str) -> None:
    """Begin anew after a success."""
    store.execute("DELETE FROM staff_attempts WHERE key = %s", [_key(subject)])


def _key(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()
