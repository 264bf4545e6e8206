"""Facts whose time is to come, which live segments wait for. DuckDB dialect."""

from __future__ import annotations

from samovar.engine.warehouse.schema import NEVER_US

# Where the time of a row stands, and since when and until when it counts.
_DATED = {"events": ("time_us",), "visits": ("time_us",), "returns": ("time_us",), "attributes": ("time_us",)}
_SPANNED = {
    "orders": ("time_us", "valid_from_us", "valid_to_us"), "lines": ("time_us", "valid_from_us", "valid_to_us"),
    "records": ("valid_from_us", "valid_to_us"),
}  # fmt: skip
_OF_ADDRESSES = ("consents", "suppressions")
_SEEN = {"people": ("known_us", "registered_us", "erased_us")}


def rows_ahead_sql() -> str:
    """(person_id, time_us) of rows whose time, or the end of whose time, is after $after, in order of it."""
    parts = [
        f"SELECT person_id, {column} AS time_us FROM {table} "
        f"WHERE person_id IS NOT NULL AND {column} > $after AND {column} < {NEVER_US}"
        for table, columns in (_DATED | _SPANNED | _SEEN).items()
        for column in columns
    ]
    return f"{' UNION ALL '.join(parts)} ORDER BY time_us"


def words_ahead_sql() -> str:
    """(person_id, time_us) of consents and suppressions that were stored before their time, in order of time: after $after."""
    told = " UNION ALL ".join(f"SELECT address, time_us FROM {table} WHERE time_us > $after" for table in _OF_ADDRESSES)
    return (
        f"SELECT i.person_id, t.time_us FROM identifiers i JOIN ({told}) t ON t.address = i.value "
        "WHERE i.person_id IS NOT NULL ORDER BY t.time_us"
    )
