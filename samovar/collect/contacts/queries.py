"""A person's contacts as they stand: each with what came, its verdict, findings, who told it and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from samovar.collect.contacts.checks import FIELDS, check_one
from samovar.collect.contacts.verdicts import Checked, Verdict
from samovar.engine.warehouse import client


@dataclass(frozen=True)
class Contact:
    """`came` is None where nothing was corrected; `source` and `told_us` are None for an address that no trait told."""

    field: str
    value: str
    came: str | None
    checked: Checked
    source: str | None
    told_us: int | None

    @property
    def verdict(self) -> Verdict:
        return self.checked.verdict


def contacts_of(
    person_id: int, identifiers: Iterable[Mapping[str, str]], *, at_us: int, region: str, on: dt.date
) -> list[Contact]:
    """Every contact of a person with these identifiers, in the order of `FIELDS`; asks the warehouse for her traits."""
    traits = client.current().query("collect.traits", person_id=person_id, at_us=at_us)
    return contacts_among(traits, identifiers, region=region, on=on)


def contacts_among(traits: pa.Table, identifiers: Iterable[Mapping[str, str]], *, region: str, on: dt.date) -> list[Contact]:
    """The same of traits at hand (`card_sql.traits_sql`)."""
    rows = {row["name"]: row for row in traits.to_pylist() if row["name"] in FIELDS and row["text"]}
    addresses = [(one["kind"], one["value"]) for one in identifiers if one["kind"] in ("email", "phone")]
    found = [_told(field, row, region, on) for field, row in rows.items() if (field, row["text"]) not in addresses]
    for field, value in addresses:
        row = rows.get(field)
        is_told = row is not None and row["text"] == value
        found.append(_told(field, row, region, on) if is_told and row else _address(field, value, region, on))
    return sorted(found, key=lambda one: FIELDS.index(one.field))


def _told(field: str, row: dict[str, Any], region: str, on: dt.date) -> Contact:
    came = row["came"] or row["text"]
    return Contact(field, row["text"], row["came"], check_one(field, came, region=region, on=on), row["source"], row["time_us"])


def _address(field: str, value: str, region: str, on: dt.date) -> Contact:
    return Contact(field, value, None, check_one(field, value, region=region, on=on), None, None)
