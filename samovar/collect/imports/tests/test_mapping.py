"""A mapping says what each column becomes; what is wrong in it is told with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from samovar.collect.imports import mapping as mappings
from samovar.collect.imports.mapping import BadMapping

SCHEMA = Path(__file__).resolve().parents[4] / "docs" / "import-mapping.schema.json"


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("kind: orders\ncolumns:\n  A: order_idd\n", 3, 3, "order_id”?"),
        ("kind: nothing\ncolumns: {}\n", 1, 7, "nothing"),
        ("columns: {a: email}\n", 1, 1, "kind"),
        ("kind: people\ncolumns: [\n", 3, 1, "expected"),
        ("kind: people\ncolumns: {a: email}\nconsents:\n  - {channel: fax, column: a}\n", 4, 15, "fax"),
        (
            "kind: people\ncolumns: {a: email}\n"
            'consents:\n  - {channel: sms, column: b, given: ["1"], source: form, text_version: "1"}\n',
            3,
            1,
            "“phone”",
        ),
        ("kind: people\ncolumns: {a: trait.name}\n", 2, 1, "identifier"),
        ("kind: orders\ncolumns: {a: order_id, b: time}\n", 2, 1, "price"),
        ("kind: orders\ncolumns: {a: order_id}\n", 2, 1, "time"),
        ("kind: people\ncolumns: {a: email, b: email}\n", 2, 1, "twice"),
        ("kind: people\ncolumns: {a: email}\nconstants: {email: x}\n", 2, 1, "twice"),
        ("kind: people\ncolumns: {a: email}\ntypes: {trait.age: number}\n", 3, 9, "trait.age"),
        ('kind: people\ncolumns: {a: email}\ntimes: {formats: ["%d\' OR 1"]}\n', 3, 9, "time format"),
        ("kind: people\ncolumns: {a: email}\ntimes: {zone: Mars/Base}\n", 3, 9, "Mars/Base"),
        ("kind: people\ncolumns: {a: email}\nnumbers: {decimal: ',', thousands: ','}\n", 3, 11, "same"),
        ("kind: people\ncolumns: {a: email}\nregion: RUS\n", 3, 9, "regex"),
        ("kind: people\n  bad: indent\n", 2, 6, "not allowed"),
        ("a: &x 1\nb: *x\n", None, None, "aliases"),
        ("[" * 50_000, 1, 11, "too deep"),
        ("kind: !!python/object:os.system people\ncolumns: {a: emial}\n", 2, 11, "email"),
    ],
)
def test_it_names_the_place_of_an_error(text, line, column, part):
    with pytest.raises(BadMapping) as caught:
        mappings.parse(text)
    assert part in caught.value.message
    assert (caught.value.params.get("line"), caught.value.params.get("column")) == (line, column)


def test_it_reads_words_as_words():
    text = "kind: people\ncolumns: {a: email}\nempty: [no, 0, null, ~, 1e3]\n"
    assert mappings.parse(text).empty == ("no", "0", "null", "~", "1e3")


@pytest.mark.parametrize("name", mappings.presets())
def test_every_preset_survives_text_and_json(name):
    mapping = mappings.preset(name)
    assert mappings.parse(mappings.to_yaml(mapping)) == mapping
    assert mappings.from_json(json.loads(json.dumps(mappings.to_json(mapping)))) == mapping


def test_it_names_the_presets_there_are_when_asked_for_another():
    with pytest.raises(Exception, match="online-retail"):
        mappings.preset("../../etc/passwd")


def test_it_names_columns_like_the_one_that_is_missing(desk):
    path = desk.write("a.csv", "E-mail,Name\na@example.com,Anna\n")
    with pytest.raises(BadMapping, match="no column “Email”"):
        desk.bring(path, "kind: people\ncolumns: {Email: email}\n")


def test_the_published_schema_is_the_one_the_code_holds():
    assert json.loads(SCHEMA.read_text()) == mappings.json_schema()
