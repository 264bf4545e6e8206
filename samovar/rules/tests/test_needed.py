"""What a condition needs, and that it leaves out nobody for whom the condition holds."""

from __future__ import annotations

import pytest

from samovar import rules
from samovar.rules.needed import needed
from samovar.rules.tree import Rule

CATALOGUE = rules.builtin_catalogue("RUB")
CASES = [
    ("streak(orders, 14 days) >= 3", "count(orders) >= 3"),
    ("last_streak(orders in last 90 days, 14 days) > 2 and city = 'x'", "count(orders in last 90 days) > 2 and city = 'x'"),
    ("streak(orders, 14 days) < 3", "streak(orders, 14 days) < 3"),
    ("not streak(orders, 14 days) >= 3", "not streak(orders, 14 days) >= 3"),
    ("gap(orders) >= 3", "gap(orders) >= 3"),
]


@pytest.mark.parametrize(("text", "weaker"), CASES)
def test_only_a_run_that_must_be_long_becomes_a_count(text, weaker):
    found = needed(rules.parse(text, CATALOGUE).condition)
    assert rules.to_text(Rule(found)) == rules.to_text(rules.parse(weaker, CATALOGUE))
