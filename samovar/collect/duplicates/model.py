"""The model of one run: what a base teaches it, and the pairs it finds. Fellegi and Sunter 1969, by splink.

1. `people.prepare` makes names, addresses and contacts comparable and says whose each contact is.
2. `blocking.block` names the candidates, without those who are evidently two people (`guards.py`).
3. How often strangers agree (u) is learned from a seeded sample, how often a person agrees with herself (m) by expectation
   maximisation over two kinds of candidates; what is learned stays within sight of the shipped figures (`comparisons.py`), and a
   base too small for it keeps them.
4. Each candidate gets a probability and its reasons: the level of each field and its weight in bits.

Deterministic: the same records and seed give the same pairs. All of it happens in a DuckDB of its own with a limit of memory.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker
from splink.internals.misc import ascii_uid

from samovar.collect.duplicates import blocking, comparisons, people

SEED = 1
LEARNING_PEOPLE_MIN = 500  # with fewer the shipped figures are better than what can be learned
FREQUENCY_PEOPLE = 100
LEARNING_PAIRS_MIN = 50
LEARNING_PAIRS_MAX = 400_000
SAMPLED_PAIRS = 1_000_000
PRIOR_PER_PERSON = 0.05  # pairs that are one person, by people, where nothing says it better
PRIOR_PEOPLE = 25  # so many people of whom nothing is known speak for it beside those of the base
PRIOR_PER_PERSON_MIN, PRIOR_PER_PERSON_MAX = 0.005, 5.0
SURE_SHARE = 0.6  # of pairs that are one person, found by the sure rules
MEMORY_LIMIT = "4GB"
# Candidates that EM learns from: each kind says nothing of the fields that it is made by, the other does. Those who live together
# are no such kind: it would learn what a family is, not what a person is.
_TEACHERS = ("l.last_key = r.last_key AND l.first_key = r.first_key", "l.birthday = r.birthday")
LEARNED_TIMES_MAX = 5.0  # how many times more or less than shipped a learned m may be
_SURE_SQL = """
    SELECT count(*) FROM pairs p JOIN people l ON l.unique_id = p.join_key_l JOIN people r ON r.unique_id = p.join_key_r
    WHERE (l.first_key = r.first_key AND l.last_key = r.last_key AND (l.birthday = r.birthday OR l.street_key = r.street_key))
       OR list_has_any(l.documents, r.documents) OR list_has_any(l.emails, r.emails)
