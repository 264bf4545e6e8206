"""What people change here: letters, a message in doubt, a preference. Each is one transaction with its audit row and event."""

from __future__ import annotations

from django.utils.translation import gettext as _

from samovar.collect import consent
from samovar.communicate import ledger, queries, writing
from samovar.communicate.models import Letter
from samovar.decide import queries as campaigns
from samovar.decide.models import Campaign
from samovar.decide.rules import Status
from samovar.engine import outbox, store
from samovar.engine.outbox import Announcement
from samovar.engine.workspace import Workspace
from samovar.kit.errors import NotFound, Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor

EDITABLE = (Status.DRAFT, Status.SCHEDULED)


class LetterFixed(Refusal):
    """A letter of a campaign that was launched: what was sent does not change."""

    status = 409


class NotInDoubt(Refusal):
    """Only a message in doubt can be sent again."""

    status = 409


class UnknownVariant(NotFound):
    """The campaign has no such variant."""


def save_letter(
    *, campaign: Campaign, variant: str, subject: str, html: str, text: str = "", actor: Actor, at_us: int
) -> Letter:  # fmt: skip
    """Save the next version of one variant's letter; the same words again change nothing.

    Raises `writing.TemplateError`, `LetterFixed`, `UnknownVariant`.
    """
    if campaign.status not in EDITABLE:
        raise LetterFixed(
            "letter_fixed", _("The campaign “%(name)s” was launched; its letter stays as it was sent.") % {"name": campaign.name}
        )
    if variant not in campaigns.facts(campaign).variants:
        raise UnknownVariant("unknown_variant", _("The campaign has no variant “%(variant)s”.") % {"variant": variant[:40]})
    html, text, subject = (_storable(part) for part in (html, text, subject))
    writing.compile_letter(subject, html, text)
    with store.transaction():
        old = Letter.objects.filter(campaign=campaign, variant=variant).order_by("-version").first()
        if old is not None and (old.subject, old.html, old.text) == (subject, html, text):
            return old
        letter = Letter.objects.create(
            campaign=campaign, variant=variant, version=old.version + 1 if old else 1, subject=subject, html=html, text=text,
            created_us=at_us,
        )  # fmt: skip
        audit.record(
            actor=actor, action="letter.save", subject=f"campaign:{campaign.id}", at_us=at_us,
            old=_words(old) if old else None, new=_words(letter),
        )  # fmt: skip
        key = f"letter:{letter.campaign_id}:{variant}:{letter.version}"
        payload = {"campaign_id": letter.campaign_id, "variant": variant, "version": letter.version}
        outbox.emit([Announcement(key, "Letter Saved", at_us, payload)])
    return letter


def _storable(text: str) -> str:
    """One kind of line end, and nothing that a database or a mail cannot hold."""
    return text.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "replace").decode()


def _words(letter: Letter) -> dict[str, object]:
    return {
        "variant": letter.variant, "version": letter.version, "subject": letter.subject, "html": letter.html, "text": letter.text
    }  # fmt: skip


def resend(*, message_id: int, actor: Actor, at_us: int) -> None:
    """Plan a message in doubt again: a person decided to risk that it comes twice. Raises `NotInDoubt`."""
    row = queries.message(message_id)
    with store.transaction():
        if not ledger.resend(row_id=message_id, at_us=at_us):
            words = _("Message %(number)s is not in doubt; there is nothing to send again.") % {"number": message_id}
            raise NotInDoubt("not_in_doubt", words)
        audit.record(
            actor=actor, action="message.resend", subject=f"message:{message_id}", at_us=at_us,
            old={"state": "in_doubt"}, new={"state": "planned"},
        )  # fmt: skip
        payload = {"message_id": message_id, "campaign_id": row.campaign_id}
        outbox.emit([Announcement(f"message:{message_id}:again:{at_us}", "Message Sent Again", at_us, payload, row.profile_id)])


def set_smtp_password(*, workspace: Workspace, password: str, actor: Actor, at_us: int) -> None:
    """Keep the password of the mail server among the secrets; empty forgets it. The trail never tells it."""
    with store.transaction():
        audit.record(
            actor=actor, action="smtp_password.set", subject="setting:smtp_password", at_us=at_us, new={"is_set": bool(password)}
        )  # fmt: skip
        key = f"setting:smtp_password:{at_us}"
        outbox.emit([Announcement(key, "Setting Changed", at_us, {"name": "smtp_password"})])
        workspace.save_keys(smtp_password=password)


def state_preference(*, message_id: int, purpose: str, given: bool, text_version: str, at_us: int) -> None:
    """The reader of a letter states a consent for the letter's address on our own page. Raises `NotFound`."""
    row = queries.message(message_id)
    consent.change_consent(
        channel="email", address=row.address, purpose=purpose, given=given, source="preference page",
        text_version=text_version, actor=Actor("system", "reader", "reader"), at_us=at_us, profile_id=row.profile_id,
    )  # fmt: skip
