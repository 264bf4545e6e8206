"""The statements that count a piece of what came: a run of local days, of the log rows after one offset up to another.

A piece is staged once as rows (source, event, hour, day, field, kind, value, n) and asked three times. Events that are no track
are called by their kind; a page view that an advertisement brought is also an event `utm:<platform>` with the field `keyword`.
"""

from __future__ import annotations

from samovar.kit.clock import HOUR_US

LIVE_US = 2 * HOUR_US  # what is received within this of its time came at once
VALUE_CHARS = 60
VALUES_MAX = 30  # of a field and a day, told apart in its spread
VALUE_ROWS_MIN = 3  # a rarer one might name somebody
REGISTERS = 128
_RANK_BITS = 57  # of a hash without the seven bits that choose the register
_COMING = "kind <> 'house' AND source <> 'feedback' AND log_offset > $after AND log_offset <= $upto"
_PAID = "^(cpc|ppc|cpm|cpa|cpv|paid.*|.*ads?|display|banner|retargeting|remarketing)$"


def coming_days_sql() -> str:
    """(day, rows) of what is to be counted."""
    return f"SELECT day, count(*) FROM events WHERE {_COMING} GROUP BY day ORDER BY day DESC"


def stage_events_sql() -> str:
    """The events of the piece from day $first to $last."""
    return f"""
CREATE OR REPLACE TEMP TABLE quality_events AS
SELECT source, CASE WHEN kind = 'track' THEN name ELSE kind END AS event, kind, (time_us // {HOUR_US})::INTEGER AS hour, day,
    event_key, props, received_us - time_us <= {LIVE_US} AS is_live
FROM events WHERE {_COMING} AND day BETWEEN $first AND $last
"""


def stage_ads_sql() -> str:
    """Page views that an advertisement brought: by what the address or the properties say of campaign parameters."""

    def told(name: str) -> str:
        return (
            f"nullif(coalesce(json_extract_string(props, '$.{name}'), "
            f"url_decode(replace(regexp_extract(address, '[?&]{name}=([^&#]*)', 1), '+', ' '))), '')"
        )

    return f"""
CREATE OR REPLACE TEMP TABLE quality_ads AS
WITH pages AS (
    SELECT source, hour, day, is_live, props,
        coalesce(json_extract_string(props, '$.url'), '') || coalesce(json_extract_string(props, '$.search'), '') AS address
    FROM quality_events WHERE kind IN ('page', 'screen') AND (contains(props, 'utm_') OR contains(props, 'clid'))
), told AS (
    SELECT source, hour, day, is_live, {told("utm_source")} AS platform, {told("utm_medium")} AS medium,
        coalesce({told("utm_term")}, {told("keyword")}) AS keyword,
        regexp_matches(address, '[?&](gclid|yclid|msclkid|wbraid|gbraid)=.') AS is_clicked
    FROM pages
)
SELECT source, 'utm:' || lower(left(platform, {VALUE_CHARS})) AS event, hour, day, is_live, keyword
FROM told WHERE platform IS NOT NULL AND (is_clicked OR regexp_matches(lower(coalesce(medium, '')), '{_PAID}'))
"""


def stage_values_sql() -> str:
    """The filled fields of the piece, equal values of an hour together: properties, traits, lines of orders, keywords."""
    lines = ", ".join(
        f"{{'field': 'lines.{name}', 'kind': '{kind}', 'value': {value}}}"
        for name, kind, value in (
            ("count", "number", "(len(lines) * 10000)::VARCHAR"),
            ("sku", "text", "CASE WHEN list_bool_and([l.sku <> '' FOR l IN lines]) THEN lines[1].sku END"),
            ("name", "text", "CASE WHEN list_bool_and([l.name <> '' FOR l IN lines]) THEN lines[1].name END"),
            ("category", "text", "CASE WHEN list_bool_and([l.category <> '' FOR l IN lines]) THEN lines[1].category END"),
            ("price", "number", "CASE WHEN list_bool_and([l.price_minor IS NOT NULL FOR l IN lines]) "
             "THEN (lines[1].price_minor * 100)::VARCHAR END"),
            ("quantity", "number", "CASE WHEN list_bool_and([l.quantity IS NOT NULL FOR l IN lines]) "
             "THEN lines[1].quantity::VARCHAR END"),
        )
    )  # fmt: skip
    return f"""
CREATE OR REPLACE TEMP TABLE quality_values AS
WITH found AS (
    SELECT p.source, p.event, p.hour, p.day, e.key AS field,
        CASE e.type WHEN 'VARCHAR' THEN 'text' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN '' ELSE 'number' END AS kind,
        CASE WHEN e.type = 'VARCHAR' THEN left(json_extract_string(e.atom, '$'), {VALUE_CHARS}) ELSE e.atom::VARCHAR END AS value,
        false AS is_invalid
    FROM quality_events p, json_each(p.props) e WHERE NOT starts_with(e.key, '~') AND p.props IS NOT NULL
    UNION ALL
    SELECT p.source, p.event, p.hour, p.day, a.name, a.kind,
        coalesce(left(a.text, {VALUE_CHARS}), a.number::VARCHAR, a.boolean::VARCHAR), coalesce(a.verdict = 'invalid', false)
    FROM attributes a JOIN quality_events p ON p.event_key = a.event_key AND p.day = a.day AND p.kind = 'identify'
    WHERE a.day BETWEEN $first AND $last AND a.precedence_us IS NULL
    UNION ALL
    SELECT source, event, hour, day, one.field, one.kind, one.value, false FROM (
        SELECT p.source, p.event, p.hour, p.day, unnest([{lines}]) AS one
        FROM order_events o JOIN quality_events p ON p.event_key = o.event_key AND p.day = o.day
        WHERE o.day BETWEEN $first AND $last AND o.lines IS NOT NULL AND o.verb IN ('completed', 'updated')
    )
    UNION ALL
    SELECT source, event, hour, day, 'keyword', 'text', left(keyword, {VALUE_CHARS}), false FROM quality_ads
)
SELECT source, event, hour, day, field,
    CASE WHEN kind = 'text' AND regexp_matches(value, '^\\d{{4}}-\\d{{2}}-\\d{{2}}') THEN 'date' ELSE kind END
        AS kind, value, is_invalid, count(*) AS n
FROM found WHERE value IS NOT NULL AND value <> '' AND kind <> '' AND field <> '' GROUP BY ALL
"""


