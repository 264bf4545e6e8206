"""Definitions out to a folder and in again."""

from __future__ import annotations

import pytest

from samovar.collect.models import RecordType
from samovar.collect.records.operations import declare
from samovar.decide import operations
from samovar.decide.models import Campaign
from samovar.doors import policy
from samovar.engine import settings
from samovar.engine.definitions import BadDefinition
from samovar.engine.models import Setting
from samovar.kit.clock import DAY_US
from samovar.staff.actors import Actor
from samovar.staff.settings_operations import change_settings

pytestmark = [pytest.mark.django_db, pytest.mark.store]

ALICE = Actor("staff", "1", "Alice")
NOW = 20_000 * DAY_US


def texts(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def exported(tmp_path):
    """The folder of a workspace with two campaigns, one of them launched, a changed setting and a type of records; then nothing
    is left of them."""
    operations.create_draft(name="Опрос за скидку", goal="Вернуть", audience="count(orders) = 1", actor=ALICE, at_us=NOW)
    operations.create_draft(
        name="Second", control_share=0.2, variants=[{"name": "A", "weight": 3}, {"name": "B", "weight": 1}],
        start_us=NOW + DAY_US, segment="at-risk", actor=ALICE, at_us=NOW,
    )  # fmt: skip
    Campaign.objects.filter(slug="second").update(status="running", launched_us=NOW)
    change_settings(values={"contact_cap_messages": 5}, actor=ALICE, at_us=NOW)
    declare(
        name="vehicle", label="Автомобиль", time_field="bought_on", fields={"bought_on": "date", "цена": "money"}, actor=ALICE,
        at_us=NOW,
    )  # fmt: skip
    folder = tmp_path / "policy"
    policy.export_to(folder)
    Campaign.objects.all().delete()
    Setting.objects.all().delete()
    RecordType.objects.all().delete()
    return folder


def test_an_export_of_an_applied_export_is_the_same_bytes(exported, tmp_path):
    policy.apply_from(exported, actor=ALICE, at_us=NOW)
    policy.export_to(tmp_path / "again")
    assert texts(tmp_path / "again") == texts(exported)
    assert set(texts(exported)) >= {"samovar.yaml", "campaigns/second.yaml", "settings/contact_cap_messages.yaml"}
    assert RecordType.objects.get().fields == {"bought_on": "date", "цена": "money"}


def test_campaigns_come_in_as_drafts_never_launched(exported):
    policy.apply_from(exported, actor=ALICE, at_us=NOW)
    assert set(Campaign.objects.values_list("status", "launched_us")) == {("draft", None)}
    assert settings.get("contact_cap_messages") == 5


def test_applying_twice_changes_nothing(exported):
    policy.apply_from(exported, actor=ALICE, at_us=NOW)
    before = list(Campaign.objects.order_by("id").values())
    policy.apply_from(exported, actor=ALICE, at_us=NOW + 1)
    assert list(Campaign.objects.order_by("id").values()) == before
    assert RecordType.objects.get().version == 1


def test_one_bad_file_and_nothing_changes(exported):
    (exported / "campaigns" / "zz-bad.yaml").write_text("name: Bad\ncontrol_share: 0.9\n")
    with pytest.raises(BadDefinition, match=r"campaigns/zz-bad\.yaml"):
        policy.apply_from(exported, actor=ALICE, at_us=NOW)
    assert not Campaign.objects.exists()
    assert not Setting.objects.exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("vehicle", "time: sold_on\n", "sold_on"),
        ("vehicle", "time: price\nfields: {price: money}\n", "price"),
        ("vehicle", "fields: {price: coins}\n", "kind of"),
        ("vehicle", "fields: [price]\n", "names with their kinds"),
        ("vehicle", "fields: {id: text}\n", "cannot be the name"),
        ("vehicle", "colour: red\n", "colour"),
    ],
)
def test_a_type_of_records_says_what_cannot_hold(exported, name, text, said):
    (exported / "record-types" / f"{name}.yaml").write_text(text)
    with pytest.raises(BadDefinition, match=rf"record-types/{name}\.yaml.*{said}"):
        policy.apply_from(exported, actor=ALICE, at_us=NOW)
    assert not RecordType.objects.exists()


def test_a_launched_campaign_is_not_changed_by_a_text(exported):
    policy.apply_from(exported, actor=ALICE, at_us=NOW)
    Campaign.objects.filter(slug="second").update(status="running")
    policy.apply_from(exported, actor=ALICE, at_us=NOW)
    path = exported / "campaigns" / "second.yaml"
    path.write_text(path.read_text().replace("control_share: 0.2", "control_share: 0.3"))
    with pytest.raises(BadDefinition, match="Second"):
        policy.apply_from(exported, actor=ALICE, at_us=NOW)
    assert Campaign.objects.get(slug="second").control_share == 2000


def test_an_earlier_export_is_replaced_whole(exported):
    policy.export_to(exported)
    assert set(texts(exported)) == {"samovar.yaml"}


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(policy.FolderTaken):
        policy.export_to(tmp_path)
    assert texts(tmp_path) == {"letter.txt": b"mine"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("samovar.yaml", "format: 99\n"),
        ("plans/x.yaml", "a: 1\n"),
        ("campaigns/Bad Name.yaml", "name: x\n"),
        ("settings/nonsense.yaml", "value: 1\n"),
    ],
)
def test_it_refuses_what_it_does_not_know(exported, name, text):
    (exported / name).parent.mkdir(exist_ok=True)
    (exported / name).write_text(text)
    with pytest.raises(BadDefinition):
        policy.apply_from(exported, actor=ALICE, at_us=NOW)
    assert not Campaign.objects.exists()


def test_a_folder_that_no_export_made_is_refused(tmp_path):
    with pytest.raises(BadDefinition, match=r"samovar\.yaml"):
        policy.apply_from(tmp_path, actor=ALICE, at_us=NOW)


def test_a_campaign_carries_the_words_of_its_audience_and_a_shop_says_what_it_does_not_know(exported, tmp_path):
    file = exported / "campaigns" / "second.yaml"
    text = file.read_text().replace("segment: at-risk\n", "audience: score > 5\nwords:\n  trait.score: number\n")
    file.write_text(text)
    policy.apply_from(exported, actor=ALICE, at_us=NOW)
    told = policy.unknown_in(exported)
    assert list(told) == ["campaigns/second.yaml"] and "trait.score (number)" in told["campaigns/second.yaml"][0]
    policy.export_to(tmp_path / "again")
    assert texts(tmp_path / "again") == texts(exported)
