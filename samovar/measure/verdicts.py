"""What may be said of a campaign's money: the verdict as a sentence, at the precision the interval allows."""

from __future__ import annotations

from django.utils.translation import gettext as _

from samovar.kit.numbers import minor_per_major
from samovar.measure.queries import CampaignReport
from samovar.webkit.formats import currency, money


def sentence(report: CampaignReport, code: str) -> str:
    """What the campaign earned, always between two numbers, or that there is not enough data yet."""
    found = report.effect
    if found.low_minor is None or found.high_minor is None:
        return _("Not enough data yet: there is nothing to compare.")
    amount, low_minor, high_minor = rounded(found.incremental_minor, found.low_minor, found.high_minor, code)
    words = {"amount": money(abs(amount), code), "low": money(low_minor, code), "high": money(high_minor, code)}
    if found.verdict == "earned":
        return _("The letter earned %(amount)s more than silence: between %(low)s and %(high)s.") % words
    if found.verdict == "lost":
        return _("The letter earned %(amount)s less than silence: the difference is between %(low)s and %(high)s.") % words
    if found.verdict == "no_difference":
        return _("The letter made no difference to speak of: between %(low)s and %(high)s.") % words
    return _("Not enough data yet: the difference may be anything between %(low)s and %(high)s.") % words


def rounded(amount_minor: int, low_minor: int, high_minor: int, code: str) -> tuple[int, int, int]:
    """What was earned and its interval at the precision that the interval allows; everywhere the same."""
    unit = _unit((high_minor - low_minor) / 2, minor_per_major(code))
    return _rounded(amount_minor, unit), _rounded(low_minor, unit), _rounded(high_minor, unit)


def whole(minor: int) -> int:
    """An amount without the part below a major unit."""
    return _rounded(minor, minor_per_major(currency()))


def _unit(half_width_minor: float, per_major: int) -> int:
    """Two significant digits of the half-width, at least a major unit: figures beyond it would only look exact."""
    unit = per_major
    while unit * 100 <= half_width_minor:
        unit *= 10
    return unit


def _rounded(minor: int, unit: int) -> int:
    return round(minor / unit) * unit
