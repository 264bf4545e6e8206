"""What every page needs around it: the menu by the loop, the language switch, the banner of a virtual clock."""

from __future__ import annotations

from itertools import groupby
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from samovar.doors.office.menu import items
from samovar.staff.models import Member
from samovar.staff.permissions import may
from samovar.webkit.requests import OfficeRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor of every page."""
    workspace = settings.WORKSPACE
    office = cast(OfficeRequest, request)
    context: dict[str, Any] = {
        "languages": settings.LANGUAGES,
        "workspace": workspace,
        "now_us": getattr(office, "at_us", 0),
        "menu": [],
    }
    if isinstance(getattr(request, "user", None), Member):
        context["menu"] = list(_menu(office))
        context["initials"] = _initials(office.user)
    return context


def _menu(request: OfficeRequest) -> Any:
    """Groups of (item, address, whether the page stands under it); of several addresses that fit, the longest is the one."""
    allowed = [(item, reverse(item.url_name)) for item in items() if may(request.user.role, item.permission)]
    here = max((url for _item, url in allowed if _is_under(request.path, url)), key=len, default="")
    for _group, members in groupby(allowed, key=lambda pair: pair[0].group):
        yield [(item, url, url == here) for item, url in members]


def _is_under(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))


def _initials(user: Member) -> str:
    name = user.get_full_name() or user.username
    return "".join(word[0] for word in name.replace("@", " ").replace(".", " ").split()[:2]).upper()
