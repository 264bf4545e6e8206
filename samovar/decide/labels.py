"""Codes of campaigns in the reader's words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

STATUSES: dict[str, Promise] = {
    "draft": lazy("draft"),
    "scheduled": lazy("scheduled"),
    "running": lazy("running"),
    "paused": lazy("paused"),
    "stopped": lazy("stopped"),
    "done": lazy("done"),
}
TONES = {"running": "good", "scheduled": "teal", "paused": "brass", "stopped": "bad"}
KINDS: dict[str, Promise] = {
    "activation": lazy("Asks for a purchase"),
    "information": lazy("Only tells"),
}
LEFT_OUT: dict[str, Promise] = {
    "no_address": lazy("have no address"),
    "stopped": lazy("have only addresses that bounced or complained"),
    "no_consent": lazy("gave no consent for this purpose"),
}
NOTES: dict[str, Promise] = {
    "late": lazy("The planned start was missed by more than a day. Resume the campaign if the letter is still right."),
}


def note(code: str) -> str:
    """Why the house paused a campaign, in words; empty when it did not."""
    if not code:
        return ""
    words = _("The house paused it, because it could not go on (%(code)s). Resume it to try again.") % {"code": code}
    return str(NOTES.get(code, words))
