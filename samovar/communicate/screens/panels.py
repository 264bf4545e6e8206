"""What this room puts on others' pages: a campaign's letters and doubts, a person's messages, a sender in trouble."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from samovar.communicate import labels, operations, queries
from samovar.communicate.screens.server import health
from samovar.decide.queries import Campaign
from samovar.staff.permissions import needs
from samovar.webkit.panels import Panel
from samovar.webkit.requests import OfficeRequest


def letters(request: OfficeRequest, *, campaign: Campaign) -> SafeString:
    """The letters of a campaign, one for each variant."""
    saved = queries.current_letters(campaign.id)
    rows = [(name, saved.get(name)) for name, _weight in campaign.weights()]
    context = {"campaign": campaign, "letters": rows, "can_write": campaign.status in operations.EDITABLE}
    return render_to_string("communicate/letters_panel.html", context, request=request)


def outcomes(request: OfficeRequest, *, campaign: Campaign) -> SafeString | str:
    """What became of a campaign's messages, and those in doubt with a button to send."""
    found = queries.outcomes(campaign.id)
    if not found.by_state:
        return ""
    context: dict[str, Any] = {
        "states": [(labels.STATES[state], count) for state, count in labels.in_order(found.by_state)],
        "reasons": sorted(((labels.reason(why), n) for why, n in found.by_reason.items() if why), key=lambda row: -row[1])[:12],
        "in_doubt": queries.in_doubt(campaign.id, limit=64),
    }
    return render_to_string("communicate/outcomes_panel.html", context, request=request)


def messages_tab(request: OfficeRequest, *, person_id: int) -> SafeString:
    """A person's messages, with why one was not sent."""
    rows = [
        (message, labels.STATES[message.state], labels.reason(message.reason)) for message in queries.person_messages(person_id)
    ]
    return render_to_string("communicate/messages_tab.html", {"messages": rows}, request=request)


def trouble(request: OfficeRequest) -> SafeString | str:
    """A sender that cannot send, in its own words."""
    words = str(health().get("trouble", ""))
    return render_to_string("communicate/trouble_panel.html", {"words": words}, request=request) if words else ""


@needs("campaigns:launch")
@require_POST
def resend(request: OfficeRequest, message_id: int) -> HttpResponse:
    """Send a message in doubt once more."""
    row = queries.message(message_id)
    operations.resend(message_id=message_id, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("The message is planned again."))
    return redirect("campaign", row.campaign.slug)


PANELS = (
    Panel("campaign", "what", 10, letters, permission="campaigns:read"),
    Panel("campaign", "report", 60, outcomes, permission="campaigns:read"),
    Panel("card", "tabs", 20, messages_tab, title=lazy("Messages"), permission="customers:read", name="messages"),
    Panel("home", "needs", 30, trouble, permission="settings:read"),
)
