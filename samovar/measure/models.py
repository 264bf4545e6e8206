"""Reports that people made and boards of them. Only this room touches these tables."""

from __future__ import annotations

from django.db import models


class SavedReport(models.Model):
    """A report by its name with its parameters, and how it is drawn. `roles` are those that see it beside its owner; none: all.

    `version` counts its changes; what each was stands in the audit trail.
    """

    id = models.BigAutoField(primary_key=True)
    slug = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=150)
    description = models.CharField(max_length=300, default="", blank=True)
    report = models.CharField(max_length=60, default="custom")
    params = models.JSONField()
    chart = models.CharField(max_length=20, default="table")
    roles = models.JSONField(default=list)
    owner_kind = models.CharField(max_length=20)
    owner_id = models.CharField(max_length=60)
    owner_name = models.CharField(max_length=150)
    version = models.IntegerField(default=1)
    created_us = models.BigIntegerField()
    changed_us = models.BigIntegerField()

    class Meta:
        db_table = "measure_saved_report"


class Board(models.Model):
    """Tiles of reports, in order. A tile is `{"saved": slug}` or `{"report": name, "params": {…}, "chart": kind}`, with a `title`
    and a `width` of 1 to 3 columns. The period and the people of the board, where it has them, stand in place of a tile's own.

    At most one board `is_first`: it opens the page of reports.
    """

    id = models.BigAutoField(primary_key=True)
    slug = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=150)
    description = models.CharField(max_length=300, default="", blank=True)
    tiles = models.JSONField(default=list)
    period = models.CharField(max_length=200, default="", blank=True)
    among = models.TextField(default="", blank=True)
    roles = models.JSONField(default=list)
    is_first = models.BooleanField(default=False)
    owner_kind = models.CharField(max_length=20)
    owner_id = models.CharField(max_length=60)
    owner_name = models.CharField(max_length=150)
    version = models.IntegerField(default=1)
    created_us = models.BigIntegerField()
    changed_us = models.BigIntegerField()

    class Meta:
        db_table = "measure_board"
        constraints = [
            models.UniqueConstraint(fields=["is_first"], condition=models.Q(is_first=True), name="measure_board_first")
        ]
