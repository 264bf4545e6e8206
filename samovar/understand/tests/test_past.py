"""All segments as of a moment against each rule asked by itself, over generated rules and histories."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from samovar import rules
from samovar.rules.parser import parse_text
from samovar.rules.sql import Moment, truths_sql
from samovar.rules.tests.histories import MOMENTS, ZONE, Histories, fill
from samovar.rules.tests.strategies import WORDS, conditions
from samovar.understand.live import past
from samovar.understand.tests.test_live import AGEING, live_rules

FIGURES = [
    parse_text(text)
    for text in (
        "max(orders.amount) > 100 or min(orders.amount in last 90 days) < 20",
        "sum(orders.amount) > 300 and sum(orders.amount in last 30 days) < 500",
        'last(lines.category) = "tea" or first(orders.amount) > 10',
        "did visits then orders within 3 days",
        'lifecycle = "lost"',
        "count(orders where amount > 50) >= 1 and days_since(last orders) > 3 and days_since(first visits) < 400",
    )
]


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    asked=st.lists(conditions(), min_size=1, max_size=4), seed=st.integers(0, 5), at_us=st.sampled_from(MOMENTS),
    at_once=st.sampled_from([3, 150]),
)  # fmt: skip
def test_together_as_each_by_itself(asked, seed, at_us, at_once):
    history, defined = Histories(seed), live_rules([*AGEING, *FIGURES, *asked])
    fill(history.cursor, "people", [(70_000, at_us - 5, at_us - 5, None, None)])  # in the second container
    words = WORDS.with_segments({rule.slug: rule.condition for rule in defined})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(past, "RULES_AT_ONCE", at_once)
        found = dict(past.members_at(history.cursor.cursor(), ZONE, defined, words, at_us))
    statement = truths_sql([rules.Rule(rule.condition) for rule in defined], words, Moment(at_us, ZONE))
    rows = history.cursor.execute(statement).fetchall()
    for place, rule in enumerate(defined, 1):
        assert found[rule] == BitMap([row[0] for row in rows if row[place]]), rules.to_text(rules.Rule(rule.condition))
