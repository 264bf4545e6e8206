"""⌘K: each room's `screens.FINDERS` says how to find its things by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from samovar.webkit.requests import OfficeRequest

PER_FINDER_MAX = 6


@dataclass(frozen=True)
class Found:
    """One thing found: what it is called, a few words on it, where it is."""

    title: str
    note: str
    url: str


@dataclass(frozen=True)
class Finder:
    """`find(request, text)` returns the best few things; it must answer in milliseconds and never raise for odd text."""

    label: str | Promise
    order: int
    permission: str
    find: Callable[[OfficeRequest, str], Iterable[Found]]
