"""The REST API of campaigns. A draft is made and edited with the fields of `decide.fields`; times are ISO 8601 with a zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ninja import Router, Schema, Status
from pydantic import Field

from samovar.collect.quality import unsafe
from samovar.collect.quality.endpoints import UnsafeReason
from samovar.collect.quality.models import QualityAlarm
from samovar.decide import bulk, operations, queries, rehearsal
from samovar.decide.models import Campaign
from samovar.engine.warehouse.client import current
from samovar.staff.access import Allowed
from samovar.webkit.bulk import serve
from samovar.webkit.requests import OfficeRequest

router = Router(tags=["campaigns"])


class Variant(Schema):
    name: str
    weight: int = 1


class ActionOfCampaign(Schema):
    name: str
    params: dict[str, Any] = {}


class Draft(Schema):
    """What is given is set; what is not keeps its value, or its default in a new draft."""

    name: str | None = None
    kind: str | None = None
    goal: str | None = None
    audience: str | None = Field(None, description="a rule's text; it stands before the segment")
    segment: str | None = Field(None, description="a segment's slug")
    purpose: str | None = None
    channel: str | None = None
    control_share: float | None = Field(None, description="0 to 0.5")
    variants: list[Variant] | None = None
    start_us: int | None = Field(None, description="microseconds UTC; null: at once after launch")
    window_days: int | None = None
    action: ActionOfCampaign | None = None


class NewDraft(Draft):
    name: str
    slug: str = ""


class CampaignOut(Schema):
    id: int
    slug: str
    name: str
    kind: str
    goal: str
    status: str
    note: str
    audience: str
    segment: str
    purpose: str
    channel: str
    control_share: float
    variants: list[Variant]
    window_days: int
    start_us: int | None
    launched_us: int | None
    ended_us: int | None
    audience_count: int | None
    action: ActionOfCampaign
    version: int
    unsafe: list[UnsafeReason] = Field(description="open alarms on what its audience reads; empty for a campaign that ended")


class Campaigns(Schema):
    campaigns: list[CampaignOut]
    next_before: int | None = Field(description="give it as `before` for the next page; null on the last")


class ProblemOut(Schema):
    code: str
    message: str
    step: str


class LeftOut(Schema):
    reason: str
    people: int


class RehearsalOut(Schema):
    people: int
    reach: int
    treated: int
    control: int
    detectable_minor: int | None
    left_out: list[LeftOut]
    problems: list[ProblemOut]


def _told(row: Campaign, fallen: Mapping[str, Sequence[QualityAlarm]] | None = None) -> dict[str, Any]:
    alarms = unsafe.alarms_of("campaign") if fallen is None else fallen
    return {**queries.as_json(row), "unsafe": unsafe.as_json(alarms.get(row.slug, ()))}


def _given(draft: Draft) -> dict[str, Any]:
    return draft.model_dump(exclude_unset=True, exclude={"slug"})


@router.get("/campaigns", auth=Allowed("campaigns:read"), response=Campaigns)
def list_campaigns(
    request: OfficeRequest, status: str = "", search: str = "", before: int | None = None, limit: int = 50
) -> dict[str, Any]:
    """Campaigns, newest first."""
    limit = max(1, min(limit, queries.PAGE_ROWS_MAX))
    rows = queries.campaigns(status=status, search=search, before_id=before, limit=limit)
    fallen = unsafe.alarms_of("campaign")
    return {"campaigns": [_told(row, fallen) for row in rows], "next_before": rows[-1].id if len(rows) >= limit else None}


@router.post("/campaigns", auth=Allowed("campaigns:write"), response={201: CampaignOut})
def create_campaign(request: OfficeRequest, draft: NewDraft) -> Status[dict[str, Any]]:
    """A new draft."""
    row = operations.create_draft(slug=draft.slug, actor=request.actor, at_us=request.at_us, **_given(draft))
    return Status(201, _told(row))


@router.get("/campaigns/{slug}", auth=Allowed("campaigns:read"), response=CampaignOut)
def get_campaign(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """One campaign by slug or number."""
    return _told(queries.campaign(slug))


@router.patch("/campaigns/{slug}", auth=Allowed("campaigns:write"), response=CampaignOut)
def edit_campaign(request: OfficeRequest, slug: str, draft: Draft) -> dict[str, Any]:
    """Change a draft."""
    row = operations.edit(campaign=queries.campaign(slug), values=_given(draft), actor=request.actor, at_us=request.at_us)
    return _told(row)


@router.delete("/campaigns/{slug}", auth=Allowed("campaigns:write"), response={204: None})
def delete_campaign(request: OfficeRequest, slug: str) -> Status[None]:
    """Remove a draft."""
    operations.delete(campaign=queries.campaign(slug), actor=request.actor, at_us=request.at_us)
    return Status(204, None)


@router.get("/campaigns/{slug}/rehearsal", auth=Allowed("campaigns:read"), response=RehearsalOut)
def rehearse_campaign(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """Whom it would reach now, who is left out and why, and every reason not to launch."""
    found = rehearsal.rehearse(campaign=queries.campaign(slug), warehouse=current(), at_us=request.at_us)
    return {
        "people": found.people, "reach": found.reach, "treated": found.treated, "control": found.control,
        "detectable_minor": found.detectable_minor,
        "left_out": [{"reason": reason, "people": people} for reason, people in found.left_out],
        "problems": [{"code": p.code, "message": p.message, "step": p.step} for p in found.problems],
    }  # fmt: skip


@router.post("/campaigns/{slug}/launch", auth=Allowed("campaigns:launch"), response=CampaignOut)
def launch_campaign(request: OfficeRequest, slug: str, accept_unsafe: bool = False) -> dict[str, Any]:
    """Launch a draft; refused with every reason in `params.problems`, or with what it rests on in `params.unsafe` unless that
    is accepted."""
    row = operations.launch(
        campaign=queries.campaign(slug), warehouse=current(), actor=request.actor, at_us=request.at_us,
        accept_unsafe=accept_unsafe,
    )  # fmt: skip
    return _told(row)


@router.post("/campaigns/{slug}/pause", auth=Allowed("campaigns:stop"), response=CampaignOut)
def pause_campaign(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """Stop sending until resumed."""
    row = operations.pause(campaign=queries.campaign(slug), actor=request.actor, at_us=request.at_us)
    return _told(row)


@router.post("/campaigns/{slug}/resume", auth=Allowed("campaigns:stop"), response=CampaignOut)
def resume_campaign(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """Go on where it was paused."""
    row = operations.resume(campaign=queries.campaign(slug), actor=request.actor, at_us=request.at_us)
    return _told(row)


@router.post("/campaigns/{slug}/stop", auth=Allowed("campaigns:stop"), response=CampaignOut)
def stop_campaign(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """End for good."""
    row = operations.stop(campaign=queries.campaign(slug), actor=request.actor, at_us=request.at_us)
    return _told(row)


serve(router, "campaigns", bulk.ACTIONS)
