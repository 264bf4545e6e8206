"""Alerts in the reader's words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from samovar.measure.models import CounterAlert
from samovar.measure.reports.live.drawing import figure


def title(one: CounterAlert) -> str:
    """An alert in a few words."""
    pattern = _("“%(name)s” is below its line") if one.side == "below" else _("“%(name)s” is above its line")
    return pattern % {"name": one.report.name}


def text(one: CounterAlert) -> str:
    """What an alert says, as a sentence."""
    told = {name: figure(getattr(one, name), one.kind) for name in ("figure", "line", "worst")}
    return _("%(figure)s when it was told, the line at %(line)s; at its furthest %(worst)s.") % told
