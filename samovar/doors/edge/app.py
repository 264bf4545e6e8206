"""The edge as one ASGI application: the tracking API, links, health, metrics, rows from inside; the office for all the rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec

from samovar.doors.edge.answers import Answer, Receive, Refusal, Scope, Send, send_answer
from samovar.doors.edge.bodies import Bodies, ClientGone
from samovar.doors.edge.health import health, others_metrics, processes_expected
from samovar.doors.edge.ingest import ROUTES, Ingest, unavailable
from samovar.doors.edge.journal import Journal
from samovar.doors.edge.keys import House
from samovar.doors.edge.links import Links
from samovar.doors.edge.office import Office
from samovar.doors.edge.peers import Peers, is_inside, is_loopback
from samovar.engine.log import WAITING_BYTES_MAX, LogUnavailable, LogWriter, Row
from samovar.engine.workspace import Workspace

METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_rows = msgspec.msgpack.Decoder(list[Row])
_sealed = msgspec.msgpack.Decoder(tuple[int, str])
_bodies = msgspec.msgpack.Decoder(list[tuple[int, bytes]])
ABSENT = Answer(404, b'{"success": false, "error": {"code": "not_found", "message": "There is nothing here."}}')


class Edge:
    """One edge over one workspace and its log."""

    def __init__(self, workspace: Workspace, log: LogWriter) -> None:
        self._workspace, self._log, self._bodies = workspace, log, Bodies()
        self.house = House(workspace)
        self.journal = Journal(lambda: log.waiting_rows)
        peers = Peers(self.house)
        self.office = Office(workspace.socket_path("office"), peers)
        self._ingest = Ingest(
            house=self.house,
            log=log,
            clock=workspace.clock,
            zone=workspace.zone,
            journal=self.journal,
            peers=peers,
            bodies=self._bodies,
        )
        self._links = Links(house=self.house, log=log, clock=workspace.clock, bodies=self._bodies)
        self._others = processes_expected()
        self._inner = {
            "append": self._append, "seal": self._seal, "clear": self._clear, "replace": self._replace, "flush": self._flush,
        }  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        began_s = time.monotonic()
        try:
            kind = ROUTES.get(path)
            if kind is not None:
                answer = await self._ingest.answer(scope, receive, kind)
                await send_answer(send, answer)
                self.journal.request(path, answer.status)
                return
            route, own = await self._own(scope, receive, path)
            if own is None:
                status = await self.office.relay(scope, receive, send)
            else:
                await send_answer(send, own)
                status = own.status
            self.journal.line(route, scope["method"], status, time.monotonic() - began_s)
        except ClientGone:
            return

    def short(self, scope: Scope, path: str, body: bytes, answer: Callable[[Answer], None]) -> None:
        """The way of a POST to a route of the tracking API that has come whole; see `protocol`."""

        def answered(given: Answer) -> None:
            answer(given)
            self.journal.request(path, given.status)

        self._ingest.answer_whole(scope, ROUTES[path], body, answered)

    async def _own(self, scope: Scope, receive: Receive, path: str) -> tuple[str, Answer | None]:
        """The route and the edge's own answer; None where the office answers."""
        first, _, rest = path[1:].partition("/")
        try:
            if path == "/healthz":
                return path, health(self._workspace, self.state(), self._others)
            if path == "/metrics":
                return path, self._metrics() if is_loopback(scope) else ABSENT
            if first == "internal":
                return "/internal", await self._inside(scope, receive, path)
            if first == "v1":
                return "/v1", ABSENT
            if first in ("c", "o", "u") and rest and "/" not in rest:
                return f"/{first}", await self._link(scope, receive, first, rest)
        except Refusal as refusal:
            return f"/{first}", refusal.answer()
        return "office", None

    def _metrics(self) -> Answer:
        return Answer(200, self.journal.metrics() + others_metrics(self._workspace), METRICS_TYPE)

    async def _link(self, scope: Scope, receive: Receive, first: str, token: str) -> Answer | None:
        method = scope["method"]
        if first == "u":
            return await self._links.unsubscribe(scope, receive, token) if method == "POST" else None
        if method not in ("GET", "HEAD"):
            raise Refusal(405, "method_not_allowed", "Open this link by GET.")
        return await (self._links.click(scope, token) if first == "c" else self._links.open(scope, token))

    async def _inside(self, scope: Scope, receive: Receive, path: str) -> Answer:
        """POST /internal/... on the Unix socket: what other processes want of the log, whose one writer is here."""
        asked = self._inner.get(path.removeprefix("/internal/"))
        if asked is None or not is_inside(scope) or scope["method"] != "POST":
            return ABSENT
        body = await self._bodies.read(receive, bytes_max=WAITING_BYTES_MAX)
        try:
            return Answer(200, msgspec.json.encode(await asked(body)))
        except ValueError as error:
            raise Refusal(400, "bad_rows", f"{error}.") from error
        except LogUnavailable as error:
            raise unavailable(error) from error

    async def _append(self, body: bytes) -> dict[str, Any]:
        """Rows as a msgpack array, answered by their offsets once on disk. Raises ValueError."""
        rows = _rows.decode(body)
        first = await self._log.append(rows) if rows else 0
        return {"offsets": list(range(first, first + len(rows)))}

    async def _seal(self, body: bytes) -> dict[str, Any]:
        """The last offset of a sealed month and its file. Raises ValueError."""
        last, file = _sealed.decode(body)
        await asyncio.to_thread(self._log.seal, last, file)
        return {}

    async def _clear(self, body: bytes) -> dict[str, Any]:
        """Remove a slice of the rows that are sealed."""
        return {"is_left": await asyncio.to_thread(self._log.clear_sealed)}

    async def _replace(self, body: bytes) -> dict[str, Any]:
        """Offsets with their new bodies. Raises ValueError."""
        await asyncio.to_thread(self._log.replace, _bodies.decode(body))
        return {}

    async def _flush(self, body: bytes) -> dict[str, Any]:
        """Leave nothing in the write-ahead log."""
        return {"is_flushed": await asyncio.to_thread(self._log.flush)}

    def state(self) -> dict[str, Any]:
        """What the edge says of itself. A log that takes nothing is told, and leaves it ready: reads go on."""
        return {"ready": True, "state": "log_full" if self._log.fault else "ready", "lag_events": self._log.waiting_rows}

    def refresh(self) -> None:
        """Apply what the house's settings say of the log."""
        settings = self.house.settings
        self._log.limit(bytes_max=settings.log_bytes_max, waiting_rows_max=settings.waiting_rows_max)
