"""The demo on a shop's own export: the same road, and nothing invented.

Nobody reacts, because nobody is simulated; people without an e-mail address get no letter, and what to write to the others
is the shop's to say: the campaign stays a draft that says whom it would reach. The clock stands at the first local midnight
after the last event.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from samovar.doors.cli import init
from samovar.doors.demo.story import ACTOR, Progress, Say, Told
from samovar.doors.session import LocalSession, open_session, set_up_django
from samovar.engine.workspace import Workspace
from samovar.kit.clock import LAST_US, Zone
from samovar.kit.errors import Refusal

PRESET, CURRENCY, TIMEZONE = "online-retail", "GBP", "Europe/London"


def tell(data: Path, export: Path, *, say: Say, progress: Progress) -> Told:
    """Make a workspace in `data` from an export and run the whole loop in it. Raises `Refusal`."""
    began = time.monotonic()
    zone = Zone(TIMEZONE)
    at_us = zone.midnight_us(zone.day(_last_event_us(export)) + 1)
    secrets = init.make(data, currency=CURRENCY, timezone=TIMEZONE, virtual=True, at=zone.local(at_us).isoformat())
    with open_session(data, command="demo", exclusive=True) as session:
        assert isinstance(session, LocalSession)
        from samovar.doors.demo import campaign

        figures = _import(session, export, progress)
        say(f"{figures['rows_read']:,} rows read, {figures['quarantined']:,} of them in quarantine with the reason.")
        summary = campaign.summary(session)
        say(f"{summary.orders:,} orders by {summary.buyers:,} of {summary.customers:,} customers.")
        segments = campaign.segments(session, campaign.ORDER_SEGMENTS, say)
        facts = {
            "customers": summary.customers,
            "events": campaign.events(session),
            "segments": segments,
            "campaign": {**campaign.rehearse(session, say), "true_incremental_minor": None},
        }
    return Told({**facts, "seconds": round(time.monotonic() - began, 1)}, secrets)


def _import(session: LocalSession, export: Path, progress: Progress) -> dict[str, Any]:
    import msgspec

    from samovar.collect.imports import mapping, operations

    outcome = operations.run_import(
        workspace=session.workspace, path=export, mapping=mapping.preset(PRESET), preset=PRESET, file_name=export.name,
        append=session.append_log, actor=ACTOR, at_us=session.clock.now_us(), progress=progress,
    )  # fmt: skip
    done = 0

    def moved(events: int) -> None:
        nonlocal done
        done += events
        progress("apply", min(done, outcome.sealed_rows), outcome.sealed_rows)

    session.settle(outcome.offset, moved)
    operations.mark_applied(run_id=outcome.run_id)
    return dict(msgspec.to_builtins(outcome.figures))


def _last_event_us(export: Path) -> int:
    """When the last event of the export happened.

    Found in a process of its own: the file is judged with a workspace and Django set up, and a process has one of each. Raises
    `Refusal` as the import would.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found, refusal = pool.submit(_look, export).result()
    if found is None:
        raise Refusal("unreadable_export", refusal or f"{export} holds no event.", field="export")
    return found


def _look(export: Path) -> tuple[int | None, str]:
    with tempfile.TemporaryDirectory(prefix="samovar-look-") as home:
        workspace = Workspace.create(Path(home) / "look", currency=CURRENCY, timezone=TIMEZONE, at_us=LAST_US)
        set_up_django(workspace)
        from samovar.collect.imports import mapping, reading
        from samovar.collect.imports.staging import Staging

        try:
            with Staging(workspace.temp_dir, readable=[export.absolute()]) as staging:
                # Judged as of the end of time, so that no row is refused for being ahead of the clock.
                look = reading.reading_of(mapping.preset(PRESET), workspace, LAST_US - 1)
                have = reading.read_file(staging, export.absolute(), look, lambda stage, done, total: None)
                reading.build(staging, look, have, [])
                return staging.rows("SELECT max(instant_us) FROM heads")[0][0], ""
        except Refusal as refusal:
            return None, refusal.message
