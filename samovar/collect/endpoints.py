"""The REST API of customers, goods, sources and currency rates; imports, erasure and linked records have files of their own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings as django_settings
from ninja import Query, Router, Schema, Status
from pydantic import Field

from samovar.collect import consent, operations, people, timeline
from samovar.collect.contacts.endpoints import router as contacts_router
from samovar.collect.duplicates import operations as duplicates
from samovar.collect.duplicates.endpoints import router as duplicates_router
from samovar.collect.erasure.endpoints import router as erasure_router
from samovar.collect.erasure.queries import person_of
from samovar.collect.imports.endpoints import router as imports_router
from samovar.collect.models import Rate, Source
from samovar.collect.publish import publish_to_edge
from samovar.collect.quality.endpoints import router as quality_router
from samovar.collect.queries import consents_of, find_person, identifiers_of
from samovar.collect.records.endpoints import router as records_router
from samovar.collect.timeline import plain
from samovar.engine import settings
from samovar.engine.warehouse import client
from samovar.kit.clock import day_date, day_number, iso
from samovar.staff.access import Allowed
from samovar.webkit.tables import read_cursor, write_cursor

router = Router(tags=["customers"])
router.add_router("", imports_router)
router.add_router("", erasure_router)
router.add_router("", quality_router)
router.add_router("", records_router)
router.add_router("", contacts_router)
router.add_router("", duplicates_router)
ROWS_MAX = 1_000


class CustomerRow(Schema):
    id: int
    name: str
    contact: str
    city: str
    known_since: str
    orders: int
    revenue_minor: int
    last_order_at: str | None


class CustomerPage(Schema):
    """`next` is what to give as `after` for the next page; empty on the last one."""

    items: list[CustomerRow]
    next: str


class CustomerQuery(Schema):
    search: str = Field("", max_length=200)
    sort: str = Field("-since", pattern="^-?(since|orders|revenue|last)$")
    after: str = Field("", max_length=500)
    limit: int = Field(50, ge=1, le=ROWS_MAX)


class Customer(Schema):
    id: int
    name: str
    identifiers: list[dict[str, str]]
    consents: list[dict[str, Any]]
    traits: dict[str, Any]
    orders: int
    revenue_minor: int
    returns_minor: int
    visits: int
    events: int


class EntryQuery(Schema):
    kind: str = Field("", max_length=20)
    before: str = Field("", max_length=60, description="the `cursor` of the last entry seen")
    limit: int = Field(50, ge=1, le=ROWS_MAX)


class EntryOut(Schema):
    at: str
    kind: str
    title: str
    note: str
    amount: str
    cursor: str


class OrdersQuery(Schema):
    limit: int = Field(200, ge=1, le=ROWS_MAX)


class CustomerMergeIn(Schema):
    """`other` is an identifier, bare or as `kind:value`. `anyway` merges them though a member said that they are two."""

    other: str
    anyway: bool = False


class MergeOut(Schema):
    id: int


class ConsentIn(Schema):
    """`source` says where it was given, `text_version` which words were agreed to."""

    channel: str = Field(pattern="^(email|sms)$")
    address: str = Field(max_length=320)
    purpose: str = Field(min_length=1, max_length=40)
    given: bool
    source: str = Field(min_length=1, max_length=100)
    text_version: str = Field("", max_length=60)


class SourceIn(Schema):
    name: str
    kind: str = Field(description="server or browser")


class SourceOut(Schema):
    name: str
    kind: str
    created_at: str
    revoked_at: str | None


class SourceMade(Schema):
    """`key` is shown this once."""

    name: str
    key: str


class RateBody(Schema):
    """From local day `on` on, one unit of `currency` is worth `rate` units of the workspace's currency."""

    currency: str = Field(pattern="^[A-Z]{3}$")
    on: date
    rate: Decimal = Field(gt=0, max_digits=20, decimal_places=10)


