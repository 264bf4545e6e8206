"""The named queries of this room: rules over the warehouse, lifecycle stages. Every one is as of `at_us`.

A rule comes as `text` or as the stored `tree`; it is read here, where the words learned from data are at hand.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

import pyarrow as pa
from pyroaring import BitMap

from samovar import rules
from samovar.collect import groupings
from samovar.engine.warehouse.registry import Context, named
from samovar.engine.warehouse.schema import customers_sql
from samovar.rules.explanation import Explanation
from samovar.rules.lifecycle import STAGES
from samovar.rules.lowering import Lowering
from samovar.rules.sql import (
    DIALECTS,
    Moment,
    are_candidates_all,
    features_sql,
    operand_sql,
    people_sql,
    stage_candidates_sql,
    stages_sql,
    truths_sql,
)
from samovar.understand.learned import StoredSegments, WarehouseFacts, WarehouseWords
from samovar.understand.live import past, stored
from samovar.understand.overlaps import combinations
from samovar.understand.sql import membership_sql, suggestions_sql
from samovar.understand.sql import segments_sql as sql

PAGE_MAX = 1_000
Tree = dict[str, Any] | str


def catalogue(cursor: Any, context: Context) -> rules.Catalogue:
    """The workspace's words: built in, learned, and its segments."""
    return rules.builtin_catalogue(context.currency).with_learned(WarehouseWords(cursor)).with_segments(StoredSegments())


def _rule(text: str | None, tree: Tree | None, words: rules.Catalogue) -> rules.Rule:
    if tree is not None:
        return rules.from_json(tree)
    return rules.parse(text or "", words)


def _people(cursor: Any, context: Context, text: str | None, tree: Tree | None, at_us: int) -> str:
    words = catalogue(cursor, context)
    return people_sql(_rule(text, tree, words), words, Moment(at_us, context.zone))


@named("understand.rule")
def rule(cursor: Any, context: Context, /, *, text: str) -> pa.Table:
    """One row: canonical `text`, stored `tree` and `warnings` (both JSON) of a rule's text. Raises `RuleError`."""
    return read_rule(cursor, text, catalogue(cursor, context))


def read_rule(cursor: Any, text: str, words: rules.Catalogue) -> pa.Table:
    """The answer of `understand.rule` in the words of a catalogue. Raises `RuleError`."""
    found = rules.parse(text, words)
    warned = [asdict(warning) for warning in rules.warnings(found, words, WarehouseFacts(cursor))]
    return pa.table({
        "text": [rules.to_text(found)], "tree": [json.dumps(rules.to_json(found), ensure_ascii=False)],
        "warnings": [json.dumps(warned, ensure_ascii=False)],
    })  # fmt: skip


@named("understand.names")
def names(cursor: Any, context: Context, /, *, only_records: bool = False) -> pa.Table:
    """One row of what data taught, each as JSON: `traits` with kinds, `events`, `records` with whether they have a time. For
    traits and events it goes through all of them, for `only_records` it does not."""
    learned = WarehouseWords(cursor)
    found: dict[str, Any] = {"traits": {}, "events": [], "records": dict(learned.records())}
    if not only_records:
        found |= {"traits": dict(learned.traits()), "events": sorted(learned.events())}
    return pa.table({name: [json.dumps(value, ensure_ascii=False)] for name, value in found.items()})


@named("understand.fields")
def fields(cursor: Any, context: Context, /, *, event: str = "", record: str = "") -> pa.Table:
    """One row: `fields` with kinds, as JSON, of an event or of a type of records."""
    learned = WarehouseWords(cursor)
    found = learned.record_fields(record) if record else learned.event_fields(event)
    return pa.table({"fields": [json.dumps(dict(found), ensure_ascii=False)]})


@named("understand.values")
def values(cursor: Any, context: Context, /, *, field: str, collection: str = "", event: str = "", record: str = "") -> pa.Table:
    """`value` of texts that a trait has had, or a field of a collection, an event or a type of records: see `suggestions_sql`."""
    found = rules.builtin_catalogue(context.currency).collections.get(collection)
    declared = found.fields.get(field) if found is not None else None
    named = event or record or (found.event if found is not None else None)
    if declared is not None and declared.column is not None and found is not None:
        return cursor.sql(suggestions_sql.column_values_sql(found.table, declared.column)).to_arrow_table()
    if named:
        statement = suggestions_sql.property_values_sql(*(("records", "type") if record else ("events", "name")))
        return cursor.sql(statement, params={"name": named, "field": field}).to_arrow_table()
    return cursor.sql(suggestions_sql.trait_values_sql(), params={"field": field}).to_arrow_table()


@named("understand.missing")
def missing(cursor: Any, context: Context, /, *, texts: list[str]) -> pa.Table:
    """One row a rule's text: `missing`, JSON, the [code, name] of each word that no data bears out yet, declared or not."""
    words, facts = catalogue(cursor, context), WarehouseFacts(cursor)
    told = [json.dumps(_missing(text, words, facts), ensure_ascii=False) for text in texts]
    return pa.table({"missing": pa.array(told, pa.string())})


