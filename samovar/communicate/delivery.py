"""Sending what the ledger plans: claim → fill → sign → intent → wire → outcome.

`Pump.turn` is one step of the loop and the only place that touches the database; it runs in its caller's thread. One transaction
of a turn holds the outcomes that came in, the mails the mailbox received and the intents of the next letters, so durability costs
one commit for many letters. At most `OPEN_INTENTS_MAX` intents are open, so a crash leaves at most that many in doubt.
"""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType

from samovar.collect import consent
from samovar.communicate import ledger, mailbox
from samovar.communicate.assembly import Source, assemble
from samovar.communicate.channels.email import mime
from samovar.communicate.channels.email.exchange import Delivery, Parcel
from samovar.communicate.channels.email.mailbox import ReceivedMail
from samovar.communicate.channels.email.pool import Server
from samovar.communicate.gate import HARD_BOUNCE
from samovar.communicate.ledger import OPEN_INTENTS_MAX, ClaimedRow, Outcome
from samovar.communicate.models import Letter
from samovar.communicate.options import SendingOptions, sending_options
from samovar.communicate.signing import ensure_signer
from samovar.communicate.wire import Wire
from samovar.communicate.writing import TemplateError
from samovar.engine import store
from samovar.engine.workspace import Workspace
from samovar.kit.clock import SECOND_US
from samovar.staff.actors import Actor

CLAIM_ROWS = 200
READY_ROWS_MIN = 96  # claim more when fewer letters than this wait
FILL_ROWS = 32  # letters made in one turn
INTENTS_MIN = 16  # room for fewer is not worth a commit of its own
NEWS_MIN = 16  # outcomes to wait a few milliseconds for, so that one commit writes many
SIGN_THREADS = 2  # an RSA signature leaves the interpreter's lock, so two cores sign at once
RENEW_US = 5 * SECOND_US
OPTIONS_US = SECOND_US  # how long options read from the store may be used
PAUSE_US_MAX = 30 * SECOND_US  # after a server could not be reached
EXPIRE_US = 5 * SECOND_US

log = logging.getLogger("samovar.sender")


@dataclass
class Counts:
    """What a pump did so far."""

    sent: int = 0
    failed: int = 0
    in_doubt: int = 0
    retry: int = 0
    unsent: int = 0
    lost: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class _Ready:
    """A letter being signed, or signed."""

    row: ClaimedRow
    content: Future[bytes]


def wire_for(workspace: Workspace, options: SendingOptions) -> Wire:
    """The wire this workspace may use: a virtual one never leaves the machine, whatever the settings say."""
    if not options.has_real_server or (workspace.is_virtual and not options.is_loopback):
        return Wire(server=None, size=options.smtp_connections)
    password = str(workspace.keys.get("smtp_password", ""))
    server = Server(options.smtp_host, options.smtp_port, options.smtp_security, options.smtp_username, password)
    return Wire(server=server, size=options.smtp_connections)


