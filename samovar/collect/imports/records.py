"""From judged rows of people, events, goods and linked records to the events of a sealed batch.

A message id is made of what the row says, so the same row is the same event in whatever file it comes again; equal rows of an
events file are told apart by their ordinal. What an earlier batch of the same source brought is left out. A record without a time
is of the moment of its import, and left out only if the source said the same of it last: it may become again what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from samovar.collect.imports import columns_sql as sql
from samovar.collect.imports.mapping import IDENTIFIERS, Mapping
from samovar.collect.imports.orders import instants_sql
from samovar.collect.imports.rows import Reading, bag_sql, came_sql
from samovar.collect.imports.staging import Staging

GOODS_EVENT = "Product Imported"
_NULL = "CAST(NULL AS VARCHAR)"


def build(staging: Staging, reading: Reading, have: set[str], sealed: Sequence[Path]) -> None:
    """Make `heads`: one row for each event to seal, in the columns of a sealed batch and with `seq`."""
    mapping = reading.mapping
    staging.run(f"CREATE TABLE timed AS {_timed_sql(reading, have)}")
    kinds = {"people": _people_sql, "events": _events_sql, "goods": _goods_sql, "records": _records_sql}
    parts = kinds[mapping.kind](mapping, have)
    staging.run(f"CREATE TABLE told AS {' UNION ALL '.join(parts)}")
    if sealed:
        is_of_now = mapping.kind == "records" and "time" not in have
        known = _LAST_SAID_SQL if is_of_now else "SELECT message_id FROM read_parquet(?, union_by_name = true)"
        staging.run(
            f"CREATE TABLE fresh AS SELECT * FROM told ANTI JOIN ({known}) AS known USING (message_id)",
            [[str(p) for p in sealed]],
        )
    else:
        staging.run("CREATE VIEW fresh AS SELECT * FROM told")
    staging.run(
        "CREATE TABLE heads AS SELECT *, row_number() OVER (ORDER BY time_us, line, type, message_id) AS seq "
        "FROM (SELECT DISTINCT ON (message_id) * FROM fresh ORDER BY message_id, line)"
    )


HEADS_SQL = f"""
    SELECT type, event, message_id, time_us, {", ".join(IDENTIFIERS)}, traits, properties, line FROM heads ORDER BY seq
