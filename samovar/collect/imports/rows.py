"""Every row judged: its cells as typed values, and the first reason to refuse it, if there is one.

Steps: `prepare` puts the mapping's words and the zone's offsets beside the raw rows and normalises identifiers in Python;
`judge` makes the table `judged` in one query. Rows with a reason go to quarantine, the others become events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pyarrow as pa

from samovar.collect.identifiers import normalise
from samovar.collect.imports import columns_sql as sql
from samovar.collect.imports.mapping import BAGS, IDENTIFIERS, REQUIRED, Mapping, find_columns
from samovar.collect.imports.staging import Staging
from samovar.collect.records.told import ID_CHARS_MAX, TYPE_CHARS_MAX
from samovar.kit.clock import MINUTE_US, Zone
from samovar.kit.numbers import minor_per_major

AHEAD_US_MAX = 5 * MINUTE_US
BLANKS = " \t\r\n\xa0\ufeff"
TEXT_FIELDS = (
    "order_id", "status", "sku", "name", "category", "brand", "currency", "channel", "event", "message_id", "record_type",
    "record_id",
)  # fmt: skip
NUMBER_FIELDS = ("price", "quantity", "amount", "total")
TIME_FIELDS = ("time", "registered_at")
CORRECTED = ("email", "phone")  # what came of them is a trait beside the identifier
# A line's amount stays far below int64, so that a sum of thousands of lines fits.
MINOR_MAX = 10**15
QUANTITY_MAX = 10**12
TEXT_CHARS_MAX = 1_000
_CHARS_MAX = {"record_type": TYPE_CHARS_MAX, "record_id": ID_CHARS_MAX}


@dataclass(frozen=True)
class Reading:
    """What judging depends on beside the file: the mapping, the workspace's zone and currency, the moment of import."""

    mapping: Mapping
    zone: Zone
    currency: str
    at_us: int


def scale_of(reading: Reading) -> int:
    """Decimal places of the file's currency: of its constant, else of the workspace's. A currency column uses the same."""
    per_major = minor_per_major(reading.mapping.constants.get("currency", reading.currency).upper())
    return len(str(per_major)) - 1


def prepare(staging: Staging, reading: Reading) -> dict[str, str]:
    """Put words, offsets and identifiers beside the raw rows; target → the expression of its text. Raises `BadMapping`."""
    mapping = reading.mapping
    places = find_columns(mapping, staging.header)
    texts = {target: sql.text_sql(f"raw.c{places[column]}") for target, column in mapping.sources_of().items()}
    words: list[tuple[str, str, object]] = [
        ("blanks", "VARCHAR", BLANKS),
        ("nothing", "VARCHAR[]", ["", *mapping.empty]),
        ("completed", "VARCHAR[]", list(mapping.statuses.completed)),
        ("cancelled", "VARCHAR[]", list(mapping.statuses.cancelled)),
        ("refunded", "VARCHAR[]", list(mapping.statuses.refunded)),
        ("refund_prefix", "VARCHAR", mapping.refund_prefix),
        ("source", "VARCHAR", mapping.source),
    ]
    for place, (target, value) in enumerate(mapping.constants.items()):
        words.append((f"k{place}", "VARCHAR", value))
        texts[target] = f"words.k{place}"
    for place, target in enumerate(mapping.bag_names()):
        words.append((f"n{place}", "VARCHAR", target.removeprefix(BAGS[mapping.kind])))
    for place, refused in enumerate(mapping.refused_orders):
        words += [(f"p{place}", "VARCHAR", refused.order_id_prefix), (f"r{place}", "VARCHAR", refused.reason)]
    for place, consent in enumerate(mapping.consents):
        words += [
            (f"yes{place}", "VARCHAR[]", list(consent.given)), (f"no{place}", "VARCHAR[]", list(consent.refused)),
            (f"purpose{place}", "VARCHAR", consent.purpose), (f"shown{place}", "VARCHAR", consent.source),
            (f"version{place}", "VARCHAR", consent.text_version),
        ]  # fmt: skip
        texts[f"consent{place}"] = sql.text_sql(f"raw.c{places[consent.column]}")
    columns = ", ".join(f"CAST(? AS {kind}) AS {name}" for name, kind, _value in words)
    staging.run(f"CREATE TABLE words AS SELECT {columns}", [value for _name, _kind, value in words])
    walls, offsets = reading.zone.wall_periods()
    staging.run("CREATE TABLE offsets(wall_us BIGINT, offset_us BIGINT)")
    staging.insert("offsets", pa.table({"wall_us": walls, "offset_us": offsets}))
    for kind in IDENTIFIERS:
        if kind in texts:
            _identities(staging, kind, texts[kind], mapping.region)
    return texts


