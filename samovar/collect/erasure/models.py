"""The tables of erasure: who was erased and how far that has come, and what is remembered so that nothing brings them back."""

from __future__ import annotations

from django.db import models


class Erasure(models.Model):
    """One person erased, or one stretch of the log in which an erased person came up again.

    States: `asked` (the person is gone from the office and nobody is decided to be her any more), `swept` (no file and no table
    holds what named her), `done` (neither does the warehouse). `profiles` are those that stood under the person, JSON;
    `person_id` is null for a stretch of the log alone. `from_position` is where in the log the sweep begins, `changed` how
    many stored rows it rewrote.
    """

    person_id = models.BigIntegerField(null=True, unique=True)
    profiles = models.JSONField(default=list)
    from_position = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, default="asked")
    asked_us = models.BigIntegerField()
    done_us = models.BigIntegerField(null=True)
    changed = models.BigIntegerField(default=0)

    class Meta:
        db_table = "collect_erasure"


class Erasing(models.Model):
    """An identifier that a sweep still looks for; gone once it has been through everything."""

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="sought")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=320)

    class Meta:
        db_table = "collect_erasing"


class Tombstone(models.Model):
    """An identifier of an erased person, as a salted hash: what names it and is not later than `erased_us` is not taken.

    `suppressed` is why nothing may be sent to the address, should it ever be told again; empty when nothing stood against it.
    """

    digest = models.CharField(max_length=32, primary_key=True)
    erased_us = models.BigIntegerField(db_index=True)
    suppressed = models.CharField(max_length=40, default="")

    class Meta:
        db_table = "collect_tombstone"
