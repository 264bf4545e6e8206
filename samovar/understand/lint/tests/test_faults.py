"""What is no set of stages is refused, with the stage's name and the place in its rule."""

from __future__ import annotations

import pytest

from samovar.understand.lint import lint
from samovar.understand.lint.stages import STAGES_MAX, TESTS_MAX, BadStages
from samovar.understand.lint.tests.sets import CATALOGUE, named, stages

GOOD = {"name": "a", "rule": "count(orders) = 0"}


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (None, "no_stages", "Give a list of stages, each with a name and a rule."),
        ("count(orders) = 0", "no_stages", "Give a list of stages, each with a name and a rule."),
        ([], "no_stages", "Give a list of stages, each with a name and a rule."),
        ([GOOD, "b"], "bad_stage", "Stage 2 needs a name of up to 150 characters and a rule, both as texts."),
        ([{"name": "a"}], "bad_stage", "Stage 1 needs a name of up to 150 characters and a rule, both as texts."),
        ([{"name": 1, "rule": "x"}], "bad_stage", "Stage 1 needs a name of up to 150 characters and a rule, both as texts."),
        ([GOOD | {"ruel": ""}], "unknown_field", "Stage “a” has no field “ruel”."),
        ([GOOD, GOOD], "stage_twice", "There are two stages called “a”."),
        ([GOOD] * (STAGES_MAX + 1), "too_many_stages", "There may be up to 50 stages."),
    ],
)
def test_it_refuses_what_is_no_set_of_stages(given, code, message):
    with pytest.raises(BadStages) as caught:
        named(given)
    assert (caught.value.code, caught.value.message, caught.value.field) == (code, message, "stages")


def test_a_rules_fault_names_its_stage_and_place():
    with pytest.raises(BadStages) as caught:
        named([GOOD, {"name": "б", "rule": "count(orders) > 0\n and count(ordrs) >= 1"}])
    assert caught.value.code == "unknown_collection"
    assert caught.value.message == "Stage “б”, line 2, column 12: There is nothing called “ordrs” to count."
    assert caught.value.params == {"stage": "б", "line": 2, "column": 12, "suggestions": ["orders"]}


def test_a_name_that_is_a_number_in_one_rule_and_a_text_in_another_is_refused():
    with pytest.raises(BadStages) as caught:
        lint(stages("score > 1", 'count(orders) > 1 or score = "high"'), CATALOGUE)
    assert (caught.value.code, caught.value.params["stage"], caught.value.params["column"]) == ("wrong_kinds", "b", 30)


def test_more_tests_than_a_search_can_take_are_refused():
    rule = " or ".join(f"trait.t{number}" for number in range(TESTS_MAX + 1))
    with pytest.raises(BadStages) as caught:
        lint(stages(rule), CATALOGUE)
    assert (caught.value.code, caught.value.params["limit"]) == ("too_many_tests", TESTS_MAX)
