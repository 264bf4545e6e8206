"""What the worker does for campaigns at each turn of its loop: starts those that are due, plans people, closes and finishes.

Every step may run twice and may be killed anywhere: assignment is keyed by (campaign, person), the ledger by (person,
message), and planning continues after the greatest person written.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from samovar.decide import actions, operations, planning
from samovar.decide.models import Campaign
from samovar.decide.rules import Status, window_end_us
from samovar.engine import store
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import Refusal
from samovar.staff.actors import Actor

log = logging.getLogger(__name__)
PEOPLE_A_TURN = 20_000  # about a second of the worker's loop
CHUNK_ROWS = 400  # so that a transaction stays under store.WRITE_MS_MAX
CLOSE_ROWS = 1_000
BUSY = 503  # a warehouse that cannot answer now will answer later
WORKER = Actor.system("worker")


def tick(*, warehouse: Asker, at_us: int) -> bool:
    """One turn for all campaigns. True when there is more to do at once."""
    busy = False
    for campaign in Campaign.objects.filter(status=Status.SCHEDULED, start_us__lte=at_us):
        with suppress(operations.WrongStatus):  # somebody changed it this moment: the next turn reads it anew
            operations.start(campaign=campaign, actor=WORKER, at_us=at_us)
    for campaign in Campaign.objects.filter(status=Status.RUNNING).order_by("id"):
        busy |= _advance(campaign, warehouse, at_us)
    for campaign in Campaign.objects.filter(status=Status.STOPPED, is_closed=False, launched_us__isnull=False):
        busy |= _close(campaign, at_us)
    return busy


def _advance(campaign: Campaign, warehouse: Asker, at_us: int) -> bool:
    """One turn of a running campaign; what it cannot do pauses it with the reason, and the others go on."""
    try:
        if not campaign.is_planned:
            return plan(campaign=campaign, warehouse=warehouse, at_us=at_us)
        _settle(campaign, at_us)
    except operations.WrongStatus:
        return False  # somebody changed it this moment: the next turn reads it anew
    except Refusal as refusal:
        if refusal.status != BUSY:
            log.warning("campaign %s is paused: %s", campaign.slug, refusal.message)
            with suppress(operations.WrongStatus):
                operations.hold(campaign=campaign, reason=refusal.code, actor=WORKER, at_us=at_us)
    return False


def plan(*, campaign: Campaign, warehouse: Asker, at_us: int) -> bool:
    """Assign up to PEOPLE_A_TURN people of a running campaign. True when more are left.

    The audience is read as of the start, whenever a chunk is planned, so that a launch that takes long or was interrupted
    has one audience.
    """
    assert campaign.started_us is not None
    people = planning.recipients(
        campaign=campaign, warehouse=warehouse, tree=campaign.audience_tree, at_us=campaign.started_us,
        after=campaign.planned_through, limit=PEOPLE_A_TURN,
    )  # fmt: skip
    for chunk in _chunks(people):
        if not operations.assign_chunk(campaign=campaign, recipients=chunk, through=chunk[-1].profile_id, at_us=at_us):
            return False
    if len(people) == PEOPLE_A_TURN:
        return True
    operations.mark_planned(campaign=campaign)
    return False


def _chunks(people: list[actions.Recipient]) -> list[list[actions.Recipient]]:
    return [people[start : start + CHUNK_ROWS] for start in range(0, len(people), CHUNK_ROWS)]


def _settle(campaign: Campaign, at_us: int) -> None:
    """Note when the last row had its outcome, and finish when the window after it has passed."""
    if campaign.delivered_us is None:
        if not actions.get(campaign.action["name"]).remaining(campaign.id):
            operations.mark_delivered(campaign=campaign, at_us=at_us)
    elif at_us >= window_end_us(campaign.delivered_us, campaign.window_days):
        operations.finish(campaign=campaign, actor=WORKER, at_us=at_us)


def _close(campaign: Campaign, at_us: int) -> bool:
    """Give rows of a stopped campaign their outcome, a chunk at a time. True when more may be left."""
    with store.transaction():
        closed = actions.get(campaign.action["name"]).close(campaign.id, "campaign_stopped", CLOSE_ROWS, at_us)
    if not closed and not actions.get(campaign.action["name"]).remaining(campaign.id):
        operations.mark_closed(campaign=campaign)
    return closed > 0
