"""Live segments in the warehouse: whom time has moved, and who was in which segment. DuckDB dialect."""

from __future__ import annotations

# Where the time of a row stands, and since when and until when it counts.
_DATED = {"events": ("time_us",), "visits": ("time_us",), "returns": ("time_us",), "attributes": ("time_us",)}
_SPANNED = {
    "orders": ("time_us", "valid_from_us", "valid_to_us"), "lines": ("time_us", "valid_from_us", "valid_to_us"),
    "records": ("valid_from_us", "valid_to_us"),
}  # fmt: skip
_SEEN = {"people": ("known_us", "registered_us", "erased_us")}


def aged_sql(table: str, column: str) -> str:
    """(person_id) of rows whose time lies in ($after, $up_to] and whose `column`, if one is given, holds `$name`."""
    named = f" AND {column} = $name" if column else ""
    return f"SELECT DISTINCT person_id FROM {table} WHERE time_us > $after AND time_us <= $up_to AND person_id IS NOT NULL{named}"


def happened_sql() -> str:
    """(person_id) of rows that were stored before their time, which came in ($after, $up_to]."""
    parts = []
    for table, columns in (_DATED | _SPANNED | _SEEN).items():
        came = " OR ".join(f"({column} > $after AND {column} <= $up_to)" for column in columns)
        parts.append(f"SELECT person_id FROM {table} WHERE person_id IS NOT NULL AND ({came})")
    consents = (
        "SELECT i.person_id FROM identifiers i JOIN consents c ON c.address = i.value "
        "WHERE i.person_id IS NOT NULL AND c.time_us > $after AND c.time_us <= $up_to"
    )
    return f"SELECT DISTINCT person_id FROM ({' UNION ALL '.join([*parts, consents])})"


def latest_sql() -> str:
    """The latest moment of any fact."""
    latest = [f"(SELECT max({columns[0]}) FROM {table})" for table, columns in (_DATED | _SPANNED | _SEEN).items()]
    return f"SELECT greatest({', '.join([*latest, '(SELECT max(time_us) FROM consents)'])})"


def followed_sql() -> str:
    """(segment_id) of the segments whose first members were announced."""
    return "SELECT DISTINCT segment_id FROM membership"


def moves_sql() -> str:
    """(person_id, is_in, outbox_id) of everybody who ever came into a segment or left it, in any order."""
    return "SELECT person_id, is_in, outbox_id FROM membership WHERE segment_id = ? AND person_id IS NOT NULL"
