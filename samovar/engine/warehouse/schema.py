"""The warehouse's tables, and the version that says when they must be made anew.

Every fact carries `profile_id` (whose identifier it came by; never changes) and `person_id` (the survivor it belongs to
now; rewritten by merge and un-merge). `event_key` is the stable hash of (source, message id) and breaks ties.
docs/architecture.md tells what each column means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

VERSION = 9  # the warehouse of another version is made anew

TABLES: dict[str, str] = {
    "profiles": ("profile_id BIGINT, person_id BIGINT, first_us BIGINT, known_us BIGINT, registered_us BIGINT, erased_us BIGINT"),
    # One row a person: the least of its profiles' moments, so that who is a customer is a scan of one small table.
    # From `erased_us` on she is nobody's customer any more; what she did before still counts.
    "people": "person_id BIGINT, first_us BIGINT, known_us BIGINT, registered_us BIGINT, erased_us BIGINT",
    "identifiers": "profile_id BIGINT, person_id BIGINT, kind VARCHAR, value VARCHAR, since_us BIGINT",
    "attributes": (
        "profile_id BIGINT, person_id BIGINT, name VARCHAR, time_us BIGINT, day INTEGER, event_key BIGINT, kind VARCHAR, "
        "text VARCHAR, folded VARCHAR, number BIGINT, boolean BOOLEAN, date_day INTEGER, "
        "source VARCHAR, came VARCHAR, verdict VARCHAR, precedence_us BIGINT"
    ),
    # The rows of attributes that merges let survive: who holds each, who said it, and which merge of whom into whom kept it.
    # It stands as long as these four are of one person.
    "kept": "event_key BIGINT, name VARCHAR, holder_id BIGINT, origin_id BIGINT, merged_id BIGINT, into_id BIGINT",
    "events": (
        "profile_id BIGINT, person_id BIGINT, name VARCHAR, kind VARCHAR, time_us BIGINT, day INTEGER, event_key BIGINT, "
        "source VARCHAR, message_id VARCHAR, props VARCHAR, received_us BIGINT, log_offset BIGINT"
    ),
    "visits": (
        "profile_id BIGINT, person_id BIGINT, time_us BIGINT, last_us BIGINT, day INTEGER, event_key BIGINT, views INTEGER"
    ),
    "order_events": (
        "order_id VARCHAR, profile_id BIGINT, person_id BIGINT, verb VARCHAR, time_us BIGINT, day INTEGER, event_key BIGINT, "
        "amount_minor BIGINT, currency VARCHAR, channel VARCHAR, lines STRUCT(line INTEGER, sku VARCHAR, name VARCHAR, "
        "category VARCHAR, brand VARCHAR, price_minor BIGINT, quantity BIGINT, amount_minor BIGINT)[]"
    ),
    "orders": (
        "order_id VARCHAR, profile_id BIGINT, person_id BIGINT, time_us BIGINT, day INTEGER, event_key BIGINT, "
        "valid_from_us BIGINT, valid_to_us BIGINT, amount_minor BIGINT, currency VARCHAR, channel VARCHAR"
    ),
    "lines": (
        "order_id VARCHAR, line INTEGER, profile_id BIGINT, person_id BIGINT, time_us BIGINT, day INTEGER, event_key BIGINT, "
        "valid_from_us BIGINT, valid_to_us BIGINT, sku VARCHAR, name VARCHAR, folded VARCHAR, category VARCHAR, brand VARCHAR, "
        "price_minor BIGINT, quantity BIGINT, amount_minor BIGINT"
    ),
    "returns": (
        "order_id VARCHAR, profile_id BIGINT, person_id BIGINT, time_us BIGINT, day INTEGER, event_key BIGINT, "
        "amount_minor BIGINT, lines INTEGER"
    ),
    "record_events": (
        "type VARCHAR, record_id VARCHAR, profile_id BIGINT, person_id BIGINT, verb VARCHAR, time_us BIGINT, day INTEGER, "
        "event_key BIGINT, props VARCHAR, dates VARCHAR"
    ),
    "records": (
        "type VARCHAR, record_id VARCHAR, profile_id BIGINT, person_id BIGINT, valid_from_us BIGINT, valid_to_us BIGINT, "
        "time_us BIGINT, day INTEGER, event_key BIGINT, props VARCHAR, dates VARCHAR"
    ),
    "record_types": "name VARCHAR, label VARCHAR, time_field VARCHAR, fields VARCHAR",
    "suppressions": "channel VARCHAR, address VARCHAR, reason VARCHAR, time_us BIGINT",
    "consents": (
        "channel VARCHAR, address VARCHAR, purpose VARCHAR, given BOOLEAN, time_us BIGINT, event_key BIGINT, "
        "source VARCHAR, text_version VARCHAR"
    ),
    "goods": ("sku VARCHAR, name VARCHAR, category VARCHAR, brand VARCHAR, price_minor BIGINT, time_us BIGINT, event_key BIGINT"),
    "campaign_people": (
        "campaign_id BIGINT, profile_id BIGINT, person_id BIGINT, variant VARCHAR, is_control BOOLEAN, claimed_us BIGINT, "
        "outcome VARCHAR"
    ),
    # Whom a segment began with: a roaring bitmap of person_id, as it was announced. Then who entered it and who left it.
    "beginnings": "segment_id BIGINT, version INTEGER, people BLOB, time_us BIGINT, day INTEGER, outbox_id BIGINT",
    "membership": (
        "segment_id BIGINT, version INTEGER, person_id BIGINT, is_in BOOLEAN, time_us BIGINT, day INTEGER, outbox_id BIGINT"
    ),
    "state": "name VARCHAR, value BIGINT",
    # How rows lie, not what they say: runs of days that are in the order of their customers (engine.warehouse.sorting).
    "stretches": "name VARCHAR, first_day INTEGER, last_day INTEGER, rows BIGINT, moved BIGINT",
}

# Tables whose rows belong to a profile and by it to a person: a merge rewrites `person_id` in each of them.
PERSONAL = tuple(name for name, columns in TABLES.items() if "profile_id" in columns and "person_id" in columns)

_TABLES_MADE = "duckdb_tables() WHERE database_name = current_database() AND NOT internal AND NOT temporary"
SIGHTINGS = ("first_us", "known_us", "registered_us")  # moments that events tell of a profile; each only ever becomes less
MOMENTS = (*SIGHTINGS, "erased_us")
NEVER_US = 2**62  # `valid_to_us` of what still holds


def people_sql(profiles: str = "profiles", moments: Sequence[str] = MOMENTS) -> str:
    """What `people` holds at any time, of some profiles or of all; who changes `profiles` changes it in the same transaction."""
    least = ", ".join(f"min({name}) AS {name}" for name in moments)
    return f"SELECT person_id, {least} FROM {profiles} GROUP BY person_id"


def customers_sql() -> str:
    """The condition under which a row of `people` is a customer at $at: known by then, and not erased."""
    return "known_us <= $at AND (erased_us IS NULL OR erased_us > $at)"


def create(cursor: Any) -> None:
    """Make the tables of this version; those of another one are dropped with all they hold. `cursor` is a DuckDB cursor."""
    if is_made(cursor):
        return
    for (name,) in cursor.execute(f"SELECT table_name FROM {_TABLES_MADE}").fetchall():
        cursor.execute(f'DROP TABLE "{name}"')
    for name, columns in TABLES.items():
        cursor.execute(f"CREATE TABLE {name} ({columns})")
    cursor.execute("INSERT INTO state VALUES ('schema', ?)", [VERSION])


def is_made(cursor: Any) -> bool:
    """Whether the tables of this version are there."""
    if not cursor.execute(f"SELECT 1 FROM {_TABLES_MADE} AND table_name = 'state'").fetchall():
        return False
    return bool(cursor.execute("SELECT 1 FROM state WHERE name = 'schema' AND value = ?", [VERSION]).fetchall())
