"""Letters as text go out and come in byte for byte, and a launched campaign's stay."""

from __future__ import annotations

import pytest

from samovar.communicate import definitions, operations
from samovar.communicate.models import Letter
from samovar.communicate.tests.conftest import T0
from samovar.decide.models import Campaign
from samovar.engine.definitions import BadDefinition, from_text, to_text
from samovar.engine.models import Outbox
from samovar.kit.errors import Refusal
from samovar.staff.actors import Actor
from samovar.staff.models import AuditRow

pytestmark = [pytest.mark.django_db, pytest.mark.store]
ALICE = Actor("staff", "1", "Alice")


@pytest.fixture
def draft(campaign: Campaign) -> Campaign:
    campaign.status = "draft"
    campaign.save()
    return campaign


def test_an_export_of_an_applied_export_is_the_same(draft: Campaign) -> None:
    words = {"subject": "Чай: скидка", "html": "<p>a</p>\n  {{ x }}\n\n", "text": "строка\n\tвторая\n"}
    operations.save_letter(campaign=draft, variant="A", **words, actor=ALICE, at_us=T0)
    text = to_text(definitions.export_letters()["tea"])
    Letter.objects.all().delete()
    definitions.apply_letters("tea", from_text(text, name="tea.yaml"), ALICE, T0)
    assert to_text(definitions.export_letters()["tea"]) == text
    assert {p: getattr(Letter.objects.get(), p) for p in words} == words
    definitions.apply_letters("tea", from_text(text, name="tea.yaml"), ALICE, T0)
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("values", [{"A": "text"}, {"A": {"subject": 1}}, {"A": {"other": "x"}}])
def test_what_is_no_letter_is_refused(draft: Campaign, values: dict[str, object]) -> None:
    with pytest.raises(BadDefinition):
        definitions.apply_letters("tea", values, ALICE, T0)
    assert Letter.objects.count() == 1


def test_a_launched_campaigns_letter_may_only_be_applied_unchanged(campaign: Campaign) -> None:
    same = definitions.export_letters()["tea"]
    definitions.apply_letters("tea", same, ALICE, T0)
    with pytest.raises(operations.LetterFixed):
        definitions.apply_letters("tea", {"A": {**same["A"], "subject": "other"}}, ALICE, T0)
    assert Letter.objects.get().subject == same["A"]["subject"]


def test_saving_leaves_a_trail_and_the_same_words_none(draft: Campaign) -> None:
    for _repeat in range(2):
        operations.save_letter(campaign=draft, variant="A", subject="new", html="<p>x</p>", actor=ALICE, at_us=T0)
    assert list(Letter.objects.values_list("version", flat=True)) == [1, 2]
    row = AuditRow.objects.get(action="letter.save")
    assert (row.actor_name, row.old["version"], row.new["subject"]) == ("Alice", 1, "new")
    assert Outbox.objects.filter(name="Letter Saved").count() == 1


def test_an_unknown_variant_is_refused(draft: Campaign) -> None:
    with pytest.raises(Refusal):
        operations.save_letter(campaign=draft, variant="Z", subject="s", html="h", actor=ALICE, at_us=T0)
    assert Letter.objects.count() == 1
