"""The REST API of linked records: their types, and the records of one customer."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Query, Router, Schema, Status
from pydantic import Field

from samovar.collect.erasure.queries import person_of
from samovar.collect.imports.office import append, workspace
from samovar.collect.records import operations, queries
from samovar.collect.records.types import LABEL_CHARS_MAX
from samovar.engine.warehouse import client
from samovar.staff.access import Allowed

router = Router(tags=["records"])


class RecordTypeIn(Schema):
    """`fields` says of what kind each is; `time` is the one that is the record's time, a date among them, empty for none."""

    label: str = Field("", max_length=LABEL_CHARS_MAX)
    time: str = ""
    fields: dict[str, Literal["text", "number", "money", "boolean", "date"]] = {}


class RecordTypeOut(RecordTypeIn):
    name: str


class RecordIn(Schema):
    """All fields of the record as they are from now on; those it had before and that are not named are gone."""

    fields: dict[str, Any] = {}


class RecordOut(Schema):
    """`since` is when the customer first had it, `changed` when its fields became what they are."""

    type: str
    id: str
    fields: dict[str, Any]
    since: str
    changed: str


class RecordsQuery(Schema):
    limit: int = Field(200, ge=1, le=1_000)


@router.get(
    "/record-types", auth=Allowed("customers:read"), response=list[RecordTypeOut], summary="Declared types of linked records"
)
def list_record_types(request: Any) -> Any:
    return [queries.as_json(row) for row in queries.record_types()]


@router.put(
    "/record-types/{name}", auth=Allowed("settings:write"), response=RecordTypeOut,
    summary="Declare a type of linked records: its label, the kinds of its fields, which of them is its time",
)  # fmt: skip
def declare_record_type(request: Any, name: str, body: RecordTypeIn) -> Any:
    row = operations.declare(
        name=name, label=body.label, time_field=body.time, fields=body.fields, actor=request.actor, at_us=request.at_us
    )
    return queries.as_json(row)


@router.get(
    "/customers/{person_id}/records", auth=Allowed("customers:read"), response=list[RecordOut],
    summary="A customer's linked records as they stand, the newest first",
)  # fmt: skip
def get_records(request: Any, person_id: int, query: Query[RecordsQuery]) -> Any:
    found = queries.records_of(warehouse=client.current(), person_id=person_of(person_id), at_us=request.at_us, limit=query.limit)
    return [queries.record_as_json(record) for record in found]


@router.put(
    "/customers/{person_id}/records/{record_type}/{record_id}", auth=Allowed("customers:write"), response={204: None},
    summary="Give a customer a linked record, or its fields anew",
)  # fmt: skip
def put_record(request: Any, person_id: int, record_type: str, record_id: str, body: RecordIn) -> Any:
    """It is in the log when this answers, and counts within seconds."""
    operations.put(
        person=person_id, record_type=record_type, record_id=record_id, fields=body.fields, zone=workspace().zone, append=append,
        actor=request.actor, at_us=request.at_us,
    )  # fmt: skip
    return Status(204, None)


@router.delete(
    "/customers/{person_id}/records/{record_type}/{record_id}", auth=Allowed("customers:write"), response={204: None},
    summary="End a linked record of a customer",
)  # fmt: skip
def remove_record(request: Any, person_id: int, record_type: str, record_id: str) -> Any:
    operations.remove(
        person=person_id, record_type=record_type, record_id=record_id, zone=workspace().zone, append=append, actor=request.actor,
        at_us=request.at_us,
    )  # fmt: skip
    return Status(204, None)
