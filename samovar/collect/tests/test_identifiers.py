"""One normal form for each identifier, and none for what is no identifier."""

from __future__ import annotations

import pytest

from samovar.collect.identifiers import normalise


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        ("email", " Anna.Ivanova@Example.RU ", "anna.ivanova@example.ru"),
        ("email", "анна@почта.рф", "анна@почта.рф"),
        ("email", "anna@", None),
        ("email", "anna@example", None),
        ("email", "a b@example.ru", None),
        ("phone", "8 (912) 345-67-89", "+79123456789"),
        ("phone", "+7 912 345 67 89", "+79123456789"),
        ("phone", "+44 20 7946 0958", "+442079460958"),
        ("phone", "123", None),
        ("phone", "0044 20 7946 0958", "+442079460958"),
        ("phone", "8 916 123-45-67 Мария", "+79161234567"),
        ("phone", "123-45-67", None),
        ("phone", "8(495)123-45-6O", None),
        ("phone", "8(495)123-45-6О", None),
        ("phone", "8(495)123-45-6A", None),
        ("user_id", "  u-1 ", "u-1"),
        ("user_id", 42, "42"),
        ("user_id", True, None),
        ("user_id", "undefined", None),
        ("user_id", "", None),
        ("card", "x" * 400, None),
        ("external_id", "a\x00b", None),
    ],
)
def test_an_identifier_has_one_form(kind: str, value: object, normal: str | None) -> None:
    assert normalise(kind, value) == normal
