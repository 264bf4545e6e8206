"""What addresses say of a person: rows of `attributes` for identifiers that found their owner. Pure apart from PyArrow.

`contact.email.is_valid`, `is_disposable` and `is_role`; `contact.phone.is_valid`, `type` and `region`. The last address a
person was given tells them (docs/adr/0018).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samovar.collect.contacts.emails import about_domain, is_of_role
from samovar.collect.phone_plans import UNKNOWN, plan_of
from samovar.kit.clock import Zone
from samovar.kit.hashing import hashes64

HOUSE = "house"  # the source of what no source told


def marks_of(identifiers: pa.Table, zone: Zone) -> pa.Table:
    """Rows of `attributes` by its column names, for identifiers (profile_id, kind, value, since_us and person_id)."""
    kinds = identifiers.column("kind")
    parts = []
    for kind, made in (("email", _of_emails), ("phone", _of_phones)):
        rows = identifiers.filter(pc.equal(kinds, kind))
        if rows.num_rows:
            parts += made(_head(rows, kind, zone), rows.column("value").to_pylist())
    return pa.concat_tables(parts, promote_options="default") if parts else pa.table({})


def _head(rows: pa.Table, kind: str, zone: Zone) -> dict[str, Any]:
    """The columns that all marks of the same addresses share."""
    times = rows.column("since_us").to_numpy()
    return {
        "profile_id": rows.column("profile_id"), "person_id": rows.column("person_id"), "time_us": times, "day": zone.days(times),
        "event_key": pa.array(hashes64(f"contact:{kind}", rows.column("value").to_pylist()), pa.int64()),
        "source": pa.repeat(HOUSE, rows.num_rows),
    }  # fmt: skip


def _of_emails(head: dict[str, Any], values: Sequence[str]) -> list[pa.Table]:
    parts = [value.rpartition("@") for value in values]
    return [
        _booleans(head, "contact.email.is_valid", np.ones(len(values), bool)),
        _booleans(head, "contact.email.is_disposable", [about_domain(domain).is_disposable for _, _, domain in parts]),
        _booleans(head, "contact.email.is_role", [is_of_role(local) for local, _, _ in parts]),
    ]


def _of_phones(head: dict[str, Any], values: Sequence[str]) -> list[pa.Table]:
    plans = [plan_of(value) for value in values]
    regions = pa.array([region or None for region, _ in plans], pa.string())
    lines = pa.array([line for _, line in plans], pa.string())
    return [
        _booleans(head, "contact.phone.is_valid", [line != UNKNOWN for _, line in plans]),
        _named(head, "contact.phone.type", "text", {"text": lines, "folded": lines}),
        _named(head, "contact.phone.region", "text", {"text": regions, "folded": pc.ascii_lower(regions)}),
    ]


def _booleans(head: dict[str, Any], name: str, values: Any) -> pa.Table:
    return _named(head, name, "boolean", {"boolean": pa.array(values, pa.bool_())})


def _named(head: dict[str, Any], name: str, kind: str, values: dict[str, pa.Array]) -> pa.Table:
    count = len(head["time_us"])
    return pa.table({**head, "name": pa.repeat(name, count), "kind": pa.repeat(kind, count), **values})
