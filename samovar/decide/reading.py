"""What the audience of each campaign reads of what comes: so that a fall of data marks it by name, and a launch asks first."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from samovar import rules
from samovar.collect.quality import unsafe
from samovar.collect.quality.models import QualityAlarm
from samovar.collect.quality.reading import Read
from samovar.collect.quality.unsafe import Resting
from samovar.decide.models import Campaign
from samovar.decide.rules import Status
from samovar.understand import words
from samovar.understand.reading import reads_of_rules


def resting() -> list[Resting]:
    """The campaigns not ended with all that their audiences read."""
    rows = list(Campaign.objects.exclude(status__in=(Status.STOPPED, Status.DONE)).order_by("name"))
    read = _reads(rows)
    return [
        Resting("campaign", row.slug, row.name, reverse("campaign", args=[row.slug]), read[row.pk])
        for row in rows
        if row.pk in read
    ]


def alarms_under(campaign: Campaign) -> list[QualityAlarm]:
    """The open alarms on what a campaign's audience reads."""
    return unsafe.alarms_under(_reads([campaign]).get(campaign.pk, frozenset()))


def _reads(rows: list[Campaign]) -> dict[int, frozenset[Read]]:
    """By number; a campaign whose audience is not said yet, or makes no sense, is left out."""
    stored: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.audience_tree:
            stored[f"campaign {row.pk}"] = row.audience_tree
        elif row.audience_text:
            try:
                stored[f"campaign {row.pk}"] = rules.to_json(rules.parse(row.audience_text, words.open_catalogue()))
            except rules.RuleError:
                continue
    read = reads_of_rules(stored, {row.audience_segment for row in rows})
    keys = {row.pk: f"campaign {row.pk}" if f"campaign {row.pk}" in stored else row.audience_segment for row in rows}
    return {pk: read[key] for pk, key in keys.items() if key in read}