"""


def _timed_sql(reading: Reading, have: set[str]) -> str:
    """Accepted rows with `instant_us`, the moment of the row, and `registered` as ISO text; a row without a time is of now."""
    moments = []
    for name, wall in (("time", "time_wall"), ("registered_at", "registered_at_wall")):
        if name not in have:
            moments += [f"CAST(NULL AS BIGINT) AS {name}_us", f"CAST(NULL AS BIGINT) AS {wall}"]
    extra = "".join(f", {moment}" for moment in moments)
    source = f"(SELECT *{extra} FROM judged WHERE reason IS NULL)"
    registered = "coalesce(rows.registered_at_us, rows.registered_at_wall - offsets.offset_us)"
    first = f"""(
        SELECT rows.*, {registered} AS registered_us
        FROM {source} AS rows ASOF LEFT JOIN offsets ON rows.registered_at_wall >= offsets.wall_us)"""
    return f"""
        SELECT * REPLACE (coalesce(instant_us, registered_us, {int(reading.at_us)}) AS instant_us),
               strftime(make_timestamp(registered_us), '%Y-%m-%dT%H:%M:%SZ') AS registered
        FROM ({instants_sql(first, "placed.*")})
    """


def _identifiers(table: str) -> list[str]:
    return [f"{table}.{kind}" for kind in IDENTIFIERS]


def _message_id(prefix: str, facts: list[str]) -> str:
    return f"'{prefix}:' || printf('%x', {sql.facts_sql(facts)})"


def _people_sql(mapping: Mapping, have: set[str]) -> Iterator[str]:
    """An Identify for each row, and a Consent Changed for each column that says yes or no.

    What came of a corrected address is no part of the message id: it stays that of the same facts of old.
    """
    columns = ", ".join(_identifiers("bagged"))
    moment = ["bagged.instant_us"] if "time" in have else []
    facts = [*_identifiers("bagged"), "bagged.traits", *moment]
    registered = "json_object('registered_at', timed.registered)" if "registered_at" in have else "'{}'"
    traits = f"nullif(CAST(json_merge_patch({registered}, coalesce({bag_sql(mapping, 'timed')}, '{{}}')) AS VARCHAR), '{{}}')"
    came = came_sql("bagged", have)
    patched = f"CAST(json_merge_patch({came}, coalesce(bagged.traits, '{{}}')) AS VARCHAR)"
    traits_and_came = f"nullif({patched}, '{{}}') AS traits" if came != "'{}'" else "bagged.traits"
    yield f"""
        SELECT 'identify' AS type, {_NULL} AS event, {_message_id("person", facts)} AS message_id, bagged.instant_us AS time_us,
               {columns}, {traits_and_came}, {_NULL} AS properties, bagged.line
        FROM (SELECT timed.*, {traits} AS traits FROM timed, words) AS bagged
    """
    for place, consent in enumerate(mapping.consents):
        given = f"list_contains(words.yes{place}, timed.consent{place})"
        properties = (
            f"json_object('channel', '{consent.channel}', 'address', timed.{consent.address}, 'purpose', words.purpose{place}, "
            f"'given', {given}, 'source', words.shown{place}, 'text_version', words.version{place})"
        )
        facts = [
            # A yes to SMS is not a yes to calls; of a channel called as its address is, ids stay as they were.
            *([f"'{consent.channel}'"] if consent.channel != consent.address else []),
            f"timed.{consent.address}",
            f"words.purpose{place}",
            given,
            f"words.version{place}",
            *(["timed.instant_us"] if moment else []),
        ]
        yield f"""
            SELECT 'track', 'Consent Changed', {_message_id("consent", facts)}, timed.instant_us,
                   {", ".join(_identifiers("timed"))},
                   {_NULL}, CAST({properties} AS VARCHAR), timed.line
            FROM timed, words WHERE timed.consent{place} IS NOT NULL AND timed.{consent.address} IS NOT NULL
        """


def _events_sql(mapping: Mapping, have: set[str]) -> Iterator[str]:
    """A Track for each row; equal rows stay apart."""
    facts = sql.facts_sql(["timed.event", "timed.instant_us", *_identifiers("timed"), bag_sql(mapping, "timed")])
    own = "numbered.message_id" if "message_id" in have else "NULL"
    yield f"""
        SELECT 'track' AS type, numbered.event, coalesce({own}, 'event:' || printf('%x', facts) || ':' || ordinal) AS message_id,
               numbered.instant_us AS time_us, {", ".join(_identifiers("numbered"))}, {_NULL} AS traits, bag AS properties,
               numbered.line
        FROM (SELECT *, row_number() OVER (PARTITION BY facts ORDER BY line) AS ordinal
              FROM (SELECT timed.*, {bag_sql(mapping, "timed")} AS bag, {facts} AS facts FROM timed, words)) AS numbered
    """


def _goods_sql(mapping: Mapping, have: set[str]) -> Iterator[str]:
    """What a shop sells, as an event of nobody."""
    named = [(f"'{name}'", f"timed.{name}") for name in ("sku", "name", "category", "brand", "currency") if name in have]
    if "price" in have:
        named.append(("'price'", "timed.price_d"))
    bag = sql.json_bag_sql(named)
    yield f"""
        SELECT 'track' AS type, '{GOODS_EVENT}' AS event, {_message_id("product", [bag])} AS message_id,
               timed.instant_us AS time_us,
               {", ".join(_identifiers("timed"))}, {_NULL} AS traits, {bag} AS properties, timed.line
        FROM timed
    """


def _records_sql(mapping: Mapping, have: set[str]) -> Iterator[str]:
    """A Record Updated for each record and moment, of the last row that tells of it then.

    A message id is `record:` the record, what is said of it, and when, so that `_LAST_SAID_SQL` can read them from it.
    """
    record = sql.facts_sql(["timed.record_type", "timed.record_id"])
    own = "json_object('type', timed.record_type, 'id', timed.record_id)"
    bag = bag_sql(mapping, "timed")
    said = sql.facts_sql([*_identifiers("timed"), bag])
    yield f"""
        SELECT 'track' AS type, 'Record Updated' AS event, printf('record:%x:%x:%x', {record}, {said}, instant_us) AS message_id,
               instant_us AS time_us, {", ".join(_identifiers("timed"))}, {_NULL} AS traits,
               CAST(json_merge_patch(coalesce({bag}, '{{}}'), {own}) AS VARCHAR) AS properties, timed.line
        FROM timed, words
        QUALIFY row_number() OVER (PARTITION BY timed.record_type, timed.record_id, instant_us ORDER BY timed.line DESC) = 1
    """


# The messages that say of their record what was sealed last of it.
_LAST_SAID_SQL = """
    SELECT told.message_id FROM told JOIN (
        SELECT split_part(message_id, ':', 2) AS record, arg_max(split_part(message_id, ':', 3), time_us) AS said
        FROM read_parquet(?, union_by_name = true) WHERE event = 'Record Updated' GROUP BY ALL
    ) AS last ON split_part(told.message_id, ':', 2) = last.record AND split_part(told.message_id, ':', 3) = last.said
"""
