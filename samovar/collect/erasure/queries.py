"""Reads about erasures."""

from __future__ import annotations

from samovar.collect.erasure.models import Erasure


def waiting() -> int:
    """How many erasures are not carried out to the end."""
    return Erasure.objects.exclude(state="done").count()


def erased_us(person_id: int) -> int | None:
    """When a person was erased; None for one who was not."""
    return Erasure.objects.filter(person_id=person_id).values_list("asked_us", flat=True).first()
