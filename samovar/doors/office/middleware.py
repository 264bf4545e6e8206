"""What happens to every request of the office, in the order of settings.MIDDLEWARE.

`public_address` tells http from https, `security_headers` sets the content security policy, `api_errors` gives every
failure of the REST API its one shape, `visitor` puts moment, actor and language on the request, `refusals` turns a
`Refusal` of a screen into a page, and `LoginRequired` keeps strangers out of everything but the doors made for them.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _

from samovar.doors.office.errors import refusal_page
from samovar.doors.office.hosts import public_url
from samovar.kit.errors import Refusal
from samovar.staff.actors import Actor
from samovar.staff.models import Member
from samovar.webkit.requests import OfficeRequest

Answer = Callable[[HttpRequest], HttpResponseBase]
API_PREFIX = "/api/"
# `style-src` has a nonce too: an inline style attribute does nothing, so a look lives in a style sheet.
_NO_ID = re.compile(r"\d{19}")  # no id has so many digits, and a store would refuse such a number with a fault
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


def public_address(answer: Answer) -> Answer:
    """A request for the host of an https `public_url` came by https, though a proxy before us ended the encryption."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        public = urlsplit(public_url(settings.WORKSPACE))
        if public.scheme == "https" and request.META.get("HTTP_HOST", "") == public.netloc:
            request.environ["wsgi.url_scheme"] = "https"  # type: ignore[attr-defined]
        response = answer(request)
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    return middleware


def security_headers(answer: Answer) -> Answer:
    """Set the content security policy; a view that shows what others wrote sets a tighter one itself."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        nonce = secrets.token_urlsafe(16)
        cast(OfficeRequest, request).nonce = nonce
        response = answer(request)
        ancestors = "'self'" if response.headers.get("X-Frame-Options") == "SAMEORIGIN" else "'none'"
        response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce, ancestors=ancestors))
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    return middleware


def api_errors(answer: Answer) -> Answer:
    """Give failures that the API itself did not answer (no such path, wrong method, a fault) the shape of all others."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if not request.path.startswith(API_PREFIX) or response.status_code < 400:
            return response
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return response
        status = HTTPStatus(response.status_code)
        refusal = Refusal(status.name.lower(), _api_sentence(status), status=status.value)
        if isinstance(response, HttpResponse):  # its headers stay: they were set for every answer
            response.content = json.dumps(refusal.as_json(), ensure_ascii=False)
            response.headers["Content-Type"] = "application/json; charset=utf-8"
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


def _api_sentence(status: HTTPStatus) -> str:
    sentences = {
        HTTPStatus.BAD_REQUEST: _("The request cannot be read."),
        HTTPStatus.FORBIDDEN: _("Your role does not allow this."),
        HTTPStatus.NOT_FOUND: _("There is nothing at this address."),
        HTTPStatus.METHOD_NOT_ALLOWED: _("This address does not take this method."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("The request is too large."),
    }
    return sentences.get(status, _("Something went wrong on our side. The operator can find it in the log."))


# Of the environment of a request that a command makes in its own process; no header of a request from outside comes to it.
LANGUAGE_OF_COMMAND = "samovar.language"


def visitor(answer: Answer) -> Answer:
    """Put on the request the moment it came, who acts, and the language in which to answer."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        office = cast(OfficeRequest, request)
        office.at_us = settings.WORKSPACE.clock.now_us()
        if _NO_ID.search(request.path):
            raise Http404
        user = request.user
        if isinstance(user, Member):
            office.actor = Actor("staff", str(user.pk), user.get_full_name() or user.username)
        office.is_partial = request.headers.get("HX-Request") == "true"
        chosen = user.language if isinstance(user, Member) else translation.get_language_from_request(request)
        language = request.META.get(LANGUAGE_OF_COMMAND, chosen)
        with translation.override(language):
            office.LANGUAGE_CODE = language
            response = answer(request)
            response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def refusals(answer: Answer) -> Answer:
    """A `Refusal` that a screen lets through becomes a page that says what happened and what to do."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return answer(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Refusal) and not request.path.startswith(API_PREFIX):
            return refusal_page(request, error)
        return None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


class LoginRequired(LoginRequiredMiddleware):
    """Every screen needs a login unless it says otherwise; the API checks for itself, with tokens too."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.path.startswith(API_PREFIX):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)
