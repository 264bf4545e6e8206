"""Segments that rest on segments: cycles are refused with their path, a fault inside one is told where it is named."""

from __future__ import annotations

import pytest

from samovar import rules
from samovar.rules.check import check
from samovar.rules.parser import parse_text
from samovar.rules.sql import Moment, people_sql
from samovar.rules.tests.histories import MOMENTS, ZONE
from samovar.rules.tests.strategies import WORDS


def catalogue(**segments: str) -> rules.Catalogue:
    return WORDS.with_segments({name: parse_text(text) for name, text in segments.items()})


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ('in segment "a"', "a → a"),
        ('is_vip and not in segment "b"', "a → b → c → a"),
        ('in segment "d" or in segment "c"', "a → c → a"),
    ],
)
def test_a_segment_that_rests_on_itself_is_refused_with_the_path(own, path):
    words = catalogue(a="is_vip", b='in segment "d" and in segment "c"', c='not in segment "a"', d="is_vip")
    with pytest.raises(rules.RuleError) as caught:
        check(parse_text(own), words, segment="a")
    assert caught.value.code == "segment_cycle"
    assert caught.value.values == {"path": path}


def test_a_cycle_among_others_is_refused_too():
    with pytest.raises(rules.RuleError, match="b → c → b"):
        rules.parse('in segment "b"', catalogue(b='in segment "c"', c='in segment "b"'))


def test_a_fault_inside_a_segment_is_told_where_the_segment_is_named():
    with pytest.raises(rules.RuleError) as caught:
        rules.parse('is_vip\n and in segment "b"', catalogue(b='in segment "c"', c="citty = 'x'"))
    error = caught.value
    assert (error.line, error.column, error.code, error.suggestions) == (2, 6, "unknown_attribute", ("city",))


def test_it_may_read_the_record_of_its_own_past():
    check(parse_text('entered segment "a" in last 7 days'), catalogue(a="is_vip"), segment="a")


def test_a_ladder_of_segments_is_asked_once_each():
    """Each names the one below twice: written out it would be a rule of 2^40 tests."""
    steps = {f"s{n}": f'in segment "s{n - 1}" or not in segment "s{n - 1}"' for n in range(1, 41)}
    words = catalogue(s0="is_vip", **steps)
    text = people_sql(rules.parse('in segment "s40"', words), words, Moment(MOMENTS[0], ZONE))
    assert len(text) < 40_000
