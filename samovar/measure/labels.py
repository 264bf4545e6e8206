"""Codes of reports in the reader's words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

REASONS: dict[str, Promise] = {
    "no_address": lazy("no address"),
    "no_consent": lazy("no consent for this purpose"),
    "consent_withdrawn": lazy("consent withdrawn"),
    "contact_cap": lazy("enough letters already"),
    "merged": lazy("the same person was reached under another profile"),
    "duplicate_address": lazy("another person of the same address got it"),
    "campaign_stopped": lazy("the campaign was stopped"),
    "erased": lazy("was erased"),
    "unknown": lazy("reason not recorded"),
}


def reason(code: str) -> str:
    """Why nothing was sent, in words."""
    if code.startswith("suppressed:"):
        return _("the address must not be written to (%(reason)s)") % {"reason": code.partition(":")[2]}
    return str(REASONS.get(code, code))
