"""Writing segments: create, publish, archive; counts kept by the worker; definitions as text."""

from __future__ import annotations

import pytest

from samovar import rules
from samovar.collect.news import reread
from samovar.engine.models import Outbox
from samovar.kit.clock import DAY_US, MINUTE_US, SECOND_US
from samovar.staff.models import AuditRow
from samovar.understand import jobs, operations, queries
from samovar.understand.definitions import apply_segment, export_segments
from samovar.understand.models import Segment
from samovar.understand.tests.shop import ALICE, BOB, NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.store]
WORDS = rules.builtin_catalogue("RUB")


@pytest.fixture
def segment(buyers):
    return operations.create(name="Покупатели", rule=buyers, actor=ALICE, at_us=NOW)


def test_a_name_gives_the_slug_and_the_rule_is_kept_in_both_forms(segment, buyers):
    assert segment.slug == "pokupateli"
    assert segment.rule_text == "count(orders) >= 1"
    assert rules.from_json(segment.tree) == buyers
    assert AuditRow.objects.get().action == "segment.create"
    assert Outbox.objects.get().name == "Segment Created"


def test_an_equal_name_gives_another_slug_and_an_equal_slug_is_refused(segment, buyers):
    assert operations.create(name="Покупатели", rule=buyers, actor=BOB, at_us=NOW).slug == "pokupateli-2"
    with pytest.raises(operations.SlugTaken):
        operations.create(name="Other", slug="pokupateli", rule=buyers, actor=BOB, at_us=NOW)
    assert Segment.objects.count() == 2
    assert AuditRow.objects.count() == 2


@pytest.mark.parametrize("slug", ["new", "check", "Ёж", "a b", "-a"])
def test_it_refuses_a_slug_that_no_address_could_hold(segment, buyers, slug):
    with pytest.raises(operations.BadSegment):
        operations.create(name="x", slug=slug, rule=buyers, actor=BOB, at_us=NOW)
    assert operations.create(name="New", rule=buyers, actor=BOB, at_us=NOW).slug == "new-2"


@pytest.mark.parametrize("name", ["", "   ", "x" * 151, "a\0b"])
def test_it_refuses_a_name_nobody_could_read(buyers, name):
    with pytest.raises(operations.BadSegment):
        operations.create(name=name, rule=buyers, actor=ALICE, at_us=NOW)
    assert not Segment.objects.exists()


def test_publishing_makes_a_version_and_forgets_the_old_count(segment, sleepers):
    operations.store_counts(counts={segment.id: (1, 40)}, at_us=NOW, day=TODAY)
    row = operations.publish(segment=segment, rule=sleepers, actor=BOB, at_us=NOW + 1)
    assert (row.version, row.people, row.rule_text) == (2, None, "days_since(last orders) > 60")
    trail = AuditRow.objects.order_by("-id").first()
    assert (trail.actor_name, trail.old["rule"], trail.new["rule"]) == (
        "Bob",
        "count(orders) >= 1",
        "days_since(last orders) > 60",
    )


def test_publishing_the_same_changes_nothing(segment, buyers):
    row = operations.publish(segment=segment, rule=buyers, name="Покупатели", actor=BOB, at_us=NOW + 1)
    assert row.version == 1
    assert AuditRow.objects.count() == 1


def test_two_people_cannot_publish_over_each_other(segment, sleepers):
    stale = Segment.objects.get(id=segment.id)
    operations.publish(segment=segment, name="Alice's", actor=ALICE, at_us=NOW + 1)
    with pytest.raises(operations.PublishedMeanwhile):
        operations.publish(segment=stale, rule=sleepers, actor=BOB, at_us=NOW + 2)
    row = Segment.objects.get()
    assert (row.name, row.rule_text, row.version) == ("Alice's", "count(orders) >= 1", 2)
    assert Outbox.objects.count() == 2


def test_an_archived_segment_leaves_the_list_and_comes_back(segment):
    row = operations.archive(segment=segment, actor=ALICE, at_us=NOW)
    assert queries.segments() == []
    assert queries.segments(with_archived=True) == [row]
    row = operations.restore(segment=row, actor=ALICE, at_us=NOW)
    assert queries.segments() == [row]


def test_it_is_found_by_slug_and_by_number(segment):
    assert queries.segment("pokupateli") == queries.segment(str(segment.id)) == segment
    with pytest.raises(queries.UnknownSegment):
        queries.segment("9" * 30)


