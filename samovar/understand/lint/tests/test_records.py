"""Stages that ask of linked records: who owns nothing, whose record ends soon, whose time is still to come."""

from __future__ import annotations

from samovar.understand.lint import lint
from samovar.understand.lint.retelling import in_words
from samovar.understand.lint.tests.sets import CATALOGUE, stages


def found(*texts: str) -> list[tuple[str, list[str], str]]:
    told = lint(stages(*texts), CATALOGUE)
    return [(one["kind"], one["stages"], in_words(one["history"])) for one in told]


def test_stages_that_divide_owners_by_how_many_they_own_have_no_fault():
    told = found('count(record("vehicle")) = 0', 'count(record("vehicle")) = 1', 'count(record("vehicle")) > 1')
    assert [kind for kind, _, _ in told if kind in ("overlap", "gap")] == []


def test_owners_of_two_stand_in_both_stages_and_the_history_tells_their_records():
    [(_, both, history)] = [
        one for one in found('count(record("vehicle")) >= 1', 'count(record("vehicle")) >= 2') if one[0] == "overlap"
    ]
    assert both == ["a", "b"]
    assert history.endswith("; 2 × vehicle"), history


def test_whose_policy_ended_yesterday_is_taken_by_nobody():
    told = found(
        'count(record("policy") where days_until(ends_on) >= 0) >= 1', 'count(record("policy")) = 0',
        'count(record("policy") where days_until(ends_on) < -1) >= 1',
    )  # fmt: skip
    gaps = [history for kind, _, history in told if kind == "gap"]
    assert any("policy (ends_on 2026-02-14)" in history for history in gaps), gaps


def test_a_record_whose_own_time_is_still_to_come_is_thought_of():
    """She has a policy, and none that began: neither stage takes her."""
    told = found('count(record("policy")) = 0', 'days_since(last record("policy")) >= 0')
    gaps = [history for kind, _, history in told if kind == "gap"]
    assert len(gaps) == 1 and gaps[0].endswith("policy in 30 days"), gaps


def test_a_record_without_a_question_of_time_is_told_without_one():
    [(_, _, history)] = [
        one
        for one in found('count(record("vehicle") where brand = "Lada") >= 1', "count(orders) = 0", "count(orders) > 0")
        if one[1] == ["a", "b"]
    ]
    assert history.endswith("vehicle (brand Lada)"), history


def test_a_policy_that_begins_in_time_moves_its_owner():
    """Waiting leads out of the stage of those whose policy is still to begin, so it has an exit."""
    told = found(
        'count(record("policy")) >= 1 and days_since(last record("policy")) is unknown', 'days_since(last record("policy")) >= 0',
        'count(record("policy")) = 0',
    )  # fmt: skip
    assert ("no_exit", ["a"]) not in [(kind, names) for kind, names, _ in told]