def _identities(staging: Staging, kind: str, text: str, region: str) -> None:
    """The table `ids_<kind>`: each different text, its normal form, and whether it is a wrong one rather than none."""
    staging.run(f"CREATE TABLE ids_{kind}(text VARCHAR, value VARCHAR, is_bad BOOLEAN)")
    query = f"SELECT DISTINCT {text} AS text FROM raw, words WHERE {text} IS NOT NULL"
    for batch in staging.batches(query, 50_000):
        texts = batch.column(0).to_pylist()
        values = [normalise(kind, each, region) for each in texts]
        # A word for nobody (“guest”, “0”) is no identifier of any kind; any other text refused is a mistake to show.
        bad = [
            value is None and (normalise("user_id", each) is not None or len(each) > 20)
            for each, value in zip(texts, values, strict=True)
        ]
        staging.insert(f"ids_{kind}", pa.table({"text": texts, "value": pa.array(values, pa.string()), "is_bad": bad}))


def judge(staging: Staging, reading: Reading, texts: dict[str, str]) -> None:
    """Make the table `judged`: typed cells of every raw row, `reason` and `field` of the first fault, else null."""
    mapping = reading.mapping
    bags = mapping.bag_names()
    alias = {target: f"bag{bags.index(target)}" if target in bags else target for target in texts}
    nul = " OR ".join(f"contains(raw.c{place}, chr(0))" for place in range(len(staging.header)))
    named = ", ".join(f"{expression} AS {alias[target]}" for target, expression in texts.items())
    faults = [*_faults(reading, set(texts), alias)]
    whens = " ".join(f"WHEN {test} THEN {{'reason': {reason}, 'field': '{field}'}}" for test, reason, field in faults)
    joins = " ".join(f"LEFT JOIN ids_{kind} ON typed.{kind} = ids_{kind}.text" for kind in IDENTIFIERS if kind in texts)
    typed = ", ".join(["texts.*", *_typed(reading, set(texts), alias)])
    kept = ", ".join(
        ["typed.* EXCLUDE (" + ", ".join(["has_nul", *(kind for kind in IDENTIFIERS if kind in texts)]) + ")"]
        + [f"ids_{kind}.value AS {kind}" if kind in texts else f"CAST(NULL AS VARCHAR) AS {kind}" for kind in IDENTIFIERS]
        + [f"CASE WHEN typed.{kind} <> ids_{kind}.value THEN typed.{kind} END AS {kind}_came" for kind in _came(mapping, texts)]
    )
    staging.run(f"""
        CREATE TABLE judged AS
        WITH texts AS (SELECT raw.line, {nul} AS has_nul, {named} FROM raw, words),
             typed AS (SELECT {typed} FROM texts),
             faulted AS (SELECT {kept}, CASE {whens} END AS fault FROM typed {joins}, words)
        SELECT * EXCLUDE (fault), fault.reason AS reason, fault.field AS field FROM faulted
    """)


def _came(mapping: Mapping, texts: Collection[str]) -> list[str]:
    """The addresses of people whose text is kept beside where it was corrected."""
    return [kind for kind in CORRECTED if kind in texts and mapping.kind == "people"]


def came_sql(table: str, have: Collection[str]) -> str:
    """Addresses of a row of people as they came, where they were corrected, as a JSON object."""
    pairs = [(f"'{kind}'", f"{table}.{kind}_came") for kind in CORRECTED if kind in have]
    return f"coalesce({sql.json_bag_sql(pairs)}, '{{}}')" if pairs else "'{}'"


