"""Known values of a name, for the builder to suggest. Each reads a bounded sample: a suggestion need not be complete."""

from __future__ import annotations

SAMPLE_ROWS = 5_000
VALUES_MAX = 100
_POINTER = "'/' || replace(replace($field, '~', '~0'), '/', '~1')"


def trait_values_sql() -> str:
    """Texts of the trait `$field`, the most frequent first."""
    return _frequent("SELECT text AS value FROM attributes WHERE name = $field AND text IS NOT NULL")


def column_values_sql(table: str, column: str) -> str:
    """Texts of a column that the catalogue declares."""
    return _frequent(f"SELECT {column} AS value FROM {table} WHERE {column} IS NOT NULL")


def property_values_sql(table: str, name_column: str) -> str:
    """Texts of the property `$field` of the events or records `$name`."""
    value = f"json_extract_string(props, {_POINTER})"
    return _frequent(
        f"SELECT {value} AS value FROM {table} WHERE {name_column} = $name AND json_type(props, {_POINTER}) = 'VARCHAR'"
    )


def _frequent(rows: str) -> str:
    return (
        f"WITH sample AS ({rows} LIMIT {SAMPLE_ROWS}) "
        f"SELECT value FROM sample GROUP BY value ORDER BY count(*) DESC, value LIMIT {VALUES_MAX}"
    )
