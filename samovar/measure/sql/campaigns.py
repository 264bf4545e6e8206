"""Steps of a campaign's comparison as of $at. Needs $campaign and $window (microseconds).

The people compared passed the gate: treated and control alike, whatever happened to the mail. Their orders count from the
moment each passed it until the window ends, as they stand at $at; a return counts with the order it belongs to, whenever it
came, and one that names no known order counts at its own time.
"""

from __future__ import annotations

from samovar.kit.clock import DAY_US

# Numbers among an event's properties are held as int64 of 1/10000.
_OF_CAMPAIGN = "CAST(json_extract_string(props, '$.campaign_id') AS BIGINT) = $campaign * 10000"


def passed_sql() -> str:
    """person_id, is_control, is_crossed, variant, claimed_us: one row a person who passed the gate.

    `is_crossed` marks a person merged from both groups, who leaves the comparison.
    """
    return (
        "SELECT person_id, bool_or(is_control) AS is_control, bool_or(is_control) <> bool_and(is_control) AS is_crossed, "
        "min(variant) AS variant, min(claimed_us) AS claimed_us FROM campaign_people "
        "WHERE campaign_id = $campaign AND claimed_us <= $at AND outcome <> 'refused' GROUP BY person_id"
    )


def movements_sql() -> str:
    """What the compared people spent: person_id, is_control, variant, day (0 is the first 24 hours), orders, gross_minor,
    returns_minor (negative). A return after the window stands on its last day, so that the curve ends at the report's figure.
    """
    last_day = f"$window // {DAY_US} - 1"
    return f"""
    SELECT person_id, is_control, variant, (time_us - claimed_us) // {DAY_US} AS day, 1 AS orders,
        amount_minor AS gross_minor, 0 AS returns_minor
    FROM inside
    UNION ALL
    SELECT i.person_id, i.is_control, i.variant, least(greatest(r.time_us - i.claimed_us, 0) // {DAY_US}, {last_day}), 0, 0,
        -coalesce(r.amount_minor, 0)
    FROM returns r JOIN inside i ON r.order_id = i.order_id WHERE r.time_us <= $at
    UNION ALL
    SELECT person_id, is_control, variant, (time_us - claimed_us) // {DAY_US}, 0, 0, -amount_minor
    FROM loose WHERE order_id IS NULL OR order_id NOT IN (
        SELECT order_id FROM orders WHERE order_id IN (SELECT order_id FROM loose WHERE order_id IS NOT NULL)
    )"""


def compared_sql() -> str:
    """The steps above as the beginning of a WITH; `people` adds up each person's movements."""
    return f"""
    WITH passed AS ({passed_sql()}),
    compared AS (SELECT * FROM passed WHERE NOT is_crossed),
    inside AS (
        SELECT c.*, o.order_id, o.time_us, coalesce(o.amount_minor, 0) AS amount_minor
        FROM compared c JOIN orders o ON o.person_id = c.person_id
        WHERE o.time_us >= c.claimed_us AND o.time_us < c.claimed_us + $window
            AND o.time_us <= $at AND o.valid_from_us <= $at AND $at < o.valid_to_us
    ),
    loose AS (
        SELECT c.*, r.order_id, r.time_us, coalesce(r.amount_minor, 0) AS amount_minor
        FROM returns r JOIN compared c ON r.person_id = c.person_id
        WHERE r.time_us <= $at AND r.time_us >= c.claimed_us AND r.time_us < c.claimed_us + $window
    ),
    movements AS ({movements_sql()}),
    people AS (
        SELECT person_id, sum(orders) AS orders, sum(gross_minor) AS gross_minor, sum(returns_minor) AS returns_minor,
            sum(gross_minor + returns_minor) AS net_minor
        FROM movements GROUP BY person_id
    )"""


