"""What an editor opens with, after the stored count: its share of all customers, and those who came in last and are there still.
Both are read; the rule is asked when it is changed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from samovar.engine.warehouse.client import current
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.understand import queries
from samovar.understand.models import Segment
from samovar.understand.screens.people import named
from samovar.webkit.requests import OfficeRequest

SHOWN = 5
_LOOKED_AT = 200  # moves of each way


@needs("segments:write")
def stored(request: OfficeRequest, slug: str) -> HttpResponse:
    """A part of the editor: the stored count with its share, and some people of the segment as they were announced."""
    row = queries.segment(slug)
    try:
        [customers] = current().query("understand.customers", at_us=request.at_us).column("people").to_pylist()
        context = {"of": customers, "share": row.people / customers, "last": _came_last(row)} if row.people and customers else {}
    except Refusal:  # the warehouse does not answer: what is stored stays as it is
        context = {}
    return render(request, "understand/stored.html", {"segment": row, "is_whole": True, **context})


def _came_last(row: Segment) -> list[dict[str, Any]]:
    """Those who came in last and did not go out since, the latest first; none where that cannot be told from the latest moves."""
    came, went = (_moves(row, way=way) for way in (True, False))
    told_from = went[-1]["outbox_id"] if len(went) == _LOOKED_AT else 0
    left = {move["person_id"]: move["outbox_id"] for move in reversed(went)}
    still = {
        move["person_id"]: move for move in reversed(came)
        if move["outbox_id"] > max(told_from, left.get(move["person_id"], 0))
    }  # fmt: skip
    return named(sorted(still.values(), key=lambda move: -move["outbox_id"])[:SHOWN])


def _moves(row: Segment, *, way: bool) -> list[dict[str, Any]]:
    answer = current().query("understand.moves", segment_id=row.id, way=way, limit=_LOOKED_AT)
    moves: list[dict[str, Any]] = answer.to_pylist()
    return moves
