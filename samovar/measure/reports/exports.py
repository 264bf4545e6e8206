"""A table as a file: CSV and XLSX. Money stands in major units, shares as percentages; no text is ever a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter

from samovar.kit.numbers import minor_per_major
from samovar.measure.reports.report import Kind
from samovar.webkit import csv_safe

SHEET_CHARACTERS_MAX = 31
_FORMATS = {"number": "#,##0", "decimal": "#,##0.00", "percent": "0.0%"}


@dataclass(frozen=True)
class Table:
    """What stands in a file or on a terminal: heads, the kinds of the columns, and rows of values, each with its own kind."""

    heads: Sequence[str]
    kinds: Sequence[Kind]
    rows: Sequence[Sequence[tuple[Any, Kind]]]


def plain(value: Any, kind: Kind, currency: str) -> Any:
    """A value as a spreadsheet takes it: money as a number of major units."""
    if kind == "money" and value is not None:
        return Decimal(round(value)) / minor_per_major(currency)
    return value


def written(value: Any, kind: Kind, currency: str) -> str:
    """A value as a terminal shows it."""
    if value is None:
        return "-"
    if kind == "money":
        digits = len(str(minor_per_major(currency))) - 1
        return f"{Decimal(value).scaleb(-digits):,.{digits}f}"
    return {"percent": lambda: f"{value:.1%}", "decimal": lambda: f"{value:,.2f}", "number": lambda: f"{value:,}"}.get(
        kind, lambda: str(value)
    )()


def as_csv(table: Table, currency: str) -> bytes:
    """The table as CSV in UTF-8."""
    rows = (
        [float(one) if isinstance(one := plain(value, kind, currency), Decimal) else one for value, kind in row]
        for row in table.rows
    )
    return b"".join(csv_safe.lines(list(table.heads), rows))


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: a table, or the words that stand in its place; and what is said below the table."""

    title: str
    table: Table | None
    words: str = ""
    aside: str = ""


def as_xlsx(table: Table, currency: str, title: str) -> bytes:
    """The table as a workbook with one sheet."""
    return workbook([Sheet(title, table)], currency)


def workbook(sheets: Sequence[Sheet], currency: str) -> bytes:
    """Sheets, each with a frozen heading, figures as numbers in their formats, texts as texts."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        digits = "0" * (len(str(minor_per_major(currency))) - 1)
        formats = {**_FORMATS, "money": f"#,##0.{digits}" if digits else "#,##0", "text": "@"}
        made = {kind: book.add_format({"num_format": pattern}) for kind, pattern in formats.items()}
        for title, one in zip(_sheet_titles([one.title for one in sheets]), sheets, strict=True):
            sheet = book.add_worksheet(title)
            if one.table is None:
                sheet.write_string(0, 0, one.words)
                continue
            _write_table(sheet, one.table, currency, bold, made)
            if one.aside:
                sheet.write_string(len(one.table.rows) + 2, 0, one.aside)
    return file.getvalue()


def _sheet_titles(titles: Sequence[str]) -> list[str]:
    """The titles cut to what a workbook takes and told apart, whatever their case."""
    taken: dict[str, str] = {}
    for title in titles:
        told, number = title[:SHEET_CHARACTERS_MAX], 1
        while told.casefold() in taken:
            number += 1
            told = f"{title[: SHEET_CHARACTERS_MAX - len(str(number)) - 1]} {number}"
        taken[told.casefold()] = told
    return list(taken.values())


def _write_table(sheet: Any, table: Table, currency: str, bold: Any, made: Mapping[str, Any]) -> None:
    for place, (name, kind) in enumerate(zip(table.heads, table.kinds, strict=True)):
        sheet.write_string(0, place, name, bold)
        sheet.set_column(place, place, 24 if kind == "text" else max(12, len(name) + 2))
        for number, row in enumerate(table.rows, start=1):
            value, own = row[place]
            _write(sheet, number, place, plain(value, own, currency), made[own])
    sheet.freeze_panes(1, 0)


def _write(sheet: Any, row: int, place: int, value: Any, format: Any) -> None:
    if value is None:
        sheet.write_blank(row, place, None, format)
    elif isinstance(value, str):
        sheet.write_string(row, place, value, format)
    else:
        sheet.write_number(row, place, value, format)
