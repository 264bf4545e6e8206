"""Settings: a typed list, and a value that is not allowed is refused with what is."""

from __future__ import annotations

from typing import Any

import pytest

from samovar.engine import settings, store
from samovar.engine.models import Outbox
from samovar.engine.models import Setting as Row

pytestmark = [pytest.mark.django_db, pytest.mark.store]
AT = 1_767_225_600_000_000


def write(name: str, value: Any) -> tuple[Any, Any]:
    with store.transaction():
        return settings.write(name, value, at_us=AT, cause=str(AT))


def test_a_setting_never_changed_is_its_default_and_has_no_row() -> None:
    assert settings.get("smtp_port") == 587
    assert settings.changed() == {}
    assert settings.current()["smtp_port"] == 587


def test_a_changed_setting_is_told_once_and_its_default_removes_it() -> None:
    assert write("smtp_port", "2525") == (587, 2525)
    assert settings.changed() == {"smtp_port": 2525}
    assert [(row.name, row.payload) for row in Outbox.objects.all()] == [("Setting Changed", {"name": "smtp_port"})]
    write("smtp_port", 587)
    assert not Row.objects.exists()


def test_a_switch_is_read_as_it_stands() -> None:
    assert not settings.is_on("sending_paused")
    write("sending_paused", "true")
    assert settings.is_on("sending_paused") is settings.get("sending_paused") is True
    write("sending_paused", False)
    assert not settings.is_on("sending_paused")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_port", 0), ("smtp_port", "many"), ("smtp_port", True), ("smtp_port", 1.5), ("smtp_port", None),
        ("public_url", "crm.example.com"), ("public_url", "javascript:alert(1)"), ("public_url", "https://a@b.example"),
        ("public_url", "https://a.example/path"), ("from_address", "nobody"), ("from_address", "a@b.example\r\nBcc: c@d.example"),
        ("from_name", "Shop\r\nBcc: x"), ("quiet_from", "25:00"), ("smtp_security", "maybe"), ("phone_region", "russia"),
        ("sending_paused", "perhaps"), ("no_such_setting", 1), ("from_name", "x" * 501),
    ],
)  # fmt: skip
def test_it_refuses_what_a_setting_cannot_be_and_changes_nothing(name: str, value: Any) -> None:
    with pytest.raises(settings.BadSetting) as refused:
        write(name, value)
    assert refused.value.field == name
    assert not Row.objects.exists()
    assert not Outbox.objects.exists()


def test_every_default_is_allowed_and_every_setting_explained() -> None:
    for setting in settings.SETTINGS:
        assert setting.read(setting.default) == setting.default
        assert str(setting.help).endswith(".")


def test_a_stored_value_that_is_no_longer_allowed_stops_the_start() -> None:
    Row.objects.create(name="smtp_port", value=0)
    with pytest.raises(settings.BadSetting):
        settings.check_stored()
