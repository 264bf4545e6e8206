"""A small SMTP server on loopback: the built-in mailbox, which answers 250 only when its keeper says the mail is kept.

It speaks what a sender needs (EHLO, MAIL, RCPT, DATA, RSET, NOOP, VRFY, QUIT, PIPELINING, 8BITMIME, SMTPUTF8, SIZE) and
relays nothing. Tests and benchmarks use the same server as their sink.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

MAIL_BYTES_MAX = 10 * 1024 * 1024
LINE_BYTES_MAX = 4_096
RECIPIENTS_MAX = 100
IDLE_S_MAX = 300.0
_DOT = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail as it came over the wire, dots unstuffed. `answer` ends the exchange: "250 ...", or a refusal."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    answer: Callable[[str], None]


class MailSession(asyncio.Protocol):
    """One connection. Commands may be pipelined; while a mail waits for its answer, later input waits too."""

    def __init__(self, receive: Callable[[ReceivedMail], None], host: str = "samovar.local") -> None:
        self._receive, self._host = receive, host
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._in_data = self._is_waiting = self._is_greeted = False
        self._searched = 0
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._say(f"220 {self._host} ESMTP")
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._idle:
            self._idle.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._watch()
        self._go_on()

    def _watch(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = self._loop.call_later(IDLE_S_MAX, self._close)

    def _close(self) -> None:
        if self._transport:
            self._transport.close()

    def _say(self, line: str) -> None:
        if self._transport:
            self._transport.write(line.encode() + b"\r\n")

    def _go_on(self) -> None:
        """Work through what has come, until a line, a mail's end or its answer is missing."""
        while self._buffer and not self._is_waiting and self._transport:
            if self._in_data:
                if not self._take_mail():
                    return
                continue
            end = self._buffer.find(b"\n")
            if end < 0 or end > LINE_BYTES_MAX:
                if len(self._buffer) > LINE_BYTES_MAX:
                    self._say("500 Line too long")
                    self._close()
                return
            line = bytes(self._buffer[:end]).rstrip(b"\r").decode("utf-8", "replace")
            del self._buffer[: end + 1]
            self._command(line)

    def _take_mail(self) -> bool:
        """A mail whose last dot has come goes to the keeper; False while it has not."""
        if self._buffer.startswith(b".\r\n"):
            content, end = b"", 3
        else:
            at = self._buffer.find(_DOT, max(0, self._searched - len(_DOT)))
            if at < 0:
                self._searched = len(self._buffer)
                if self._searched > MAIL_BYTES_MAX:
                    self._say("552 Too large")
                    self._close()
                return False
            content, end = bytes(self._buffer[: at + 2]), at + len(_DOT)
        del self._buffer[:end]
        self._in_data, self._searched, self._is_waiting = False, 0, True
        if content.startswith(b".") or b"\r\n." in content:
            content = (b"\r\n" + content).replace(b"\r\n.", b"\r\n")[2:]
        self._receive(ReceivedMail(self._sender or "", tuple(self._recipients), content, self._answered))
        return True

    def _answered(self, line: str) -> None:
        self._sender, self._recipients, self._is_waiting = None, [], False
        self._say(line)
        self._go_on()

    def _command(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        if verb == "EHLO":
            self._reset()
            self._is_greeted = True
            self._say(f"250-{self._host}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {MAIL_BYTES_MAX}")
        elif verb in ("HELO", "NOOP", "VRFY"):
            self._is_greeted = self._is_greeted or verb == "HELO"
            self._say("252 Send it and see" if verb == "VRFY" else "250 OK")
        elif verb == "MAIL":
            self._mail(rest)
        elif verb == "RCPT":
            self._rcpt(rest)
        elif verb == "DATA":
            self._data()
        elif verb == "RSET":
            self._reset()
            self._say("250 OK")
        elif verb == "QUIT":
            self._say("221 Bye")
            self._close()
        else:
            self._say("502 Not understood")

    def _reset(self) -> None:
        self._sender, self._recipients = None, []

    def _mail(self, rest: str) -> None:
        address = _path(rest, "FROM:")
        if not self._is_greeted:
            self._say("503 EHLO first")
        elif address is None:
            self._say("501 MAIL FROM:<address>")
        elif self._sender is not None:
            self._say("503 One sender a mail")
        else:
            self._sender = address
            self._say("250 OK")

    def _rcpt(self, rest: str) -> None:
        address = _path(rest, "TO:")
        if self._sender is None:
            self._say("503 MAIL first")
        elif not address:
            self._say("501 RCPT TO:<address>")
        elif len(self._recipients) >= RECIPIENTS_MAX:
            self._say("452 Too many recipients")
        else:
            self._recipients.append(address)
            self._say("250 OK")

    def _data(self) -> None:
        if not self._recipients:
            self._say("503 RCPT first")
            return
        self._in_data = True
        self._say("354 Go on, end with a dot")


def _path(rest: str, prefix: str) -> str | None:
    """The address of `FROM:<a@b> PARAMS`; None when it is not written so."""
    text = rest.strip()
    if text[: len(prefix)].upper() != prefix:
        return None
    text = text[len(prefix) :].lstrip()
    if not text.startswith("<") or ">" not in text:
        return None
    return text[1 : text.index(">")]


async def serve(receive: Callable[[ReceivedMail], None], port: int = 0) -> tuple[asyncio.Server, int]:
    """Listen on 127.0.0.1; the server and its port. `receive` runs in the loop and must not block."""
    server = await asyncio.get_running_loop().create_server(lambda: MailSession(receive), "127.0.0.1", port)
    return server, int(server.sockets[0].getsockname()[1])
