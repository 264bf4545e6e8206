"""Carrying out erasures: all that is stored is gone through in bounded steps, then the warehouse is made anew beside the old.

What `erase` did at once holds already: nobody finds the person and no event is hers any more. A fall at any step begins the
sweep again, which changes nothing twice. The old warehouse answers until the new one has caught up with it; then the two
change places while nothing reads. Why so: docs/adr/0014-erasure.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from samovar.collect.erasure import operations, tables
from samovar.collect.erasure import sweep as log_sweep
from samovar.collect.erasure.queries import asked, newest_swept, waiting
from samovar.collect.erasure.sought import Sought
from samovar.collect.warehouse import Applier
from samovar.communicate import erasure as letters
from samovar.doors.worker.replay import Replay
from samovar.doors.worker.tick import Ticker
from samovar.engine import store
from samovar.engine.erasing import sweep_outbox
from samovar.engine.log_reader import LogReader
from samovar.engine.rewriting import held_still, remove_partial
from samovar.engine.warehouse.owner import COMMAND_MEMORY_LIMIT, Warehouse, discard
from samovar.engine.workspace import Workspace
from samovar.kit.redaction import Redactor
from samovar.staff import audit

TOGETHER = 50  # erasures of one sweep
log = logging.getLogger("samovar.worker")


class LogKeeper(log_sweep.LogKeeper, Protocol):
    """What a sweep needs of the log's writer."""

    def clear_sealed(self) -> bool: ...


class Eraser:
    """The erasures of one workspace; `is_alone` when no sender runs beside."""

    def __init__(self, workspace: Workspace, keeper: LogKeeper, ticker: Ticker, *, is_alone: bool) -> None:
        self._workspace, self._keeper, self._ticker, self._is_alone = workspace, keeper, ticker, is_alone
        self._steps: Iterator[None] = iter(())
        self._next: Next | None = None
        remove_partial(workspace.root / "blobs")
        discard(workspace.next_warehouse_path)

    def is_due(self) -> bool:
        """Whether some erasure is not done."""
        return waiting() > 0

    def step(self, at_us: int) -> bool:
        """Do a little of what is due, in some 10 ms; False when all is swept and only the warehouse is left to be made anew."""
        for _ in self._steps:
            return True
        erasures = asked(TOGETHER)
        if not erasures:
            return False
        self._steps = self._sweep(erasures, at_us)
        return True

    def renew(self) -> bool:
        """Apply one more batch to the warehouse that is made anew; True once it says what the one in use says."""
        if self._next is None:
            newest = newest_swept()
            if newest is None:
                return False
            self._next = Next(self._workspace, newest)
        return self._next.step() and self._next.is_level_with(self._ticker)

    def change_places(self, old: Warehouse, at_us: int) -> None:
        """Put the new warehouse in the place of the old one, both closed by now, and call the erasures done."""
        if self._next is not None:
            self._next.take_place_of(old)
            operations.close(up_to=self._next.newest, at_us=at_us)
            self._next = None

    def forget(self) -> None:
        """Begin again later: a step failed."""
        self._steps = iter(())

    def close(self) -> None:
        """Let go of a warehouse that is not finished."""
        if self._next is not None:
            self._next.abandon()
            self._next = None

    def _sweep(self, erasures: Sequence[Any], at_us: int) -> Iterator[None]:
        """All places, one after another. Raises what a store raises."""
        operations.bury_late(workspace=self._workspace, erasures=erasures)
        sought, changed = Sought(erasures, self._workspace), 0
        profiles = sought.profiles.tolist()

        def redactor_at(time_us: int) -> Redactor:
            return sought.at(time_us).redactor

        with held_still(self._workspace, alone=True) as is_held:
            if not is_held:  # a backup is at work
                return
            while self._keeper.clear_sealed():
                yield
            for part in (
                log_sweep.sweep_log(self._workspace, self._keeper, sought, lambda: self._ticker.position),
                log_sweep.sweep_decisions(sought),
                sweep_outbox(self._workspace.outbox_months_dir, redactor_at),
                audit.sweep(redactor_at),
                tables.sweep_quarantine(sought, at_us),
                tables.sweep_uploads(self._workspace, sought),
                letters.sweep_messages(profiles, sought.everybody.redactor, at_us=at_us, is_alone=self._is_alone),
                letters.sweep_mailbox(redactor_at),
            ):
                for count in part:
                    changed += count
                    yield
            self._ticker.reread()
            operations.finish(erasures=erasures, changed=changed, at_us=at_us)
        # What the pages held before may still stand in the write-ahead logs.
        self._keeper.flush()
        store.flush()
        log.info("erased", extra={"facts": {"erasures": len(erasures), "changed": changed}})


class Next:
    """A warehouse made anew beside the one in use, for the erasures swept up to `newest`."""

    def __init__(self, workspace: Workspace, newest: int) -> None:
        self.newest = newest
        discard(workspace.next_warehouse_path)
        self._warehouse = Warehouse(workspace, memory_limit=COMMAND_MEMORY_LIMIT, path=workspace.next_warehouse_path)
        self._applier = Applier(self._warehouse, workspace.zone)
        self._log = LogReader(workspace.log_path)
        self._replay = Replay(workspace, self._applier, self._log)

    def step(self) -> bool:
        """Apply one more batch; True when there is none."""
        return self._replay.step() is None

    def is_level_with(self, ticker: Ticker) -> bool:
        """Whether both warehouses stand at the same place, with nothing under way."""
        return ticker.stands_at(self._applier.position, self._applier.outbox)

    def take_place_of(self, old: Warehouse) -> None:
        """Become the warehouse in use, whose owner has closed it."""
        self._close()
        self._warehouse.take_place_of(old)

    def abandon(self) -> None:
        """Leave nothing of it."""
        self._close()
        discard(self._warehouse.path)

    def _close(self) -> None:
        self._log.close()
        self._warehouse.close()
