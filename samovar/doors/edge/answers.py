"""How the edge answers: the tracking API's pinned JSON shapes, and the ASGI messages that carry an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

JSON = b"application/json"
ANY_ORIGIN: Headers = ((b"access-control-allow-origin", b"*"),)
PREFLIGHT: Headers = (
    *ANY_ORIGIN,
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding"),
    (b"access-control-max-age", b"86400"),
)


class Answer(NamedTuple):
    """A whole answer: status, body, its type, and more headers."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: Headers = ()


class Refusal(Exception):
    """A request the edge does not serve: status, stable code, sentence, and when to come again (seconds)."""

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s

    def answer(self, headers: Headers = ()) -> Answer:
        """The tracking API's shape of an error."""
        if self.retry_after_s is not None:
            headers = (*headers, (b"retry-after", str(self.retry_after_s).encode()))
        body = msgspec.json.encode({"success": False, "error": {"code": self.code, "message": self.message}})
        return Answer(self.status, body, headers=headers)


SUCCESS = Answer(200, b'{"success": true}')
SUCCESS_ANY_ORIGIN = SUCCESS._replace(headers=ANY_ORIGIN)


@lru_cache(maxsize=512)
def octets(answer: Answer) -> tuple[bytes, bytes]:
    """A whole answer as it goes over a connection: its status line, and all that follows the headers every answer has."""
    line = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n".encode()
    headers = b"".join(b"%s: %s\r\n" % header for header in _headers(answer))
    return line, headers + b"\r\n" + answer.body


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-length", str(len(answer.body)).encode()), *answer.headers]
    if answer.content_type:
        headers.append((b"content-type", answer.content_type))
    return headers


async def send_answer(send: Send, answer: Answer) -> None:
    """Send a whole answer; an empty type is left out."""
    await send({"type": "http.response.start", "status": answer.status, "headers": _headers(answer)})
    await send({"type": "http.response.body", "body": answer.body})
