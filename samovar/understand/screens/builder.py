"""What the builder asks as one edits: the words there are, a rule in its other form, values to suggest."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from samovar import rules
from samovar.engine.warehouse.client import current
from samovar.kit.errors import Refusal
from samovar.rules.errors import RuleError
from samovar.staff.permissions import needs
from samovar.understand import lines, vocabulary, words
from samovar.understand.sayings import said, sentence, spoken
from samovar.webkit.requests import OfficeRequest

BODY_BYTES_MAX = 1024 * 1024
_SOURCES = ("collection", "event", "record")


@needs("segments:read")
@require_GET
def known_words(request: OfficeRequest) -> JsonResponse:
    """The vocabulary in the reader's language: see `vocabulary`."""
    return JsonResponse(vocabulary.vocabulary(words.open_catalogue(), current(), spoken(), settings.WORKSPACE.currency))


@needs("segments:read")
@require_GET
def known_fields(request: OfficeRequest) -> JsonResponse:
    """Fields of an event or of a type of records."""
    source = {name: request.GET[name] for name in ("event", "record") if request.GET.get(name)}
    return JsonResponse({"fields": vocabulary.fields_of(current(), **source)})


@needs("segments:read")
@require_GET
def known_values(request: OfficeRequest) -> JsonResponse:
    """Values that an attribute, or a field of a collection, has had."""
    source = {name: request.GET[name] for name in _SOURCES if request.GET.get(name)}
    return JsonResponse({"values": vocabulary.values_of(current(), field=request.GET.get("field", ""), **source)})


@needs("segments:read")
@require_POST
def translate(request: OfficeRequest) -> JsonResponse:
    """A rule in its other form: `{text}` or `{tree}` gives `{text, tree, said}`, the tree lined (see `lines`); one
    `{line, is_within}` gives its `{tree}`. A fault is an answer too: `{fault: {message, line, column, suggestions}}`, with the
    text where a tree was given."""
    text = ""
    try:
        asked = _asked(request)
        if "line" in asked:
            return JsonResponse({"tree": lines.read_line(str(asked["line"]), is_within=bool(asked.get("is_within")))})
        text = str(asked["text"]) if "text" in asked else rules.to_text(rules.from_json({"condition": asked.get("tree")}))
        found = words.check(text, current())
    except Refusal as refusal:
        return JsonResponse({"text": text, "fault": _fault(refusal)})
    return JsonResponse({"text": found.text, "tree": lines.lined(found.rule), "said": said(found.rule)})


def _asked(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > BODY_BYTES_MAX:
        raise RuleError("too_long", limit=BODY_BYTES_MAX)
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise RuleError("bad_tree", detail="no JSON") from error
    if not isinstance(asked, dict):
        raise RuleError("bad_tree", detail="no object")
    return asked


def _fault(refusal: Refusal) -> dict[str, Any]:
    place = {name: refusal.params.get(name) for name in ("line", "column")}
    return {"message": sentence(refusal), "suggestions": refusal.params.get("suggestions", []), **place}
