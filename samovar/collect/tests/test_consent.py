"""What a member says of a consent holds, whatever the clock does."""

from __future__ import annotations

import pytest

from samovar.collect import consent
from samovar.engine import store
from samovar.staff.actors import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.store]
ALICE = Actor("staff", "1", "Alice")
LONG = f"{'a' * 60}@{'mail.' * 20}example.com"


def say(given: bool, address: str = "anna@example.com", purpose: str = "marketing", at_us: int = 1) -> None:
    consent.change_consent(
        channel="email", address=address, purpose=purpose, given=given, source="letter", text_version="", actor=ALICE, at_us=at_us
    )


def test_a_no_at_the_moment_of_a_yes_is_recorded_and_holds() -> None:
    say(True)
    say(False)
    say(False)
    assert not consent.latest("email", ["anna@example.com"], "marketing")["anna@example.com"].given
    assert store.fetch("SELECT count(*) FROM engine_outbox WHERE name = 'Consent Changed'") == [(2,)]


def test_a_long_address_takes_back_its_yes_later_and_says_it_for_other_purposes() -> None:
    say(True, LONG)
    say(False, LONG, at_us=2)
    say(True, LONG, purpose="service")
    assert not consent.latest("email", [LONG], "marketing")[LONG].given
    assert consent.latest("email", [LONG], "service")[LONG].given
