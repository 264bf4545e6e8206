"""Who falls into which group."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from samovar.decide.rules import PER_WHOLE, assign, slug_of

ONE = [("A", 1)]


def test_the_hash_is_pinned():
    placed = [assign("campaign/win-back", person, 1000, [("A", 1), ("B", 1)]) for person in range(1, 13)]
    assert "".join("-" if control else variant for variant, control in placed) == "B-ABB-BBBBBA"


def test_shares_and_weights_are_kept_among_many():
    placed = Counter(assign("salt", person, 1000, [("A", 3), ("B", 1)]) for person in range(100_000))
    assert abs(sum(n for (_v, control), n in placed.items() if control) - 10_000) < 400
    treated_b, treated = placed["B", False], placed["A", False] + placed["B", False]
    assert abs(treated_b / treated - 0.25) < 0.01


@given(st.integers(1, 2**62), st.integers(0, PER_WHOLE), st.integers(1, 100))
def test_changing_weights_moves_nobody_between_treated_and_control(person, share, weight):
    assert assign("s", person, share, ONE)[1] == assign("s", person, share, [("A", weight), ("B", 7)])[1]


@given(st.integers(1, 2**62), st.integers(0, PER_WHOLE // 2), st.integers(0, PER_WHOLE // 2))
def test_a_greater_share_keeps_everyone_of_the_smaller_control_group(person, share, more):
    if assign("s", person, share, ONE)[1]:
        assert assign("s", person, share + more, ONE)[1]


def test_campaigns_draw_independently():
    both = sum(assign("one", p, 5000, ONE)[1] and assign("two", p, 5000, ONE)[1] for p in range(20_000))
    assert abs(both - 5000) < 250


def test_a_slug_is_made_of_russian_letters_too():
    assert slug_of("Опрос за скидку!") == "opros-za-skidku"
    assert slug_of("«»") == "campaign"