class GoodsQuery(Schema):
    search: str = Field("", max_length=200)
    after: str = Field("", max_length=1_000)
    limit: int = Field(50, ge=1, le=ROWS_MAX)


class Good(Schema):
    sku: str
    name: str
    category: str
    brand: str
    price_minor: int | None


class GoodsPage(Schema):
    items: list[Good]
    next: str


@router.get("/customers", auth=Allowed("customers:read"), response=CustomerPage, summary="Customers with their figures")
def list_customers(request: Any, query: Query[CustomerQuery]) -> Any:
    name, descending = query.sort.lstrip("-"), query.sort.startswith("-")
    rows = people.page(
        at_us=request.at_us, sort=name, descending=descending, limit=query.limit + 1, after=read_cursor(query.after),
        search=query.search,
    )  # fmt: skip
    shown = rows[: query.limit]
    after = write_cursor((people.sort_value(shown[-1], name), shown[-1].id)) if len(rows) > query.limit else ""
    return {"items": [_row(row) for row in shown], "next": after}


def _row(row: people.Person) -> dict[str, Any]:
    return {
        "id": row.id, "name": row.name, "contact": row.contact, "city": row.city, "known_since": iso(row.since_us),
        "orders": row.orders, "revenue_minor": row.revenue_minor, "last_order_at": iso(row.last_us) if row.last_us else None,
    }  # fmt: skip


@router.get(
    "/customers/{person_id}", auth=Allowed("customers:read"), response=Customer, summary="One customer, as the card shows"
)
def get_customer(request: Any, person_id: int) -> Any:
    person = person_of(person_id)
    warehouse = client.current()
    facts = warehouse.query("collect.person", person_id=person, at_us=request.at_us).to_pylist()[0]
    traits = warehouse.query("collect.traits", person_id=person, at_us=request.at_us).to_pylist()
    return {
        "id": person, "name": people.called(person), "identifiers": identifiers_of(person), "consents": consents_of(person),
        "traits": {row["name"]: _value(row) for row in traits},
        **{name: facts[name] for name in ("orders", "revenue_minor", "returns_minor", "visits", "events")},
    }  # fmt: skip


def _value(row: dict[str, Any]) -> Any:
    if row["kind"] == "number":
        return plain(row["number"])
    return row["boolean"] if row["kind"] == "boolean" else row["text"]


@router.get(
    "/customers/{person_id}/timeline", auth=Allowed("customers:read"), response=list[EntryOut],
    summary="What happened to a customer, the newest first",
)  # fmt: skip
def get_timeline(request: Any, person_id: int, query: Query[EntryQuery]) -> Any:
    rows = client.current().query(
        "collect.timeline", person_id=person_of(person_id), at_us=request.at_us, kind=query.kind, limit=query.limit,
        before=timeline.read_place(query.before),
    )  # fmt: skip
    return [
        {
            "at": iso(one.time_us),
            "kind": one.kind,
            "title": one.title,
            "note": one.note,
            "amount": one.amount,
            "cursor": one.cursor,
        }
        for one in timeline.entries(rows.to_pylist())
    ]


@router.get(
    "/customers/{person_id}/orders", auth=Allowed("customers:read"), response=list[dict[str, Any]],
    summary="A customer's orders as they stand, the newest first",
)  # fmt: skip
def get_orders(request: Any, person_id: int, query: Query[OrdersQuery]) -> Any:
    rows = client.current().query("collect.orders_of", person_id=person_of(person_id), at_us=request.at_us, limit=query.limit)
    return [
        {
            "order_id": row["order_id"], "at": iso(row["time_us"]), "amount_minor": row["amount_minor"],
            "currency": row["currency"], "channel": row["channel"], "is_cancelled": row["is_cancelled"],
            "returned_minor": row["returned_minor"],
            "lines": [{**line, "quantity": plain(line["quantity"])} for line in row["lines"] or []],
        }
        for row in rows.to_pylist()
    ]  # fmt: skip


