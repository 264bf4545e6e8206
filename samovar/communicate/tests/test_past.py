"""What a person had received and allowed at a past moment."""

from __future__ import annotations

import pytest

from samovar.collect.models import Identifier, Profile
from samovar.collect.queries import consents_of
from samovar.communicate import ledger
from samovar.communicate.ledger import Outcome
from samovar.communicate.models import Message
from samovar.communicate.queries import messages_of
from samovar.communicate.tests.conftest import T0, agree
from samovar.engine import store
from samovar.kit.clock import SECOND_US

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def test_a_message_is_told_as_it_stood(planned):
    [row] = planned(1)
    with store.transaction():
        rows = ledger.claim(holder="one", limit=1, at_us=T0 + SECOND_US).rows
        ledger.intend(holder="one", rows=rows, at_us=T0 + SECOND_US)
    with store.transaction():
        ledger.settle(holder="one", outcomes=[Outcome(rows[0], "sent", "")], at_us=T0 + 2 * SECOND_US)
    Message.objects.update(opened_us=T0 + 9 * SECOND_US)

    def told(at_us: int) -> list[tuple[str, int | None, int | None]]:
        return [(m["state"], m["sent_us"], m["opened_us"]) for m in messages_of(row.profile_id, at_us=at_us)]

    assert told(row.planned_us - 1) == []
    assert told(row.planned_us) == [("planned", None, None)]
    assert told(T0 + SECOND_US) == [("claimed", None, None)]
    assert told(T0 + 8 * SECOND_US) == [("sent", T0 + 2 * SECOND_US, None)]
    assert told(T0 + 9 * SECOND_US) == [("sent", T0 + 2 * SECOND_US, T0 + 9 * SECOND_US)]


def test_a_consent_is_told_as_it_stood():
    person = Profile.objects.create(id=1, is_customer=True, created_us=T0).id
    Identifier.objects.create(profile_id=person, kind="email", value="a@x.example", since_us=T0)
    agree("a@x.example", time_us=T0)
    agree("a@x.example", given=False, time_us=T0 + 5)
    held = [[one["given"] for one in consents_of(person, at_us=T0 + later)] for later in (-1, 0, 4, 5)]
    assert held == [[], [True], [True], [False]]
    assert [one["given"] for one in consents_of(person)] == [False]
