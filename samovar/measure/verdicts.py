"""The verdict of a campaign as a sentence for people."""

from __future__ import annotations

from django.utils.translation import gettext as _

from samovar.measure.queries import CampaignReport
from samovar.webkit.formats import money


def sentence(report: CampaignReport, currency: str) -> str:
    """What the campaign earned, always between two numbers, or that there is not enough data yet."""
    found = report.effect
    if found.low_minor is None or found.high_minor is None:
        return _("Not enough data yet.")
    words = {
        "amount": money(abs(found.incremental_minor), currency),
        "low": money(found.low_minor, currency),
        "high": money(found.high_minor, currency),
    }
    if found.verdict == "earned":
        return _("Earned %(amount)s more than no letter, between %(low)s and %(high)s.") % words
    if found.verdict == "lost":
        return _("Earned %(amount)s less than no letter: the difference is between %(low)s and %(high)s.") % words
    if found.verdict == "no_difference":
        return _("Made no difference: between %(low)s and %(high)s.") % words
    return _("Not enough data yet: the difference may be anything between %(low)s and %(high)s.") % words
