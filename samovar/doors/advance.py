"""Virtual time: everything that is due happens, then the clock jumps to the next moment at which something may be.

The same stages as in a running system, in one process: the worker's ticks, campaigns, and the sender to the built-in
mailbox. While a campaign runs the clock moves by an hour at most, otherwise straight to the next start.
"""

from __future__ import annotations

from collections.abc import Callable

from samovar.collect.quality import jobs as quality_jobs
from samovar.communicate import delivery
from samovar.decide import jobs as decide_jobs
from samovar.decide.models import Campaign
from samovar.decide.rules import Status
from samovar.doors.session import LocalSession
from samovar.kit.clock import HOUR_US, VirtualClock
from samovar.kit.errors import Refusal
from samovar.measure.builder import dispatches
from samovar.measure.watch import jobs as watch_jobs
from samovar.understand import jobs as understand_jobs

STEP_US = HOUR_US
QUALITY_US = 6 * HOUR_US  # between passes over quality and over live counters; each looks back at all since the last


class NotVirtual(Refusal):
    """The workspace's clock is the machine's: nobody moves it."""


def settle(session: LocalSession) -> None:
    """Everything due at this moment: events applied, campaigns planned, letters delivered, what they caused applied."""
    while True:
        at_us = session.clock.now_us()
        session.settle()
        busy = decide_jobs.tick(warehouse=session.owner, at_us=at_us)
        delivered = delivery.deliver_due(workspace=session.workspace, at_us=at_us)
        busy |= bool(dispatches.tick(workspace=session.workspace, warehouse=session.owner, at_us=at_us))
        session.settle()
        moved = session.follow()
        if not busy and not moved and not any(vars(delivered).values()):
            break
    now_us = session.clock.now_us()
    understand_jobs.keep_counts(live=session.live, at_us=now_us, day=session.workspace.zone.day(now_us))


def keep_quality(session: LocalSession) -> None:
    """Count what came so far, and look at every hour since the last look, and at every minute of the live counters."""
    zone = session.workspace.zone
    quality_jobs.keep_quality(cursor=session.owner.cursor(), zone=zone, at_us=session.clock.now_us())
    watch_jobs.keep_watch(warehouse=session.owner, at_us=session.clock.now_us())
    settle(session)  # with the letters about what was seen


def advance(session: LocalSession, until_us: int, progress: Callable[[int], object] | None = None) -> None:
    """Run the house until a moment. Raises `NotVirtual`, `Refusal` for a moment in the past."""
    clock = session.clock
    if not isinstance(clock, VirtualClock):
        raise NotVirtual(
            "clock_is_real", "Only a workspace with a virtual clock can be run. Make one with: samovar init --clock virtual"
        )
    if until_us < clock.now_us():
        raise Refusal("moment_passed", "The clock moves only forward, and that moment has passed.", field="until")
    quality_us = clock.now_us()
    while True:
        settle(session)
        if clock.now_us() >= min(quality_us, until_us):
            keep_quality(session)
            quality_us = clock.now_us() + QUALITY_US
        session.finish_erasures()
        session.sealer.finish(clock.now_us())
        if clock.now_us() >= until_us:
            session.sorter.finish(clock.now_us())
            return
        clock.advance_to(_next_us(clock.now_us(), until_us))
        session.workspace.save_clock()  # before anything is told of this moment: after a kill time must not go back behind it
        if progress is not None:
            progress(clock.now_us())


def _next_us(at_us: int, until_us: int) -> int:
    scheduled_us = dispatches.next_turn_us(at_us)
    until_us = until_us if scheduled_us is None else min(until_us, scheduled_us)
    if Campaign.objects.filter(status=Status.RUNNING).exists():
        return min(at_us + STEP_US, until_us)
    starts = Campaign.objects.filter(status=Status.SCHEDULED, start_us__gt=at_us).order_by("start_us")
    return min([until_us, *(start_us for start_us in starts.values_list("start_us", flat=True)[:1] if start_us is not None)])