def _missing(text: str, words: rules.Catalogue, facts: WarehouseFacts) -> list[tuple[str, str]]:
    try:
        return [(one.code, one.name) for one in rules.warnings(rules.parse(text, words), words, facts)]
    except rules.RuleError as error:
        return [(error.code, error.values.get("name", ""))]


@named("understand.segment_count")
def segment_count(cursor: Any, context: Context, /, *, at_us: int, text: str | None = None, tree: Tree | None = None) -> pa.Table:
    """One row: `count` people in the rule `of` customers, and the `ms` it took. Raises `RuleError`."""
    began = time.perf_counter()
    people = _people(cursor, context, text, tree, at_us)
    [(count, of)] = cursor.execute(sql.count_sql(people), {"at": at_us}).fetchall()
    return pa.table({"count": [count], "of": [of], "ms": [round((time.perf_counter() - began) * 1000, 1)]})


@named("understand.customers")
def customers(cursor: Any, context: Context, /, *, at_us: int) -> pa.Table:
    """One row, `people`: how many customers there are at a moment."""
    return cursor.sql(f"SELECT count(*) AS people FROM people WHERE {customers_sql()}", params={"at": at_us}).to_arrow_table()


@named("understand.audience")
def audience(cursor: Any, context: Context, /, *, at_us: int, text: str | None = None, tree: Tree | None = None) -> pa.Table:
    """person_id of everybody in the rule, in order. Raises `RuleError`."""
    people = _people(cursor, context, text, tree, at_us)
    return cursor.sql(f"SELECT person_id FROM ({people}) ORDER BY person_id").to_arrow_table()


@named("understand.members")
def members(
    cursor: Any, context: Context, /, *, at_us: int, text: str | None = None, tree: Tree | None = None, after: int = 0,
    limit: int = 50,
) -> pa.Table:  # fmt: skip
    """A page of people by id after `after`: see `members_sql`. Raises `RuleError`."""
    statement = sql.members_sql(_people(cursor, context, text, tree, at_us))
    return cursor.sql(statement, params={"at": at_us, "after": after, "limit": min(limit, PAGE_MAX)}).to_arrow_table()


@named("understand.sample")
def sample(
    cursor: Any, context: Context, /, *, at_us: int, text: str | None = None, tree: Tree | None = None, limit: int = 5
) -> pa.Table:
    """Some people of the rule, the same for the same people: see `members_sql`. Raises `RuleError`."""
    statement = sql.sample_sql(_people(cursor, context, text, tree, at_us))
    return cursor.sql(statement, params={"at": at_us, "limit": min(limit, PAGE_MAX)}).to_arrow_table()


@named("understand.truths")
def truths(cursor: Any, context: Context, /, *, trees: list[Tree], person_id: int, at_us: int) -> pa.Table:
    """One row a tree: its `number` and whether it `holds` for a person. Raises `RuleError`."""
    found = [rules.from_json(tree) for tree in trees]
    statement = truths_sql(found, catalogue(cursor, context), Moment(at_us, context.zone), person_id=person_id)
    rows = cursor.execute(statement).fetchall()
    held = list(rows[0][1:]) if rows else [False] * len(trees)
    return pa.table({"number": list(range(len(trees))), "holds": pa.array(held, pa.bool_())})


@named("understand.sizes")
def sizes(cursor: Any, context: Context, /, *, trees: list[Tree], at_us: int) -> pa.Table:
    """One row a tree: its `number` and how many `people` were in it, null where the rule makes no sense here."""
    members = past.members_of(cursor, context.zone, trees, catalogue(cursor, context), at_us)
    people = [len(members[number]) if number in members else None for number in range(len(trees))]
    return pa.table({"number": list(range(len(trees))), "people": pa.array(people, pa.int64())})


@named("understand.explain")
def explain(
    cursor: Any, context: Context, /, *, person_id: int, at_us: int, text: str | None = None, tree: Tree | None = None
) -> pa.Table:
    """One row: whether a rule `holds` for a person, and `leaves`, JSON: value and `ok` of each test. Raises `RuleError`."""
    words, moment = catalogue(cursor, context), Moment(at_us, context.zone)
    rule = _rule(text, tree, words)
    rules.check_rule(rule, words)
    asked = Explanation(rule.condition, words, moment)
    rows = cursor.execute(features_sql(asked.reads, words, moment, who=person_id)).fetchall()
    nothing = [{"value": None, "ok": False} for _ in asked.leaves]
    if not rows:
        return pa.table({"holds": [False], "leaves": [json.dumps(nothing)]})
    holds, found = asked.answer(rows[0][1:])
    told = [{"value": one.value, "ok": one.is_ok} for one in found]
    return pa.table({"holds": [holds], "leaves": [json.dumps(told, ensure_ascii=False)]})


