"""Every path that is not the edge's own goes to the office over its Unix socket, streaming both ways."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import cast

import httpx

from samovar.doors.edge.answers import Answer, Receive, Scope, Send, send_answer
from samovar.doors.edge.peers import Peers

CONNECT_S_MAX = 5
SILENCE_S_MAX = 120  # between two pieces of an answer
CONNECTIONS_MAX = 256
HTML = b"text/html; charset=utf-8"
# RFC 9110 7.6.1, and what only the edge may say of where a request came from.
_HOP_BY_HOP = frozenset(
    [b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
     b"transfer-encoding", b"upgrade"]
)  # fmt: skip
_ORIGIN = frozenset(
    [b"forwarded", b"x-real-ip", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port"]
)
_OURS = frozenset([b"date", b"server"])


def _page(status: int, english: str, russian: str) -> Answer:
    text = f"<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=2><title>{status}</title>"
    return Answer(status, f"{text}<p>{english}<p lang=ru>{russian}".encode(), HTML, ((b"retry-after", b"2"),))


STARTING = _page(503, "The office is starting. This page will try again.", "Офис запускается. Страница обновится сама.")
BROKEN = _page(502, "The office did not answer. This page will try again.", "Офис не ответил. Страница обновится сама.")


class Office:
    """The way to the office's socket."""

    def __init__(self, socket: Path, peers: Peers) -> None:
        self._peers = peers
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=32, keepalive_expiry=30)
        self._transport = httpx.AsyncHTTPTransport(uds=str(socket), limits=limits, retries=0)

    async def close(self) -> None:
        await self._transport.aclose()

    async def relay(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Pass one request on and its answer back; the status that was sent, 499 when the client left first."""
        try:
            return await self._exchange(scope, receive, send)
        except _ClientLeft:
            return 499

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> int:
        try:
            response = await self._transport.handle_async_request(self._request(scope, receive))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            await send_answer(send, STARTING)
            return STARTING.status
        except httpx.TransportError:
            await send_answer(send, BROKEN)
            return BROKEN.status
        try:
            headers = [(name.lower(), value) for name, value in response.headers.raw if name.lower() not in _HOP_BY_HOP | _OURS]
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            await _stream(cast(AsyncIterable[bytes], response.stream), receive, send)
        finally:
            await response.aclose()
        return response.status_code

    def _request(self, scope: Scope, receive: Receive) -> httpx.Request:
        names = {name for name, _ in scope["headers"]}
        dropped = _HOP_BY_HOP | _ORIGIN | _named_by_connection(scope)
        headers = [(name, value) for name, value in scope["headers"] if name not in dropped]
        has_body = b"transfer-encoding" in names or b"content-length" in names
        if has_body and b"content-length" not in names:
            headers.append((b"transfer-encoding", b"chunked"))
        host = next((value for name, value in headers if name == b"host"), b"")
        headers += [
            (b"x-forwarded-for", self._peers.address(scope).encode("latin-1")),
            (b"x-forwarded-proto", self._peers.scheme(scope).encode()),
            (b"x-forwarded-host", host),
        ]
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        timeout = {"connect": CONNECT_S_MAX, "read": SILENCE_S_MAX, "write": SILENCE_S_MAX, "pool": CONNECT_S_MAX}
        return httpx.Request(
            scope["method"], "http://office/", headers=headers, content=_pieces(receive) if has_body else None,
            extensions={"target": target, "timeout": timeout},
        )  # fmt: skip


def _named_by_connection(scope: Scope) -> set[bytes]:
    """Headers that the client's Connection header says are for this hop only; what frames the body is never one of them."""
    named = {token.strip().lower() for name, value in scope["headers"] if name == b"connection" for token in value.split(b",")}
    return named - {b"host", b"content-length", b"cookie"}


class _ClientLeft(Exception):
    """The client closed its connection; there is nobody to answer."""


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _ClientLeft
        if message["body"]:
            yield message["body"]
        if not message.get("more_body"):
            return


async def _stream(pieces: AsyncIterable[bytes], receive: Receive, send: Send) -> None:
    """Send an answer piece by piece; a client that leaves in the middle ends it at once."""
    sending = asyncio.ensure_future(_send_pieces(pieces, send))
    leaving = asyncio.ensure_future(_departure(receive))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            raise _ClientLeft
        await sending
    finally:
        for task in (sending, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, httpx.TransportError):
                await task


async def _send_pieces(pieces: AsyncIterable[bytes], send: Send) -> None:
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
