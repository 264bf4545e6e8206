"""The tracking API: from a request to rows that are on disk, or to a refusal in its pinned shape.

The order of one request: key → rate → body → checks (collect.hot) → one append with the good and the refused → answer. The
answer 200 leaves only when the append has ended well, so it means that the disk has the events.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from samovar.collect import hot
from samovar.doors.edge.answers import (
    ANY_ORIGIN,
    PREFLIGHT,
    SUCCESS,
    SUCCESS_ANY_ORIGIN,
    Answer,
    Receive,
    Refusal,
    Scope,
)
from samovar.doors.edge.bodies import Bodies, unpacked
from samovar.doors.edge.journal import Journal
from samovar.doors.edge.keys import House
from samovar.doors.edge.limits import address_name
from samovar.doors.edge.peers import Peers
from samovar.engine.log import RETRY_AFTER_S, LogBusy, LogFull, LogUnavailable, LogWriter, Row
from samovar.engine.snapshots import SourceKey
from samovar.kit.clock import Clock, Zone

BATCH = "batch"
ROUTES = {
    **{f"/v1/{kind}": kind for kind in ("track", "identify", "page", "screen", "group", "alias")},
    **{f"/v1/{kind[0]}": kind for kind in ("track", "identify", "page", "screen", "group", "alias")},
    "/v1/batch": BATCH, "/v1/b": BATCH, "/v1/import": BATCH,
}  # fmt: skip
ERRORS_TOLD_MAX = 100  # of a batch's bad events, in the answer; all of them are in quarantine


class Ingest:
    """The endpoints of the tracking API over one log."""

    def __init__(
        self, *, house: House, log: LogWriter, clock: Clock, zone: Zone, journal: Journal, peers: Peers, bodies: Bodies
    ) -> None:
        self._house, self._log, self._clock, self._zone = house, log, clock, zone
        self._journal, self._peers, self._bodies = journal, peers, bodies

    async def answer(self, scope: Scope, receive: Receive, kind: str) -> Answer:
        """Serve one request of a route of `ROUTES`. Raises only `ClientGone`."""
        method = scope["method"]
        if method == "OPTIONS":
            return Answer(204, b"", b"", PREFLIGHT)
        try:
            if method != "POST":
                raise Refusal(405, "method_not_allowed", "Send events by POST.")
            head = _head(scope)
            key = self._key_of_header(scope, head)
            bytes_max = self._house.settings.body_bytes_max
            body = await self._bodies.read(receive, bytes_max=bytes_max, encoding=head.encoding, length=head.length)
            key = key or self._key_of_body(scope, body)
        except Refusal as refusal:
            return refusal.answer(ANY_ORIGIN)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._take(key, scope, kind, body, answered.set_result)
        return await answered

    def answer_whole(self, scope: Scope, kind: str, sent: bytes, answer: Callable[[Answer], None]) -> None:
        """`answer` for a POST that has come whole, without a task that waits: `answer` is called now or once the disk has it."""
        try:
            head = _head(scope)
            key = self._key_of_header(scope, head)
            body = unpacked(sent, bytes_max=self._house.settings.body_bytes_max, encoding=head.encoding)
            key = key or self._key_of_body(scope, body)
        except Refusal as refusal:
            answer(refusal.answer(ANY_ORIGIN))
        else:
            self._take(key, scope, kind, body, answer)

    def _key_of_header(self, scope: Scope, head: _Head) -> SourceKey | None:
        """Whose request it is; None when the key may stand in the body, as a browser sends it."""
        key = self._house.key_of_header(head.authorization) if head.authorization else None
        if key is None and head.authorization:
            self._slow_down(scope)
            raise Refusal(401, "unauthorized", "This write key is unknown.")
        return key

    def _key_of_body(self, scope: Scope, body: bytes) -> SourceKey:
        written = hot.write_key_of(body)
        key = self._house.key(written) if written else None
        if key is None:
            self._slow_down(scope)
            raise Refusal(401, "unauthorized", "A known write key is needed, as the user of Basic authentication.")
        return key

    def _slow_down(self, scope: Scope) -> None:
        """Count a request without a key against its address. Raises `Refusal` 429."""
        wait_s = self._house.address_rates.take(address_name(self._peers.address(scope)), 1, time.monotonic())
        if wait_s:
            raise _too_fast(wait_s)

    def _spend(self, key: SourceKey, address: str, events: int) -> None:
        """Count events against the key and, from a browser, the address. Raises `Refusal` 429."""
        now_s = time.monotonic()
        house = self._house
        if key.kind == "server":
            wait_s = house.server_rates.take(key.source, events, now_s)
        else:
            wait_s = house.address_rates.take(address_name(address), events, now_s) or house.browser_rates.take(
                key.source, events, now_s
            )
        if wait_s:
            raise _too_fast(wait_s)

    def _take(self, key: SourceKey, scope: Scope, kind: str, body: bytes, answer: Callable[[Answer], None]) -> None:
        """Check the events, append the good and the refused together, and answer once the disk has them."""
        cors = ANY_ORIGIN if key.kind == "browser" else ()
        began_s = time.monotonic()

        def settled(outcome: int | LogUnavailable) -> None:
            if isinstance(outcome, LogUnavailable):
                answer(unavailable(outcome).answer(cors))
                return
            self._journal.commits.observe(time.monotonic() - began_s)
            self._journal.events(checked.count, len(checked.bad))
            answer(_stored(kind, key, checked))

        try:
            received_us = self._clock.now_us()
            checked = self._checked(kind, body, received_us)
            self._spend(key, self._peers.address(scope), checked.count + len(checked.bad) or 1)
            rows = _rows(key, checked, received_us)
            if rows:
                self._log.submit(rows, settled)
            else:
                answer(_stored(kind, key, checked))
        except Refusal as refusal:
            answer(refusal.answer(cors))
        except LogUnavailable as error:
            answer(unavailable(error).answer(cors))

    def _checked(self, kind: str, body: bytes, received_us: int) -> hot.Checked:
        reception = hot.Reception(received_us, self._zone, self._house.settings.event_bytes_max)
        try:
            return hot.check_batch(body, reception) if kind == BATCH else hot.check_single(body, kind, reception)
        except hot.Refused as refused:
            self._journal.events(0, 1)
            raise Refusal(413 if refused.code == "too_large" else 400, refused.code, refused.message) from refused


class _Head(NamedTuple):
    """The request headers that matter here."""

    authorization: bytes = b""
    encoding: bytes = b""
    length: bytes = b""


def _head(scope: Scope) -> _Head:
    authorization = encoding = length = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value
        elif name == b"content-encoding":
            encoding = value.lower()
        elif name == b"content-length":
            length = value
    return _Head(authorization, encoding, length)


def _rows(key: SourceKey, checked: hot.Checked, received_us: int) -> list[Row]:
    rows = []
    if checked.count:
        rows.append(Row(received_us, key.source, "events", checked.count, checked.sent_us, checked.body))
    if checked.bad:
        rows.append(Row(received_us, key.source, "refused", len(checked.bad), checked.sent_us, checked.refused_body()))
    return rows


def unavailable(error: LogUnavailable) -> Refusal:
    """A log's refusal as 503: what happened and when to come again."""
    if isinstance(error, LogBusy):
        return Refusal(503, "busy", "Too much is waiting for the disk. Send this again.", retry_after_s=RETRY_AFTER_S)
    assert isinstance(error, LogFull)
    return Refusal(503, "log_full", "The disk takes no more. Nothing was stored; send this again.", retry_after_s=RETRY_AFTER_S)


def _too_fast(wait_s: int) -> Refusal:
    return Refusal(429, "too_fast", "More events than this key or address may send. Send this again later.", retry_after_s=wait_s)


def _stored(kind: str, key: SourceKey, checked: hot.Checked) -> Answer:
    success = SUCCESS if key.kind == "server" else SUCCESS_ANY_ORIGIN
    if kind != BATCH:
        return success
    errors = [{"index": bad.index, "code": bad.code, "message": bad.message} for bad in checked.bad[:ERRORS_TOLD_MAX]]
    body = {"success": True, "stored": checked.count, "refused": len(checked.bad), "errors": errors}
    return success._replace(body=msgspec.json.encode(body))
