"""Home and ⌘K: what gathers from all rooms."""

from __future__ import annotations

import functools

from django.http import HttpResponse
from django.shortcuts import render

from samovar.doors.office import overview
from samovar.doors.rooms import modules
from samovar.staff.permissions import may, needs
from samovar.webkit.find import PER_FINDER_MAX, Finder
from samovar.webkit.requests import OfficeRequest

FIND_CHARACTERS_MAX = 100


@functools.cache
def finders() -> tuple[Finder, ...]:
    """All finders of the rooms that exist, in order."""
    found = [finder for module in modules("screens") for finder in getattr(module, "FINDERS", ())]
    return tuple(sorted(found, key=lambda finder: finder.order))


@needs("home:read")
def home(request: OfficeRequest) -> HttpResponse:
    """The loop in one strip, what needs you, what changed."""
    context = {"tiles": overview.strip(request), "needs": overview.needs(request), "changes": overview.changes(request)}
    return render(request, "office/home.html", context)


@needs("home:read")
def find(request: OfficeRequest) -> HttpResponse:
    """What ⌘K shows for a few letters."""
    text = request.GET.get("q", "").strip().replace("\0", "")[:FIND_CHARACTERS_MAX]
    groups = []
    for finder in finders() if text else ():
        if may(request.user.role, finder.permission) and (found := list(finder.find(request, text))[:PER_FINDER_MAX]):
            groups.append((finder.label, found))
    return render(request, "webkit/found.html", {"groups": groups, "text": text})
