"""The demo: a simulated shop lives two years, wins back those who left, and is told what that earned.

1. History through the log: two years of a shop's events, identified and laid out.
2. Segments, and a campaign to the lapsed with a control group, launched.
3. Letters through SMTP to the built-in mailbox.
4. Fifteen days go by: the treated open, click and order as they truly would, everybody else lives on.
5. The report, beside the truth that only the simulation knows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from samovar.doors.cli import init
from samovar.doors.demo import feed, tea
from samovar.doors.demo.people import END_US, START_US
from samovar.doors.demo.reaction import true_incremental_minor
from samovar.doors.demo.shop import Shop
from samovar.doors.session import LocalSession, open_session
from samovar.kit.clock import DAY_US, HOUR_US, Zone
from samovar.staff.actors import Actor

LAUNCH_US = END_US + 10 * HOUR_US
DAYS = 15  # a campaign's window is 14
ACTOR = Actor.system("demo")
Say = Callable[[str], None]
Progress = Callable[[str, int, int], None]  # stage, how far, of how much


@dataclass(frozen=True)
class Told:
    """What happened: `facts` under the keys of the command line contract, `secrets` of the workspace, shown once."""

    facts: dict[str, Any]
    secrets: dict[str, Any]


def tell(data: Path, shop: Shop, *, say: Say, progress: Progress) -> Told:
    """Make a workspace in `data`, an absent or empty directory, and run the whole loop in it. Raises `Refusal`."""
    began = time.monotonic()
    at = Zone(tea.TIMEZONE).local(LAUNCH_US).isoformat()
    secrets = init.make(data, currency=tea.CURRENCY, timezone=tea.TIMEZONE, virtual=True, at=at)
    with open_session(data, command="demo", exclusive=True) as session:
        assert isinstance(session, LocalSession)
        from samovar.doors.demo import campaign

        say(f"A tea shop: {shop.people:,} customers, two years.")
        _history(session, shop, progress)
        summary = campaign.summary(session)
        say(f"{summary.orders:,} orders by {summary.buyers:,} buyers; {summary.visitors:,} visitors nobody knows.")
        segments = campaign.segments(session, {**campaign.ORDER_SEGMENTS, **campaign.SITE_SEGMENTS}, say)
        launched = campaign.win_back(session, say)
        truth_minor = _days(session, shop, launched, progress)
        answer = campaign.report(session, launched, say)
        campaign.say_truth(truth_minor, tea.CURRENCY, say)
        facts = {
            "customers": summary.customers,
            "events": campaign.events(session),
            "segments": segments,
            "campaign": {**answer, "true_incremental_minor": truth_minor},
        }
    return Told({**facts, "seconds": round(time.monotonic() - began, 1)}, secrets)


def _history(session: LocalSession, shop: Shop, progress: Progress) -> None:
    """Everything up to the launch, in the order of time."""
    at_us, pieces = session.clock.now_us(), list(shop.slices())
    told = feed.between(pieces, START_US, LAUNCH_US)
    rows = [
        *feed.seal(session.workspace, "history", told, at_us=at_us),
        *feed.aliases_between(pieces, START_US, LAUNCH_US, at_us=at_us),
    ]
    session.append_log(rows)
    done, total = 0, sum(row.count for row in rows)

    def moved(events: int) -> None:
        nonlocal done
        done += events
        progress("history", min(done, total), total)

    session.settle(progress=moved)


def _days(session: LocalSession, shop: Shop, launched: Any, progress: Progress) -> int:
    """Live DAYS days after the launch, day by day; the money the letters truly made."""
    from samovar.communicate.queries import sent_messages
    from samovar.doors.advance import settle
    from samovar.doors.demo import campaign
    from samovar.doors.demo.letters import person_of, react

    sent = sent_messages(launched.id)
    reactions = react(shop.seed, sent, discount_percent=campaign.DISCOUNT_PERCENT, url=campaign.URL)
    pieces = [*shop.slices(), *reactions.extra]
    life = feed.between(pieces, LAUNCH_US, LAUNCH_US + DAYS * DAY_US)
    times = life.column("time_us").to_numpy()
    for day in range(DAYS):
        from_us, until_us = LAUNCH_US + day * DAY_US, LAUNCH_US + (day + 1) * DAY_US
        session.clock.advance_to(until_us)  # type: ignore[attr-defined]
        first, last = np.searchsorted(times, [from_us, until_us])
        sealed = feed.seal(session.workspace, f"day-{day + 1:02d}", life.slice(first, last - first), at_us=until_us)
        session.append_log([*reactions.until(from_us, until_us), *sealed])
        settle(session)
        progress("days", day + 1, DAYS)
    treated = np.array([person_of(message.address) for message in sent], dtype=np.int64)
    return true_incremental_minor(shop.seed, treated, discount_percent=campaign.DISCOUNT_PERCENT)
