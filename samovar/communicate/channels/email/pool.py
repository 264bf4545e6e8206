"""Connections to an SMTP server, kept open and reused, and what each answer means for a letter.

What decides is how far a letter came: before its content began nothing was sent and it may be tried again; once the content is
on its way, silence means doubt.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.errors import SMTPDataError, SMTPException, SMTPHeloError, SMTPResponseException, SMTPServerDisconnected

CONNECT_S_MAX = 10.0
LETTER_S_MAX = 20.0  # below the lease: an exchange that takes longer leaves the letter in doubt
MAILS_PER_CONNECTION_MAX = 2_000

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


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


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter ready for the wire; `key` is the caller's own."""

    key: int
    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a parcel.

    `sent`; `failed` for good; `retry` later; `in_doubt`; `unsent`: the server was not reached or refuses us as a sender, which
    is no fault of the letter. `is_hard_bounce`: the address does not exist.
    """

    key: int
    kind: Literal["sent", "failed", "retry", "in_doubt", "unsent"]
    reason: str = ""
    is_hard_bounce: bool = False


class Pool:
    """`size` connections, each with one letter on the way at a time. Used inside one event loop."""

    def __init__(self, server: Server, size: int, done: Callable[[Delivery], None]) -> None:
        self._server, self._done = server, done
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
        client: SMTP | None = None
        mails = 0
        while (parcel := await self._queue.get()) is not None:
            if client is None or not client.is_connected or mails >= MAILS_PER_CONNECTION_MAX:
                await _hang_up(client)
                try:
                    client, mails = await _connect(self._server), 0
                except (SMTPException, OSError, ValueError) as error:
                    client = None
                    self._done(Delivery(parcel.key, "unsent", f"connect: {_words(error)}"))
                    continue
            mails += 1
            delivery = await _deliver(client, parcel)
            if delivery.kind != "sent" and (delivery.kind != "failed" or not client.is_connected):
                await _hang_up(client)
                client = None
            self._done(delivery)
        await _hang_up(client)


async def _connect(server: Server) -> SMTP:
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
    return client


async def _hang_up(client: SMTP | None) -> None:
    if client is not None:
        with contextlib.suppress(SMTPException, OSError, TimeoutError):
            client.close()


async def _deliver(client: SMTP, parcel: Parcel) -> Delivery:
    """One letter over an open connection: MAIL, RCPT, DATA, each answered before the next, in `LETTER_S_MAX` altogether."""
    begun = _Progress()
    try:
        async with asyncio.timeout(LETTER_S_MAX):
            return await _exchange(client, parcel, begun)
    except (SMTPException, OSError, TimeoutError, ValueError) as error:
        await _hang_up(client)
        return Delivery(parcel.key, begun.lost, f"{begun.words}: {_words(error)}")


@dataclass
class _Progress:
    """What silence means at the point a letter has come to."""

    lost: Literal["unsent", "retry", "in_doubt"] = "unsent"
    words: str = "connection lost"


async def _exchange(client: SMTP, parcel: Parcel, begun: _Progress) -> Delivery:
    answer = await client.execute_command(b"MAIL", b"FROM:<" + parcel.sender.encode("ascii") + b">", timeout=None)
    if answer.code >= 300:
        kind: Literal["retry", "unsent"] = "unsent" if answer.code >= 500 else "retry"
        return Delivery(parcel.key, kind, f"sender refused: {_said(answer)}")
    begun.lost = "retry"
    answer = await client.execute_command(b"RCPT", b"TO:<" + parcel.recipient.encode("ascii") + b">", timeout=None)
    if answer.code >= 300:
        await _reset(client)
        return _refused(parcel.key, answer, at_recipient=True)
    begun.lost, begun.words = "in_doubt", "no answer to the content"
    if client.protocol is None:
        raise SMTPServerDisconnected("Connection lost")
    try:
        await client.protocol.execute_data_command(parcel.content, timeout=None)
    except SMTPDataError as error:
        await _reset(client)
        return _refused(parcel.key, SMTPResponse(error.code, error.message), at_recipient=False)
    return Delivery(parcel.key, "sent")


async def _reset(client: SMTP) -> None:
    with contextlib.suppress(SMTPException, OSError):
        await client.rset(timeout=None)


def _refused(key: int, answer: SMTPResponse, *, at_recipient: bool) -> Delivery:
    if answer.code < 500:
        return Delivery(key, "retry", _said(answer))
    return Delivery(key, "failed", _said(answer), is_hard_bounce(answer.code, answer.message, at_recipient=at_recipient))


def is_hard_bounce(code: int, message: str, *, at_recipient: bool) -> bool:
    """Whether a refusal says that the address does not exist (RFC 3463: 5.1.x without the sender's own faults 5.1.7 and 5.1.8).

    Without an enhanced status, 550, 551 and 553 in answer to the recipient say so.
    """
    found = _ENHANCED.search(message)
    if found:
        return found[1] == "5" and found[2] == "1" and found[3] not in ("7", "8", "9")
    return at_recipient and code in (550, 551, 553)


def _said(answer: SMTPResponse) -> str:
    return f"{answer.code} {answer.message}".replace("\n", " ")[:180]


def _words(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        return _said(SMTPResponse(error.code, error.message))
    return (str(error) or type(error).__name__)[:180]
