"""The REST API of linked records: their types, and the records of one customer."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Router, Schema
from pydantic import Field

from samovar.collect.records import operations, queries
from samovar.collect.records.types import LABEL_CHARS_MAX
from samovar.staff.access import Allowed

router = Router(tags=["records"])


class RecordTypeIn(Schema):
    """`fields` says of what kind each is; `time` is the one that is the record's time, a date among them, empty for none."""

    label: str = Field("", max_length=LABEL_CHARS_MAX)
    time: str = ""
    fields: dict[str, Literal["text", "number", "money", "boolean", "date"]] = {}


class RecordTypeOut(RecordTypeIn):
    name: str


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
