"""Reading campaigns. Nothing here writes. Rooms to the right take `Campaign` from here, as the type of a row they are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from samovar import rules
from samovar.decide.actions import CampaignFacts
from samovar.decide.models import Assignment, Campaign
from samovar.decide.rules import PER_WHOLE, Status
from samovar.engine import store
from samovar.kit.errors import NotFound
from samovar.kit.text import fold
from samovar.understand import uses, words

__all__ = [
    "PAGE_ROWS_MAX", "Assigned", "Campaign", "as_json", "assigned", "by_ids", "campaign", "campaigns", "facts", "fed", "fed_by",
    "named", "running", "running_ids",
]  # fmt: skip
PAGE_ROWS_MAX = 200
SEARCHED_MAX = 20_000


def campaign(slug_or_id: str | int) -> Campaign:
    """One campaign by slug or number. Raises `NotFound`."""
    text = str(slug_or_id)
    found = Campaign.objects.filter(slug=text).first()
    if found is None and text.isascii() and text.isdecimal() and len(text) < 19:
        found = Campaign.objects.filter(id=int(text)).first()
    if found is None:
        raise NotFound("unknown_campaign", _("There is no campaign “%(name)s”.") % {"name": text[:100]}, name=text[:100])
    return found


def named(search: str) -> QuerySet[Campaign]:
    """Campaigns with these letters in their name, all for no letters.

    Names are folded here: SQLite knows capitals of Latin letters only, and campaigns are few enough.
    """
    if not search:
        return Campaign.objects.all()
    names = Campaign.objects.order_by("-id").values_list("id", "name")[:SEARCHED_MAX]
    return Campaign.objects.filter(id__in=[id_ for id_, name in names if fold(search) in fold(name)])


def campaigns(*, status: str = "", search: str = "", before_id: int | None = None, limit: int = 50) -> list[Campaign]:
    """Campaigns, newest first, keyset-paged by `before_id`."""
    rows = named(search).order_by("-id")
    if status:
        rows = rows.filter(status=status)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows[: min(limit, PAGE_ROWS_MAX)])


def by_ids(ids: Sequence[int]) -> list[Campaign]:
    """Campaigns by their numbers; those that are not there are left out."""
    return list(Campaign.objects.filter(id__in=ids))


def fed_by(slug: str) -> list[Campaign]:
    """The campaigns not ended whose audience is the segment of a slug or names it, in the order they were made."""
    return [row for row in _not_ended() if slug in _segments_of(row)]


def fed() -> Counter[str]:
    """How many campaigns not ended take their people from each segment, by its slug."""
    return Counter(slug for row in _not_ended() for slug in _segments_of(row))


def _not_ended() -> list[Campaign]:
    return list(Campaign.objects.exclude(status__in=(Status.STOPPED, Status.DONE)).order_by("id"))


def _segments_of(row: Campaign) -> set[str]:
    """The segments an audience rests on: the one it is, else those its rule names; a draft's rule may be none yet."""
    if not row.audience_text:
        return {row.audience_segment} if row.audience_segment else set()
    if "segment" not in row.audience_text.lower():
        return set()
    try:
        return uses.named(rules.to_json(rules.parse(row.audience_text, words.open_catalogue())))
    except rules.RuleError:
        return set()


def running(ids: Iterable[int]) -> set[int]:
    """Which of these campaigns may send at this moment: what a sender asks at each claim and again before each intent."""
    return set(Campaign.objects.filter(id__in=list(ids), status=Status.RUNNING).values_list("id", flat=True))


def running_ids() -> set[int]:
    """All campaigns that may send at this moment; a sender asks before each group of intents, so without the ORM."""
    return {id_ for (id_,) in store.fetch("SELECT id FROM decide_campaign WHERE status = %s", [Status.RUNNING.value])}


def facts(row: Campaign) -> CampaignFacts:
    """What actions and other rooms are told of a campaign."""
    return CampaignFacts(
        id=row.id, slug=row.slug, name=row.name, purpose=row.purpose, channel=row.channel,
        variants=tuple(name for name, _weight in row.weights()), params=dict(row.action.get("params") or {}),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assigned:
    """How many people were assigned to each group."""

    treated: int
    control: int
    by_variant: dict[str, int]


def assigned(campaign_id: int) -> Assigned:
    """Counts of assigned people."""
    rows = Assignment.objects.filter(campaign_id=campaign_id).values_list("variant", "is_control").annotate(n=Count("id"))
    counts = {(variant, control): n for variant, control, n in rows}
    return Assigned(
        treated=sum(n for (_v, control), n in counts.items() if not control),
        control=sum(n for (_v, control), n in counts.items() if control),
        by_variant={variant: n for (variant, control), n in sorted(counts.items()) if not control},
    )


def as_json(row: Campaign) -> dict[str, Any]:
    """A campaign for the command line and the REST API."""
    return {
        "id": row.id, "slug": row.slug, "name": row.name, "kind": row.kind, "goal": row.goal, "status": row.status,
        "note": row.note, "audience": row.audience_text, "segment": row.audience_segment, "purpose": row.purpose,
        "channel": row.channel, "control_share": row.control_share / PER_WHOLE, "variants": row.variants,
        "window_days": row.window_days, "start_us": row.start_us, "launched_us": row.launched_us,
        "ended_us": row.ended_us, "audience_count": row.audience_count, "action": row.action, "version": row.version,
    }  # fmt: skip


def names_of(campaign_ids: Iterable[int]) -> dict[int, str]:
    """What campaigns are called, for pages that know them only by id."""
    return dict(Campaign.objects.filter(id__in=list(campaign_ids)).values_list("id", "name"))
