"""The rule of a campaign's audience: from a text or a segment to the stored tree."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samovar import rules
from samovar.decide import queries
from samovar.decide.models import Campaign
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import Refusal
from samovar.understand import queries as segments
from samovar.understand import uses, words

NAMED_MAX = 5


class NoAudience(Refusal):
    """Neither a rule nor a segment says who gets it."""


class SegmentInUse(Refusal):
    """Campaigns take their people from the segment; `params["campaigns"]` names them."""

    status = 409


def check_unused(segment: uses.Segment) -> None:
    """Raise `SegmentInUse` for a segment that feeds a campaign not ended."""
    names = [row.name for row in queries.fed_by(segment.slug)]
    if names:
        told = ngettext(
            "The segment “%(segment)s” feeds %(count)d campaign: %(campaigns)s. Stop it or give it another audience first.",
            "The segment “%(segment)s” feeds %(count)d campaigns: %(campaigns)s. Stop them or give them another audience first.",
            len(names),
        ) % {"segment": segment.name, "count": len(names), "campaigns": ", ".join(names[:NAMED_MAX])}
        raise SegmentInUse("segment_in_use", told, segment=segment.slug, campaigns=names)


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
