"""What the reader of a letter may say without signing in: which letters to this address are welcome.

The signed link is the authority: it names the letter, and only that letter's address can be changed. A GET changes nothing,
because scanners open every link; a POST does. One-click programs post to the edge and never come here.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings as django_settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from samovar.collect import consent
from samovar.communicate import hot, operations, queries
from samovar.communicate.gate import CHANNEL, SERVICE_PURPOSE
from samovar.communicate.models import Message
from samovar.kit.errors import NotFound
from samovar.webkit.requests import OfficeRequest

TEXT_VERSION = "preference page 1"
MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind of letters and whether it is welcome."""

    purpose: str
    label: str
    is_given: bool


@login_not_required
@never_cache
@require_safe
def unsubscribe(request: OfficeRequest, token: str) -> HttpResponse:
    """The page behind “Unsubscribe”: one button; nothing changes until it is pressed."""
    row = _letter_of(token)
    return _answer(request, "communicate/unsubscribe.html", row, token)


@login_not_required
@never_cache
@csrf_exempt  # no session is involved: the token in the address is what gives the right
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: OfficeRequest, token: str) -> HttpResponse:
    """The list of what is welcome, and its change."""
    row = _letter_of(token)
    if request.method != "POST":
        return _answer(request, "communicate/preferences.html", row, token)
    wanted = set(request.POST.getlist("purpose"))
    for choice in choices_of(row):
        if (choice.purpose in wanted) != choice.is_given:
            operations.state_preference(
                message_id=row.id, purpose=choice.purpose, given=choice.purpose in wanted, text_version=TEXT_VERSION,
                at_us=request.at_us,
            )  # fmt: skip
    return _answer(request, "communicate/preferences.html", row, token, is_saved=True)


def choices_of(row: Message) -> list[Choice]:
    """What the reader may choose: the kinds of letters this address has a record for, and the letter's own."""
    purposes = sorted(
        ({row.purpose, MARKETING} | set(consent.purposes(CHANNEL, row.address))) - {SERVICE_PURPOSE},
        key=lambda purpose: (purpose != MARKETING, purpose),
    )
    found = []
    for purpose in purposes:
        record = consent.latest(CHANNEL, [row.address], purpose).get(row.address)
        label = _("News and offers") if purpose == MARKETING else purpose
        found.append(Choice(purpose, label, record is not None and record.given))
    return found


def masked(address: str) -> str:
    """The address so that its owner knows it and a stranger with a forwarded letter does not learn it."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}{'•' * min(max(len(local) - 1, 2), 8)}@{domain}"


def _letter_of(token: str) -> Message:
    facts = hot.verify(django_settings.WORKSPACE.keys["link_ring"], token)
    if facts is None or facts.kind not in ("unsubscribe", "preferences"):
        raise NotFound("bad_link", _("This link is not whole. Open it from the letter again."))
    return queries.message(facts.message_id)


def _answer(request: OfficeRequest, template: str, row: Message, token: str, *, is_saved: bool = False) -> HttpResponse:
    context = {"address": masked(row.address), "choices": choices_of(row), "token": token, "is_saved": is_saved}
    response = render(request, template, context)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