@named("understand.rule_sql")
def rule_sql(cursor: Any, context: Context, /, *, text: str, at_us: int, dialect: str) -> pa.Table:
    """One row: the `sql` that gives the person_id of everybody in the rule, in a dialect of `DIALECTS`. Raises `RuleError`."""
    words = catalogue(cursor, context)
    statement = people_sql(rules.parse(text, words), words, Moment(at_us, context.zone), dialect=DIALECTS[dialect])
    return pa.table({"sql": [statement]})


@named("understand.evaluated")
def evaluated(cursor: Any, context: Context, /, *, text: str, person_id: int, at_us: int) -> pa.Table:
    """One row: the `value` for a person, as JSON, of a rule (whether it holds) or of an operand. Raises `RuleError`."""
    words, moment = catalogue(cursor, context), Moment(at_us, context.zone)
    asked = rules.parse_question(text, words)
    value: int | float | str | None
    if isinstance(asked, rules.Rule):
        rows = cursor.execute(truths_sql([asked], words, moment, person_id=person_id)).fetchall()
        value = bool(rows and rows[0][1])
    else:
        rows = cursor.execute(operand_sql(asked, words, moment, person_id=person_id)).fetchall()
        value = Lowering(words, moment).told(asked).read(rows[0][0] if rows else None, moment)
    return pa.table({"value": [json.dumps(value, ensure_ascii=False)]})


@named("understand.stages")
def stages(cursor: Any, context: Context, /, *, at_us: int) -> pa.Table:
    """One row a stage, from the first to the last: `stage` and `people`."""
    found = dict(cursor.execute(sql.stage_counts_sql(stages_sql(Moment(at_us, context.zone)))).fetchall())
    return pa.table({"stage": list(STAGES), "people": [found.get(stage, 0) for stage in STAGES]})


@named("understand.stage_of")
def stage_of(cursor: Any, context: Context, /, *, person_id: int, at_us: int) -> pa.Table:
    """One row: the `stage` of a person, null for who is in none."""
    rows = cursor.execute(stages_sql(Moment(at_us, context.zone), who=person_id)).fetchall()
    return pa.table({"stage": pa.array([rows[0][1] if rows else None], pa.string())})


@named("understand.moves")
def moves(
    cursor: Any, context: Context, /, *, segment_id: int, way: bool | None = None, before: int = 2**62, limit: int = 50
) -> pa.Table:
    """A page of those who came into a segment and went out of it, the latest first, told before a number: see `moves_sql`."""
    params = {"segment": segment_id, "before": before, "limit": min(limit, PAGE_MAX)}
    return cursor.sql(membership_sql.moves_sql(way=way), params=params).to_arrow_table()


@named("understand.move")
def move(cursor: Any, context: Context, /, *, segment_id: int, number: int) -> pa.Table:
    """The move told under a number, see `moves_sql`, with `since_us`, when the person's truth was told before; else no row."""
    rows = cursor.sql(membership_sql.move_sql(), params={"segment": segment_id, "number": number}).to_arrow_table()
    if not rows.num_rows:
        return rows
    params = {"segment": segment_id, "number": number, "person": rows.column("person_id")[0].as_py()}
    [(since_us,)] = cursor.execute(membership_sql.last_before_sql(), params).fetchall()
    return rows.append_column("since_us", pa.array([since_us], pa.int64()))


@named("understand.move_days")
def move_days(cursor: Any, context: Context, /, *, segment_id: int, first_day: int) -> pa.Table:
    """How many people came into a segment and went out of it on each local day from one on: see `days_sql`."""
    return cursor.sql(membership_sql.days_sql(), params={"segment": segment_id, "first_day": first_day}).to_arrow_table()


@named("understand.overlap")
def overlap(cursor: Any, context: Context, /, *, segment_ids: list[int]) -> pa.Table:
    """One row a combination of some segments with anybody in it: `combination`, bit n for the nth of them, and `people`."""
    members = dict(stored.members(cursor, segment_ids))
    found = combinations([members.get(segment, BitMap()) for segment in segment_ids])
    return pa.table({"combination": pa.array(found.keys(), pa.int64()), "people": pa.array(found.values(), pa.int64())})


def _stage_people(stage: str, among: str, at_us: int, context: Context) -> str:
    """The people of one stage, for the list of customers. Raises KeyError for a stage there is not."""
    known = {name: name for name in STAGES}[stage]
    return f"SELECT person_id FROM ({stages_sql(Moment(at_us, context.zone), who=among or None)}) WHERE stage = '{known}'"


def _stage_likely(stage: str, among: str, at_us: int, context: Context) -> str:
    return stage_candidates_sql(stage, Moment(at_us, context.zone), who=among or None)


groupings.register(groupings.Grouping("stage", _stage_people, _stage_likely, are_candidates_all))
