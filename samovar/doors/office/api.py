"""The REST API at /api/v1/: every room's router, one way in, one shape of every error, all of it in the OpenAPI document."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer

from samovar import __version__
from samovar.doors.office.endpoints import router as settings_router
from samovar.doors.office.faults import sentence
from samovar.doors.rooms import modules
from samovar.kit.errors import Refusal
from samovar.understand import sayings

log = logging.getLogger(__name__)

ERROR = {
    "type": "object",
    "required": ["ok", "error"],
    "properties": {
        "ok": {"type": "boolean", "const": False},
        "error": {
            "type": "object",
            "required": ["code", "message", "field", "params"],
            "properties": {
                "code": {"type": "string", "description": "stable, for machines"},
                "message": {"type": "string", "description": "a full sentence for people, in their language"},
                "field": {"type": "string", "description": "the part of the request at fault, or empty"},
                "params": {"type": "object", "description": "the values the sentence speaks of"},
            },
        },
    },
}
ANSWERS = {
    400: "The request is understood and not granted, or cannot be read.",
    401: "No valid token and no session.",
    403: "The role lacks the permission.",
    404: "There is no such thing.",
    405: "This address does not take this method.",
    409: "Somebody or something stands in the way.",
    410: "The person was erased, and nothing is told of her.",
    422: "A field has a value that is not allowed.",
    429: "Too many requests.",
    503: "The worker cannot answer now.",
}


class PlainText(JSONRenderer):
    """JSON with letters as they are, not as escapes."""

    json_dumps_params = {"ensure_ascii": False}


class Api(NinjaAPI):
    """NinjaAPI whose OpenAPI document names the error answers of each operation."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(*args, **kwargs)
        schema["components"].setdefault("schemas", {})["Error"] = ERROR
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, description in ANSWERS.items():
                    operation["responses"].setdefault(status, {"description": description, "content": content})
        return schema


api = Api(title="Samovar", version=__version__, docs_url=None, renderer=PlainText(), urls_namespace="api")


def shaped(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal in the one shape, in the reader's language."""
    told = refusal.as_json()
    told["error"]["message"] = sayings.sentence(refusal)
    return api.create_response(request, told, status=refusal.status)


@api.exception_handler(Refusal)
def on_refusal(request: HttpRequest, error: Refusal) -> HttpResponse:
    return shaped(request, error)


@api.exception_handler(AuthenticationError)
def on_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    refusal = Refusal("not_signed_in", _("Show a valid token: Authorization: Bearer …, or sign in to the office."), status=401)
    response = shaped(request, refusal)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def on_bad_value(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first fault names the field; the others are among the params."""
    faults = []
    for one in error.errors:
        field = _field(one["loc"])
        faults.append({"field": field, "code": one["type"], "message": sentence(one["type"], field, one.get("ctx") or {})})
    first = faults[0] if faults else {"field": "", "message": sentence("", "", {})}
    return shaped(request, Refusal("bad_value", first["message"], field=first["field"], status=422, faults=faults))


def _field(place: Sequence[str | int]) -> str:
    """Where a fault lies, as a program wrote it: `email`, `steps.0.within`; of the body as a whole `body`."""
    parts = [str(part) for part in place[1:]]
    return ".".join(parts[1:] if len(parts) > 1 and parts[0] == "body" else parts)


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return shaped(request, Refusal("not_found", _("There is nothing at this address."), status=404))


@api.exception_handler(PermissionDenied)
def on_denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return shaped(request, Refusal("not_allowed", _("Your role does not allow this."), status=403))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    told = _("The body of the request cannot be read: it must be JSON.") if error.status_code == 400 else str(error)
    return shaped(request, Refusal("bad_request", told, status=error.status_code))


@api.exception_handler(Exception)
def on_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("fault in the API at %s", request.path, exc_info=error)
    sentence = _("Something went wrong on our side. The operator can find it in the log.")
    return shaped(request, Refusal("fault", sentence, status=500))


api.add_router("", settings_router)
for module in modules("endpoints"):
    api.add_router("", module.router)
