"""Parameters of an action are checked by its schema."""

from __future__ import annotations

import pytest

from samovar.decide import operations, params, rehearsal
from samovar.decide.tests.shop import ALICE, NOW

SCHEMA = {
    "type": "object",
    "properties": {
        "points": {"type": "integer", "minimum": 1, "maximum": 100},
        "word": {"type": "string", "maxLength": 5},
        "mode": {"enum": ["once", "daily"]},
        "share": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    },
    "required": ["points"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"points": 5}, ""),
        ({"points": 5, "word": "чай", "mode": "once", "share": 0.5, "tags": ["a"]}, ""),
        ({}, "params.points"),
        ({"points": 0}, "params.points"),
        ({"points": 101}, "params.points"),
        ({"points": True}, "params.points"),
        ({"points": "5"}, "params.points"),
        ({"points": 5, "word": "самовар"}, "params.word"),
        ({"points": 5, "mode": "never"}, "params.mode"),
        ({"points": 5, "tags": ["a", 1]}, "params.tags.1"),
        ({"points": 5, "tags": ["a", "b", "c"]}, "params.tags"),
        ({"points": 5, "colour": "red"}, "params.colour"),
        ([], "params"),
    ],
)
def test_the_first_fault_is_named(value, place):
    params.readable(SCHEMA)
    assert params.fault(SCHEMA, value) == place


def test_a_schema_that_says_more_than_is_checked_is_refused():
    with pytest.raises(params.SchemaTooRich, match="pattern"):
        params.readable({"type": "object", "properties": {"word": {"type": "string", "pattern": "x"}}})


@pytest.mark.store
def test_parameters_that_the_action_does_not_take_are_a_reason_not_to_launch(draft, shop):
    shop.people(1)
    values = {"action": {"name": "remember", "params": {"often": "very"}}}
    operations.edit(campaign=draft, values=values, actor=ALICE, at_us=NOW)
    found = rehearsal.rehearse(campaign=draft, warehouse=shop, at_us=NOW)
    assert [problem.code for problem in found.problems] == ["bad_params"]
