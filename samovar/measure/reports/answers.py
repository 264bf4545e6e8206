"""Asking a report from anywhere: what a screen, the REST API, a file and the command line all show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import Zone
from samovar.kit.errors import NotFound
from samovar.measure.reports import REPORTS
from samovar.measure.reports.report import BadParameter, Cell, Column, Report, check


@dataclass(frozen=True)
class Found:
    """A report's answer as of a moment; `cells` holds for each row the cells of the columns that have people behind them."""

    report: Report
    params: Mapping[str, str]
    at_us: int
    columns: list[Column]
    rows: list[list[Any]]
    cells: list[dict[str, Cell]]
    ms: float

    def place(self, column: str) -> int:
        """Where a column stands."""
        return [one.name for one in self.columns].index(column)

    def records(self) -> list[dict[str, Any]]:
        """The rows by names of columns."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Behind:
    """The people behind a cell, and the rule that says them, None where no rule can."""

    rule: str | None
    people: list[int]


def report(name: str) -> Report:
    """The report of a name. Raises `NotFound`."""
    if name not in REPORTS:
        message = _("There is no report “%(name)s”. There are: %(names)s.") % {"name": name[:60], "names": ", ".join(REPORTS)}
        raise NotFound("unknown_report", message, name=name)
    return REPORTS[name]


def ask(name: str, params: Mapping[str, str], *, warehouse: Asker, at_us: int) -> Found:
    """A report as of a moment. Raises `NotFound`, `BadParameter`, `RuleError`."""
    asked = report(name)
    check(asked, params)
    [row] = warehouse.query("measure.report", name=name, params=dict(params), at_us=at_us).to_pylist()
    told = json.loads(row["answer"])
    columns = [Column(*column) for column in told["columns"]]
    return Found(asked, dict(params), at_us, columns, told["rows"], told["cells"], told["ms"])


def cell_at(found: Found, place: str) -> Cell:
    """The cell of ROW:COLUMN, rows from 1. Raises `BadParameter` where nobody stands behind it."""
    number, _colon, column = place.partition(":")
    cells = found.cells[int(number) - 1] if number.isdigit() and 0 < int(number) <= len(found.cells) else {}
    if column not in cells:
        message = _("No people stand behind “%(place)s”. Say a row from 1 and a column, such as 2:people.") % {
            "place": place[:60]
        }
        raise BadParameter("no_people", message, field="people")
    return cells[column]


def read_cell(text: str) -> Cell:
    """A cell from its JSON. Raises `BadParameter`."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for pair in found.items() for one in pair):
        raise BadParameter("bad_cell", _("There is no such figure in this report."), field="cell")
    return found


def behind(found: Found, place: str, *, warehouse: Asker) -> Behind:
    """The people behind the cell ROW:COLUMN of an answer. Raises `BadParameter`."""
    return people_of(found.report.name, found.params, cell_at(found, place), warehouse=warehouse, at_us=found.at_us)


def people_of(name: str, params: Mapping[str, str], cell: Cell, *, warehouse: Asker, at_us: int) -> Behind:
    """The people behind a cell of a report. Raises `NotFound`, `BadParameter`, `RuleError`."""
    asked: dict[str, Any] = {"name": name, "params": dict(params), "cell": dict(cell), "at_us": at_us}
    check(report(name), params)
    rule, people = warehouse.query_all(("measure.report_rule", asked), ("measure.report_people", asked))
    return Behind(rule.column("rule")[0].as_py(), people.column("person_id").to_pylist())


def as_json(found: Found, zone: Zone) -> dict[str, Any]:
    """The pinned form of the command line and of the REST API."""
    return {
        "columns": [column.name for column in found.columns], "rows": found.rows, "at": zone.local(found.at_us).isoformat(),
        "ms": found.ms,
    }  # fmt: skip


def behind_as_json(found: Behind) -> dict[str, Any]:
    """The pinned form of the people behind a cell."""
    return {"rule": found.rule, "count": len(found.people), "people": found.people}
