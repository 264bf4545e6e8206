"""One open connection to an SMTP server: a letter at a time, and what each answer means for it.

What decides is how far a letter came: before its content begins nothing was sent and it may be tried again; once the content is
on its way, silence means doubt. Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA leave together.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from samovar.communicate.channels.email.mime import BadAddress, envelope_address

LETTER_S_MAX = 20.0  # below the lease: an exchange that takes longer leaves the letter in doubt
ANSWER_LINES_MAX, ANSWER_LINE_BYTES_MAX = 100, 8 * 1024
REASON_CHARS_MAX = 180

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ANSWER = re.compile(rb"[2-5]\d\d[ -]|[2-5]\d\d\r?\Z")
_BLANKS = re.compile(r"[\x00-\x20\x7f]+")
_LINE_END = re.compile(rb"\r\n|\r|\n")

Kind = Literal["sent", "failed", "retry", "in_doubt", "unsent"]
_Stage = Literal["mail", "rcpt", "data", "dot", "rset"]  # the command whose answer is awaited


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
    kind: Kind
    reason: str = ""
    is_hard_bounce: bool = False


class Exchange(asyncio.Protocol):
    """Takes over a connection on which the server was greeted, and logged in to where it asks for that."""

    def __init__(self, transport: asyncio.Transport, *, is_pipelining: bool) -> None:
        self._transport, self._is_pipelining = transport, is_pipelining
        self._loop = asyncio.get_running_loop()
        self._parcel: Parcel | None = None
        self._done: asyncio.Future[Delivery] | None = None
        self._stage: _Stage = "mail"
        self._commands: dict[str, bytes] = {}
        self._refusal: Delivery | None = None
        self._lost: Kind = "unsent"  # what silence means at the point the letter has come to
        self._rest = b""
        self._said: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether another letter may be sent over it."""
        return not self._transport.is_closing()

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def deliver(self, parcel: Parcel) -> asyncio.Future[Delivery]:
        """Send a letter; the future never raises. Only one may be on the way."""
        assert self._done is None
        done = self._done = self._loop.create_future()
        self._parcel, self._refusal, self._stage, self._lost = parcel, None, "mail", "unsent"
        try:
            sender, recipient = envelope_address(parcel.sender), envelope_address(parcel.recipient)
        except BadAddress:
            self._finish(Delivery(parcel.key, "failed", "bad_address"))
            return done
        self._commands = {
            "mail": b"MAIL FROM:<%s>\r\n" % sender.encode(), "rcpt": b"RCPT TO:<%s>\r\n" % recipient.encode(),
            "data": b"DATA\r\n",
        }  # fmt: skip
        self._timer = self._loop.call_later(LETTER_S_MAX, self._overdue)
        self._transport.write(b"".join(self._commands.values()) if self._is_pipelining else self._commands["mail"])
        return done

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._said.append(line)
            if self._done is None or not _ANSWER.match(line) or len(self._said) > ANSWER_LINES_MAX:
                self._break_off(f"unexpected answer: {_text([line])}")
                return
            if line[3:4] != b"-":
                said, self._said = self._said, []
                self._answered(int(line[:3]), _text([line[:3], *(part[4:] for part in said)]))
        if len(self._rest) > ANSWER_LINE_BYTES_MAX:
            self._break_off("an answer without an end")

    def connection_lost(self, exc: Exception | None) -> None:
        self._break_off(str(exc or "connection lost"))

    def _overdue(self) -> None:
        self._break_off(f"not done within {LETTER_S_MAX:.0f} s")

    def _break_off(self, words: str) -> None:
        """The other side is gone, silent, or speaks something else: what was not answered is as good as lost."""
        self._transport.abort()
        if self._parcel is not None:
            where = "no answer to the content" if self._lost == "in_doubt" else "connection lost"
            self._finish(self._refusal or Delivery(self._parcel.key, self._lost, f"{where}: {words}"))

    def _answered(self, code: int, said: str) -> None:
        """One whole answer, to the command of the present stage."""
        key = cast(Parcel, self._parcel).key
        if self._stage == "mail" and code >= 300:
            self._finish(Delivery(key, "unsent" if code >= 500 else "retry", f"sender refused: {said}"))
        elif self._stage == "mail":
            self._lost = "retry"
            self._go_on("rcpt")
        elif self._stage == "rcpt":
            self._refusal = None if code < 300 else _refused(key, code, said, at_recipient=True)
            if self._refusal is None or self._is_pipelining:
                self._go_on("data")
            else:
                self._reset()
        elif self._stage == "data":
            self._begin_content(key, code, said)
        elif self._stage == "dot" and 300 <= code < 400:
            self._break_off(f"unexpected answer: {said}")
        elif self._stage == "dot" and code >= 400:
            self._finish(_refused(key, code, said, at_recipient=False))
        else:
            self._finish(self._refusal or Delivery(key, "sent"))

    def _go_on(self, stage: Literal["rcpt", "data"]) -> None:
        self._stage = stage
        if not self._is_pipelining:
            self._transport.write(self._commands[stage])

    def _begin_content(self, key: int, code: int, said: str) -> None:
        if code != 354:
            self._refusal = self._refusal or _refused(key, code, said, at_recipient=False)
            self._reset()
        elif self._refusal is not None:
            # The server waits for a letter to nobody. Only hanging up sends none, not even an empty one.
            self._transport.abort()
            self._finish(self._refusal)
        else:
            self._stage, self._lost = "dot", "in_doubt"
            self._transport.writelines((stuffed(cast(Parcel, self._parcel).content), b".\r\n"))

    def _reset(self) -> None:
        self._stage = "rset"
        self._transport.write(b"RSET\r\n")

    def _finish(self, delivery: Delivery) -> None:
        """Tell what became of the letter; after anything but a plain yes or no the connection is not used again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if delivery.kind not in ("sent", "failed"):
            self._transport.close()
        done, self._done, self._parcel = self._done, None, None
        if done is not None and not done.done():
            done.set_result(delivery)


def stuffed(content: bytes) -> bytes:
    """A letter as it goes over the wire before its last dot: lines end with CRLF, and a dot that begins one is doubled."""
    lines = content.count(b"\r\n")
    if not lines == content.count(b"\n") == content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    if content.startswith(b".") or b"\r\n." in content:
        content = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    return content


def _text(parts: Iterable[bytes]) -> str:
    """A server's words in one line, as they may be stored."""
    return _BLANKS.sub(" ", b" ".join(parts).decode("utf-8", "replace")).strip()[:REASON_CHARS_MAX]


def _refused(key: int, code: int, said: str, *, at_recipient: bool) -> Delivery:
    if code < 500:
        return Delivery(key, "retry", said)
    return Delivery(key, "failed", said, is_hard_bounce(code, said[4:], at_recipient=at_recipient))


def is_hard_bounce(code: int, message: str, *, at_recipient: bool) -> bool:
    """Whether a refusal says that the address does not exist (RFC 3463: 5.1.x without the sender's own faults 5.1.7 and 5.1.8).

    Without an enhanced status, 550, 551 and 553 in answer to the recipient say so.
    """
    found = _ENHANCED.search(message)
    if found:
        return found[1] == "5" and found[2] == "1" and found[3] not in ("7", "8", "9")
    return at_recipient and code in (550, 551, 553)
