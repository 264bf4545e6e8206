"""Who rests on a segment. Rooms to the right say so here, so that no segment is put away under what it feeds."""

from __future__ import annotations

from collections.abc import Callable

from samovar.understand.models import Segment

__all__ = ["Check", "Segment", "check_unused", "register"]
Check = Callable[[Segment], None]
_checks: list[Check] = []


def register(check: Check) -> None:
    """`check(segment)` raises a `Refusal` that names what the segment feeds."""
    if check not in _checks:
        _checks.append(check)


def check_unused(segment: Segment) -> None:
    """Raise the refusal of whoever rests on a segment."""
    for check in _checks:
        check(segment)
