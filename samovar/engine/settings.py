"""Settings of a workspace: the one typed list, what each may be, and how it is read and changed.

A setting that was never changed has no row, so a better default reaches everybody. Secrets are not settings: they stand in
keys.json. docs/settings.md tells the same list to people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.engine import outbox, store
from samovar.engine.models import Setting as Row
from samovar.kit.errors import Refusal

TEXT_CHARACTERS_MAX = 500


class BadSetting(Refusal):
    """A value that a setting may not have, or a setting that does not exist."""

    status = 422


Check = Callable[[Any], Any]


@dataclass(frozen=True)
class Setting:
    """One setting: `default` also says its type, `unit` what its number counts, `check` what else must hold."""

    name: str
    default: str | int | bool
    unit: str
    help: str | Promise
    group: str
    check: Check | None = None
    choices: tuple[str, ...] = ()

    def read(self, value: Any) -> str | int | bool:
        """`value` as this setting holds it. Raises `BadSetting` saying what is allowed."""
        try:
            typed = self._typed(value)
            return typed if self.check is None else self.check(typed)
        except ValueError as error:
            sentence = _("“%(name)s” cannot be “%(value)s”: %(why)s") % {
                "name": self.name, "value": str(value)[:60], "why": str(error) or self.allowed(),
            }  # fmt: skip
            raise BadSetting("bad_setting", sentence, field=self.name) from error

    def _typed(self, value: Any) -> str | int | bool:
        if isinstance(self.default, bool):
            return _boolean(value)
        if isinstance(self.default, int):
            if isinstance(value, bool | float):
                raise ValueError(self.allowed())
            try:
                return int(value)
            except (TypeError, ValueError):
                raise ValueError(self.allowed()) from None
        text = value.strip() if isinstance(value, str) else ""
        if not isinstance(value, str) or len(text) > TEXT_CHARACTERS_MAX or not (text.isprintable() or not text):
            raise ValueError(self.allowed())
        if self.choices and text not in self.choices:
            raise ValueError(self.allowed())
        return text

    def allowed(self) -> str:
        """What the setting may be, in words."""
        if self.choices:
            return _("it is one of %(choices)s.") % {"choices": ", ".join(self.choices)}
        if isinstance(self.default, bool):
            return _("it is true or false.")
        if isinstance(self.default, int):
            return _("it is a whole number of %(unit)s.") % {"unit": self.unit}
        return _("it is one line of text of at most %(max)s characters.") % {"max": TEXT_CHARACTERS_MAX}


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "1", "on"):
        return True
    if str(value).lower() in ("false", "0", "off", ""):
        return False
    raise ValueError(_("it is true or false."))


def at_least(low: int, high: int) -> Check:
    """Between two numbers, both included."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise ValueError(_("it lies between %(low)s and %(high)s.") % {"low": low, "high": high})
        return value

    return check


def _merge_threshold(value: int) -> int:
    if value != 0 and not 900 <= value <= 1_000:
        raise ValueError(_("it is 0, or lies between 900 and 1000."))
    return value


def _address(value: str) -> str:
    """An http or https address without path, or nothing."""
    parts = urlsplit(value)
    if value and (
        parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query or "@" in parts.netloc
    ):
        raise ValueError(_("it is an address such as https://crm.example.com."))
    return value.rstrip("/")


def _mail(value: str) -> str:
    if value and not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+", value):
        raise ValueError(_("it is an e-mail address such as shop@example.com."))
    return value


def _dns_server(value: str) -> str:
    host, _colon, port = value.rpartition(":") if value.count(":") == 1 else (value, "", "53")
    try:
        if value and not (ip_address(host) and 0 < int(port) < 65_536):
            raise ValueError(value)
    except ValueError as error:
        raise ValueError(_("it is the address of a server such as 10.0.0.1 or 127.0.0.1:5353, or nothing.")) from error
    return value


def _time_of_day(value: str) -> str:
    if value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError(_("it is a time such as 22:00, or nothing."))
    return value


