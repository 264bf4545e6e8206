"""Connections to an SMTP server, kept open and reused.

aiosmtplib connects, encrypts and signs in; then `Exchange` takes the connection over and speaks the letters.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPHeloError, SMTPResponseException, SMTPServerDisconnected

from samovar.communicate.channels.email.exchange import REASON_CHARS_MAX, Delivery, Exchange, Parcel

CONNECT_S_MAX = 10.0
MAILS_PER_CONNECTION_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Server:
    """Where letters go. `security` is "none", "starttls" or "tls"; no `username`, no login."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: str = ""

    def tls(self) -> ssl.SSLContext | None:
        return None if self.security == "none" else ssl.create_default_context()


class Pool:
    """`size` connections, each with one letter on the way at a time. Used inside one event loop.

    `exchanged` hears the seconds of each letter from its first command to the answer that decided.
    """

    def __init__(
        self, server: Server, size: int, done: Callable[[Delivery], None], exchanged: Callable[[float], object] | None = None
    ) -> None:
        self._server, self._done, self._exchanged = server, done, exchanged
        self._queue: asyncio.Queue[Parcel | None] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._work()) for _ in range(size)]

    def submit(self, parcel: Parcel) -> None:
        """Put a letter in line; `done` is called once for it."""
        self._queue.put_nowait(parcel)

    async def close(self) -> None:
        """Finish what is in line and hang up."""
        for _ in self._tasks:
            self._queue.put_nowait(None)
        await asyncio.gather(*self._tasks)

    async def _work(self) -> None:
        exchange: Exchange | None = None
        mails = 0
        while (parcel := await self._queue.get()) is not None:
            if exchange is None or not exchange.is_open or mails >= MAILS_PER_CONNECTION_MAX:
                _hang_up(exchange)
                try:
                    exchange, mails = await _connect(self._server), 0
                except (SMTPException, OSError, ValueError) as error:
                    exchange = None
                    self._done(Delivery(parcel.key, "unsent", f"connect: {_words(error)}"))
                    continue
            mails += 1
            began_s = time.monotonic()
            delivery = await exchange.deliver(parcel)
            if self._exchanged is not None:
                self._exchanged(time.monotonic() - began_s)
            self._done(delivery)
        _hang_up(exchange)


async def _connect(server: Server) -> Exchange:
    client = SMTP(
        hostname=server.host, port=server.port, timeout=CONNECT_S_MAX, use_tls=server.security == "tls",
        start_tls=server.security == "starttls", tls_context=server.tls(), username=server.username or None,
        password=server.password or None,
    )  # fmt: skip
    await client.connect()
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except SMTPHeloError:
            await client.helo()
    if client.transport is None:
        raise SMTPServerDisconnected("Connection lost")
    return Exchange(cast(asyncio.Transport, client.transport), is_pipelining=client.supports_extension("pipelining"))


def _hang_up(exchange: Exchange | None) -> None:
    if exchange is not None:
        exchange.close()


def _words(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}".replace("\n", " ")[:REASON_CHARS_MAX]
    return (str(error) or type(error).__name__)[:REASON_CHARS_MAX]
