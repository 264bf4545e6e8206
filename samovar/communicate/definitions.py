"""Letters as text: one file for a campaign, its variants by name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from samovar.communicate import operations, queries
from samovar.decide import queries as campaigns
from samovar.decide.models import Campaign
from samovar.engine.definitions import BadDefinition, Kind
from samovar.staff.actors import Actor

PARTS = ("subject", "html", "text")


def export_letters() -> dict[str, dict[str, Any]]:
    """{campaign's slug: {variant: parts}} of every campaign that has a letter."""
    found = {}
    for campaign in Campaign.objects.order_by("slug"):
        variants = campaigns.facts(campaign).variants
        letters = {name: row for name, row in queries.current_letters(campaign.id).items() if name in variants}
        if letters:
            found[campaign.slug] = {
                variant: {part: text for part in PARTS if (text := getattr(letters[variant], part))}
                for variant in sorted(letters)
            }
    return found


def apply_letters(slug: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    """Save the letters of a campaign. Raises `BadDefinition`, `NotFound`, `TemplateError`, `LetterFixed`."""
    campaign = campaigns.campaign(slug)
    current = queries.current_letters(campaign.id)
    for variant, parts in values.items():
        if not isinstance(parts, dict) or not set(parts) <= set(PARTS) or not all(isinstance(v, str) for v in parts.values()):
            words = _("The letter “%(variant)s” must hold the texts subject, html and text.") % {"variant": variant[:40]}
            raise BadDefinition("letter_shape", words, field=variant[:40])
        wanted = {part: parts.get(part, "") for part in PARTS}
        old = current.get(variant)
        if old is None or any(getattr(old, part) != wanted[part] for part in PARTS):
            operations.save_letter(campaign=campaign, variant=variant, **wanted, actor=actor, at_us=at_us)


KINDS = (Kind("letters", order=30, export=export_letters, apply=apply_letters),)
