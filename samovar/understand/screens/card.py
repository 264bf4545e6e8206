"""Stage, segments and the reasons for them: parts of the card of a person."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from samovar import rules
from samovar.collect.erasure.queries import person_of
from samovar.engine.warehouse.client import current
from samovar.staff.permissions import needs
from samovar.understand import queries
from samovar.understand.explaining import explain
from samovar.understand.sayings import said, spoken, stage_name
from samovar.understand.screens.people import name_of
from samovar.webkit.requests import OfficeRequest


def stage_place(request: OfficeRequest, person_id: int) -> str:
    """The place at the left side of the card where `customer_stage` comes: every rule of the shop is asked for it."""
    return render_to_string("understand/card_stage_later.html", {"person_id": person_id}, request)


@needs("segments:read")
def customer_stage(request: OfficeRequest, person_id: int) -> HttpResponse:
    """The stage and the segments of a person, as a part of the card."""
    person_id = person_of(person_id)
    stage = current().query("understand.stage_of", person_id=person_id, at_us=request.at_us).column("stage")[0].as_py()
    truths = queries.truths_of(warehouse=current(), person_id=person_id, at_us=request.at_us)
    context = {"stage": stage_name(stage), "segments": [row for row, is_in in truths if is_in]}
    return render(request, "understand/card_stage.html", context)


def segments_tab(request: OfficeRequest, person_id: int) -> str:
    """Every segment, in or out, with what its rule says: a tab of the card."""
    truths = sorted(queries.truths_of(warehouse=current(), person_id=person_id, at_us=request.at_us), key=lambda t: not t[1])
    told = [(row, is_in, said(rules.from_json(row.tree))) for row, is_in in truths]
    context = {"truths": told, "person_id": person_id}
    return render_to_string("understand/card_segments.html", context, request)


@needs("segments:read")
def customer_why(request: OfficeRequest, person_id: int, slug: str) -> HttpResponse:
    """Why a person is in a segment or out of it, test by test: a part of the card, and a page of its own without scripts."""
    row, person_id = queries.segment(slug), person_of(person_id)
    answer = explain(
        rule=rules.from_json(row.tree), person_id=person_id, at_us=request.at_us, language=spoken(), warehouse=current()
    )
    context = {"segment": row, "person_id": person_id, "is_in": answer["in"], **answer}
    if request.is_partial:
        return render(request, "understand/why.html", context)
    return render(request, "understand/why_page.html", {**context, "person": name_of(person_id)})
