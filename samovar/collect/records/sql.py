"""Statements by which what was told of records, staged as `new_records`, becomes spans, and the records of a person.

The spans of the records that a batch touches are made again from all that was ever told of them, so that events may come in
any order. A record's own time is the field that its type declares, of the span's fields.
"""

from __future__ import annotations

TOLD = "type, record_id, profile_id, person_id, verb, time_us, day, event_key, props, dates"
SPANS = "type, record_id, profile_id, person_id, valid_from_us, valid_to_us, time_us, day, event_key, props, dates"


def records_sql(never_us: int) -> list[str]:
    """What was told of records and the spans that follow: each lasts until the next thing told, and a removal begins none."""
    return [
        "CREATE OR REPLACE TEMP TABLE touched_records AS SELECT DISTINCT type, record_id FROM new_records",
        f"""
        INSERT INTO record_events ({TOLD})
        SELECT DISTINCT ON (type, record_id, event_key) {TOLD} FROM new_records n ANTI JOIN (
            SELECT type, record_id, event_key FROM record_events SEMI JOIN touched_records USING (type, record_id)
        ) known USING (type, record_id, event_key)
        """,
        f"""
        CREATE OR REPLACE TEMP TABLE record_spans AS
        WITH told AS (
            SELECT *, coalesce(lead(time_us) OVER in_order, {never_us}) AS ends_us
            FROM record_events SEMI JOIN touched_records USING (type, record_id)
            WINDOW in_order AS (PARTITION BY type, record_id ORDER BY time_us, event_key)
        )
        SELECT told.type, record_id, profile_id, person_id, told.time_us AS valid_from_us, ends_us AS valid_to_us,
               {_own_time("told.dates", "types.time_field")}, event_key, props, dates
        FROM told LEFT JOIN record_types types ON types.name = told.type
        WHERE verb = 'updated' AND told.time_us < ends_us
        """,
        "DELETE FROM records USING touched_records t WHERE records.type = t.type AND records.record_id = t.record_id",
        f"INSERT INTO records ({SPANS}) SELECT {SPANS} FROM record_spans",
    ]


def owners_sql() -> str:
    """The people whose record any of the touched ones was at any time."""
    return (
        "SELECT DISTINCT person_id FROM record_events SEMI JOIN touched_records USING (type, record_id) "
        "WHERE person_id IS NOT NULL"
    )


def declared_owners_sql() -> str:
    """The people with records of the types declared anew."""
    return (
        "SELECT DISTINCT person_id FROM records SEMI JOIN new_record_types n ON n.name = records.type WHERE person_id IS NOT NULL"
    )


def record_types_sql() -> list[str]:
    """Types declared anew, staged as `new_record_types`, and the time of their records as they declare it now."""
    day, instant = _date("records.dates", "n.time_field", 0), _date("records.dates", "n.time_field", 1)
    return [
        "DELETE FROM record_types USING new_record_types n WHERE record_types.name = n.name",
        "INSERT INTO record_types BY NAME SELECT * FROM new_record_types",
        f"UPDATE records SET time_us = {instant}, day = {day} FROM new_record_types n WHERE records.type = n.name",
    ]


def _own_time(dates: str, field: str) -> str:
    return f"{_date(dates, field, 1)} AS time_us, {_date(dates, field, 0)} AS day"


def _date(dates: str, field: str, place: int) -> str:
    """The local day (0) or the instant (1) of a field; null where it is no date."""
    escaped = f"replace(replace({field}, '~', '~0'), '/', '~1')"
    return f"CAST(json_extract_string({dates}, '/' || {escaped} || '/{place}') AS {'BIGINT' if place else 'INTEGER'})"


def records_of_sql() -> str:
    """A person's records as they stand at `$at`: type, record_id, label, kinds (JSON), props, dates, since_us, changed_us.

    `since_us` is when the person first had the record, `changed_us` when its fields became what they are; the newest first.
    """
    return """
    WITH mine AS (
      SELECT *, min(valid_from_us) OVER (PARTITION BY type, record_id) AS since_us FROM records WHERE person_id = $person
    )
    SELECT mine.type, record_id, label, fields AS kinds, props, dates, since_us, valid_from_us AS changed_us
    FROM mine LEFT JOIN record_types ON record_types.name = mine.type
    WHERE valid_from_us <= $at AND valid_to_us > $at
    ORDER BY since_us DESC, mine.type, record_id LIMIT $limit"""
