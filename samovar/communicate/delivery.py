"""Sending what the ledger plans: claim → fill → sign → intent → wire → outcome.

`Pump.turn` is one step of the loop and the only place that touches the database; it runs in its caller's thread. One transaction
of a turn holds the outcomes that came in, the mails the mailbox received and the intents of the next letters, so durability costs
one commit for many letters. At most `OPEN_INTENTS_MAX` intents are open, so a crash leaves at most that many in doubt.
"""

from __future__ import annotations

import logging
import sys
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType

from samovar.collect import consent
from samovar.communicate import ledger, mailbox
from samovar.communicate.assembly import Source, assemble
from samovar.communicate.channels.email import mime
from samovar.communicate.channels.email.dkim import Signer
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
READY_ROWS_MAX = 128  # letters made ahead of the wire
FILL_ROWS = 16  # letters filled between two looks at the wire
GROUP_ROWS = 32  # fewer intents or outcomes are not worth a commit while there are letters to fill
NEWS_MIN = 16  # outcomes to wait a few milliseconds for, so that one commit writes many
SIGN_ROWS = 8  # letters of one task: handing over costs as much as a tenth of a letter
SIGN_THREADS = 2  # an RSA signature leaves the interpreter's lock, so two cores sign at once
SWITCH_S = 0.001  # how soon the wire gets the interpreter while letters are filled; the usual 5 ms would empty it between letters
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
    """Letters being signed, or signed: the content of each row, None where its address cannot stand in a letter."""

    rows: Sequence[ClaimedRow]
    contents: Future[list[bytes | None]]


def wire_for(workspace: Workspace, options: SendingOptions, exchanged: Callable[[float], object] | None = None) -> Wire:
    """The wire this workspace may use: a virtual one never leaves the machine, whatever the settings say."""
    if not options.has_real_server or (workspace.is_virtual and not options.is_loopback):
        return Wire(server=None, size=options.smtp_connections, exchanged=exchanged)
    password = str(workspace.keys.get("smtp_password", ""))
    server = Server(options.smtp_host, options.smtp_port, options.smtp_security, options.smtp_username, password)
    return Wire(server=server, size=options.smtp_connections, exchanged=exchanged)


