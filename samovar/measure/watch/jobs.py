"""What the worker does for live counters, in a thread of its own beside its loop. The virtual clock runs the same pass."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.utils import translation

from samovar.engine.keeper import Keeper
from samovar.engine.warehouse.client import Asker, WarehouseBusy
from samovar.kit.clock import DAY_US, MINUTE_US
from samovar.kit.errors import Refusal
from samovar.measure.models import CounterWatch, SavedReport
from samovar.measure.reports import answers
from samovar.measure.reports.answers import Found
from samovar.measure.reports.live import Live
from samovar.measure.watch import operations
from samovar.measure.watch.turns import Judged, turns

PASS_S, START_S = 5.0, 10.0  # between passes, and after the worker began; a pass before a minute is over is one small query
SETTLE_US = MINUTE_US  # after a minute ended: what browsers and shops send late belongs to it
PIECE_MINUTES = 1_200  # ends of one asking
REST_MAX = 240  # an alert closes when the figure has been back for a whole window, or for so many minutes of a long one
LOOK_BACK_US = 7 * DAY_US  # ends that went by unwatched longer ago are left
log = logging.getLogger("samovar.watch")


class Watcher(Keeper):
    """Watches counters beside the worker's loop. `whole_us` says up to when everything received is taken in, 0 before that is
    known."""

    def __init__(self, warehouse: Asker, whole_us: Callable[[], int]) -> None:
        self._warehouse, self._whole_us = warehouse, whole_us
        super().__init__("watch", start_s=START_S, pause_s=PASS_S)

    def turn(self) -> float:
        if whole_us := self._whole_us():
            keep_watch(warehouse=self._warehouse, at_us=whole_us, is_stopped=self.is_stopped)
        return PASS_S


def keep_watch(*, warehouse: Asker, at_us: int, is_stopped: Callable[[], bool] = lambda: False) -> None:
    """Judge every counter at each end that is whole by a moment and was not judged yet. Faults speak as the house does."""
    until_us = (at_us - SETTLE_US) // MINUTE_US * MINUTE_US
    counters = [row for row in SavedReport.objects.filter(report=Live.name).order_by("id") if row.params.get(Live.line.name)]
    operations.forget(kept=[row.pk for row in counters], at_us=until_us)
    for report in counters:
        if is_stopped():
            return
        with suppress(WarehouseBusy), translation.override(settings.LANGUAGE_CODE):  # who is busy is asked at the next pass
            _watch(report, warehouse, until_us)


def _watch(report: SavedReport, warehouse: Asker, until_us: int) -> None:
    while True:
        watch = operations.watch_of(report, from_us=until_us)
        after_us = max(watch.watched_us, until_us - LOOK_BACK_US)
        if after_us >= until_us:
            return
        last_us = min(after_us + PIECE_MINUTES * MINUTE_US, until_us)
        try:
            _judge(report, watch, warehouse, after_us, last_us)
        except WarehouseBusy:
            raise
        except Refusal as refusal:
            log.warning("the counter %s was refused: %s", report.slug, refusal.message)
            operations.fail(watch, fault=refusal.message, until_us=until_us)
            return


def _judge(report: SavedReport, watch: CounterWatch, warehouse: Asker, after_us: int, last_us: int) -> None:
    """Judge the ends after one moment up to another, and tell what turned."""
    hold, line = Live.hold.value(report.params), Live.line.value(report.params)
    rest = min(max(hold, Live.window.value(report.params)), REST_MAX)
    count = (last_us - after_us) // MINUTE_US + max(hold, rest) - 1  # and those that say for how long it has been so
    asked = {**report.params, Live.minutes.name: str(count)}
    found = answers.ask(Live.name, asked, warehouse=warehouse, at_us=last_us)
    judged = judgements(found)
    is_open = report.alerts.filter(closed_us=None).exists()
    operations.tell(
        watch, turns=turns(judged, after_us=after_us, is_open=is_open, hold=hold, rest=rest), judged=judged, until_us=last_us,
        side=line.side, kind=found.columns[1].kind,
    )  # fmt: skip


def judgements(found: Found) -> list[Judged]:
    """The figures of a counter beside its line, by the ends they are of."""
    ending = "_minor" if found.columns[1].kind == "money" else ""
    last_us = found.at_us // MINUTE_US * MINUTE_US
    ends = range(last_us - (len(found.rows) - 1) * MINUTE_US, last_us + 1, MINUTE_US)
    return [
        Judged(end_us, row["state"], row[f"figure{ending}"], row[f"line{ending}"])
        for end_us, row in zip(ends, found.records(), strict=True)
    ]
