"""Reads about erasures: who was erased, and how far that has come."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from samovar.collect.erasure.models import Erasure
from samovar.collect.queries import survivor_of
from samovar.kit.clock import iso
from samovar.kit.errors import Refusal


class Erased(Refusal):
    """The person asked for was erased, and nothing is told of her."""

    status = 410


def waiting() -> int:
    """How many erasures are not carried out to the end."""
    return Erasure.objects.exclude(state="done").count()


def asked(limit: int) -> list[Erasure]:
    """Erasures that are not swept yet, the oldest first."""
    return list(Erasure.objects.filter(state="asked").order_by("pk")[:limit])


def newest_swept() -> int | None:
    """The latest erasure that waits only for a warehouse made anew; None when none does."""
    return Erasure.objects.filter(state="swept").order_by("-pk").values_list("pk", flat=True).first()


def overdue(before_us: int) -> list[Erasure]:
    """Erasures asked for before a moment and not carried out yet, the oldest first."""
    return list(Erasure.objects.exclude(state="done").filter(asked_us__lt=before_us).order_by("asked_us", "pk"))


def erasure_of(person_id: int) -> Erasure | None:
    """How a person was erased; None for one who was not."""
    return Erasure.objects.filter(person_id=person_id).first()


def erased_among(people: Collection[int]) -> set[int]:
    """Those of some people who were erased."""
    rows = Erasure.objects.filter(person_id__in=people).values_list("person_id", flat=True)
    return {person for person in rows if person is not None}


def person_of(profile: int) -> int:
    """The person a profile stands under, for whoever shows or changes something of her. Raises `NotFound`, `Erased`."""
    person = survivor_of(profile)
    if (erasure := erasure_of(person)) is not None:
        raise Erased("erased", _("This person was erased."), erased_at=iso(erasure.asked_us))
    return person
