"""Texts: what is accepted and how it prints, what is refused and where. The cases stand in canonical.txt and errors.txt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from samovar import rules
from samovar.rules import tree
from samovar.rules.errors import MESSAGES
from samovar.rules.printer import operand_text
from samovar.rules.tests.strategies import CATALOGUE

HERE = Path(__file__).parent


def cases(name: str) -> list[tuple[str, str]]:
    lines = (HERE / name).read_text().splitlines()
    return [tuple(line.split(" ⇒", 1)) for line in lines if line and not line.startswith("#")]  # type: ignore[misc]


@pytest.mark.parametrize(("written", "canonical"), cases("canonical.txt"))
def test_it_prints_the_canonical_text(written, canonical):
    rule = rules.parse(written, CATALOGUE)
    assert rules.to_text(rule) == canonical.strip()
    assert rules.parse(canonical, CATALOGUE) == rule
    assert rules.from_json(json.dumps(rules.to_json(rule))) == rule


@pytest.mark.parametrize(("wanted", "written"), cases("errors.txt"))
def test_it_refuses_and_says_where(wanted, written):
    place, code, *names = wanted.split(" ", 2)
    with pytest.raises(rules.RuleError) as caught:
        rules.parse(written.removeprefix(" ").replace("\\n", "\n"), CATALOGUE)
    error = caught.value
    assert (f"{error.line}:{error.column}", error.code) == (place, code), error.message
    assert not names or names[0] in error.suggestions
    assert "%(" not in error.message


def test_every_fault_has_a_case():
    told = {wanted.split()[1] for wanted, _ in cases("errors.txt")}
    elsewhere = {"too_long", "too_deep", "bad_tree", "segment_cycle", "items_timeless", "figure_needed", "no_parts"}
    assert told | elsewhere == set(MESSAGES)


def test_a_figure_is_an_operand_and_no_rule():
    assert operand_text(rules.parse_figure("count( orders )", CATALOGUE)) == "count(orders)"
    assert operand_text(rules.parse_figure("is_vip", CATALOGUE)) == "is_vip"
    for text, code in (("count(orders) > 1", "figure_needed"), ("count(ordrs)", "unknown_collection"), ("a b", "expected")):
        with pytest.raises(rules.RuleError) as caught:
            rules.parse_figure(text, CATALOGUE)
        assert caught.value.code == code


@pytest.mark.parametrize(
    "bomb", ["(" * 20_000 + "is_vip" + ")" * 20_000, "not " * 15_000 + "is_vip", "(not " * 10_000 + "is_vip"]
)
def test_a_nested_bomb_is_refused_with_its_place(bomb):
    with pytest.raises(rules.RuleError) as caught:
        rules.parse(bomb, CATALOGUE)
    assert caught.value.code == "too_deep"
    assert 1 < caught.value.column <= 5 * tree.DEPTH_MAX


@pytest.mark.parametrize("open_with", ["(", "not ", "is_vip and (is_vip or ", "is_vip and not (is_vip or "])
def test_the_deepest_rule_allowed_goes_through_everything_without_exhausting_the_stack(open_with):
    levels = next(n for n in range(200, 0, -1) if parses(nested(open_with, n)))
    assert levels >= 60
    rule = rules.parse(nested(open_with, levels), CATALOGUE)
    assert rules.parse(rules.to_text(rule), CATALOGUE) == rule
    assert rules.from_json(json.dumps(rules.to_json(rule))) == rule
    assert hash(rule.condition) == hash(rules.from_json(rules.to_json(rule)).condition)


def nested(open_with: str, levels: int) -> str:
    return open_with * levels + "is_vip" + ")" * (open_with.count("(") * levels)


def parses(text: str) -> bool:
    try:
        rules.parse(text, CATALOGUE)
    except rules.RuleError as error:
        assert error.code == "too_deep"
        return False
    return True


def test_it_refuses_a_text_longer_than_the_limit():
    long = 'city = "' + "я" * 33_000 + '"'
    with pytest.raises(rules.RuleError) as caught:
        rules.parse(long, CATALOGUE)
    assert caught.value.code == "too_long"
    assert rules.parse('city = "' + "я" * 32_000 + '"', CATALOGUE)


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_it_refuses_what_no_store_can_hold(character):
    with pytest.raises(rules.RuleError) as caught:
        rules.parse(f'city = "a{character}"', CATALOGUE)
    assert caught.value.code == "bad_character"


def test_texts_and_names_are_compared_in_nfc():
    assert rules.parse('city = "и\u0306"', CATALOGUE) == rules.parse('city = "й"', CATALOGUE)


def test_a_place_is_no_part_of_equality_and_is_kept():
    one, two = rules.parse("is_vip", CATALOGUE), rules.parse("\n   is_vip", CATALOGUE)
    assert one == two
    assert (one.condition.place, two.condition.place) == ((1, 1), (2, 4))


def test_a_catalogue_without_data_takes_names_on_trust_and_known_words_not():
    open_words = rules.builtin_catalogue()
    assert rules.parse('favourite_tea = "x" and count(event("Never")) > 0', open_words)
    with pytest.raises(rules.RuleError):
        rules.parse("count(ordrs) > 0", open_words)
    with pytest.raises(rules.RuleError):
        rules.parse("city > 5", open_words)


def stored(text: str) -> dict[str, Any]:
    return rules.to_json(rules.parse(text, CATALOGUE))


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"condition": {}}, {"condition": {"type": "holds"}}, '{"condition": ', '"text"',
        {"condition": {"type": "not", "item": {"type": "holds", "operand": {"type": "attribute", "parts": []}}}},
        {"condition": {"type": "and", "items": []}},
        {"condition": {"type": "holds", "operand": {"type": "attribute", "parts": ["a"], "extra": 1}}},
        {"condition": {"type": "holds", "operand": {"type": "attribute", "parts": ["a\0"]}}},
        {"condition": {"type": "holds", "operand": {"type": "field", "parts": ["a"]}}},
        {"condition": {"type": "holds", "operand": {"type": "number", "value": "NaN"}}},
        {"condition": {"type": "holds", "operand": {"type": "number", "value": "1e9999999"}}},
    ],
)  # fmt: skip
def test_it_refuses_a_stored_form_that_no_text_reads_as(data):
    with pytest.raises(rules.RuleError):
        rules.from_json(data)


def test_it_refuses_a_stored_form_nested_beyond_any_rule():
    deep: dict[str, Any] = stored("is_vip")["condition"]
    for _ in range(50_000):
        deep = {"type": "not", "item": deep}
    with pytest.raises(rules.RuleError) as caught:
        rules.from_json({"condition": deep})
    assert caught.value.code == "too_deep"
    with pytest.raises(rules.RuleError):
        rules.from_json('{"condition":' + '{"type":"not","item":' * 20_000)
    while "item" in deep:  # taken apart level by level, for dropping it whole would recurse
        deep = deep["item"]


def test_the_stored_form_is_plain_and_has_no_places():
    assert stored("count(orders where amount > 10.50 in last 3 days) >= 02.0") == {
        "condition": {
            "type": "compare",
            "left": {
                "type": "aggregate", "function": "count",
                "of": {
                    "type": "selection", "collection": "orders", "window": {"type": "in last", "amount": 3, "unit": "days"},
                    "where": {
                        "type": "compare", "left": {"type": "field", "parts": ["amount"]}, "operator": ">",
                        "right": {"type": "number", "value": "10.5"},
                    },
                },
            },
            "operator": ">=",
            "right": {"type": "number", "value": "2"},
        }
    }  # fmt: skip


def test_no_place_is_stored_at_any_depth():
    assert "place" not in json.dumps(stored('is_vip and (city = "a" or not count(orders where amount > 1) > 2)'))


def test_the_schema_names_every_kind_of_node_and_no_place():
    schema = rules.json_schema()
    tags = {d["properties"]["type"]["enum"][0] for d in schema["$defs"].values() if "type" in d.get("properties", {})}
    assert {"and", "or", "not", "compare", "aggregate", "in last", "selection", "one of"} <= tags
    assert "place" not in json.dumps(schema)


def test_the_schema_that_is_published_is_this_one():
    published = json.loads((HERE.parents[2] / "docs" / "rule.schema.json").read_text())
    assert published == rules.json_schema()


def test_the_room_needs_neither_django_nor_duckdb():
    code = "import sys, samovar.rules.sql; print(sorted({'django', 'duckdb'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
