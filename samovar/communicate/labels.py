"""States and reasons of the ledger in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.communicate.models import State

STATES: dict[str, Promise | str] = {
    State.SENT: lazy("sent"),
    State.HELD_OUT: lazy("held out (control group)"),
    State.REFUSED: lazy("not sent"),
    State.FAILED: lazy("failed"),
    State.IN_DOUBT: lazy("in doubt"),
    State.PLANNED: lazy("planned"),
    State.CLAIMED: lazy("being written"),
    State.INTENT: lazy("on the way"),
}
_REASONS: dict[str, Promise | str] = {
    "no_address": lazy("no e-mail address"),
    "merged": lazy("the same person got it under another profile"),
    "duplicate_address": lazy("another person has the same address"),
    "no_consent": lazy("no consent"),
    "consent_withdrawn": lazy("consent withdrawn"),
    "contact_cap": lazy("written to often enough"),
    "bad_address": lazy("the address cannot be written to"),
    "sender_fell": lazy("the sender stopped while it was on the way"),
    "stopped": lazy("the campaign was stopped"),
    "campaign_stopped": lazy("the campaign was stopped"),
    "erased": lazy("was erased"),
}


def in_order(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts by state in the order in which a reader asks for them."""
    return [(state, counts[state]) for state in STATES if state in counts]


def reason(code: str) -> str:
    """A reason as a sentence part; what a mail server said stays in its own words."""
    if code.startswith("suppressed:"):
        return _("the address is stopped: %(why)s") % {"why": _stop(code.partition(":")[2])}
    return str(_REASONS.get(code, code))


def _stop(code: str) -> str:
    stops = {"hard_bounce": _("it does not exist"), "complaint": _("its owner complained")}
    return stops.get(code, code)
