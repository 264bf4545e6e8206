"""The library of ready segments: shelves, search, what each needs, how many it would take, and taking it into use."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from samovar.engine.warehouse.client import current
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.understand.library import operations
from samovar.understand.library.ready import groups
from samovar.understand.library.shelf import Offer, missing, offer, offers
from samovar.understand.sayings import spoken
from samovar.webkit.requests import OfficeRequest

SEARCH_CHARACTERS_MAX = 200


@needs("segments:read")
def library(request: OfficeRequest) -> HttpResponse:
    """Every ready segment, or those of a shelf or a search. The warehouse is asked when the page is there."""
    language, search = spoken(), request.GET.get("q", "").strip()[:SEARCH_CHARACTERS_MAX]
    chosen = request.GET.get("group", "")
    shelves = [
        {
            "slug": group.slug, "name": group.name[language], "says": group.says[language],
            "lines": [{"offer": one, "edit": _editor(one)} for one in found],
        }
        for group, found in offers(language, search=search, group=chosen)
    ]  # fmt: skip
    context = {
        "shelves": shelves, "search": search, "chosen": chosen,
        "groups": [(group.slug, group.name[language]) for group in groups()],
    }  # fmt: skip
    is_part = request.headers.get("HX-Target") == "shelves"
    return render(request, "understand/shelves.html" if is_part else "understand/library.html", context)


@needs("segments:read")
def missing_data(request: OfficeRequest) -> HttpResponse:
    """What the ready segments of a page ask of and no data tells yet: a line under each, put in its place."""
    language = spoken()
    shown = offers(language, search=request.GET.get("q", ""), group=request.GET.get("group", ""))
    slugs = [one.ready.slug for _group, found in shown for one in found]
    return render(request, "understand/missing.html", {"missing": missing(slugs, language, current())})


@needs("segments:read")
def count(request: OfficeRequest, slug: str) -> HttpResponse:
    """How many people a ready segment would take now: a part of the page, and a page of its own without scripts."""
    asked = offer(slug, spoken())
    context = _counted(asked, request.at_us)
    if request.is_partial:
        return render(request, "understand/ready_count.html", context)
    return render(request, "understand/ready_count_page.html", {**context, "offer": asked, "edit": _editor(asked)})


def _counted(asked: Offer, at_us: int) -> dict[str, Any]:
    try:
        [answer] = current().query("understand.segment_count", text=asked.rule, at_us=at_us).to_pylist()
    except Refusal:  # the rules themselves are good: it is a word that no data has taught yet
        return {"is_untold": True}
    return {"count": answer["count"], "of": answer["of"], "share": answer["count"] / answer["of"] if answer["of"] else None}


@needs("segments:write")
@require_POST
def use(request: OfficeRequest, slug: str) -> HttpResponse:
    """Make the segment, and open it."""
    row = operations.take(slug=slug, language=spoken(), actor=request.actor, at_us=request.at_us)
    messages.success(request, _("“%(name)s” is made. Its people are counted in a moment.") % {"name": row.name})
    return redirect("segment", row.slug)


def _editor(of: Offer) -> str:
    """The editor of a new segment with the rule in it."""
    return f"{reverse('new_segment')}?{urlencode({'rule': of.rule, 'name': of.name, 'description': of.says})}"
