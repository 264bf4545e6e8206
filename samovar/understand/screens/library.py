"""The library of ready segments: shelves, search, what each needs, how many it would take, and taking it into use."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from samovar import rules
from samovar.engine.warehouse.client import current
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.understand.library import operations
from samovar.understand.library.ready import groups
from samovar.understand.library.shelf import Offer, find, missing, offers, rule_of
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
            "lines": [{"offer": offer, "edit": _editor(offer)} for offer in found],
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
    slugs = [offer.ready.slug for _group, found in shown for offer in found]
    return render(request, "understand/missing.html", {"missing": missing(slugs, language, current())})


@needs("segments:read")
def count(request: OfficeRequest, slug: str) -> HttpResponse:
    """How many people a ready segment would take now: a part of the page."""
    text = rules.to_text(rule_of(find(slug)))
    try:
        [answer] = current().query("understand.segment_count", text=text, at_us=request.at_us).to_pylist()
    except Refusal:  # the rules themselves are good: it is a word that no data has taught yet
        return render(request, "understand/ready_count.html", {"is_untold": True})
    share = answer["count"] / answer["of"] if answer["of"] else None
    return render(request, "understand/ready_count.html", {"count": answer["count"], "share": share})


@needs("segments:write")
@require_POST
def use(request: OfficeRequest, slug: str) -> HttpResponse:
    """Make the segment, and open it."""
    row = operations.take(slug=slug, language=spoken(), actor=request.actor, at_us=request.at_us)
    messages.success(request, _("“%(name)s” is made. Its people are counted in a moment.") % {"name": row.name})
    return redirect("segment", row.slug)


def _editor(offer: Offer) -> str:
    """The editor of a new segment with the rule in it."""
    return f"{reverse('new_segment')}?{urlencode({'rule': offer.rule, 'name': offer.name, 'description': offer.says})}"
