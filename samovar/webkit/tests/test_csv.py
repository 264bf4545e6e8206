"""Exported files: nothing that a stranger wrote is run by a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from samovar.webkit import csv_safe


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_it_disarms_what_a_spreadsheet_would_run(text: str) -> None:
    assert csv_safe.cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Мария", "a=b", "", 5, -5, 1.5])
def test_it_leaves_plain_texts_and_numbers_alone(value: object) -> None:
    assert csv_safe.cell(value) == value


def test_a_file_reads_back_with_commas_quotes_and_line_breaks() -> None:
    rows = [["a,b", 'say "yes"', "two\nlines"], ["=x", None, 3]]
    text = b"".join(csv_safe.lines(["one", "two", "three"], rows)).decode()
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [
        ["one", "two", "three"], ["a,b", 'say "yes"', "two\nlines"], ["'=x", "", "3"],
    ]  # fmt: skip
