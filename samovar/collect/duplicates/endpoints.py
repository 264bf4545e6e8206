"""The REST API of duplicates: pairs with their reasons, what two people say differently, decisions, looks, the effect."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Query, Router, Schema, Status
from pydantic import Field

from samovar.collect.duplicates import bulk, jobs, operations, queries
from samovar.collect.duplicates.models import Duplicate
from samovar.collect.imports.office import workspace
from samovar.engine.warehouse import client
from samovar.kit.clock import iso
from samovar.staff.access import Allowed
from samovar.webkit.bulk import serve
from samovar.webkit.tables import Page, page_of, read_cursor, write_cursor

router = Router(tags=["duplicates"])
ROWS_MAX = 1_000


class Reason(Schema):
    """How two values of a field agree, and what that is worth in bits: positive speaks for one person."""

    level: str
    weight: float


class DuplicateOut(Schema):
    """`one` and `other` are customers. `is_sure`: nothing that a family shares carries the pair."""

    id: int
    one: int
    other: int
    probability: float
    is_sure: bool
    state: Literal["open", "merged", "refused"]
    reasons: dict[str, Reason]
    found_at: str
    decided_at: str | None
    decided_by: str


class DuplicatePage(Schema):
    """`next` is what to give as `after` for the next page; empty on the last one."""

    items: list[DuplicateOut]
    next: str


class DuplicateQuery(Schema):
    state: Literal["open", "merged", "refused"] = "open"
    least: float = Field(0, ge=0, le=1, description="the least probability")
    after: str = Field("", max_length=200)
    limit: int = Field(50, ge=1, le=ROWS_MAX)


class ValueOut(Schema):
    """One person's value of a field: where it came from, when, and what checks say of it."""

    person: int
    field: str
    value: str | float | bool | None
    at: str
    source: str
    verdict: str
    survives: bool = Field(description="the workspace's policy would keep it")


class ComparedOut(DuplicateOut):
    values: list[ValueOut]


class DuplicateMergeIn(Schema):
    """`keep` is the person whose value of a field survives; policy chooses the others."""

    keep: dict[str, int] = {}
    anyway: bool = Field(False, description="merge them though a member said that they, or others who would become one, are two")


class MergedOut(Schema):
    id: int


class EffectOut(Schema):
    """Pairs by state; people before the merges and now; how many stand for several, whose count of orders became another, and
    which orders and money came together."""

    found: int
    open: int
    merged: int
    refused: int
    people_before: int
    people: int
    joined: int
    orders: int
    revenue_minor: int
    changed: int


class SearchOut(Schema):
    """The last look over everybody; `figures` once it has ended."""

    is_running: bool
    started_at: str | None
    finished_at: str | None
    figures: dict[str, Any]
    error: str


@router.get("/duplicates", auth=Allowed("customers:read"), response=DuplicatePage, summary="Pairs of customers who may be one")
def list_duplicates(request: Any, query: Query[DuplicateQuery]) -> Any:
    page = Page("", {}, "probability", True, read_cursor(query.after), query.limit + 1)
    found = Duplicate.objects.filter(state=query.state, probability__gte=query.least)
    rows = page_of(found, page, columns={"probability": "probability"})
    shown = rows[: query.limit]
    after = write_cursor((shown[-1].probability, shown[-1].pk)) if len(rows) > query.limit else ""
    return {"items": [queries.as_json(row) for row in shown], "next": after}


@router.get(
    "/duplicates/effect", auth=Allowed("customers:read"), response=EffectOut, summary="What merged duplicates brought together"
)
def duplicates_effect(request: Any) -> Any:
    return queries.effect(warehouse=client.current(), at_us=request.at_us)


@router.get("/duplicates/search", auth=Allowed("customers:read"), response=SearchOut, summary="The last look for duplicates")
def last_search(request: Any) -> Any:
    return _search()


@router.post(
    "/duplicates/search",
    auth=Allowed("customers:write"),
    response={202: SearchOut},
    summary="Look for duplicates",
)
def start_search(request: Any) -> Any:
    """It goes on in a process of its own; while one is under way another is not begun."""
    if not jobs.is_running(workspace()):
        jobs.start(workspace())
    return Status(202, {**_search(), "is_running": True})


def _search() -> dict[str, Any]:
    last = queries.last_search()
    return {
        "is_running": jobs.is_running(workspace()), "started_at": iso(last.started_us) if last else None,
        "finished_at": iso(last.finished_us) if last and last.finished_us else None, "figures": last.figures if last else {},
        "error": last.error if last else "",
    }  # fmt: skip


@router.get(
    "/duplicates/{pair_id}", auth=Allowed("customers:read"), response=ComparedOut, summary="One pair with what each side says"
)
def get_duplicate(request: Any, pair_id: int) -> Any:
    pair = queries.pair_of(pair_id)
    compared = queries.compared(pair=pair, warehouse=client.current(), at_us=request.at_us)
    return {
        **queries.as_json(pair),
        "values": [
            {
                "person": value.person, "field": value.name, "value": value.plain, "at": iso(value.time_us),
                "source": value.source, "verdict": value.verdict, "survives": survives,
            }
            for value, survives in compared
        ],
    }  # fmt: skip


@router.post(
    "/duplicates/{pair_id}/merge", auth=Allowed("customers:write"), response=MergedOut, summary="Make one customer of a pair"
)
def merge_duplicate(request: Any, pair_id: int, body: DuplicateMergeIn) -> Any:
    survivor = operations.merge_pair(
        pair=queries.pair_of(pair_id), chosen=body.keep, warehouse=client.current(), actor=request.actor, at_us=request.at_us,
        anyway=body.anyway,
    )  # fmt: skip
    return {"id": survivor}


@router.post(
    "/duplicates/{pair_id}/refuse", auth=Allowed("customers:write"), response={204: None}, summary="Say that a pair is two people"
)
def refuse_duplicate(request: Any, pair_id: int) -> Any:
    operations.refuse(pair=queries.pair_of(pair_id), actor=request.actor, at_us=request.at_us)
    return Status(204, None)


serve(router, "duplicates", bulk.ACTIONS)
