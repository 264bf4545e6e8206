"""The tracking API: from a request to rows that are on disk, or to a refusal in its pinned shape.

The order of one request: key → rate → body → checks (collect.hot) → one append with the good and the refused → answer. The
answer 200 leaves only after the append's future, so it means that the disk has the events.
"""

from __future__ import annotations

import time

import msgspec

from samovar.collect import hot
from samovar.doors.edge.answers import (
    ANY_ORIGIN,
    PREFLIGHT,
    SUCCESS,
    SUCCESS_ANY_ORIGIN,
    Answer,
    Headers,
    Receive,
    Refusal,
    Scope,
)
from samovar.doors.edge.bodies import Bodies
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
        cors: Headers = ANY_ORIGIN
        try:
            if method != "POST":
                raise Refusal(405, "method_not_allowed", "Send events by POST.")
            key, body = await self._admit(scope, receive)
            cors = ANY_ORIGIN if key.kind == "browser" else ()
            return await self._take(key, self._peers.address(scope), kind, body)
        except Refusal as refusal:
            return refusal.answer(cors)

    async def _admit(self, scope: Scope, receive: Receive) -> tuple[SourceKey, bytes]:
        """Whose request it is, and its body. A browser may carry the key in the body instead of the header."""
        authorization = encoding = length = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"content-encoding":
                encoding = value.lower()
            elif name == b"content-length":
                length = value
        house = self._house
        key = house.key_of_header(authorization) if authorization else None
        if key is None and authorization:
            self._slow_down(scope)
            raise Refusal(401, "unauthorized", "This write key is unknown.")
        body = await self._bodies.read(receive, bytes_max=house.settings.body_bytes_max, encoding=encoding, length=length)
        if key is None:
            written = hot.write_key_of(body)
            key = house.key(written) if written else None
        if key is None:
            self._slow_down(scope)
            raise Refusal(401, "unauthorized", "A known write key is needed, as the user of Basic authentication.")
        return key, body

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

    async def _take(self, key: SourceKey, address: str, kind: str, body: bytes) -> Answer:
        received_us = self._clock.now_us()
        reception = hot.Reception(received_us, self._zone, self._house.settings.event_bytes_max)
        try:
            checked = hot.check_batch(body, reception) if kind == BATCH else hot.check_single(body, kind, reception)
        except hot.Refused as refused:
            self._journal.events(0, 1)
            raise Refusal(413 if refused.code == "too_large" else 400, refused.code, refused.message) from refused
        self._spend(key, address, checked.count + len(checked.bad) or 1)
        rows = []
        if checked.count:
            rows.append(Row(received_us, key.source, "events", checked.count, checked.sent_us, checked.body))
        if checked.bad:
            rows.append(Row(received_us, key.source, "refused", len(checked.bad), checked.sent_us, checked.refused_body()))
        if rows:
            await self._append(rows)
        self._journal.events(checked.count, len(checked.bad))
        return _stored(kind, key, checked)

    async def _append(self, rows: list[Row]) -> None:
        began_s = time.monotonic()
        try:
            await self._log.append(rows)
        except LogUnavailable as error:
            raise unavailable(error) from error
        self._journal.commits.observe(time.monotonic() - began_s)


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
