"""The rehearsal of a campaign: whom it would reach, who is left out and why, and every reason not to launch yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from samovar.decide import actions, audience, params, planning, queries
from samovar.decide.models import Campaign
from samovar.decide.rules import PER_WHOLE, WINDOW_DAYS_MAX, detectable
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import DAY_US
from samovar.kit.errors import Refusal


@dataclass
class Rehearsal:
    """What would happen. Counts are of people; `left_out` pairs a reason's code with how many."""

    problems: list[actions.Problem] = field(default_factory=list)
    tree: Any = None
    people: int = 0
    reach: int = 0
    control: int = 0
    left_out: list[tuple[str, int]] = field(default_factory=list)
    detectable_minor: int | None = None  # the least difference a person that this comparison would find

    @property
    def treated(self) -> int:
        return self.reach - self.control

    @property
    def is_ready(self) -> bool:
        return not self.problems


def rehearse(*, campaign: Campaign, warehouse: Asker, at_us: int) -> Rehearsal:
    """Count the audience as of now and name what is missing. Nothing is written."""
    found = Rehearsal()
    _who(found, campaign, warehouse, at_us)
    _what(found, campaign)
    if campaign.start_us is not None and campaign.start_us <= at_us:
        found.problems.append(
            actions.Problem("start_passed", _("The planned start has passed. Choose a later one, or none."), "when")
        )
    if not 1 <= campaign.window_days <= WINDOW_DAYS_MAX:
        found.problems.append(actions.Problem("bad_window", _("Choose how many days orders are counted for."), "measure"))
    return found


def _who(found: Rehearsal, campaign: Campaign, warehouse: Asker, at_us: int) -> None:
    try:
        found.tree = audience.tree_of(campaign, warehouse)
    except Refusal as refusal:
        found.problems.append(actions.Problem(refusal.code, refusal.message, "who"))
        return
    answer = warehouse.query(
        "decide.audience_count", tree=found.tree, at_us=at_us, channel=campaign.channel, purpose=campaign.purpose
    ).to_pylist()[0]
    reach = answer["consenting"] if planning.needs_consent(campaign.purpose) else answer["open"]
    found.people, found.reach = answer["people"], reach
    found.control = round(reach * campaign.control_share / PER_WHOLE)
    spending = warehouse.query(
        "decide.audience_spending", tree=found.tree, at_us=at_us, window_us=campaign.window_days * DAY_US
    ).to_pylist()[0]
    least = detectable(spending["variance"], found.treated, found.control)
    found.detectable_minor = None if least is None else round(least)
    left_out = [
        ("no_address", answer["people"] - answer["addressed"]), ("stopped", answer["addressed"] - answer["open"]),
        ("no_consent", answer["open"] - reach),
    ]  # fmt: skip
    found.left_out = [(reason, n) for reason, n in left_out if n]
    if not answer["people"]:
        found.problems.append(actions.Problem("audience_empty", _("Nobody is in the audience now."), "who"))
    elif not reach:
        found.problems.append(
            actions.Problem("nobody_reachable", _("Nobody of the audience has an address and a consent for this purpose."), "who")
        )


def _what(found: Rehearsal, campaign: Campaign) -> None:
    try:
        action = actions.get(campaign.action["name"])
    except Refusal as refusal:
        found.problems.append(actions.Problem(refusal.code, refusal.message, "what"))
        return
    if place := params.fault(action.schema, campaign.action.get("params") or {}):
        words = _("The action does not take this value: %(place)s.") % {"place": place[:100]}
        found.problems.append(actions.Problem("bad_params", words, "what"))
    found.problems.extend(action.check(queries.facts(campaign)))
