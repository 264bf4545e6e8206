"""What the actions of the audit trail are called, for people; machines keep the `noun.verb`."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, str | Promise] = {
    "board.change": _("changed a board"),
    "board.remove": _("removed a board"),
    "board.save": _("saved a board"),
    "address.suppress": _("suppressed an address"),
    "campaign.create": _("drafted a campaign"),
    "campaign.delete": _("deleted a draft"),
    "campaign.edit": _("edited a campaign"),
    "campaign.finish": _("finished a campaign"),
    "campaign.launch": _("launched a campaign"),
    "campaign.pause": _("paused a campaign"),
    "campaign.resume": _("resumed a campaign"),
    "campaign.start": _("started a campaign"),
    "campaign.stop": _("stopped a campaign"),
    "consent.change": _("changed a consent"),
    "duplicate.refuse": _("said that two people are not one"),
    "duplicates.find": _("looked for duplicates"),
    "import.log": _("brought an import into the log"),
    "import.map": _("mapped a file"),
    "import.start": _("started an import"),
    "import.upload": _("uploaded a file"),
    "letter.save": _("saved a letter"),
    "member.change_password": _("changed a password"),
    "member.change_role": _("changed a role"),
    "member.choose_language": _("chose a language"),
    "member.create": _("added a member"),
    "member.set_active": _("changed a member's access"),
    "message.resend": _("sent a message again"),
    "profile.erase": _("erased a person"),
    "counter_alert.acknowledge": _("took note of an alert"),
    "customer.correct": _("corrected a contact"),
    "profile.merge": _("merged two profiles"),
    "profile.unmerge": _("took a merge back"),
    "quality_alarm.acknowledge": _("took note of an alarm"),
    "quarantine.dismiss": _("dismissed a row of the quarantine"),
    "quarantine.replay": _("replayed a row of the quarantine"),
    "rate.state": _("stated a currency's rate"),
    "record.put": _("changed a linked record"),
    "record.remove": _("removed a linked record"),
    "record_type.declare": _("declared a type of records"),
    "report.change": _("changed a report"),
    "report.remove": _("removed a report"),
    "report.save": _("saved a report"),
    "schedule.remove": _("stopped a schedule"),
    "schedule.save": _("scheduled a report or a board"),
    "segment.archive": _("archived a segment"),
    "segment.create": _("made a segment"),
    "segment.publish": _("published a segment"),
    "segment.restore": _("brought a segment back"),
    "setting.change": _("changed a setting"),
    "smtp_password.set": _("set the mail server's password"),
    "source.create": _("made a source"),
    "source.revoke": _("closed a source"),
    "token.create": _("made a token"),
    "token.revoke": _("revoked a token"),
    "workspace.restore": _("restored the workspace"),
}


def said(action: str) -> str:
    """The words of an action; an action without words is shown as it is written."""
    return str(WORDS.get(action, action))
