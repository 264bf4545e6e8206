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


class Schedule(models.Model):
    """A saved report or a board on its way to mailboxes: as which file, in which language, to whom, and when on the clock of the
    workspace's zone.

    `weekday` is 1 for Monday, `day` of a month up to 28, `minute` since midnight. `next_us` is the moment it is due next.
    `after_alert` is the number of the report's last alert when the schedule was made: those after it go out on alert.
    """

    id = models.BigAutoField(primary_key=True)
    report = models.ForeignKey(SavedReport, null=True, on_delete=models.CASCADE, related_name="schedules")
    board = models.ForeignKey(Board, null=True, on_delete=models.CASCADE, related_name="schedules")
    format = models.CharField(max_length=10)
    language = models.CharField(max_length=5)
    addresses = models.JSONField()
    every = models.CharField(max_length=10)
    weekday = models.IntegerField(default=1)
    day = models.IntegerField(default=1)
    minute = models.IntegerField()
    next_us = models.BigIntegerField(db_index=True)
    after_alert = models.BigIntegerField(default=0)
    created_us = models.BigIntegerField()

    class Meta:
        db_table = "measure_schedule"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(report__isnull=True) ^ models.Q(board__isnull=True), name="measure_schedule_of_one"
            )
        ]

    @property
    def of(self) -> SavedReport | Board:
        """What is sent."""
        found = self.report or self.board
        assert found is not None
        return found


class Dispatch(models.Model):
    """One file to one address for one occurrence: planned, sending (the intent, before the wire), sent, failed, in_doubt.

    `turn_us` is when it is tried, or was last.
    """

    id = models.BigAutoField(primary_key=True)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="dispatches")
    due_us = models.BigIntegerField()
    address = models.CharField(max_length=320)
    state = models.CharField(max_length=10, default="planned", db_index=True)
    attempts = models.IntegerField(default=0)
    turn_us = models.BigIntegerField()
    reason = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        db_table = "measure_dispatch"
        constraints = [models.UniqueConstraint(fields=["schedule", "due_us", "address"], name="measure_dispatch_once")]


class CounterWatch(models.Model):
    """How far a live counter was watched, with the parameters it was watched by; `fault` is why it could not be counted."""

    report = models.OneToOneField(SavedReport, on_delete=models.CASCADE, related_name="watch")
    params = models.JSONField()
    watched_us = models.BigIntegerField()
    fault = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        db_table = "measure_counter_watch"


class CounterAlert(models.Model):
    """A figure of a live counter lay `below` or `above` its line: `figure` and `line` as it opened, `worst` the furthest since.

    They are in the unit of their `kind` (of a column of reports). It had been so since `since_us`, was told at `opened_us`, and
    was last so at `last_us`.
    """

    id = models.BigAutoField(primary_key=True)
    report = models.ForeignKey(SavedReport, on_delete=models.CASCADE, related_name="alerts")
    side = models.CharField(max_length=10)
    kind = models.CharField(max_length=10)
    since_us = models.BigIntegerField()
    opened_us = models.BigIntegerField()
    last_us = models.BigIntegerField()
    closed_us = models.BigIntegerField(null=True)
    figure = models.FloatField()
    line = models.FloatField()
    worst = models.FloatField()
    acknowledged_us = models.BigIntegerField(null=True)
    acknowledged_by = models.CharField(max_length=150, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        db_table = "measure_counter_alert"
        constraints = [
            models.UniqueConstraint(fields=["report"], condition=models.Q(closed_us__isnull=True), name="measure_one_open_alert")
        ]