def _addresses(value: str) -> str:
    try:
        return ", ".join(str(ip_address(part.strip())) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(_("it is addresses such as 10.0.0.1, separated by commas.")) from error


def _region(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError(_("it is a country of two letters such as RU."))
    return value


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "public_url",
        "",
        "address",
        lazy("Where people reach this office and where links in letters lead. A real sender needs an https one."),
        "address",
        _address,
    ),
    Setting("from_address", "", "e-mail", lazy("Whom letters come from."), "sender", _mail),
    Setting("from_name", "", "text", lazy("The name beside that address."), "sender"),
    Setting(
        "smtp_host",
        "",
        "host",
        lazy("The server that sends letters. Empty: they go to the built-in mailbox and nothing leaves this machine."),
        "sender",
    ),
    Setting("smtp_port", 587, "port", lazy("The port of that server."), "sender", at_least(1, 65_535)),
    Setting(
        "smtp_security",
        "starttls",
        "kind",
        lazy("How the connection to it is encrypted."),
        "sender",
        choices=("none", "starttls", "tls"),
    ),
    Setting("smtp_username", "", "text", lazy("The login at that server; its password stands in keys.json."), "sender"),
    Setting(
        "smtp_connections", 8, "connections", lazy("How many connections to it are open at once."), "sender", at_least(1, 64)
    ),
    Setting(
        "sending_paused", False, "", lazy("Nothing is sent while this is on; a restored workspace starts with it."), "sender"
    ),
    Setting(
        "contact_cap_messages",
        3,
        "messages",
        lazy("How many marketing messages a person gets at most in the days below. 0: no limit."),
        "policy",
        at_least(0, 1_000),
    ),
    Setting("contact_cap_days", 7, "days", lazy("The days in which those messages are counted."), "policy", at_least(1, 365)),
    Setting(
        "quiet_from",
        "",
        "time of day",
        lazy("From when nobody is written to, such as 22:00. Empty: never quiet."),
        "policy",
        _time_of_day,
    ),
    Setting("quiet_until", "", "time of day", lazy("Until when it is quiet, such as 09:00."), "policy", _time_of_day),
    Setting("phone_region", "RU", "country", lazy("The country of a phone number written without one."), "data", _region),
    Setting(
        "mail_domain_checks",
        True,
        "yes or no",
        lazy("Whether a name server is asked if the domains of e-mail addresses take mail. Nothing but the domain is sent."),
        "data",
    ),
    Setting(
        "dns_server",
        "",
        "address",
        lazy("The name server for that, such as 10.0.0.1 or 127.0.0.1:5353; empty for the machine's own."),
        "data",
        _dns_server,
    ),
    Setting(
        "dedupe_days",
        35,
        "days",
        lazy("How long the same message id from the same source is one event."),
        "data",
        at_least(1, 3_650),
    ),
    Setting(
        "duplicates_merge_permille",
        0,
        "in a thousand",
        lazy("From which probability sure duplicates are merged by themselves, such as 990. 0: only people merge."),
        "data",
        _merge_threshold,
    ),
    Setting(
        "duplicates_owners_max",
        6,
        "people",
        lazy("How many people at most may share a phone or an e-mail for it to say anything of who they are."),
        "data",
        at_least(2, 50),
    ),
    Setting(
        "duplicates_own_contacts",
        "",
        "contacts",
        lazy("Phones and e-mails of the shop itself, separated by commas: of a customer they say nothing."),
        "data",
    ),
    Setting(
        "duplicates_trust",
        "",
        "sources",
        lazy("Sources whose values survive a merge, the most trusted first. Empty: the house, servers, imports, browsers."),
        "data",
    ),
    Setting(
        "live_months",
        1,
        "months",
        lazy("How many whole months of events stay as they came in. Earlier ones are sealed to Parquet files."),
        "data",
        at_least(0, 1_200),
    ),
    Setting(
        "body_bytes_max", 500 * 1024, "bytes", lazy("The largest batch of events."), "edge", at_least(1_024, 64 * 1024 * 1024)
    ),
    Setting("event_bytes_max", 32 * 1024, "bytes", lazy("The largest event."), "edge", at_least(256, 1024 * 1024)),
    Setting(
        "server_events_per_s",
        400_000,
        "events a second",
        lazy("How fast one server key may send."),
        "edge",
        at_least(1, 10_000_000),
    ),
    Setting(
        "server_events_burst",
        800_000,
        "events",
        lazy("How many events one server key may send at once."),
        "edge",
        at_least(1, 100_000_000),
    ),
    Setting(
        "browser_events_per_s",
        5_000,
        "events a second",
        lazy("How fast one browser key may send."),
        "edge",
        at_least(1, 10_000_000),
    ),
    Setting(
        "browser_events_burst",
        20_000,
        "events",
        lazy("How many events one browser key may send at once."),
        "edge",
        at_least(1, 100_000_000),
    ),
    Setting(
        "address_events_per_s",
        100,
        "events a second",
        lazy("How fast one address on the network may send with a browser key."),
        "edge",
        at_least(1, 10_000_000),
    ),
    Setting(
        "address_events_burst",
        1_000,
        "events",
        lazy("How many events one address may send at once."),
        "edge",
        at_least(1, 100_000_000),
    ),
    Setting(
        "waiting_rows_max",
        50_000,
        "rows",
        lazy("How many requests may wait for the disk before the edge answers 503."),
        "edge",
        at_least(100, 10_000_000),
    ),
    Setting(
        "proxies",
        "",
        "addresses",
        lazy("Reverse proxies in front, separated by commas. Only they are believed about where a request came from."),
        "edge",
        _addresses,
    ),
    Setting(
        "log_bytes_max",
        0,
        "bytes",
        lazy("The largest event log; the edge answers 503 beyond it. 0: as much as the disk takes."),
        "edge",
        at_least(0, 2**50),
    ),
)
BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def known(name: str) -> Setting:
    """The setting of a name. Raises `BadSetting`."""
    setting = BY_NAME.get(name)
    if setting is None:
        raise BadSetting("unknown_setting", _("There is no setting “%(name)s”.") % {"name": name}, field=name)
    return setting


