"""The rule of a campaign's audience: from a text or a segment to the stored tree, and from the tree to the people's SQL."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from samovar import rules
from samovar.decide.models import Campaign
from samovar.kit.errors import Refusal


class NoAudience(Refusal):
    """Neither a rule nor a segment says who gets it."""


def tree_of(campaign: Campaign) -> dict[str, Any]:
    """The stored tree of the audience's rule or segment. Raises `NoAudience`, `RuleError`, `NotFound`."""
    if campaign.audience_text:
        return tree_of_text(campaign.audience_text)
    raise NoAudience("no_audience", _("Say who gets it: choose a segment or write a rule."), field="audience")


def tree_of_text(text: str) -> dict[str, Any]:
    """The stored tree of a rule's text. Raises `RuleError`."""
    return rules.to_json(rules.parse(text, rules.builtin_catalogue(settings.WORKSPACE.currency)))


def segment_choices() -> list[tuple[str, str]]:
    """(slug, name) of the segments an audience may be."""
    return []