class Pump:
    """One sender. `with Pump(workspace=..., now=clock.now_us) as pump:` and then `turn` again and again.

    A turn that raises because the store could not be written loses nothing: what came in is kept and written by the next one.
    """

    def __init__(self, *, workspace: Workspace, now: Callable[[], int]) -> None:
        self._workspace, self._now = workspace, now
        self._holder = uuid.uuid4().hex
        self._options, self._options_us = sending_options(), now()
        self._made_with = (self._options.wire_part(), workspace.keys.get("smtp_password"))
        self._ring = dict(workspace.keys["link_ring"])
        self._signer = ensure_signer(workspace, self._options.from_address.rpartition("@")[2])
        self._wire = wire_for(workspace, self._options)
        self._source = lru_cache(maxsize=500)(_source)
        self._threads = ThreadPoolExecutor(SIGN_THREADS, thread_name_prefix="sign")
        self._claimed: deque[ClaimedRow] = deque()
        self._ready: deque[_Ready] = deque()
        self._rejected: list[tuple[ClaimedRow, str]] = []
        self._open: dict[int, ClaimedRow] = {}
        self._deliveries: list[Delivery] = []
        self._mails: list[ReceivedMail] = []
        self._expired_us = self._renewed_us = self._paused_until_us = 0
        self._pauses = 0
        self._is_dry = False
        self.counts = Counts()
        self.trouble = ""

    def __enter__(self) -> Pump:
        self._wire.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._wire.__exit__(kind, error, trace)
        self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def mailbox_port(self) -> int:
        """Where the built-in mailbox listens on 127.0.0.1."""
        return self._wire.mailbox_port

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held, nothing is on the way and the last claim found nothing due."""
        return self._is_dry and not (
            self._open or self._ready or self._claimed or self._rejected or self._deliveries or self._mails
        )

    @property
    def is_stale(self) -> bool:
        """Whether this pump should make way for a new one: its settings changed, or its wire broke."""
        return not self._wire.is_alive or self._made_with != (
            self._options.wire_part(),
            self._workspace.keys.get("smtp_password"),
        )

    def turn(self, *, wait_s: float, is_stopping: bool = False) -> None:
        """One step; waits up to `wait_s` when there is nothing to do but wait. `is_stopping`: begin nothing new."""
        at_us = self._now()
        self._keep_house(at_us)
        if not is_stopping:
            self._claim(at_us)
        self._fill(at_us)
        room = OPEN_INTENTS_MAX - len(self._open)
        has_work = not is_stopping and room >= INTENTS_MIN and bool(self._ready)
        self._listen(0.0 if has_work or self._claimed or self._rejected else wait_s)
        self._write(self._now(), 0 if is_stopping else OPEN_INTENTS_MAX - len(self._open) + len(self._deliveries))

    def drain(self, *, turns_max: int = 120) -> None:
        """Finish what is on the wire, within about 6 s, and give back the rest; what stays open will be in doubt."""
        for _turn in range(turns_max):
            self.turn(wait_s=0.05, is_stopping=True)
            if not (self._open or self._deliveries or self._mails) or not self._wire.is_alive:
                break
        with store.transaction():
            ledger.release(holder=self._holder, rows=[*self._claimed, *(r.row for r in self._ready)])
        self._claimed.clear()
        self._ready.clear()

    def _keep_house(self, at_us: int) -> None:
        """Options, lost leases and own leases, each at its own pace."""
        if at_us - self._options_us >= OPTIONS_US:
            self._options, self._options_us = sending_options(), at_us
        if at_us - self._expired_us >= EXPIRE_US:
            self._expired_us = at_us
            if ledger.has_expired(at_us=at_us):
                with store.transaction():
                    ledger.expire(at_us=at_us)
        if at_us - self._renewed_us >= RENEW_US and (self._open or self._ready or self._claimed):
            self._renewed_us = at_us
            with store.transaction():
                ledger.renew(holder=self._holder, at_us=at_us)

    def _claim(self, at_us: int) -> None:
        if self._options.is_paused or at_us < self._paused_until_us:
            self._is_dry = True
            return
        if len(self._ready) + len(self._claimed) < READY_ROWS_MIN:
            self._is_dry = not ledger.has_due(at_us=at_us)
            if self._is_dry:
                return
            with store.transaction():
                claim = ledger.claim(holder=self._holder, limit=CLAIM_ROWS, at_us=at_us)
            self._claimed.extend(claim.rows)
            self._is_dry = claim.taken == 0

    def _fill(self, at_us: int) -> None:
        """Make some of the claimed letters; signing goes on in the threads while this one continues."""
        for _letter in range(min(FILL_ROWS, len(self._claimed))):
            row = self._claimed.popleft()
            try:
                letter = assemble(
                    row=row, source=self._source(row.letter_id), options=self._options, ring=self._ring, at_us=at_us
                )
            except TemplateError as error:
                self._rejected.append((row, f"template: {error.message}"))
                continue
            self._ready.append(_Ready(row, self._threads.submit(mime.build, letter, self._signer)))

    def _listen(self, wait_s: float) -> None:
        for news in self._wire.news(wait_s=wait_s, at_least=min(len(self._open), NEWS_MIN)):
            if isinstance(news, ReceivedMail):
                self._mails.append(news)
            else:
                self._deliveries.append(news)

    def _write(self, at_us: int, room: int) -> None:
        """The one commit of a turn."""
        fresh = [self._ready[i] for i in range(min(room, len(self._ready)))]
        good, bad = _signed(fresh)
        rejected = [*self._rejected, *bad]
        if not (self._deliveries or self._mails or fresh or rejected):
            return
        outcomes = [Outcome(self._open[d.key], d.kind, d.reason) for d in self._deliveries]
        with store.transaction():
            mailbox.keep(self._mails, at_us=at_us)
            lost = ledger.settle(holder=self._holder, outcomes=outcomes, at_us=at_us)
            for delivery in self._deliveries:
                if delivery.is_hard_bounce:
                    self._suppress(self._open[delivery.key].address, at_us)
            for row, reason in rejected:
                ledger.reject(holder=self._holder, row=row, reason=reason, at_us=at_us)
            granted = ledger.intend(holder=self._holder, rows=[row for row, _content in good], at_us=at_us)
        self._wire.answer(self._mails, "250 Kept")
        self._count(outcomes, lost, at_us)
        for delivery in self._deliveries:
            del self._open[delivery.key]
        for _ready in fresh:
            self._ready.popleft()
        self._rejected, self._deliveries, self._mails = [], [], []
        self._open.update({row.id: row for row, _content in good if row.id in granted})
        sender = self._options.from_address
        self._wire.submit([Parcel(row.id, sender, row.address, content) for row, content in good if row.id in granted])

    def _suppress(self, address: str, at_us: int) -> None:
        consent.suppress(
            channel="email", address=address, reason=HARD_BOUNCE, at_us=at_us, actor=Actor.system("sender")
        )  # fmt: skip

    def _count(self, outcomes: Sequence[Outcome], lost: Sequence[Outcome], at_us: int) -> None:
        self.counts.received += len(self._mails)
        self.counts.lost += len(lost)
        for outcome in outcomes:
            setattr(self.counts, outcome.kind, getattr(self.counts, outcome.kind) + 1)
        for outcome in lost:
            log.warning("the lease of message %s was lost; its outcome %s was not written", outcome.row.id, outcome.kind)
        unsent = [o for o in outcomes if o.kind == "unsent"]
        if unsent:
            self.trouble = unsent[-1].reason
            self._paused_until_us = at_us + min(PAUSE_US_MAX, SECOND_US << min(self._pauses, 5))
            self._pauses += 1
        elif any(o.kind == "sent" for o in outcomes):
            self.trouble, self._pauses = "", 0


def _source(letter_id: int) -> Source:
    """A letter's version; versions never change, so they are kept by the pump."""
    letter = Letter.objects.only("subject", "html", "text").get(id=letter_id)
    return Source(letter.subject, letter.html, letter.text)


def _signed(fresh: Sequence[_Ready]) -> tuple[list[tuple[ClaimedRow, bytes]], list[tuple[ClaimedRow, str]]]:
    """The letters that could be built, and those whose address cannot stand in a letter."""
    good: list[tuple[ClaimedRow, bytes]] = []
    bad: list[tuple[ClaimedRow, str]] = []
    for ready in fresh:
        try:
            good.append((ready.row, ready.content.result()))
        except mime.BadAddress:
            bad.append((ready.row, "bad_address"))
    return good, bad


def deliver_due(*, workspace: Workspace, at_us: int, now: Callable[[], int] | None = None, turns_max: int = 10_000_000) -> Counts:
    """Send everything due by `at_us` and return when it is done: what `samovar run` and the demo call on a virtual clock.

    `now` tells the moment each step is stamped with; without it everything happens at `at_us`.
    """
    if not ledger.has_due(at_us=at_us) and not ledger.has_expired(at_us=at_us):
        return Counts()
    with Pump(workspace=workspace, now=now or (lambda: at_us)) as pump:
        for _turn in range(turns_max):
            pump.turn(wait_s=0.05)
            if pump.is_idle:
                break
        return pump.counts
