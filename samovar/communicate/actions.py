"""The action “send an e-mail”: what a campaign calls to plan, count, close, check and preview its letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings as django_settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.communicate import ledger, queries, writing
from samovar.communicate.ledger import PlannedRow
from samovar.communicate.options import sending_options
from samovar.decide.actions import Action, CampaignFacts, Preview, Problem, Recipient, register

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {},
    "additionalProperties": False,
    "description": "Letters are rows of their own, one for each variant of the campaign.",
}


def run(campaign: CampaignFacts, recipients: Sequence[Recipient], at_us: int) -> int:
    """Plan a row for each person, treated and control alike; the number of new rows."""
    letters = queries.current_letters(campaign.id)
    return ledger.plan(
        campaign_id=campaign.id,
        purpose=campaign.purpose,
        rows=[
            PlannedRow(r.profile_id, r.address, r.variant, r.is_control, letters[r.variant].id, r.context) for r in recipients
        ],
        due_us=at_us,
        at_us=at_us,
    )  # fmt: skip


def remaining(campaign_id: int) -> int:
    """Rows without an outcome."""
    return queries.remaining(campaign_id)


def close(campaign_id: int, reason: str, limit: int, at_us: int) -> int:
    """Refuse up to `limit` rows that were not begun."""
    return ledger.close(campaign_id=campaign_id, reason=reason, limit=limit, at_us=at_us)


def check(campaign: CampaignFacts) -> list[Problem]:
    """What keeps this campaign from being launched, in words."""
    problems = _letter_problems(campaign)
    options = sending_options()
    leaves = options.has_real_server and not (django_settings.WORKSPACE.is_virtual or options.is_loopback)
    if leaves and not options.has_public_https:
        problems.append(
            Problem("no_public_url", _("A real mail server needs an https public address. Set it in the settings."), "what")
        )
    if leaves and not options.has_own_sender:
        problems.append(Problem("no_sender", _("Say in the settings whom letters come from."), "what"))
    return problems


def _letter_problems(campaign: CampaignFacts) -> list[Problem]:
    letters = queries.current_letters(campaign.id)
    problems: list[Problem] = []
    for variant in campaign.variants:
        letter = letters.get(variant)
        if letter is None or not letter.subject.strip() or not letter.html.strip():
            words = _("The letter of variant “%(variant)s” has no subject or no body yet.") % {"variant": variant}
            problems.append(Problem("no_letter", words, "what"))
            continue
        try:
            writing.compile_letter(letter.subject, letter.html, letter.text)
        except writing.TemplateError as error:
            problems.append(Problem(error.code, error.message, "what"))
    return problems


def variables(campaign: CampaignFacts) -> list[str]:
    """The traits the campaign's letters speak of."""
    names: set[str] = set()
    for letter in queries.current_letters(campaign.id).values():
        names.update(writing.variables(letter.subject, letter.html, letter.text))
    return sorted(names - queries.OWN_VARIABLES)


def preview(campaign: CampaignFacts, recipient: Recipient) -> Preview:
    """The letter one person would get, its links leading nowhere. Raises `writing.TemplateError`, `NotFound`."""
    letter = queries.current_letter(campaign.id, recipient.variant)
    rendered = queries.preview(letter.subject, letter.html, letter.text, {**recipient.context, "email": recipient.address})
    return Preview(rendered.subject, rendered.html, rendered.text)


SEND_EMAIL = register(
    Action(
        name="send_email",
        title=lazy("Send an e-mail"),  # type: ignore[arg-type]  # translated when it is shown
        schema=SCHEMA,
        run=run,
        remaining=remaining,
        close=close,
        check=check,
        variables=variables,
        preview=preview,
    )
)
