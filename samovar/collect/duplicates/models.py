"""Pairs of people who may be one, and what was decided about them."""

from __future__ import annotations

from django.db import models


class Duplicate(models.Model):
    """A pair by the lesser and the greater id of the people it was found between; what members refuse is never opened again.

    `reasons` is `{field: {"level", "weight"}}` as `rules.reasons_of` tells; `is_sure` says that it may be merged unseen.
    """

    STATES = ("open", "merged", "refused")

    one = models.BigIntegerField()
    other = models.BigIntegerField()
    probability = models.FloatField()
    is_sure = models.BooleanField(default=False)
    reasons = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="open")
    found_us = models.BigIntegerField()
    decided_us = models.BigIntegerField(null=True)
    decided_by = models.CharField(max_length=150, default="")

    class Meta:
        db_table = "collect_duplicate"
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="one_duplicate_per_pair")]
        indexes = [
            models.Index(fields=["state", "probability"], name="duplicate_by_state"),
            models.Index(fields=["other"], name="duplicate_other"),
        ]


class Search(models.Model):
    """One look for duplicates over everybody: when it began and ended, what it found, or why it failed."""

    started_us = models.BigIntegerField()
    finished_us = models.BigIntegerField(null=True)
    figures = models.JSONField(default=dict)
    error = models.TextField(default="")

    class Meta:
        db_table = "collect_duplicate_search"
