"""Letters, the message ledger and the built-in mailbox. Only this room touches these tables."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class State(models.TextChoices):
    """Where a row of the ledger is in its life; the last five are final unless a person presses “send” on one in doubt."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    INTENT = "intent"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"
    HELD_OUT = "held_out"


class Letter(models.Model):
    """One variant of a campaign's letter. A version never changes: saving makes the next one, planned rows keep theirs."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("decide.Campaign", on_delete=models.CASCADE, related_name="+")
    variant = models.CharField(max_length=40)
    version = models.IntegerField()
    subject = models.TextField()
    html = models.TextField()
    text = models.TextField(default="", blank=True)
    created_us = models.BigIntegerField()

    class Meta:
        db_table = "communicate_letter"
        constraints = [models.UniqueConstraint(fields=["campaign", "variant", "version"], name="letter_version_once")]


class Message(models.Model):
    """One row per (person, campaign, occurrence): what was planned for whom, and what became of it.

    `context` is the JSON text of what the letter may say of the person, captured at planning. `message_id` is the local part of
    the RFC Message-ID, fixed at planning so that a repeat carries the same one. A write on a held row names `holder` and
    `lease_epoch`; a row nobody holds has no `lease_until_us`.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("decide.Campaign", on_delete=models.PROTECT, related_name="+", db_index=False)
    profile_id = models.BigIntegerField()
    occurrence = models.IntegerField(default=1)
    address = models.CharField(max_length=320)
    variant = models.CharField(max_length=40)
    is_control = models.BooleanField(default=False)
    purpose = models.CharField(max_length=60)
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="+", db_index=False)
    context = models.TextField()
    message_id = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    reason = models.CharField(max_length=200, default="", blank=True)
    consent_id = models.BigIntegerField(null=True)
    attempts = models.IntegerField(default=0)
    holder = models.CharField(max_length=40, default="", blank=True)
    lease_epoch = models.IntegerField(default=0)
    lease_until_us = models.BigIntegerField(null=True)
    due_us = models.BigIntegerField()
    planned_us = models.BigIntegerField()
    claimed_us = models.BigIntegerField(null=True)
    intent_us = models.BigIntegerField(null=True)
    sent_us = models.BigIntegerField(null=True)
    opened_us = models.BigIntegerField(null=True)
    machine_opened_us = models.BigIntegerField(null=True)
    clicked_us = models.BigIntegerField(null=True)
    machine_clicked_us = models.BigIntegerField(null=True)
    unsubscribed_us = models.BigIntegerField(null=True)

    class Meta:
        db_table = "communicate_message"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "profile_id", "occurrence"], name="message_once_per_person"),
            models.UniqueConstraint(
                fields=["campaign", "occurrence", "address"], condition=~Q(state="refused"), name="message_once_per_address"
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "due_us"], name="message_due"),
            models.Index(fields=["profile_id", "claimed_us"], name="message_of_person"),
            models.Index(fields=["lease_until_us"], condition=Q(lease_until_us__isnull=False), name="message_lease"),
        ]


class MailboxMail(models.Model):
    """A mail the built-in mailbox received; `n` counts from 1 without gaps, only the last ones are kept."""

    n = models.BigIntegerField(primary_key=True)
    to = models.TextField()
    subject = models.TextField()
    at_us = models.BigIntegerField()
    raw = models.BinaryField()

    class Meta:
        db_table = "communicate_mailbox_mail"
