"""The named queries of reports: an answer, and the people behind one of its cells. Every one is as of `at_us`."""

from __future__ import annotations

import json
import time
from typing import Any

import pyarrow as pa

from samovar import rules
from samovar.engine.warehouse.registry import Context, named
from samovar.measure.reports.answers import report
from samovar.measure.reports.question import Question
from samovar.measure.reports.report import Report, check
from samovar.understand.sql.segments_sql import members_sql

PAGE_MAX = 1_000


def _asked(cursor: Any, context: Context, name: str, params: dict[str, str], at_us: int) -> tuple[Report, Question]:
    found = report(name)
    check(found, params)
    return found, Question(cursor, context, at_us, params)


@named("measure.report")
def answer(cursor: Any, context: Context, /, *, name: str, params: dict[str, str], at_us: int) -> pa.Table:
    """One row, `answer`: the JSON of columns (name, kind), rows, cells, and the `ms` it took. Raises as `Report.answer` does."""
    began = time.perf_counter()
    found, asked = _asked(cursor, context, name, params, at_us)
    told = found.answer(asked)
    took = round((time.perf_counter() - began) * 1000, 1)
    columns = [[column.name, column.kind] for column in told.columns]
    whole = {"columns": columns, "rows": told.rows, "cells": told.cells, "ms": took}
    return pa.table({"answer": [json.dumps(whole, ensure_ascii=False)]})


@named("measure.report_rule")
def rule(cursor: Any, context: Context, /, *, name: str, params: dict[str, str], at_us: int, cell: dict[str, str]) -> pa.Table:
    """One row: the canonical `rule` of the people behind a cell and its stored `tree` (JSON), both null where none can say it."""
    found, asked = _asked(cursor, context, name, params, at_us)
    text = found.rule(asked, cell)
    told = None if text is None else asked.rule(text)
    tree = None if told is None else json.dumps(rules.to_json(rules.parse(told, asked.words)), ensure_ascii=False)
    return pa.table({"rule": pa.array([told], pa.string()), "tree": pa.array([tree], pa.string())})


@named("measure.report_people")
def people(cursor: Any, context: Context, /, *, name: str, params: dict[str, str], at_us: int, cell: dict[str, str]) -> pa.Table:
    """person_id of the people behind a cell, in order."""
    found, asked = _asked(cursor, context, name, params, at_us)
    rows = asked.fetch(f"SELECT person_id FROM ({found.people(asked, cell)}) ORDER BY person_id")
    return pa.table({"person_id": pa.array([person for (person,) in rows], pa.int64())})


@named("measure.report_count")
def count(cursor: Any, context: Context, /, *, name: str, params: dict[str, str], at_us: int, cell: dict[str, str]) -> pa.Table:
    """One row: how many `people` stand behind a cell."""
    found, asked = _asked(cursor, context, name, params, at_us)
    [(people,)] = asked.fetch(f"SELECT count(*) FROM ({found.people(asked, cell)})")
    return pa.table({"people": pa.array([people], pa.int64())})


@named("measure.report_page")
def page(
    cursor: Any, context: Context, /, *, name: str, params: dict[str, str], at_us: int, cell: dict[str, str], after: int = 0,
    limit: int = 50,
) -> pa.Table:  # fmt: skip
    """A page of the people behind a cell by id after `after`: see `members_sql`."""
    found, asked = _asked(cursor, context, name, params, at_us)
    statement = members_sql(found.people(asked, cell))
    return cursor.sql(statement, params={"at": at_us, "after": after, "limit": min(limit, PAGE_MAX)}).to_arrow_table()
