"""What may be filled in."""

from __future__ import annotations

import pytest

from samovar.decide import fields, operations
from samovar.decide.models import Campaign
from samovar.decide.tests.shop import ALICE, NOW

pytestmark = pytest.mark.store


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 151), ("name", 5), ("name", "a\x00b"), ("kind", "spam"), ("purpose", "Для всех"),
        ("channel", "pigeon"), ("control_share", 0.51), ("control_share", -0.1), ("control_share", float("nan")),
        ("control_share", True), ("control_share", "0.1"), ("variants", []), ("variants", "A"),
        ("variants", [{"name": "A", "weight": 0}]), ("variants", [{"name": "A"}, {"name": "A"}]),
        ("variants", [{"name": "a b", "weight": 1}]), ("variants", [{"name": "A", "weight": 1.5}]),
        ("start_us", "tomorrow"), ("window_days", 0), ("window_days", 366), ("action", {}),
        ("action", {"name": "x", "params": []}), ("audience", "x" * 70_000), ("nonsense", 1), ("status", "running"),
    ],
)  # fmt: skip
def test_it_refuses_a_bad_value_and_names_the_field(db, field, value):
    with pytest.raises(fields.BadField) as refusal:
        operations.create_draft(actor=ALICE, at_us=NOW, **{"name": "Good", field: value})
    assert refusal.value.field == field
    assert not Campaign.objects.exists()


def test_what_is_not_given_has_its_default(db):
    draft = operations.create_draft(name="Опрос", actor=ALICE, at_us=NOW)
    assert (draft.slug, draft.control_share, draft.window_days, draft.purpose) == ("opros", 1000, 14, "marketing")
    assert draft.variants == [{"name": "A", "weight": 1}]


def test_two_campaigns_of_one_name_have_slugs_of_their_own(db):
    slugs = [operations.create_draft(name="Опрос", actor=ALICE, at_us=NOW).slug for _ in range(3)]
    assert slugs == ["opros", "opros-2", "opros-3"]


def test_a_taken_slug_is_refused(db):
    operations.create_draft(name="One", slug="one", actor=ALICE, at_us=NOW)
    with pytest.raises(operations.SlugTaken):
        operations.create_draft(name="Other", slug="one", actor=ALICE, at_us=NOW)
    assert Campaign.objects.get().name == "One"


def test_editing_to_the_same_values_is_no_change(draft):
    assert operations.edit(campaign=draft, values={"name": "Win back"}, actor=ALICE, at_us=NOW).version == 1


def test_two_people_editing_one_draft_do_not_overwrite_each_other(draft):
    mine, theirs = Campaign.objects.get(), Campaign.objects.get()
    operations.edit(campaign=theirs, values={"name": "Theirs"}, actor=ALICE, at_us=NOW)
    with pytest.raises(operations.WrongStatus) as refusal:
        operations.edit(campaign=mine, values={"name": "Mine"}, actor=ALICE, at_us=NOW)
    assert refusal.value.code == "campaign_changed"
    assert Campaign.objects.get().name == "Theirs"


def test_only_a_draft_is_deleted(draft):
    operations.delete(campaign=draft, actor=ALICE, at_us=NOW)
    assert not Campaign.objects.exists()
