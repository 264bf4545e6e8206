"""Segments as they are stored, and how many people each had. Only this room touches these tables."""

from __future__ import annotations

from django.db import models


class Segment(models.Model):
    """People who fit a rule. `rule_text` is canonical, `tree` its stored form; `version` counts what was published.

    `people` is how many were in it at `counted_us`, kept by the worker so that a list of segments asks nothing of the
    warehouse; null until the first count.
    """

    id = models.BigAutoField(primary_key=True)
    slug = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=150)
    description = models.CharField(max_length=300, default="", blank=True)
    rule_text = models.TextField()
    tree = models.JSONField()
    version = models.IntegerField(default=1)
    is_archived = models.BooleanField(default=False)
    created_us = models.BigIntegerField()
    published_us = models.BigIntegerField()
    people = models.BigIntegerField(null=True)
    counted_us = models.BigIntegerField(null=True)

    class Meta:
        db_table = "understand_segment"


class SegmentSize(models.Model):
    """How many people a segment had at the last count of a local day: its size over time."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="sizes")
    day = models.IntegerField()
    people = models.BigIntegerField()

    class Meta:
        db_table = "understand_segment_size"
        constraints = [models.UniqueConstraint(fields=["segment", "day"], name="segment_size_day")]


class Vocabulary(models.Model):
    """The one row of what rules may speak of here: `words`, as `understand.words` counted them at `counted_us`, and `brought`,
    {word: kind} that definitions from elsewhere named before any data did."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    words = models.JSONField(default=dict)
    brought = models.JSONField(default=dict)
    counted_us = models.BigIntegerField(null=True)

    class Meta:
        db_table = "understand_vocabulary"