def groups_sql() -> str:
    """One row a group: is_control, variant, people, buyers, orders, gross_minor, returns_minor, net_minor, squares (text,
    for it may exceed int64), first_us and last_us of passing the gate.
    """
    return f"""{compared_sql()}
    SELECT is_control, variant, count(*) AS people, count(*) FILTER (p.orders > 0) AS buyers,
        coalesce(sum(p.orders), 0)::BIGINT AS orders, coalesce(sum(p.gross_minor), 0)::BIGINT AS gross_minor,
        coalesce(sum(p.returns_minor), 0)::BIGINT AS returns_minor, coalesce(sum(p.net_minor), 0)::BIGINT AS net_minor,
        coalesce(sum(p.net_minor::HUGEINT * p.net_minor::HUGEINT), 0)::VARCHAR AS squares,
        min(claimed_us) AS first_us, max(claimed_us) AS last_us
    FROM compared LEFT JOIN people p USING (person_id) GROUP BY is_control, variant ORDER BY is_control, variant"""


def curve_sql() -> str:
    """Changes by day since passing the gate: is_control, day, net_minor, squares (text: the change of the sum of squares)."""
    return f"""{compared_sql()},
    daily AS (
        SELECT person_id, is_control, day, sum(gross_minor + returns_minor)::HUGEINT AS moved
        FROM movements GROUP BY person_id, is_control, day
    ),
    cumulative AS (
        SELECT is_control, day, moved, sum(moved) OVER (PARTITION BY person_id ORDER BY day)::HUGEINT AS reached FROM daily
    )
    SELECT is_control, day::INTEGER AS day, sum(moved)::BIGINT AS net_minor,
        sum(reached * reached - (reached - moved) * (reached - moved))::VARCHAR AS squares
    FROM cumulative GROUP BY is_control, day ORDER BY day, is_control"""


def outcomes_sql() -> str:
    """How many of those who passed the gate had which outcome: outcome, people."""
    return (
        "SELECT outcome, count(DISTINCT person_id) AS people FROM campaign_people "
        "WHERE campaign_id = $campaign AND claimed_us <= $at GROUP BY outcome ORDER BY outcome"
    )


def crossed_sql() -> str:
    """One row: people who left the comparison because they were merged from both groups."""
    return f"SELECT count(*) FILTER (is_crossed) AS crossed FROM ({passed_sql()})"


def reasons_sql() -> str:
    """Why nothing was sent: reason, people. Needs $since, when the campaign started."""
    return (
        "SELECT json_extract_string(props, '$.reason') AS reason, count(DISTINCT person_id) AS people FROM events "
        f"WHERE name = 'Message Refused' AND time_us >= $since AND time_us <= $at AND {_OF_CAMPAIGN} GROUP BY ALL ORDER BY ALL"
    )


def reactions_sql() -> str:
    """One row: opened, opened_by_machine (only ever by a machine), clicked, in people. Needs $since."""
    return f"""
    WITH reactions AS (
        SELECT person_id, name, coalesce(json_extract_string(props, '$.by_machine'), 'false') = 'true' AS by_machine
        FROM events
        WHERE name IN ('Message Opened', 'Message Clicked') AND time_us >= $since AND time_us <= $at
            AND person_id IS NOT NULL AND {_OF_CAMPAIGN}
    ),
    people AS (
        SELECT person_id, bool_or(name = 'Message Opened' AND NOT by_machine) AS opened,
            bool_or(name = 'Message Opened' AND by_machine) AS machine,
            bool_or(name = 'Message Clicked' AND NOT by_machine) AS clicked
        FROM reactions GROUP BY person_id
    )
    SELECT count(*) FILTER (opened) AS opened, count(*) FILTER (machine AND NOT opened) AS opened_by_machine,
        count(*) FILTER (clicked) AS clicked FROM people"""


def people_behind_sql() -> str:
    """The people behind the figures, after $after in order of person_id: what each spent.

    Needs $limit, $treated and $control (which groups), $least (orders at least).
    """
    return f"""{compared_sql()}
    SELECT person_id, is_control, variant, claimed_us, coalesce(p.orders, 0)::BIGINT AS orders,
        coalesce(p.gross_minor, 0)::BIGINT AS gross_minor, coalesce(p.returns_minor, 0)::BIGINT AS returns_minor,
        coalesce(p.net_minor, 0)::BIGINT AS net_minor
    FROM compared LEFT JOIN people p USING (person_id)
    WHERE person_id > $after AND CASE WHEN is_control THEN $control ELSE $treated END AND coalesce(p.orders, 0) >= $least
    ORDER BY person_id LIMIT $limit"""
