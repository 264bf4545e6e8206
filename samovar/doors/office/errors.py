"""Error pages: what happened, to what, and what to do next, in the look of every other page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from samovar.kit.errors import Refusal


def page(request: HttpRequest, *, status: int, title: str, sentence: str) -> HttpResponse:
    """One error page. htmx puts it in place of the part it asked for. Nobody may keep it: a browser would keep a 410 for ever."""
    is_partial = request.headers.get("HX-Request") == "true"
    template = "webkit/error_part.html" if is_partial else "webkit/error.html"
    response = render(request, template, {"title": title, "sentence": sentence, "status": status}, status=status)
    add_never_cache_headers(response)
    return response


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A room said no, in words of its own."""
    title = _("Not found") if refusal.status == 404 else _("Not now") if refusal.status == 503 else _("That cannot be done")
    return page(request, status=refusal.status, title=title, sentence=refusal.message)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(
        request, status=400, title=_("This request cannot be read"), sentence=_("Go back, reload the page and try again.")
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(
        request, status=403, title=_("Your role does not allow this"),
        sentence=_("Ask an owner of this workspace to do it, or to give you a role that may."),
    )  # fmt: skip


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Also what a form left open over a new login meets."""
    return page(
        request, status=403, title=_("This form is out of date"),
        sentence=_("Nothing was changed. Reload the page and send the form again; cookies must be allowed."),
    )  # fmt: skip


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(
        request, status=404, title=_("There is no such page"),
        sentence=_("It may have been renamed or deleted. Start from Home."),
    )  # fmt: skip


def fault(request: HttpRequest) -> HttpResponse:
    return page(
        request, status=500, title=_("Something went wrong on our side"),
        sentence=_("Nothing you entered was at fault. The operator finds the cause in the log of the office."),
    )  # fmt: skip
