"""Home and ⌘K: what gathers from all rooms."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from samovar.doors.office import overview
from samovar.doors.office.menu import items
from samovar.doors.office.screens.settings import LABELS
from samovar.doors.rooms import modules
from samovar.kit.text import fold
from samovar.staff.permissions import may, needs
from samovar.webkit.find import PER_FINDER_MAX, Finder, Found
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
    groups: list[tuple[Any, list[Found]]] = [(_("Pages"), pages)] if (pages := _pages(request, text)) else []
    for finder in finders() if text else ():
        if may(request.user.role, finder.permission) and (found := list(finder.find(request, text))[:PER_FINDER_MAX]):
            groups.append((finder.label, found))
    return render(request, "webkit/found.html", {"groups": groups, "text": text})


def _pages(request: OfficeRequest, text: str) -> list[Found]:
    """Pages of the menu, and the settings, by what they are called."""
    word = fold(text)
    allowed = [item for item in items() if may(request.user.role, item.permission)]
    found = [Found(str(item.label), "", reverse(item.url_name)) for item in allowed if word and word in fold(str(item.label))]
    if may(request.user.role, "settings:read"):
        url = reverse("settings")
        labels = ((name, str(label)) for name, label in LABELS.items() if word and word in fold(str(label)))
        found += [Found(label, _("Settings"), f"{url}#id_{name}") for name, label in labels]
    return found[:PER_FINDER_MAX]
