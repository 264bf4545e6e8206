"""Bringing a warehouse up to what was decided and announced: one that fell behind, or one that is made anew."""

from __future__ import annotations

import json

import numpy as np

from samovar.collect import facts
from samovar.collect.batches import INDEX_BITS, Batch, Reading, read_batch
from samovar.collect.identity import Decided
from samovar.collect.queries import decision_after, merge_pointers, rates, source_kinds
from samovar.collect.warehouse import Applier, DecidedFacts
from samovar.engine import outbox_reader, settings
from samovar.engine.log_reader import LogReader
from samovar.engine.outbox_reader import OutboxRow
from samovar.engine.workspace import Workspace

OUTBOX_MAX = 20_000


class Replay:
    """Gives an applier the decisions it has not seen, each with the batch of the log it was made of."""

    def __init__(self, workspace: Workspace, applier: Applier, log: LogReader) -> None:
        self._workspace, self._applier, self._log = workspace, applier, log

    def step(self) -> int | None:
        """Apply the next decision, or once there is none the next announcements; how many events, None at the end."""
        moved = self.apply_decision()
        return self._apply_outbox() if moved is None else moved

    def apply_decision(self) -> int | None:
        """Apply the next decision; how many events it was about, None when there is none left."""
        decision = self._next_decision()
        if decision is None:
            return None
        batch, decided = decision
        prepared = facts.facts_of(batch, decided.profiles, self._workspace.zone)
        self._applier.apply(DecidedFacts(prepared, decided.attached, decided.next_position), [], {})
        return len(batch.events)

    def _apply_outbox(self) -> int | None:
        told = outbox_reader.read(self._applier.outbox, OUTBOX_MAX, self._workspace.outbox_months_dir)
        if not told:
            return None
        self._applier.apply(None, told, pointers_for(told))
        return len(told)

    def _next_decision(self) -> tuple[Batch, Decided] | None:
        found = decision_after(self._applier.position)
        if found is None:
            return None
        first, following, blob, attached = found
        profiles = np.frombuffer(blob, dtype="<i8").astype(np.int64)
        log_rows = self._log.read_span(max((first >> INDEX_BITS) - 1, 0), following >> INDEX_BITS)
        batch = read_batch(log_rows, first, len(profiles), reading_of(self._workspace), until=following)
        if len(batch.events) != len(profiles) or batch.next_position != following:
            raise RuntimeError(f"the log does not hold what was decided at position {first}")
        decided = Decided(first, following, profiles)
        decided.attached = [tuple(row) for row in json.loads(attached)]
        return batch, decided


def pointers_for(told: list[OutboxRow]) -> dict[int, int]:
    """The merges that stand now; only an un-merge asks for them."""
    return merge_pointers() if any(row.name == "Profile Unmerged" for row in told) else {}


def reading_of(workspace: Workspace) -> Reading:
    """What reading the log depends on, as it stands now."""
    kinds = source_kinds()
    return Reading(
        workspace.zone, workspace.currency, str(settings.get("phone_region")), rates(),
        lambda source: kinds.get(source) == "browser", workspace.sealed_dir,
    )  # fmt: skip
