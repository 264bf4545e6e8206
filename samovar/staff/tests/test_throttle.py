"""Tries are counted in a window, for all processes together."""

from __future__ import annotations

import pytest

from samovar.staff import throttle

pytestmark = [pytest.mark.django_db, pytest.mark.store]
AT = 1_767_225_600_000_000


def test_it_stops_after_the_allowed_tries_and_forgets_with_the_window() -> None:
    assert [throttle.take("login:alice", 3, AT + n) for n in range(5)] == [True, True, True, False, False]
    assert throttle.take("login:bob", 3, AT)
    assert throttle.take("login:alice", 3, AT + throttle.WINDOW_US + 1)


def test_a_success_begins_anew() -> None:
    for n in range(3):
        throttle.take("login:alice", 3, AT + n)
    throttle.forget("login:alice")
    assert throttle.take("login:alice", 3, AT + 4)