def get(name: str) -> Any:
    """The value of a setting. Raises `BadSetting` for an unknown name."""
    setting = known(name)
    value = Row.objects.filter(name=name).values_list("value", flat=True).first()
    return setting.default if value is None else value


def is_on(name: str) -> bool:
    """Whether a switch is on; a sender asks before each group of intents, so without the ORM. Raises `BadSetting`."""
    setting = known(name)
    rows = store.fetch("SELECT CAST(value AS text) FROM engine_setting WHERE name = %s", [name])
    return rows[0][0] == "true" if rows else bool(setting.default)


def changed() -> dict[str, Any]:
    """The settings that differ from their defaults."""
    return dict(Row.objects.filter(name__in=BY_NAME).values_list("name", "value"))


def current() -> dict[str, Any]:
    """Every setting with its value."""
    return {setting.name: setting.default for setting in SETTINGS} | changed()


def write(name: str, value: Any, *, at_us: int, cause: str) -> tuple[Any, Any]:
    """Set a value inside `store.transaction()`; (old, new). The caller adds the audit row. Raises `BadSetting`.

    `cause` makes the announcement's key: the same change told twice is one.
    """
    setting = known(name)
    new, old = setting.read(value), get(name)
    if new == setting.default:
        Row.objects.filter(name=name).delete()
    else:
        Row.objects.update_or_create(name=name, defaults={"value": new})
    if new != old:
        outbox.emit([outbox.Announcement(f"setting:{name}:{cause}", "Setting Changed", at_us, {"name": name})])
    return old, new


def check_stored() -> None:
    """Look at every stored value; called at the start of a process. Raises `BadSetting` for one that is not allowed."""
    for name, value in changed().items():
        known(name).read(value)
