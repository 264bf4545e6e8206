"""Campaigns and who was assigned to what. Only this room touches these tables."""

from __future__ import annotations

from typing import Any

from django.db import models

from samovar.decide.rules import PER_WHOLE, Kind, Status


class Campaign(models.Model):
    """One message to one audience, run as an experiment.

    The audience is a rule or a segment's slug until launch, which freezes the rule's tree and the moment it is read at.
    `planned_through` is the greatest person already assigned: planning goes on after it, whatever was killed meanwhile.
    `delivered_us` is when the last planned row had an outcome; `is_closed` that a stopped campaign has no open rows left.
    """

    id = models.BigAutoField(primary_key=True)
    slug = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=150)
    kind = models.CharField(max_length=20, default=Kind.ACTIVATION.value)
    goal = models.CharField(max_length=300, default="", blank=True)
    audience_text = models.TextField(default="", blank=True)
    audience_segment = models.CharField(max_length=100, default="", blank=True)
    audience_tree = models.JSONField(null=True)
    purpose = models.CharField(max_length=60, default="marketing")
    channel = models.CharField(max_length=20, default="email")
    control_share = models.IntegerField(default=PER_WHOLE // 10)
    salt = models.CharField(max_length=100)
    variants = models.JSONField()
    start_us = models.BigIntegerField(null=True)
    window_days = models.IntegerField(default=14)
    action = models.JSONField()
    status = models.CharField(max_length=20, default=Status.DRAFT.value, db_index=True)
    note = models.CharField(max_length=60, default="", blank=True)  # code of why the house paused it
    version = models.IntegerField(default=1)
    created_us = models.BigIntegerField()
    launched_us = models.BigIntegerField(null=True)
    started_us = models.BigIntegerField(null=True)
    delivered_us = models.BigIntegerField(null=True)
    ended_us = models.BigIntegerField(null=True)
    planned_through = models.BigIntegerField(default=0)
    is_planned = models.BooleanField(default=False)
    is_closed = models.BooleanField(default=False)
    audience_count = models.BigIntegerField(null=True)

    class Meta:
        db_table = "decide_campaign"
        constraints = [
            models.CheckConstraint(condition=models.Q(control_share__gte=0, control_share__lte=PER_WHOLE), name="campaign_share"),
            models.CheckConstraint(condition=models.Q(window_days__gte=1), name="campaign_window"),
        ]

    def weights(self) -> list[tuple[str, int]]:
        """Variants with their weights, in order."""
        rows: list[dict[str, Any]] = self.variants
        return [(str(row["name"]), int(row["weight"])) for row in rows]


class Assignment(models.Model):
    """One person's place in a campaign's experiment, written at launch and never changed."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE)
    profile_id = models.BigIntegerField()
    variant = models.CharField(max_length=40)
    is_control = models.BooleanField()

    class Meta:
        db_table = "decide_assignment"
        constraints = [models.UniqueConstraint(fields=["campaign", "profile_id"], name="assignment_once")]