def _typed(reading: Reading, have: set[str], alias: dict[str, str]) -> Iterator[str]:
    """Typed columns beside the texts: `<name>_d` decimals, `<name>_wall` and `<name>_us` moments, the verb of an order row."""
    mapping = reading.mapping
    for name in NUMBER_FIELDS:
        if name in have:
            yield f"{sql.number_sql(f'texts.{name}', mapping.numbers)} AS {name}_d"
    for name in TIME_FIELDS:
        if name in have:
            yield f"{sql.wall_sql(f'texts.{name}', mapping.times)} AS {name}_wall"
            yield f"{sql.instant_sql(f'texts.{name}', mapping.times)} AS {name}_us"
    for target in mapping.bag_names():
        kind, column = mapping.types.get(target, "text"), alias[target]
        if kind == "number":
            yield f"{sql.number_sql(f'texts.{column}', mapping.numbers)} AS {column}_d"
        elif kind in ("date", "time"):
            yield f"{sql.wall_sql(f'texts.{column}', mapping.times)} AS {column}_wall"
            yield f"{sql.instant_sql(f'texts.{column}', mapping.times)} AS {column}_us"


def _faults(reading: Reading, have: set[str], alias: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """(condition, reason expression, field) in the order in which faults are told."""
    mapping = reading.mapping
    yield "typed.has_nul", "'nul_byte'", ""
    yield from _missing(mapping, have)
    for place, _refused in enumerate(mapping.refused_orders):
        yield f"starts_with(typed.order_id, words.p{place})", f"words.r{place}", "order_id"
    for name in TEXT_FIELDS:
        if name in have:
            yield f"length(typed.{name}) > {_CHARS_MAX.get(name, TEXT_CHARS_MAX)}", "'text_too_long'", name
    for name in TIME_FIELDS:
        if name in have:
            yield from _time_faults(reading, name, f"typed.{name}")
    for name in NUMBER_FIELDS:
        if name in have:
            yield f"typed.{name} IS NOT NULL AND typed.{name}_d IS NULL", "'bad_number'", name
    for target in mapping.bag_names():
        yield from _bag_faults(mapping, target, alias[target])
    for kind in IDENTIFIERS:
        if kind in have:
            yield f"ids_{kind}.is_bad", f"'bad_{kind}'", kind
    if mapping.kind in ("people", "events", "records"):
        known = " AND ".join(f"ids_{kind}.value IS NULL" for kind in IDENTIFIERS if kind in have) or "true"
        yield known, "'no_identifier'", ""
    for place, _consent in enumerate(mapping.consents):
        words = f"list_contains(words.yes{place}, typed.consent{place}) OR list_contains(words.no{place}, typed.consent{place})"
        yield f"typed.consent{place} IS NOT NULL AND NOT ({words})", "'bad_consent'", f"consent{place}"
    if mapping.kind == "orders":
        yield from _order_faults(mapping, have)


def _missing(mapping: Mapping, have: set[str]) -> Iterator[tuple[str, str, str]]:
    for name in REQUIRED[mapping.kind]:
        if name in have:
            yield f"typed.{name} IS NULL", f"'missing_{name}'", name


def _time_faults(reading: Reading, name: str, text: str) -> Iterator[tuple[str, str, str]]:
    wall, instant = f"typed.{name}_wall", f"typed.{name}_us"
    latest = reading.at_us + AHEAD_US_MAX
    yield f"{text} IS NOT NULL AND {wall} IS NULL AND {instant} IS NULL", "'bad_time'", name
    yield f"NOT ({sql.in_range_sql(f'coalesce({wall}, {instant})')})", "'bad_time'", name
    yield f"{wall} > {latest + reading.zone.offset_us(latest)} OR {instant} > {latest}", "'time_ahead'", name


def _bag_faults(mapping: Mapping, target: str, column: str) -> Iterator[tuple[str, str, str]]:
    kind = mapping.types.get(target, "text")
    if kind == "number":
        yield f"typed.{column} IS NOT NULL AND (typed.{column}_d IS NULL OR abs(typed.{column}_d) > 1e14)", "'bad_number'", column
    elif kind == "boolean":
        yield f"typed.{column} IS NOT NULL AND lower(typed.{column}) NOT IN {_BOOLEANS}", "'bad_boolean'", column
    elif kind in ("date", "time"):
        yield f"typed.{column} IS NOT NULL AND typed.{column}_wall IS NULL AND typed.{column}_us IS NULL", "'bad_time'", column


_TRUE = ("true", "t", "yes", "y", "1", "да", "истина")
_FALSE = ("false", "f", "no", "n", "0", "нет", "ложь")
_BOOLEANS = str((*_TRUE, *_FALSE))


def _order_faults(mapping: Mapping, have: set[str]) -> Iterator[tuple[str, str, str]]:
    if "status" in have:
        words = "list_concat(words.completed, words.cancelled, words.refunded)"
        yield f"typed.status IS NULL OR NOT list_contains({words}, typed.status)", "'bad_status'", "status"
    verb = verb_sql(mapping, "typed", have)
    if "price" in have:
        if "amount" not in have and "total" not in have:
            yield "typed.price_d IS NULL", "'missing_price'", "price"
        yield "typed.price_d <= 0", "'price_not_positive'", "price"
        yield f"typed.price_d > {MINOR_MAX}", "'number_too_large'", "price"
    if "quantity" in have:
        yield f"typed.quantity_d = 0 OR (typed.quantity_d < 0 AND {verb} <> 'refunded')", "'quantity_not_positive'", "quantity"
        yield f"abs(typed.quantity_d) > {QUANTITY_MAX}", "'number_too_large'", "quantity"
    if "price" in have and "quantity" in have and "amount" not in have:
        yield (
            f"CAST(typed.price_d AS DOUBLE) * abs(CAST(typed.quantity_d AS DOUBLE)) > {MINOR_MAX // 1000}",
            "'number_too_large'",
            "quantity",
        )
    for name in ("amount", "total"):
        if name in have:
            yield f"typed.{name}_d < 0 AND {verb} <> 'refunded'", "'amount_negative'", name
            yield f"abs(typed.{name}_d) > {MINOR_MAX // 1000}", "'number_too_large'", name
    if mapping.rows == "order" and not mapping.statuses.cancelled:
        amount = " AND ".join(f"typed.{name}_d IS NULL" for name in ("total", "amount") if name in have)
        yield amount, "'missing_total'", "total"


def verb_sql(mapping: Mapping, table: str, have: set[str]) -> str:
    """What a row says of its order: completed, cancelled or refunded."""
    cases = []
    if mapping.refund_prefix:
        cases.append(f"WHEN starts_with({table}.order_id, words.refund_prefix) THEN 'refunded'")
    if "status" in have:
        cases.append(f"WHEN list_contains(words.cancelled, {table}.status) THEN 'cancelled'")
        cases.append(f"WHEN list_contains(words.refunded, {table}.status) THEN 'refunded'")
    return f"CASE {' '.join(cases)} ELSE 'completed' END" if cases else "'completed'"


def bag_sql(mapping: Mapping, table: str) -> str:
    """Traits, properties or fields of a row as a JSON object."""
    pairs = []
    for place, target in enumerate(mapping.bag_names()):
        column = f"{table}.bag{place}"
        value = {
            "text": column,
            "number": f"{column}_d",
            "boolean": f"CASE WHEN {column} IS NOT NULL THEN lower({column}) IN {_TRUE} END",
            "date": f"strftime(make_timestamp(coalesce({column}_wall, {column}_us)), '%Y-%m-%d')",
            "time": (
                f"coalesce(strftime(make_timestamp({column}_us), '%Y-%m-%dT%H:%M:%SZ'), "
                f"strftime(make_timestamp({column}_wall), '%Y-%m-%dT%H:%M:%S'))"
            ),
        }[mapping.types.get(target, "text")]
        pairs.append((f"words.n{place}", value))
    return sql.json_bag_sql(pairs) if pairs else "CAST(NULL AS VARCHAR)"
