"""Who came into which segment and who went out of it, as it was announced. DuckDB dialect over `beginnings` and `membership`."""

from __future__ import annotations


def moves_sql(*, way: bool | None) -> str:
    """A page of moves, the latest first: outbox_id, person_id, is_in, time_us, version. Needs $segment, $before, $limit.

    `way` leaves only those who came in (true) or went out (false).
    """
    only = {None: "", True: " AND is_in", False: " AND NOT is_in"}[way]
    return (
        "SELECT outbox_id, person_id, is_in, time_us, version FROM membership "
        f"WHERE segment_id = $segment AND outbox_id < $before{only} ORDER BY outbox_id DESC LIMIT $limit"
    )


def move_sql() -> str:
    """One move by the number of its announcement, as in `moves_sql`; nothing for another segment's. Needs $segment, $number."""
    return (
        "SELECT outbox_id, person_id, is_in, time_us, version FROM membership WHERE segment_id = $segment AND outbox_id = $number"
    )


def last_before_sql() -> str:
    """When a person's truth in a segment was last announced before a move, null for never. Needs $segment, $person, $number."""
    before = "segment_id = $segment AND outbox_id < $number"
    return (
        f"SELECT max(time_us) FROM (SELECT time_us FROM membership WHERE {before} AND person_id = $person "
        f"UNION ALL SELECT time_us FROM beginnings WHERE {before})"
    )


def days_sql() -> str:
    """One row a local day with moves, in order: day, came (people who came in), went (out). Needs $segment, $first_day."""
    return (
        "SELECT day, count(*) FILTER (is_in) AS came, count(*) FILTER (NOT is_in) AS went "
        "FROM membership WHERE segment_id = $segment AND day >= $first_day GROUP BY day ORDER BY day"
    )


def begun_sql() -> str:
    """Whom each segment began with: segment_id, people (a roaring bitmap of person_id)."""
    return "SELECT segment_id, people FROM beginnings"


def later_sql() -> str:
    """What was announced of a segment after its beginning: person_id, is_in, outbox_id; in no order. Needs $segment."""
    return "SELECT person_id, is_in, outbox_id FROM membership WHERE segment_id = $segment"
