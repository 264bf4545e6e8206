"""Linked records from files of every format, and what importing again changes."""

from __future__ import annotations

import json

import pytest

from samovar.collect.imports import mapping as mappings
from samovar.collect.imports import operations
from samovar.collect.imports.mapping import BadMapping
from samovar.collect.imports.tests.conftest import ALICE, AT_US
from samovar.kit.clock import Zone, parse_moment

pytestmark = pytest.mark.store
CARS = """
kind: records
source: dms
constants: {record_type: vehicle}
columns: {VIN: record_id, Почта: email, Пробег: field.km, Куплен: field.bought_on, Новый: field.is_new, Цвет: field.color}
types: {field.km: number, field.bought_on: date, field.is_new: boolean}
times: {formats: ["%d.%m.%Y"]}
"""
HEAD = "VIN;Почта;Пробег;Куплен;Новый;Цвет\n"


def told(desk, place=-1):
    return [(json.loads(event["properties"]), event["email"], event["time_us"]) for event in desk.sealed(place)]


def bring(desk, rows, *, mapping=CARS, at_us=AT_US):
    path = desk.write(f"{at_us}.csv", HEAD + rows)
    return operations.run_import(
        workspace=desk.workspace, path=path, mapping=mappings.parse(mapping), append=desk.append, actor=ALICE, at_us=at_us
    )


def test_a_row_is_a_record_as_it_is_from_the_import_on(desk):
    outcome = bring(desk, "XTA1;a@example.com;41000;01.03.2024;нет;\nXTA2;b@example.com;;;;красный\n")
    assert told(desk) == [
        ({"type": "vehicle", "id": "XTA1", "km": 41000.0, "bought_on": "2024-03-01", "is_new": False}, "a@example.com", AT_US),
        ({"type": "vehicle", "id": "XTA2", "color": "красный"}, "b@example.com", AT_US),
    ]
    assert {event["event"] for event in desk.sealed()} == {"Record Updated"}
    assert (outcome.figures.records, outcome.figures.customers) == (2, 2)


def test_a_newer_export_brings_only_what_it_says_otherwise(desk):
    first = "XTA1;a@example.com;1;;;\nXTA2;a@example.com;1;;;\n"
    bring(desk, first)
    assert bring(desk, first + "\n", at_us=AT_US + 1).sealed_rows == 0
    bring(desk, "XTA1;a@example.com;2;;;\nXTA2;a@example.com;1;;;\n", at_us=AT_US + 2)
    assert [(record["id"], record["km"], time_us) for record, _mail, time_us in told(desk)] == [("XTA1", 2, AT_US + 2)]
    bring(desk, first + "\n\n", at_us=AT_US + 3)  # it became again what it was
    assert [(record["id"], record["km"], time_us) for record, _mail, time_us in told(desk)] == [("XTA1", 1, AT_US + 3)]


def test_a_record_of_two_rows_is_what_the_last_one_says(desk):
    bring(desk, "XTA1;a@example.com;1;;;\nXTA1;a@example.com;2;;;\n")
    assert [record["km"] for record, _mail, _time in told(desk)] == [2]


def test_a_column_for_time_makes_a_history(desk):
    mapping = CARS.replace("Цвет: field.color", "Цвет: time")
    rows = "XTA1;a@example.com;2;;;05.03.2024\nXTA1;a@example.com;1;;;01.03.2024\n"
    bring(desk, rows, mapping=mapping)
    moscow = Zone("Europe/Moscow")
    days = [parse_moment(day, moscow) for day in ("2024-03-01", "2024-03-05")]
    assert [(record["km"], time_us) for record, _mail, time_us in told(desk)] == [(1, days[0]), (2, days[1])]
    assert bring(desk, rows + "\n", mapping=mapping, at_us=AT_US + 1).sealed_rows == 0


def test_rows_that_name_no_record_or_nobody_are_refused(desk):
    rows = ["", "XTA1;;1;;;", ";a@example.com;1;;;", f"{'X' * 321};a@example.com;1;;;", "XTA2;a@example.com;many;;;", ""]
    bring(desk, "\n".join(rows[1:]))
    assert [reason for _line, reason in desk.refused()] == ["no_identifier", "missing_record_id", "text_too_long", "bad_number"]


def test_a_file_of_json_lines_does_as_well(desk):
    path = desk.write("a.jsonl", json.dumps({"VIN": "1", "Почта": "a@example.com", "Пробег": 7, "Новый": True}) + "\n")
    mapping = (
        CARS.replace(", Куплен: field.bought_on", "").replace(", Цвет: field.color", "").replace(" field.bought_on: date,", "")
    )
    desk.bring(path, mapping)
    assert [record for record, _mail, _time in told(desk)] == [{"type": "vehicle", "id": "1", "km": 7, "is_new": True}]


@pytest.mark.parametrize(
    ("old", "new"),
    [("VIN: record_id, ", ""), ("constants: {record_type: vehicle}\n", ""), ("Почта: email, ", ""), ("field.km,", "trait.km,")],
)
def test_a_mapping_says_what_it_lacks(old, new):
    with pytest.raises(BadMapping):
        mappings.parse(CARS.replace(old, new))
