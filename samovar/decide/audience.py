"""The rule of a campaign's audience: from a text or a segment to the stored tree."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from samovar import rules
from samovar.decide.models import Campaign
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import Refusal
from samovar.understand import queries as segments
from samovar.understand import words


class NoAudience(Refusal):
    """Neither a rule nor a segment says who gets it."""


def tree_of(campaign: Campaign, warehouse: Asker) -> dict[str, Any]:
    """The stored tree of the audience: the rule's, its names compared with the data, else the segment's.

    Raises `NoAudience`, `UnknownSegment`, a rule's refusal.
    """
    if campaign.audience_text:
        return rules.to_json(words.read(campaign.audience_text, warehouse))
    if campaign.audience_segment:
        return dict(segments.segment(campaign.audience_segment).tree)
    raise NoAudience("no_audience", _("Say who gets it: choose a segment or write a rule."), field="audience")


def segment_choices() -> list[tuple[str, str]]:
    """(slug, name) of the segments an audience may be."""
    return [(row.slug, row.name) for row in segments.segments()]
