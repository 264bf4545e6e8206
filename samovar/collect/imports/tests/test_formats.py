"""Any encoding, any delimiter, four formats: the same rows come out, with their line numbers."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samovar.collect.imports.formats import UnreadableFile, csv_text, detect
from samovar.collect.imports.formats.csv_text import detect_delimiter, detect_encoding
from samovar.collect.imports.formats.header import BadHeader
from samovar.collect.imports.formats.parquet import BadParquet
from samovar.collect.imports.formats.xlsx import BadWorkbook
from samovar.collect.imports.mapping import Layout
from samovar.collect.imports.models import QuarantineRow
from samovar.collect.imports.staging import Staging

PEOPLE = "kind: people\nsource: list\ncolumns: {Имя: trait.name, Почта: email}\n"
TEXT = "Имя,Почта\nЖанна Фриске,zhanna@example.com\nПётр Щёголев,petr@example.com\nЭдуард Хиль,ed@example.com\n"
NAMES = ["Жанна Фриске", "Пётр Щёголев", "Эдуард Хиль"]


def names(desk):
    return [json.loads(event["traits"])["name"] for event in desk.sealed() if event["traits"]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1251", "koi8_r", "cp866", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_it_reads_russian_text_of_any_encoding(desk, encoding):
    path = desk.write("a.csv", TEXT.encode(encoding))
    desk.bring(path, PEOPLE)
    assert names(desk) == NAMES


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_it_finds_the_delimiter(desk, delimiter):
    path = desk.write("a.csv", TEXT.replace(",", delimiter))
    assert detect_delimiter(path, "utf-8") == delimiter
    desk.bring(path, PEOPLE)
    assert names(desk) == NAMES


def test_it_is_not_misled_by_commas_inside_quotes(desk):
    path = desk.write("a.csv", 'a;b\n"1,2,3";x\n"4,5,6";y\n"7,8,9";z\n')
    assert detect_delimiter(path, "utf-8") == ";"


CELL = st.text(st.sampled_from("aЯ;,. \t\r\n\"'ё€\u2028") | st.characters(exclude_characters="\0", codec="utf-8"), max_size=6)


ROW = st.lists(CELL, min_size=2, max_size=3) | st.lists(CELL, min_size=3, max_size=3)


@given(st.lists(st.tuples(ROW, st.sampled_from(["raw", *range(4)])), min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_rows_read_as_columns_are_those_that_are_read_one_by_one(tmp_path_factory, rows, end):
    folder = tmp_path_factory.mktemp("csv")
    text = "a,b,c" + end
    for row, quoting in rows:
        written = io.StringIO()
        if quoting == "raw":
            written.write(",".join(row) + end)
        else:
            csv.writer(written, quoting=csv.QUOTE_ALL if quoting else csv.QUOTE_MINIMAL, lineterminator=end).writerow(row)
        text += written.getvalue()
    (folder / "a.csv").write_bytes(text.encode())
    seen = []
    for plain in (csv_text._plain, lambda *lines: None):
        with pytest.MonkeyPatch.context() as patched, Staging(folder / "temp") as staging:
            patched.setattr(csv_text, "_plain", plain)
            patched.setattr(csv_text, "ROWS", 3)
            csv_text.read(folder / "a.csv", Layout(encoding="utf-8", delimiter=","), (), staging, lambda *told: None)
            staging.flush_bad()
            seen.append([staging.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in ("raw", "bad")])
    assert seen[0] == seen[1]


def test_it_skips_the_line_in_which_a_spreadsheet_names_its_delimiter(desk):
    desk.bring(desk.write("a.csv", "sep=|\n" + TEXT.replace(",", "|")), PEOPLE)
    assert names(desk) == NAMES


def test_it_believes_a_mapping_that_names_the_encoding(desk):
    desk.bring(desk.write("a.csv", TEXT.encode("cp866")), PEOPLE + "file: {encoding: cp866, delimiter: ','}\n")
    assert names(desk) == NAMES


def test_it_reads_a_long_file_whose_foreign_letters_stand_only_at_the_end(desk):
    path = desk.write("a.csv", ("Name,Mail\n" + "ann,ann@example.com\n" * 40_000 + "Жанна,z@example.com\n").encode("cp1251"))
    assert detect_encoding(path) == "cp1251"


def test_it_keeps_the_line_numbers_of_rows_with_line_ends_inside(desk):
    desk.bring(desk.write("a.csv", 'Имя,Почта\r\n"Анна\r\nМария",a@example.com\r\n\r\nБорис\r\nВера,v@example.com\r\n'), PEOPLE)
    assert [(e["line"], json.loads(e["traits"])["name"]) for e in desk.sealed()] == [(2, "Анна\r\nМария"), (6, "Вера")]
    assert desk.refused() == [(5, "half_row")]


def test_an_open_quote_costs_its_own_line_only(desk):
    rows = (
        'Имя,Почта\nАнна,a@example.com\n"Борис,b@example.com\nВера,v@example.com\n'
        '"Глеб" Котов,g@example.com\nДина,d@example.com\n'
    )
    desk.bring(desk.write("a.csv", rows), PEOPLE)
    assert names(desk) == ["Анна", "Вера", "Дина"]
    assert desk.refused() == [(3, "broken_row"), (5, "broken_row")]


def test_a_million_characters_after_an_open_quote_are_still_read(desk):
    rows = 'Имя,Почта\n"Анна,a@example.com\n' + "".join(f"Вера{n},v{n}@example.com\n" for n in range(20_000))
    outcome = desk.bring(desk.write("a.csv", rows), PEOPLE)
    assert (outcome.figures.people, outcome.figures.quarantined) == (20_000, 1)


def test_bytes_that_are_no_letters_cost_their_own_row_only(desk):
    content = "Имя,Почта\nАнна,a@example.com\n".encode() + b"\xff\xfe\xfa,b@example.com\n" + "Вера,v@example.com\n".encode()
    desk.bring(desk.write("a.csv", content), PEOPLE + "file: {encoding: utf-8}\n")
    assert names(desk) == ["Анна", "Вера"] and desk.refused() == [(3, "undecodable")]
    assert "b@example.com" in QuarantineRow.objects.get().raw


def test_a_formula_in_a_text_file_is_only_a_text(desk):
    desk.bring(desk.write("a.csv", 'Имя,Почта\n"=HYPERLINK(""http://x"")",a@example.com\n'), PEOPLE)
    assert names(desk) == ['=HYPERLINK("http://x")']


def test_it_reads_a_workbook_with_dates_numbers_and_formulas_as_values(desk):
    book = openpyxl.Workbook()
    book.active.append(["junk"])
    sheet = book.create_sheet("Заказы")
    sheet.append(["Чек", "Дата", "Цена", "Штук", "Товар"])
    sheet.append([536365, dt.datetime.fromisoformat("2025-03-01T10:30"), 2.55, 6, "=1+1"])
    sheet.append(["A-2", dt.date(2025, 3, 2), 19.9, 1, "tea"])
    book.save(desk.folder / "a.xlsx")
    mapping = (
        "kind: orders\ncolumns: {Чек: order_id, Дата: time, Цена: price, Штук: quantity, Товар: sku}\nfile: {sheet: Заказы}\n"
    )
    outcome = desk.bring(desk.folder / "a.xlsx", mapping)
    first, second = desk.sealed()
    assert (first["order_id"], first["line"], first["amount_minor"], first["lines"][0]["sku"]) == ("536365", 2, 1530, None)
    assert (second["order_id"], second["amount_minor"]) == ("A-2", 1990)
    assert outcome.figures.anonymous_orders == 2
    with pytest.raises(BadWorkbook, match="Заказы"):
        desk.bring(desk.folder / "a.xlsx", mapping.replace("sheet: Заказы", "sheet: Orders"))


def test_it_reads_parquet_of_any_column_types(desk):
    pq.write_table(
        pa.table(
            {
                "id": [7, 8],
                "at": pa.array([dt.datetime.fromisoformat("2025-01-01T12:00"), None], pa.timestamp("us")),
                "odd \"name'": ["x", "y"],
                "price": [0.1 + 0.2, 1.0],
                "tags": [["a"], ["b"]],
            }
        ),
        desk.folder / "a.parquet",
    )
    desk.bring(desk.folder / "a.parquet", 'kind: orders\ncolumns: {id: order_id, at: time, price: price, "odd \\"name\'": sku}\n')
    (event,) = desk.sealed()
    assert (event["order_id"], event["amount_minor"], event["line"], event["lines"][0]["sku"]) == ("7", 30, 1, "x")
    assert desk.refused() == [(2, "missing_time")]
    assert QuarantineRow.objects.get().raw["odd \"name'"] == "y"


def test_it_reads_json_lines_and_refuses_only_the_lines_that_are_none(desk):
    lines = [
        '{"who": {"mail": "A@example.com"}, "name": "Анна", "tags": ["x"], "age": 19.90}',
        "{broken",
        "[1, 2]",
        '{"who": {"mail": "n@example.com"}, "name": NaN}',
        "",
        '{"a":' * 200_000 + "1" + "}" * 200_000,
        '{"who": {"mail": "v@example.com"}, "name": "Вера", "age": 7}',
        '{"who": {"mail": "t@example.com"}, "age": true}',
    ]
    mapping = "kind: people\ncolumns: {who.mail: email, name: trait.name, age: trait.age}\ntypes: {trait.age: number}\n"
    desk.bring(desk.write("a.jsonl", "\n".join(lines)), mapping)
    assert [(e["line"], e["email"], json.loads(e["traits"])) for e in desk.sealed()] == [
        (1, "a@example.com", {"email": "A@example.com", "name": "Анна", "age": 19.9}),
        (7, "v@example.com", {"name": "Вера", "age": 7.0}),
    ]
    assert [(line, reason) for line, reason in desk.refused()][:3] == [(2, "bad_json"), (3, "bad_json"), (4, "bad_json")]
    assert desk.refused()[3:] == [(6, "row_too_long"), (8, "bad_number")]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"", UnreadableFile),
        ("a.csv", b"\n\n", BadHeader),
        ("a.csv", b"a,a\n1,2\n", BadHeader),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", UnreadableFile),
        ("a.xlsx", b"PK\x03\x04 and then nothing", BadWorkbook),
        ("a.parquet", b"PAR1 and then nothing", BadParquet),
    ],
)
def test_it_refuses_a_file_it_cannot_read_and_leaves_nothing_behind(desk, name, content, error):
    with pytest.raises(error):
        desk.bring(desk.write(name, content), PEOPLE)
    assert desk.log == [] and desk.refused() == []
    assert not list(desk.workspace.temp_dir.glob("import-*")) and not list(desk.workspace.sealed_dir.iterdir())


def test_it_refuses_a_file_that_is_not_there(desk):
    with pytest.raises(UnreadableFile, match="No such file"):
        detect(desk.folder / "none.csv")