@router.post(
    "/customers/{person_id}/merge", auth=Allowed("customers:write"), response=MergeOut, summary="Say that two customers are one"
)
def merge_customers(request: Any, person_id: int, body: CustomerMergeIn) -> Any:
    other = find_person(body.other, str(settings.get("phone_region")))
    into = duplicates.merge_people(
        one=person_id, other=other, chosen={}, warehouse=client.current(), actor=request.actor, at_us=request.at_us,
        anyway=body.anyway,
    )  # fmt: skip
    return {"id": into}


@router.post("/profiles/{profile_id}/unmerge", auth=Allowed("customers:write"), response={204: None}, summary="Take a merge back")
def unmerge_profile(request: Any, profile_id: int) -> Any:
    operations.unmerge(profile=profile_id, actor=request.actor, at_us=request.at_us)
    return Status(204, None)


@router.post("/consents", auth=Allowed("consents:write"), response={204: None}, summary="State a consent of an address")
def state_consent(request: Any, body: ConsentIn) -> Any:
    """The latest statement holds; it is about the address, whoever it belongs to."""
    region = str(settings.get("phone_region"))
    consent.change_consent(**body.dict(), actor=request.actor, at_us=request.at_us, region=region)
    return Status(204, None)


@router.get("/goods", auth=Allowed("goods:read"), response=GoodsPage, summary="Goods by name", tags=["goods"])
def list_goods(request: Any, query: Query[GoodsQuery]) -> Any:
    after = read_cursor(query.after)
    rows = client.current().query(
        "collect.goods", at_us=request.at_us, search=query.search, after=[str(one) for one in after] if after else None,
        limit=query.limit + 1,
    ).to_pylist()  # fmt: skip
    shown = rows[: query.limit]
    next_place = write_cursor((shown[-1]["name"], shown[-1]["sku"])) if len(rows) > query.limit else ""
    return {"items": shown, "next": next_place}


@router.get(
    "/sources", auth=Allowed("sources:read"), response=list[SourceOut], summary="Where events come from", tags=["sources"]
)
def list_sources(request: Any) -> Any:
    return [
        {
            "name": one.name, "kind": one.kind, "created_at": iso(one.created_us),
            "revoked_at": iso(one.revoked_us) if one.revoked_us else None,
        }
        for one in Source.objects.order_by("id")
    ]  # fmt: skip


@router.post(
    "/sources", auth=Allowed("sources:write"), response={201: SourceMade}, summary="Make a source; its key is shown once",
    tags=["sources"],
)  # fmt: skip
def add_source(request: Any, body: SourceIn) -> Any:
    key = operations.create_source(name=body.name, kind=body.kind, actor=request.actor, at_us=request.at_us)
    publish_to_edge(django_settings.WORKSPACE)
    return Status(201, {"name": body.name, "key": key})


@router.delete("/sources/{name}", auth=Allowed("sources:write"), response={204: None}, summary="Close a source", tags=["sources"])
def close_source(request: Any, name: str) -> Any:
    operations.revoke_source(name=name, actor=request.actor, at_us=request.at_us)
    publish_to_edge(django_settings.WORKSPACE)
    return Status(204, None)


@router.get("/rates", auth=Allowed("settings:read"), response=list[RateBody], summary="Rates of other currencies", tags=["rates"])
def list_rates(request: Any) -> Any:
    return [{"currency": r.currency, "on": day_date(r.day), "rate": r.rate} for r in Rate.objects.order_by("currency", "day")]


@router.post("/rates", auth=Allowed("settings:write"), response={201: RateBody}, summary="State a rate", tags=["rates"])
def add_rate(request: Any, body: RateBody) -> Any:
    operations.state_rate(
        currency=body.currency, day=day_number(body.on), rate=body.rate, workspace_currency=django_settings.WORKSPACE.currency,
        actor=request.actor, at_us=request.at_us,
    )  # fmt: skip
    return Status(201, body)
