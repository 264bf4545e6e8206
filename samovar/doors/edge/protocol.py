"""uvicorn's HTTP protocol with what a stranger may cost bounded, and a short way for the tracking API.

Bounded are the bytes of a request's head and the seconds until it is whole. The short way: a POST to a route of the tracking API
that arrives in one piece on a connection where nothing else is under way is handed to the application's `short` as it is, without
a task, events and messages for it; it stands in uvicorn's bookkeeping like any other. All else goes uvicorn's way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from samovar.doors.edge.answers import Answer, Refusal, Scope, octets
from samovar.doors.edge.ingest import ROUTES

HEAD_BYTES_MAX = 64 * 1024
HEAD_WAIT_S_MAX = 20
BROKEN = Refusal(500, "broken", "Something broke here. Send this again.").answer()

Short = Callable[[Scope, str, bytes, Callable[[Answer], None]], None]
_PATHS = {path.encode(): path for path in ROUTES}
logger = logging.getLogger("samovar.edge")


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers are too long or too slow; knows the short way."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_bytes = 0
        self._is_head_open = True  # until headers are complete, from the connection on
        self._head_timer: asyncio.TimerHandle | None = None
        self._short: Short | None = getattr(self.app, "short", None)
        self._held: list[bytes] | None = None  # the body of a request that may go the short way, as far as it has come

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Parse a piece; the bytes of a body are counted elsewhere, those of a head here."""
        was_open = self._is_head_open
        super().data_received(data)
        if self._held is not None:
            self._go_the_long_way()
        if self._is_head_open:
            self._await_head()
            self._head_bytes += len(data) if was_open else 0
            if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self.send_400_response("The request's head is too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_head_open, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._is_head_open = False
        self._head_is_here()
        if self._may_be_short():
            self._held = []
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        if self._held is None:
            super().on_message_complete()
            return
        body, self._held = b"".join(self._held), None
        self.scope["method"] = "POST"
        cycle = _ShortCycle(self, keep_alive=self.parser.should_keep_alive())
        self.cycle = cast(RequestResponseCycle, cycle)
        try:
            cast(Short, self._short)(cast(Scope, self.scope), _PATHS[self.url], body, cycle.answer)
        except Exception:  # the fault is ours; the next request may fare better
            logger.exception("request failed")
            cycle.answer(BROKEN)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_WAIT_S_MAX, self.transport.close)

    def _head_is_here(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _may_be_short(self) -> bool:
        return (
            self.url in _PATHS
            and self._short is not None
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and not self.parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and (self.cycle is None or self.cycle.response_complete)
            and (self.limit_concurrency is None or len(self.connections) < self.limit_concurrency)
        )

    def _go_the_long_way(self) -> None:
        """The rest of the body is still to come: uvicorn waits for it, within the bounds of `bodies`."""
        pieces, self._held = self._held or [], None
        if not self.transport.is_closing():
            super().on_headers_complete()
            for piece in pieces:
                super().on_body(piece)


class _ShortCycle:
    """Stands where uvicorn keeps the request under way, so that order, shutdown and lost connections stay its business."""

    __slots__ = ("_protocol", "disconnected", "keep_alive", "response_complete")

    message_event = asyncio.Event()  # what uvicorn sets when a connection is lost; nobody waits for it

    def __init__(self, protocol: BoundedProtocol, *, keep_alive: bool) -> None:
        self._protocol, self.keep_alive = protocol, keep_alive
        self.disconnected = self.response_complete = False

    def answer(self, answer: Answer) -> None:
        """Write the whole answer in one piece."""
        protocol = self._protocol
        self.response_complete = True
        if self.disconnected:
            return
        line, rest = octets(answer)
        common = [b"%s: %s\r\n" % header for header in protocol.server_state.default_headers]
        protocol.transport.write(b"".join([line, *common, b"" if self.keep_alive else b"connection: close\r\n", rest]))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()