def event_hours_sql() -> str:
    """(source, event, hour, day, seen, live) of events, and of advertisements."""
    return """
SELECT source, event, hour, day, count(*), count(*) FILTER (is_live) FROM quality_events GROUP BY ALL
UNION ALL
SELECT source, event, hour, day, count(*), count(*) FILTER (is_live) FROM quality_ads GROUP BY ALL
"""


def field_hours_sql() -> str:
    """(source, event, field, hour, day, kind, seen, valid): a value is valid where no check of contacts calls it invalid, and
    nothing is known of its field yet, or kind, range and list agree with `quality_known`."""
    return """
SELECT v.source, v.event, v.field, v.hour, v.day, v.kind, sum(v.n)::BIGINT,
    coalesce(sum(v.n) FILTER (NOT v.is_invalid AND (k.field IS NULL OR (v.kind = k.kind
        AND (k.low IS NULL OR try_cast(v.value AS BIGINT) BETWEEN k.low AND k.high)
        AND (k.listed IS NULL OR list_contains(k.listed, v.value))))), 0)::BIGINT
FROM quality_values v LEFT JOIN quality_known k ON k.source = v.source AND k.event = v.event AND k.field = v.field
GROUP BY ALL
"""


def spreads_sql() -> str:
    """(source, event, field, day, bin, n): numbers by half octaves (`#7`, below zero `#m7`, zero `#z`), dates by years
    (`@1990`), others by value (`=Kazan`); the rest together as `…`.

    A text that looks like an address, a number of a phone or of a card is never kept as a value.
    """
    half = "round(2 * log2(abs(try_cast(value AS DOUBLE)) / 10000))::INTEGER"
    return f"""
WITH binned AS (
    SELECT source, event, field, day, sum(n)::BIGINT AS n, CASE kind
        WHEN 'number' THEN CASE WHEN value = '0' THEN '#z' WHEN starts_with(value, '-') THEN '#m' || {half} ELSE '#' || {half} END
        WHEN 'date' THEN '@' || left(value, 4)
        WHEN 'text' THEN CASE WHEN contains(value, '@') OR regexp_matches(value, '\\d.?\\d.?\\d.?\\d.?\\d.?\\d.?\\d')
            THEN '…' ELSE '=' || value END
        ELSE '=' || value END AS bin
    FROM quality_values GROUP BY ALL
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY source, event, field, day ORDER BY n DESC, bin) AS place FROM binned
)
SELECT source, event, field, day,
    CASE WHEN bin[1] IN ('#', '@') OR (place <= {VALUES_MAX} AND n >= {VALUE_ROWS_MIN}) THEN bin ELSE '…' END AS bin,
    sum(n)::BIGINT
FROM ranked GROUP BY ALL
"""


def registers_sql() -> str:
    """(source, event, field, day, register, rank): the greatest rank of the hashes that fall into each register."""
    return f"""
SELECT source, event, field, day, (hash(value) % {REGISTERS})::INTEGER AS register,
    max(CASE WHEN hash(value) // {REGISTERS} = 0 THEN {_RANK_BITS + 1}
        ELSE {_RANK_BITS} - floor(log2((hash(value) // {REGISTERS})::DOUBLE))::INTEGER END)::INTEGER
FROM quality_values GROUP BY ALL
"""
