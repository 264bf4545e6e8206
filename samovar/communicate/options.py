"""How this workspace sends: the settings of the sender as one typed value, read together."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from samovar.engine import settings

LOCAL_URL = os.environ.get("SAMOVAR_LOCAL_URL", "http://localhost:8000")  # where `samovar up` serves; told to its processes
LOCAL_FROM = "shop@samovar.example"


@dataclass(frozen=True, slots=True)
class SendingOptions:
    """Durations in days, times of day as “22:00” (empty: none), `cap_messages` 0 for no cap. Secrets stand in the keys."""

    public_url: str
    from_address: str
    has_own_sender: bool
    from_name: str
    smtp_host: str
    smtp_port: int
    smtp_security: Literal["none", "starttls", "tls"]
    smtp_username: str
    smtp_connections: int
    cap_messages: int
    cap_days: int
    quiet_from: str
    quiet_until: str
    is_paused: bool

    @property
    def has_real_server(self) -> bool:
        """Whether letters leave the machine; without a server they go to the built-in mailbox."""
        return bool(self.smtp_host)

    def wire_part(self) -> tuple[object, ...]:
        """What a running sender was made with: when it changes, the sender is made anew."""
        return (
            self.from_address, self.smtp_host, self.smtp_port, self.smtp_security, self.smtp_username, self.smtp_connections
        )  # fmt: skip

    @property
    def is_loopback(self) -> bool:
        """Whether the configured server is on this machine: a sink for tests, allowed under a virtual clock."""
        if self.smtp_host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.smtp_host).is_loopback
        except ValueError:
            return False

    @property
    def base_url(self) -> str:
        """What links in letters start with, without a slash at the end."""
        return (self.public_url or LOCAL_URL).rstrip("/")

    @property
    def has_public_https(self) -> bool:
        """Whether `public_url` is an https address: what a real sender needs before a launch."""
        parts = urlsplit(self.public_url)
        return parts.scheme == "https" and bool(parts.hostname)


def sending_options() -> SendingOptions:
    """The options as they are now."""
    v = settings.current()
    return SendingOptions(
        public_url=v["public_url"], from_address=v["from_address"] or LOCAL_FROM, has_own_sender=bool(v["from_address"]),
        from_name=v["from_name"],
        smtp_host=v["smtp_host"], smtp_port=int(v["smtp_port"]), smtp_security=v["smtp_security"],
        smtp_username=v["smtp_username"], smtp_connections=int(v["smtp_connections"]),
        cap_messages=int(v["contact_cap_messages"]), cap_days=int(v["contact_cap_days"]),
        quiet_from=v["quiet_from"], quiet_until=v["quiet_until"], is_paused=bool(v["sending_paused"]),
    )  # fmt: skip