def test_the_worker_stores_sizes_that_changed_or_are_a_minute_old(shop, segment, sleepers):
    operations.create(name="Sleepers", rule=sleepers, actor=ALICE, at_us=NOW)
    live = jobs.live(shop.cursor, shop.context)
    live.step(NOW)
    assert jobs.keep_counts(live=live, at_us=NOW, day=TODAY) == 2
    assert {row.slug: row.people for row in queries.segments()} == {"pokupateli": 2, "sleepers": 1}
    assert jobs.keep_counts(live=live, at_us=NOW + MINUTE_US - 1, day=TODAY) == 0
    shop.person(9, orders=(1,))
    live.learn(reread([9]))
    live.step(NOW + SECOND_US)
    assert jobs.keep_counts(live=live, at_us=NOW + SECOND_US, day=TODAY) == 1
    assert queries.segment("pokupateli").people == 3
    assert jobs.keep_counts(live=live, at_us=NOW + MINUTE_US, day=TODAY) == 1


def test_one_segment_that_makes_no_sense_leaves_the_others_their_figures(shop, segment):
    broken = rules.parse('count(event("Quiz")) > 0', rules.builtin_catalogue("RUB"))
    operations.create(name="Broken", rule=broken, actor=ALICE, at_us=NOW)
    live = jobs.live(shop.cursor, shop.context)
    live.step(NOW)
    assert jobs.keep_counts(live=live, at_us=NOW, day=TODAY) == 1
    assert (queries.segment("pokupateli").people, queries.segment("broken").people) == (2, None)


def test_a_count_of_a_rule_replaced_meanwhile_is_dropped(segment, sleepers):
    operations.publish(segment=segment, rule=sleepers, actor=ALICE, at_us=NOW)
    operations.store_counts(counts={segment.id: (1, 40)}, at_us=NOW, day=TODAY)
    assert Segment.objects.get().people is None


def test_the_size_of_a_day_is_its_last_count(segment):
    for day, people in ((TODAY - 8, 10), (TODAY - 7, 12), (TODAY - 1, 15), (TODAY, 19), (TODAY, 20)):
        operations.store_counts(counts={segment.id: (1, people)}, at_us=NOW - (TODAY - day) * DAY_US, day=day)
    row = Segment.objects.get()
    assert [size.people for size in queries.sizes_of(row)] == [10, 12, 15, 20]
    assert queries.week_change(row, queries.sizes_of(row)) == 8


def test_the_card_says_which_segments_a_person_is_in(shop, segment, sleepers):
    operations.create(name="Sleepers", rule=sleepers, actor=ALICE, at_us=NOW)
    assert queries.segments_of(warehouse=shop, person_id=1, at_us=NOW) == ["pokupateli"]
    assert sorted(queries.segments_of(warehouse=shop, person_id=2, at_us=NOW)) == ["pokupateli", "sleepers"]
    assert queries.segments_of(warehouse=shop, person_id=3, at_us=NOW) == []


def test_all_sizes_as_of_a_moment_are_those_of_each_rule(shop, segment, sleepers):
    operations.create(name="Sleepers", rule=sleepers, actor=ALICE, at_us=NOW)
    resting = rules.parse('in segment "sleepers" and count(orders) >= 1', WORDS)
    operations.create(name="Resting", rule=resting, actor=ALICE, at_us=NOW)
    nobody_quizzed = rules.parse('count(event("Quiz Passed")) = 0', WORDS)  # no event of the name has taught the word
    operations.create(name="Unquizzed", rule=nobody_quizzed, actor=ALICE, at_us=NOW)
    for at_us in (NOW, NOW - 40 * DAY_US, NOW - 2000 * DAY_US):
        sizes = {row.slug: people for row, people in queries.sizes_at(warehouse=shop, at_us=at_us)}
        for row in (segment, queries.segment("sleepers"), queries.segment("resting")):
            [answer] = shop.query("understand.segment_count", tree=row.tree, at_us=at_us).to_pylist()
            assert sizes[row.slug] == answer["count"]
        assert sizes["unquizzed"] is None
    assert sum(people or 0 for _row, people in queries.sizes_at(warehouse=shop, at_us=NOW)) > 0


def test_without_segments_there_is_nothing_to_size(shop, db):
    assert queries.sizes_at(warehouse=shop, at_us=NOW) == []


def test_definitions_come_back_as_they_went(segment, sleepers):
    row = operations.create(name="Sleepers", description="Asleep", rule=sleepers, actor=ALICE, at_us=NOW)
    operations.archive(segment=row, actor=ALICE, at_us=NOW)
    exported = export_segments()
    Segment.objects.all().delete()
    for slug, values in exported.items():
        apply_segment(slug, {k: v for k, v in values.items() if v is not None}, BOB, NOW)
    assert export_segments() == exported
    version = queries.segment("sleepers").version
    apply_segment("sleepers", exported["sleepers"], BOB, NOW)
    assert queries.segment("sleepers").version == version


def test_a_definition_with_a_wrong_rule_is_refused(db):
    with pytest.raises(rules.RuleError):
        apply_segment("x", {"name": "X", "rule": "count(ordrs) > 1"}, BOB, NOW)
    with pytest.raises(operations.BadSegment):
        apply_segment("x", {"name": "X", "rule": "count(orders) > 1", "people": 5}, BOB, NOW)
    assert not Segment.objects.exists()