class Pump:
    """One sender. `with Pump(workspace=..., now=clock.now_us) as pump:` and then `turn` again and again.

    A turn that raises because the store could not be written loses nothing: what came in is kept and written by the next one.
    `exchanged` hears, in the wire's thread, the seconds of each letter from its first command to the answer that decided.
    """

    def __init__(
        self, *, workspace: Workspace, now: Callable[[], int], exchanged: Callable[[float], object] | None = None
    ) -> None:
        self._workspace, self._now = workspace, now
        self._holder = uuid.uuid4().hex
        self._options, self._options_us = sending_options(), now()
        self._made_with = (self._options.wire_part(), workspace.keys.get("smtp_password"))
        self._ring = dict(workspace.keys["link_ring"])
        self._signer = ensure_signer(workspace, self._options.from_address.rpartition("@")[2])
        self._wire = wire_for(workspace, self._options, exchanged)
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
        self._switch_s = sys.getswitchinterval()
        self.counts = Counts()
        self.trouble = ""

    def __enter__(self) -> Pump:
        self._wire.__enter__()
        sys.setswitchinterval(SWITCH_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        sys.setswitchinterval(self._switch_s)
        self._wire.__exit__(kind, error, trace)
        self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def mailbox_port(self) -> int:
        """Where the built-in mailbox listens on 127.0.0.1."""
        return self._wire.mailbox_port

    @property
    def open_intents(self) -> int:
        """Letters on the wire, or whose outcome is not written yet."""
        return len(self._open)

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
        if self._options.is_paused:
            self._give_back()
        if not is_stopping:
            self._claim(at_us)
            self._fill(at_us)
        can_fill = not is_stopping and bool(self._claimed) and self._ready_rows < READY_ROWS_MAX
        if not is_stopping and not can_fill and not self._open and self._ready:
            futures.wait([self._ready[0].contents], wait_s)  # nothing can happen before these are signed
        fresh_rows = 0 if is_stopping else _rows(self._fresh())
        is_busy = can_fill or bool(self._rejected) or fresh_rows >= (GROUP_ROWS if self._open else 1)
        self._listen(0.0 if is_busy else wait_s)
        fresh = [] if is_stopping else self._fresh()
        if not can_fill or self._mails or max(_rows(fresh), len(self._deliveries)) >= GROUP_ROWS:
            self._write(self._now(), fresh)

    @property
    def _ready_rows(self) -> int:
        return _rows(self._ready)

    def _fresh(self) -> list[_Ready]:
        """The next letters that are signed, as many as there is room for among the open intents."""
        fresh: list[_Ready] = []
        room = OPEN_INTENTS_MAX - len(self._open) + len(self._deliveries)
        for ready in self._ready:
            room -= len(ready.rows)
            if room < 0 or not ready.contents.done():
                break
            fresh.append(ready)
        return fresh

    def drain(self, *, turns_max: int = 120) -> None:
        """Finish what is on the wire, within about 6 s, and give back the rest; what stays open will be in doubt."""
        for _turn in range(turns_max):
            self.turn(wait_s=0.05, is_stopping=True)
            if not (self._open or self._deliveries or self._mails) or not self._wire.is_alive:
                break
        self._give_back()

    def _give_back(self) -> None:
        """Return every letter that is not begun: the gate judges it anew when it is claimed again."""
        rows = [*self._claimed, *(row for ready in self._ready for row in ready.rows)]
        if not rows:
            return
        with store.transaction():
            ledger.release(holder=self._holder, rows=rows)
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
        if self._ready_rows + len(self._claimed) < READY_ROWS_MIN:
            self._is_dry = not ledger.has_due(at_us=at_us)
            if self._is_dry:
                return
            with store.transaction():
                claim = ledger.claim(holder=self._holder, limit=CLAIM_ROWS, at_us=at_us)
            self._claimed.extend(claim.rows)
            self._is_dry = claim.taken == 0

    def _fill(self, at_us: int) -> None:
        """Make some of the claimed letters; signing goes on in the threads while this one continues."""
        filled: list[tuple[ClaimedRow, mime.Letter]] = []
        for _letter in range(min(FILL_ROWS, len(self._claimed), READY_ROWS_MAX - self._ready_rows)):
            row = self._claimed.popleft()
            try:
                letter = assemble(
                    row=row, source=self._source(row.letter_id), options=self._options, ring=self._ring, at_us=at_us
                )
            except TemplateError as error:
                self._rejected.append((row, f"template: {error.message}"))
                continue
            filled.append((row, letter))
        for start in range(0, len(filled), SIGN_ROWS):
            rows, letters = zip(*filled[start : start + SIGN_ROWS], strict=True)
            self._ready.append(_Ready(rows, self._threads.submit(_built, letters, self._signer)))

    def _listen(self, wait_s: float) -> None:
        for news in self._wire.news(wait_s=wait_s, at_least=min(len(self._open), NEWS_MIN)):
            if isinstance(news, ReceivedMail):
                self._mails.append(news)
            else:
                self._deliveries.append(news)

    def _write(self, at_us: int, fresh: Sequence[_Ready]) -> None:
        """The one commit of a turn."""
        contents = [(row, content) for ready in fresh for row, content in zip(ready.rows, ready.contents.result(), strict=True)]
        good = {row.id: (row, content) for row, content in contents if content is not None}
        rejected = [*self._rejected, *((row, "bad_address") for row, content in contents if content is None)]
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
            granted = ledger.intend(holder=self._holder, rows=[row for row, _content in good.values()], at_us=at_us)
        self._wire.answer(self._mails, "250 Kept")
        self._count(outcomes, lost, at_us)
        for delivery in self._deliveries:
            del self._open[delivery.key]
        for _ready in fresh:
            self._ready.popleft()
        self._rejected, self._deliveries, self._mails = [], [], []
        sender = self._options.from_address
        parcels = [Parcel(key, sender, row.address, content) for key, (row, content) in good.items() if key in granted]
        self._open.update({parcel.key: good[parcel.key][0] for parcel in parcels})
        self._wire.submit(parcels)

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


def _built(letters: Sequence[mime.Letter], signer: Signer) -> list[bytes | None]:
    """Runs in a signing thread: the letters as bytes, None for one whose address cannot stand in a letter."""
    built: list[bytes | None] = []
    for letter in letters:
        try:
            built.append(mime.build(letter, signer))
        except mime.BadAddress:
            built.append(None)
    return built


def _rows(groups: Iterable[_Ready]) -> int:
    return sum(len(ready.rows) for ready in groups)


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
