"""One turn of the worker: a batch from the log and what the house announced, through every stage, in order.

Each stage is one function of its room, batch in, batch out:

1. read a batch of the log after the worker's offset;
2. decide: duplicates, identity (collect.identity);
3. commit the decision with its offset, and what other rooms make of it (feedback on messages, consent), in one transaction;
4. facts into the warehouse, then the announcements of the outbox, with their offsets, in one transaction.

Stage 4 of a batch runs on a thread of its own while stages 1 to 3 of the next are at work: DuckDB and the disk need no
interpreter. At most one batch is under way, and a tick that finds nothing to do waits for it. A crash or a failure between
3 and 4 leaves the warehouse behind; `catch_up` replays the decisions it has not seen. An event that fails in any stage is
put into quarantine with the stage and the reason, and the tick goes on.

What a batch brings is told before its commit, which may wait for the disk: the decision stands, so the facts will be there.
Who follows the news reads the warehouse through a `cursor` of the ticker's, which waits for the commit first.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from samovar.collect import consent, facts, operations
from samovar.collect.batches import (
    DUPLICATE,
    ERASED,
    FEEDBACK,
    INDEX_BITS,
    QUARANTINED,
    Batch,
    Incoming,
    MessageId,
    position,
    read_batch,
)
from samovar.collect.erasure import operations as erasing
from samovar.collect.erasure import tombstones
from samovar.collect.erasure.tombstones import Tombstones
from samovar.collect.identity import Decided, Resolver
from samovar.collect.imports import quarantine
from samovar.collect.news import News
from samovar.collect.queries import merge_changes
from samovar.collect.warehouse import Applier, DecidedFacts
from samovar.communicate import feedback
from samovar.doors.worker.repeats import Repeats
from samovar.doors.worker.replay import OUTBOX_MAX, Replay, pointers_for, reading_of
from samovar.engine import outbox, outbox_reader, settings, store
from samovar.engine.log_reader import Lag, LogReader
from samovar.engine.models import Offset
from samovar.engine.outbox_reader import OutboxRow
from samovar.engine.warehouse.client import Asker
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.workspace import Workspace

# Of one batch. A tick costs a tenth of a second and more however small it is, so that batches of new people cut further
# would be slower by an order of magnitude than the longer write transaction is worth.
EVENTS_MAX, EVENTS_FEWEST = 20_000, 10_000
ROWS_OF_A_COMMIT = 4_000  # new people, identifiers, links; batches that write more are cut to the fewest
log = logging.getLogger(__name__)


class Observer:
    """Who hears how long the stages of a tick took and what was refused: nobody in a command, the metrics in the worker."""

    def stage_ended(self, stage: str, took_s: float) -> None:
        """A stage ended: read, decide or commit, or on its own thread warehouse."""

    def quarantined(self, stage: str, reason: str, events: int) -> None:
        """Events went into quarantine."""


class _Laps:
    """Times stages that follow one another."""

    def __init__(self, observer: Observer) -> None:
        self._observer, self._began_s = observer, time.monotonic()

    def end(self, stage: str) -> None:
        now_s = time.monotonic()
        self._observer.stage_ended(stage, now_s - self._began_s)
        self._began_s = now_s


class SettledCursor:
    """A DuckDB cursor that reads nothing before `settle` has returned: then the warehouse holds what the news tell."""

    def __init__(self, cursor: Any, settle: Callable[[], None]) -> None:
        self._cursor, self._settle = cursor, settle
        self.register, self.unregister = cursor.register, cursor.unregister

    def execute(self, *query: Any) -> Any:
        self._settle()
        return self._cursor.execute(*query)

    def sql(self, *query: Any, **params: Any) -> Any:
        self._settle()
        return self._cursor.sql(*query, **params)


class SettledAsker(Asker):
    """The same for named queries."""

    def __init__(self, asker: Asker, settle: Callable[[], None]) -> None:
        self._asker, self._settle = asker, settle

    def query(self, name: str, /, **params: Any) -> pa.Table:
        self._settle()
        return self._asker.query(name, **params)


class Ticker:
    """The worker's state between ticks. One instance in the process that owns the warehouse."""

    def __init__(self, workspace: Workspace, warehouse: Warehouse, observer: Observer | None = None) -> None:
        self._workspace, self._warehouse = workspace, warehouse
        self._observer = observer or Observer()
        self._log = LogReader(workspace.log_path)
        Offset.objects.get_or_create(reader=operations.READER)
        self._events_max = EVENTS_FEWEST
        self._applier = Applier(warehouse, workspace.zone)
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="warehouse-writer")
        self._under_way: Future[None] | None = None
        self._news_told: Future[bool] = Future()  # whether the batch given last came as far as its news
        self._news_told.set_result(True)
        self._events_under_way: list[Incoming] = []
        self._outbox_given = self._applier.outbox
        self._is_behind = True
        self._replay = Replay(workspace, self._applier, self._log)
        self.catch_up()
        self._repeats = Repeats(warehouse)
        self._resolver = Resolver(self._repeats.seen, self._confirm, partial(Tombstones, workspace))
        self._identities_seen = self._identity_changes()

    @property
    def position(self) -> int:
        """Where the worker stands in the log."""
        return int(Offset.objects.values_list("position", flat=True).get(reader=operations.READER))

    def tick(self, at_us: int) -> int:
        """One turn; the number of events and announcements it moved.

        0 means there was nothing to do and all that was decided is in the warehouse. A failure of an earlier turn's stage 4
        is raised here; the turn after it catches up.
        """
        if self._is_behind:
            self.catch_up()
        return self._tick_log(at_us) or self._tick_outbox()

    def close(self) -> None:
        """Wait for what is under way; the warehouse may be closed afterwards."""
        self._hand.shutdown()

    def lag(self) -> Lag:
        """What of the log is not decided yet."""
        return self._log.lag(max((self.position >> 32) - 1, 0))

    def has_applied(self, offset: int) -> bool:
        """Whether a log row is wholly in the warehouse (0: the log is empty), and every announcement made so far."""
        is_row_in = not offset or self._applier.position >= position(offset + 1)
        return is_row_in and self._applier.outbox >= outbox.last_id()

    def applied(self) -> tuple[int, int]:
        """The last log row that is wholly in the warehouse, and the last announcement."""
        return (self._applier.position >> INDEX_BITS) - 1, self._applier.outbox

    def stands_at(self, position: int, announcement: int) -> bool:
        """Whether the warehouse has come exactly so far in the log and in the outbox."""
        return (self._applier.position, self._applier.outbox) == (position, announcement)

    # Stage 1 to 3
    def _tick_log(self, at_us: int) -> int:
        laps, here = _Laps(self._observer), self.position
        rows = self._log.read(max((here >> 32) - 1, 0), self._events_max)
        if not rows:
            return 0
        reading = reading_of(self._workspace)
        if (changes := self._identity_changes()) != self._identities_seen:
            self._resolver.forget()
            self._identities_seen = changes
        batch = read_batch(rows, here, self._events_max, reading)
        laps.end("read")
        try:
            decided = self._resolver.decide(batch)
            prepared = facts.facts_of(batch, decided.profiles, self._workspace.zone)
            laps.end("decide")
            self._commit(batch, decided, at_us)
            laps.end("commit")
        except BaseException:
            self._resolver.forget()
            raise
        self._resolver.learn(batch, decided)
        self._fit(decided)
        self._identities_seen = self._identity_changes() if decided.merges else self._identities_seen
        self._give(DecidedFacts(prepared, decided.attached, batch.next_position), batch.events)
        return len(batch.events) or len(batch.refused)

    def _fit(self, decided: Decided) -> None:
        """Choose the next batch's size by what this one wrote. By rows, not by time: the same log gives the same batches."""
        rows = len(decided.created) + len(decided.attached) + len(decided.links) + len(decided.merges)
        if rows > ROWS_OF_A_COMMIT:
            self._events_max = max(self._events_max // 2, EVENTS_FEWEST)
        elif rows < ROWS_OF_A_COMMIT // 3:
            self._events_max = min(self._events_max * 2, EVENTS_MAX)

    def _commit(self, batch: Batch, decided: Decided, at_us: int) -> None:
        # Few events say anything to other stages: found in one pass, because each pass over a batch costs a percent of a turn.
        told = [
            (event, profile)
            for event, profile in zip(batch.events, decided.profiles.tolist(), strict=True)
            if event.properties is not None and profile not in (DUPLICATE, QUARANTINED, ERASED)
        ]
        with store.transaction():
            statements = [*self._feedback(told), *self._statements(told)]
            operations.commit_decision(decided=decided, statements=statements, at_us=at_us)
            erasing.settle(decided=decided, erased=self._resolver.erased, at_us=at_us)
            refused = self._quarantined(batch, decided)
            quarantine.add(refused, at_us=at_us)
        for (stage, reason), events in Counter((row["stage"], row["reason"]) for row in refused).items():
            self._observer.quarantined(stage, reason, events)

    def _feedback(self, told: Sequence[tuple[Incoming, int]]) -> list[consent.Statement]:
        events = [
            {"name": event.name, "time_us": event.time_us, "key": event.key, "properties": event.properties}
            for event, _profile in told
            if event.source == FEEDBACK
        ]
        return feedback.apply(events) if events else []

    def _statements(self, told: Sequence[tuple[Incoming, int]]) -> list[consent.Statement]:
        region = str(settings.get("phone_region"))
        found = []
        for event, profile in told:
            if event.name == "Consent Changed" and event.is_trusted and profile > 0 and event.source != FEEDBACK:
                statement = consent.event_statement(
                    key=event.key, properties=event.properties or {}, time_us=event.time_us, profile_id=profile,
                    is_import=event.is_import, region=region,
                )  # fmt: skip
                if statement is not None:
                    found.append(statement)
        return found

    def _quarantined(self, batch: Batch, decided: Decided) -> list[dict[str, Any]]:
        rows = [
            {"stage": "edge", "source": r["source"], "reason": r["reason"], "detail": r.get("detail", ""), "raw": r.get("event"),
             "key": f"edge:{r['offset']}:{n}"}
            for n, r in enumerate(batch.refused)
        ]  # fmt: skip
        refused = [batch.events[place] for place in np.flatnonzero(decided.profiles == QUARANTINED).tolist()]
        rows.extend(
            {"stage": "worker", "source": e.source, "reason": e.refusal[0], "detail": e.refusal[1], "raw": e.raw,
             "key": f"worker:{e.key}"}
            for e in refused
            if e.refusal is not None
        )  # fmt: skip
        erased = [batch.events[place] for place in np.flatnonzero(decided.profiles == ERASED).tolist()]
        rows.extend({"stage": "worker", "source": e.source, "reason": "erased", "key": f"erased:{e.key}"} for e in erased)
        return rows

    # Stage 4
    def _give(self, decided: DecidedFacts | None, events: list[Incoming]) -> int:
        """Start stage 4 of a batch, once that of the one before has ended; how many announcements go with it."""
        self._await()
        told = outbox_reader.read(self._outbox_given, OUTBOX_MAX, self._workspace.outbox_months_dir)
        if decided is None and not told:
            return 0
        self._news_told = Future()
        self._under_way = self._hand.submit(self._apply, decided, told, pointers_for(told), self._news_told)
        self._events_under_way = events
        self._outbox_given = told[-1].id if told else self._outbox_given
        return len(told)

    def _apply(
        self, decided: DecidedFacts | None, told: Sequence[OutboxRow], pointers: Mapping[int, int], news_told: Future[bool]
    ) -> None:
        """Runs on the thread of stage 4."""
        laps = _Laps(self._observer)
        try:
            self._applier.apply(decided, told, pointers, partial(news_told.set_result, True))
        finally:
            if not news_told.done():
                news_told.set_result(False)
        laps.end("warehouse")

    def news(self) -> News:
        """What changed since this was last asked, of the batch under way too. Raises what made that fail before it was known."""
        if not self._news_told.result():
            self._await()
        return self._applier.take_news()

    def want_news(self, is_wanted: bool) -> None:
        """Whether news of the batches to come are collected."""
        self._applier.want_news(is_wanted)

    def cursor(self) -> SettledCursor:
        """A cursor for who follows the news, to be used on the thread of the ticks or while that waits."""
        return SettledCursor(self._warehouse.cursor(), self._await)

    def asker(self) -> SettledAsker:
        """The warehouse for who decides by what was told, on the thread of the ticks."""
        return SettledAsker(self._warehouse, self._await)

    def in_line(self, write: Callable[[], None]) -> None:
        """Have something else write the warehouse when the batch under way is done; the batch after it waits."""
        self._await()
        self._under_way = self._hand.submit(write)

    def _await(self) -> None:
        """Until nothing is under way. Raises what made it fail."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            try:
                under_way.result()
            except BaseException:
                self._is_behind = True
                raise
            self._events_under_way = []

    def _tick_outbox(self) -> int:
        return self._give(None, [])

    def catch_up(self, progress: Callable[[int], None] | None = None) -> None:
        """Replay the decisions the warehouse has not seen, then the announcements."""
        self._outbox_given = self._applier.outbox
        while (events := self._replay.apply_decision()) is not None:
            if progress is not None:
                progress(events)
        while self._tick_outbox():
            pass
        self._is_behind = False

    def reread(self) -> None:
        """The files of the log were changed: what is kept of them in memory is read again."""
        self._log.close()

    @staticmethod
    def _identity_changes() -> tuple[int, ...]:
        """What differs once somebody else has merged, parted or erased people."""
        return merge_changes(), *tombstones.changes()

    # Duplicates
    def _confirm(self, events: Sequence[Incoming]) -> set[MessageId]:
        return self._repeats.among(events, self._events_under_way)
