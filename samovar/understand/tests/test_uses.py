"""Segments that rest on one another: never on themselves, and none is put away under another."""

from __future__ import annotations

import pytest

from samovar import rules
from samovar.understand import operations
from samovar.understand.models import Segment
from samovar.understand.tests.shop import ALICE, NOW
from samovar.understand.uses import SegmentInUse

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def rule(text: str) -> rules.Rule:
    return rules.parse(text, rules.builtin_catalogue("RUB"))


def made(slug: str, text: str):
    return operations.create(name=slug, slug=slug, rule=rule(text), actor=ALICE, at_us=NOW)


def test_a_segment_may_not_come_to_rest_on_itself_through_others():
    first = made("a", "count(orders) >= 1")
    made("b", 'not in segment "a"')
    made("c", 'is_vip and in segment "b"')
    with pytest.raises(rules.RuleError) as caught:
        operations.publish(segment=first, rule=rule('in segment "c"'), actor=ALICE, at_us=NOW)
    assert caught.value.values == {"path": "a → c → b → a"}
    with pytest.raises(rules.RuleError, match="d → d"):
        made("d", 'in segment "d"')
    assert operations.publish(segment=first, rule=rule('entered segment "c"'), actor=ALICE, at_us=NOW).version == 2


def test_a_segment_that_another_names_is_not_put_away():
    first = made("a", "count(orders) >= 1")
    second = made("b", 'entered segment "a" in last 7 days')
    with pytest.raises(SegmentInUse) as caught:
        operations.archive(segment=first, actor=ALICE, at_us=NOW)
    assert caught.value.params["segments"] == ["b"]
    operations.archive(segment=second, actor=ALICE, at_us=NOW)
    first, second = operations.archive(segment=first, actor=ALICE, at_us=NOW), Segment.objects.get(slug="b")
    assert first.is_archived
    with pytest.raises(SegmentInUse) as caught:  # nor taken back to rest on what is away
        operations.check_restore(second)
    assert (caught.value.code, caught.value.params["segments"]) == ("rests_on_archived", ["a"])
    operations.check_restore(first)
    operations.restore(segment=first, actor=ALICE, at_us=NOW)
    operations.check_restore(second)