"""


Frequencies = dict[tuple[str, str], float]  # m of (field, level)


@dataclass(frozen=True)
class Asked:
    """How to look: `least` is the probability from which a pair is told; limits of people by contact and by block."""

    least: float
    owners_max: int = 6
    own_contacts: Collection[str] = ()
    seed: int = SEED
    block_people_max: int = blocking.BLOCK_PEOPLE_MAX
    memory_limit: str = MEMORY_LIMIT
    threads: int = 2


@dataclass(frozen=True)
class Found:
    """The pairs of one run, as a table: one, other (the lesser and the greater id), probability, and for each field its level
    (`level_<field>`) and weight in bits (`weight_<field>`). `fields` are those that the base has; `is_learned` by EM."""

    pairs: pa.Table
    people: int
    candidates: int
    fields: tuple[str, ...]
    is_learned: bool


def find(known: pa.Table, asked: Asked, *, spill: Path) -> Found:
    """Find the pairs among people (`people.KNOWN`) that are one with at least the probability asked; `spill` is for what does
    not fit the memory."""
    connection = duckdb.connect(":memory:", config={
        "memory_limit": asked.memory_limit, "temp_directory": str(spill), "threads": asked.threads,
        "preserve_insertion_order": "true", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
    })  # fmt: skip
    try:
        return _find(connection, known, asked)
    finally:
        connection.close()


def _find(connection: Any, known: pa.Table, asked: Asked) -> Found:
    people.prepare(connection, known, owners_max=asked.owners_max, own_contacts=asked.own_contacts)
    candidates = blocking.block(connection, block_people_max=asked.block_people_max)
    fields = _fields(connection)
    if not candidates or not fields:
        return Found(_no_pairs(fields), known.num_rows, candidates, fields, False)
    settings = _settings(fields, _prior(connection, known.num_rows), known.num_rows)
    learned = _learned(connection, settings, known.num_rows, asked.seed)
    linker = _linker(connection, learned or settings)
    _tell_frequencies(connection, linker, fields)
    linker.table_management.register_blocked_pairs_for_predict(
        linker._db_api.register("pairs", dataset_display_name="candidates")
    )
    scored = linker.inference.predict(threshold_match_probability=asked.least, warning_mode="never")
    told = connection.sql(_told_sql(scored.physical_name, fields)).to_arrow_table()
    return Found(told, known.num_rows, candidates, fields, learned is not None)


def _fields(connection: Any) -> tuple[str, ...]:
    """The fields that somebody has."""
    counted = connection.sql(
        "SELECT " + ", ".join(f"count({column})" for one in comparisons.FIELDS for column in one.columns) + " FROM people"
    ).fetchall()[0]
    return tuple(one.name for one, count in zip(comparisons.FIELDS, counted, strict=True) if count)


def _settings(fields: tuple[str, ...], prior: float, size: int) -> dict[str, Any]:
    """The model as it is shipped, for the fields that a base has."""
    return {
        "link_type": "dedupe_only",
        "comparisons": [comparisons.as_splink(comparisons.BY_NAME[name], size=size) for name in fields],
        "blocking_rules_to_generate_predictions": [],
        "probability_two_random_records_match": prior,
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": True,
        "max_iterations": 10,
    }


def _linker(connection: Any, settings: dict[str, Any]) -> Linker:
    logging.getLogger("splink").setLevel(logging.ERROR)
    told = DuckDBAPI(connection).register("people", dataset_display_name=f"people_{ascii_uid(8)}")
    return Linker(told, settings, log_level=None, validate_settings=False)


def _prior(connection: Any, size: int) -> float:
    """How likely two people taken at random are one: by the pairs that are surely one, within sensible bounds."""
    sure = int(connection.sql(_SURE_SQL).fetchall()[0][0]) / SURE_SHARE
    per_person = (sure + PRIOR_PEOPLE * PRIOR_PER_PERSON) / (size + PRIOR_PEOPLE)
    bounded = min(max(per_person, PRIOR_PER_PERSON_MIN), PRIOR_PER_PERSON_MAX)
    return min(bounded * 2 / max(size - 1, 20), 0.1)


def _learned(connection: Any, settings: dict[str, Any], size: int, seed: int) -> dict[str, Any] | None:
    """The settings with u learned by sampling and m by EM; None where there is too little to learn from."""
    teachers = [rule for rule in _TEACHERS if _taught(connection, rule) >= LEARNING_PAIRS_MIN]
    if size < LEARNING_PEOPLE_MIN or not teachers:
        return None
    linker = _linker(connection, settings)
    threads = connection.sql("SELECT current_setting('threads')").fetchall()[0][0]
    connection.execute("SET threads = 1")  # a seeded sample is the same again only when one thread draws it
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=seed, num_chunks=1)
    connection.execute(f"SET threads = {threads}")
    sampled = linker.misc.save_model_to_json()
    return _bounded(sampled, [taught for rule in teachers if (taught := _taught_by(connection, sampled, rule))], size)


def _taught_by(connection: Any, settings: dict[str, Any], rule: str) -> Frequencies:
    """The m of each level by EM over the pairs of one rule, for the fields that the rule says nothing of; none where it fails."""
    linker = _linker(connection, settings)
    try:
        session = linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True, max_pairs=LEARNING_PAIRS_MAX
        )
    except ValueError:  # a level that no pair has any more falls below what a float holds: this rule teaches nothing
        return {}
    blind = {one.output_column_name for one in session._comparisons_that_cannot_be_estimated}
    return {
        (comparison["output_column_name"], level["label_for_charts"]): level["m_probability"]
        for comparison in linker.misc.save_model_to_json()["comparisons"]
        for level in comparison["comparison_levels"]
        if comparison["output_column_name"] not in blind and "m_probability" in level
    }


def _bounded(settings: dict[str, Any], taught: list[Frequencies], size: int) -> dict[str, Any]:
    """The settings with the mean of what was taught, each m within sight of the shipped one: of odd data a field must not learn
    to say the opposite."""
    for comparison in settings["comparisons"]:
        name = comparison["output_column_name"]
        levels = [one for one in comparison["comparison_levels"] if not one.get("is_null_level")]
        for level, shipped in zip(levels, comparisons.BY_NAME[name].levels, strict=True):
            if shipped.shared or "u_probability" not in level:
                level["u_probability"] = shipped.u_among(size)
            told = [one[name, shipped.name] for one in taught if (name, shipped.name) in one]
            m = sum(told) / len(told) if told and not shipped.is_fixed else shipped.m
            level["m_probability"] = min(max(m, shipped.m / LEARNED_TIMES_MAX), shipped.m * LEARNED_TIMES_MAX, 0.99)
        comparisons.put_in_order(comparisons.BY_NAME[name], levels)
    return settings


def _tell_frequencies(connection: Any, linker: Linker, fields: tuple[str, ...]) -> None:
    """How often each value occurs, for splink.

    In a small base a value that two of ninety bear is not one that every forty-fifth in the world does: `FREQUENCY_PEOPLE` of
    whom nothing is known stand beside those of the base and bear each value as often as strangers agree by the shipped figure.
    """
    for name in fields:
        for level in comparisons.BY_NAME[name].levels:
            if column := level.frequency:
                beside = FREQUENCY_PEOPLE * level.u
                told = connection.sql(
                    f"SELECT {column}, (count(*) + {beside}) / (sum(count(*)) OVER () + {FREQUENCY_PEOPLE}) AS tf_{column} "
                    f"FROM people WHERE {column} IS NOT NULL GROUP BY {column}"
                ).to_arrow_table()
                table = linker._db_api.register(told, dataset_display_name=f"{column}_{ascii_uid(8)}")
                linker.table_management.register_term_frequency_lookup(table, column)


def _taught(connection: Any, rule: str) -> int:
    return int(
        connection.sql(
            f"SELECT count(*) FROM pairs p JOIN people l ON l.unique_id = p.join_key_l "
            f"JOIN people r ON r.unique_id = p.join_key_r WHERE {rule}"
        ).fetchall()[0][0]
    )


def _told_sql(scored: str, fields: tuple[str, ...]) -> str:
    """The pairs found, the likeliest first; a weight has what the frequency of a value adds."""
    columns = []
    for name in fields:
        counts = any(level.frequency for level in comparisons.BY_NAME[name].levels)
        frequency = f" + mw_tf_adj_{name}" if counts else ""
        columns += [f"gamma_{name} AS level_{name}", f"round(mw_{name}{frequency}, 1) AS weight_{name}"]
    return (
        "SELECT least(unique_id_l, unique_id_r) AS one, greatest(unique_id_l, unique_id_r) AS other, "
        f"match_probability AS probability, {', '.join(columns)} FROM {scored} ORDER BY probability DESC, one, other"
    )


def _no_pairs(fields: tuple[str, ...]) -> pa.Table:
    columns = [("one", pa.int64()), ("other", pa.int64()), ("probability", pa.float64())]
    for name in fields:
        columns += [(f"level_{name}", pa.int64()), (f"weight_{name}", pa.float64())]
    return pa.schema(columns).empty_table()
