"""What people do with our letters: /c/ sends on to a signed target, /o/ is the pixel, a POST to /u/ withdraws consent.

Each is an event of the source `feedback`. A click goes on even when the log cannot take its event: a person comes before a
figure. An unsubscription is confirmed only when it is on disk.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from samovar.communicate import hot
from samovar.doors.edge.answers import Answer, Receive, Scope
from samovar.doors.edge.bodies import Bodies
from samovar.doors.edge.ingest import unavailable
from samovar.doors.edge.keys import House
from samovar.doors.edge.peers import header
from samovar.engine.log import LogUnavailable, LogWriter, Row
from samovar.kit.clock import SECOND_US, Clock
from samovar.kit.ids import message_id

SOURCE = "feedback"
FORM_BYTES_MAX = 4096
AGENT_CHARS_MAX = 300
HTML = b"text/html; charset=utf-8"
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
PRIVATE = ((b"cache-control", b"no-store, private"), (b"referrer-policy", b"no-referrer"), (b"x-robots-tag", b"noindex"))
NOT_FOUND = Answer(
    404,
    "<!doctype html><meta charset=utf-8><title>404</title><p>This link is not valid. <p>Ссылка недействительна.".encode(),
    HTML,
    PRIVATE,
)
GONE = Answer(
    200,
    "<!doctype html><meta charset=utf-8><title>OK</title><p>You are unsubscribed. <p>Вы отписаны от рассылки.".encode(),
    HTML,
    PRIVATE,
)


class Links:
    """The addresses that our letters carry."""

    def __init__(self, *, house: House, log: LogWriter, clock: Clock, bodies: Bodies) -> None:
        self._house, self._log, self._clock, self._bodies = house, log, clock, bodies

    async def click(self, scope: Scope, token: str) -> Answer:
        """/c/<token>: record the click and go to the signed target, and nowhere else."""
        facts = self._facts(token, "click")
        if facts is None:
            return NOT_FOUND
        await self._tell("Message Clicked", facts, scope)
        return Answer(302, b"", b"", ((b"location", ascii_url(facts.target)), *PRIVATE))

    async def open(self, scope: Scope, token: str) -> Answer:
        """/o/<token>.gif: record that the pixel was loaded."""
        facts = self._facts(token.removesuffix(".gif"), "open")
        if facts is not None:
            await self._tell("Message Opened", facts, scope)
        return Answer(200 if facts else 404, PIXEL, b"image/gif", PRIVATE)

    async def unsubscribe(self, scope: Scope, receive: Receive, token: str) -> Answer:
        """POST /u/<token>, as mail programs send it (RFC 8058): no cookie, no page, one click. Raises `Refusal` 503."""
        await self._bodies.read(receive, bytes_max=FORM_BYTES_MAX)
        facts = self._facts(token, "unsubscribe") or self._facts(token, "preferences")
        if facts is None:
            return NOT_FOUND
        try:
            await self._append("Message Unsubscribed", facts, scope)
        except LogUnavailable as error:
            raise unavailable(error) from error
        return GONE

    def _facts(self, token: str, kind: str) -> hot.LinkFacts | None:
        facts = hot.verify(self._house.link_ring, token)
        return facts if facts is not None and facts.kind == kind else None

    async def _tell(self, name: str, facts: hot.LinkFacts, scope: Scope) -> None:
        try:
            await self._append(name, facts, scope)
        except LogUnavailable:
            return

    async def _append(self, name: str, facts: hot.LinkFacts, scope: Scope) -> None:
        at_us = self._clock.now_us()
        event = {"type": "track", "event": name, "messageId": message_id(), "properties": self._evidence(facts, scope, at_us)}
        await self._log.append([Row(at_us, SOURCE, "events", 1, None, msgspec.json.encode([event]))])

    def _evidence(self, facts: hot.LinkFacts, scope: Scope, at_us: int) -> dict[str, Any]:
        """What is known of a reaction: which letter, and whether a person or a machine."""
        agent = header(scope, b"user-agent")[:AGENT_CHARS_MAX].replace("\0", "")
        since_sent_s = (at_us - facts.made_us) / SECOND_US if facts.made_us else None
        return {
            "message_id": facts.message_id,
            "profile_id": facts.profile_id,
            "campaign_id": facts.campaign_id,
            "url": facts.target,
            "method": scope["method"],
            "user_agent": agent,
            "by_machine": hot.is_machine(method=scope["method"], user_agent=agent, since_sent_s=since_sent_s),
        }


def ascii_url(url: str) -> bytes:
    """A URL as a header may carry it: the host in IDNA, anything else outside ASCII percent-encoded, the rest as it was."""
    if url.isascii():
        return url.encode()
    parts = urlsplit(url)
    host, colon, port = parts.netloc.partition(":")
    if not host.isascii():
        host = host.encode("idna").decode()
    kept = "%/?#[]@!$&'()*+,;=:~-._"
    encoded = (quote(part, safe=kept) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, host + colon + port, *encoded)).encode()
