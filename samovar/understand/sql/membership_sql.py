"""Who came into which segment and who went out of it, as it was announced. DuckDB dialect over the table `membership`.

Whom a segment began with are rows of the announcement that also has a row of nobody; they did not come in.
"""

from __future__ import annotations

from collections.abc import Sequence

_BEGINNINGS = "SELECT outbox_id FROM membership WHERE segment_id = $segment AND person_id IS NULL"
_MOVES = f"segment_id = $segment AND person_id IS NOT NULL AND outbox_id NOT IN ({_BEGINNINGS})"


def moves_sql(*, way: bool | None) -> str:
    """A page of moves, the latest first: outbox_id, person_id, is_in, time_us, version. Needs $segment, $before, $limit.

    `way` leaves only those who came in (true) or went out (false).
    """
    only = {None: "", True: " AND is_in", False: " AND NOT is_in"}[way]
    return (
        f"SELECT outbox_id, person_id, is_in, time_us, version FROM membership WHERE {_MOVES} AND outbox_id < $before{only} "
        "ORDER BY outbox_id DESC LIMIT $limit"
    )


def move_sql() -> str:
    """One move by the number of its announcement, as in `moves_sql`; nothing for another segment's. Needs $segment, $number."""
    return f"SELECT outbox_id, person_id, is_in, time_us, version FROM membership WHERE {_MOVES} AND outbox_id = $number"


def last_before_sql() -> str:
    """When a person's truth in a segment was last announced before a move, null for never. Needs $segment, $person, $number."""
    return (
        "SELECT max(time_us) FROM membership "
        "WHERE segment_id = $segment AND outbox_id < $number AND (person_id = $person OR person_id IS NULL)"
    )


def days_sql() -> str:
    """One row a local day with moves, in order: day, came (people who came in), went (out). Needs $segment, $first_day."""
    return (
        "SELECT day, count(*) FILTER (is_in) AS came, count(*) FILTER (NOT is_in) AS went "
        f"FROM membership WHERE {_MOVES} AND day >= $first_day GROUP BY day ORDER BY day"
    )


def begins_sql(segments: Sequence[int]) -> str:
    """The announcement that each of some segments began with: segment_id, outbox_id."""
    return (
        f"SELECT segment_id, min(outbox_id) FROM membership WHERE segment_id IN ({_listed(segments)}) AND person_id IS NULL "
        "GROUP BY segment_id"
    )


def begun_sql() -> str:
    """Whom a segment began with, as person_id. Needs $segment and $begin, the number of that announcement."""
    return (
        "SELECT person_id::UINTEGER AS person_id FROM membership "
        "WHERE segment_id = $segment AND outbox_id = $begin AND person_id IS NOT NULL"
    )


def later_sql(segments: Sequence[int], begins: Sequence[int]) -> str:
    """What was announced of some segments but whom they began with: segment_id, person_id, is_in, outbox_id; in no order."""
    but = f" AND outbox_id NOT IN ({_listed(begins)})" if begins else ""
    return (
        "SELECT segment_id, person_id::UINTEGER AS person_id, is_in, outbox_id FROM membership "
        f"WHERE segment_id IN ({_listed(segments)}) AND person_id IS NOT NULL{but}"
    )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(int(number)) for number in numbers)
