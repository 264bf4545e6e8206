"""XLSX. A cell with a formula is the value it was saved with: nothing is computed and nothing is run."""

from __future__ import annotations

import datetime as dt
import itertools
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from samovar.collect.imports.formats import header as headers
from samovar.collect.imports.mapping import Layout
from samovar.collect.imports.staging import Progress, Staging
from samovar.kit.errors import Refusal

ROWS = 20_000
UNPACKED_BYTES_MAX = 1_500_000_000  # a workbook of a few kilobytes can unpack to terabytes


class BadWorkbook(Refusal):
    """A workbook that cannot be read."""


def read(path: Path, layout: Layout, wanted: Collection[str], staging: Staging, progress: Progress) -> None:
    """Read one sheet into `staging`. Raises `BadWorkbook`, `headers.BadHeader`."""
    sheet = _sheet(path, layout.sheet)
    first_line = (sheet.start or (0, 0))[0] + 1
    total = sheet.height
    rows = ((first_line + place, row) for place, row in enumerate(sheet.to_python(skip_empty_area=True)))
    head: list[Any] = next((row for _line, row in rows if any(_text(cell) for cell in row)), [])
    staging.open_table(headers.clean([_text(cell) for cell in head]))
    width = len(staging.header)
    while batch := list(itertools.islice(rows, ROWS)):
        filled = [(line, texts) for line, row in batch if any(texts := [_text(cell) for cell in row[:width]])]
        if filled:
            columns = [pa.array(column, pa.string()) for column in zip(*(texts for _line, texts in filled), strict=True)]
            staging.add([line for line, _texts in filled], columns)
        progress("read", batch[-1][0] - first_line, total)


def _sheet(path: Path, name: str) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > UNPACKED_BYTES_MAX:
            raise BadWorkbook("workbook_too_large", _("The workbook unpacks to more than it may. Save it as CSV."), field="file")
        workbook = CalamineWorkbook.from_path(str(path))
        if not name:
            return workbook.get_sheet_by_index(0)
        if name not in workbook.sheet_names:
            raise BadWorkbook(
                "unknown_sheet",
                _("The workbook has no sheet “%(name)s”. It has: %(names)s.")
                % {"name": name, "names": ", ".join(workbook.sheet_names)},
                field="sheet",
            )
        return workbook.get_sheet_by_name(name)
    except (CalamineError, zipfile.BadZipFile, OSError, IndexError) as error:
        raise BadWorkbook(
            "bad_workbook", _("%(name)s cannot be read as a workbook.") % {"name": path.name}, field="file"
        ) from error


def _text(cell: Any) -> str | None:
    """A cell as the text a person sees: 536365 and not 536365.0, a date as ISO 8601."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
