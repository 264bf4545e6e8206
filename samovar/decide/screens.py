"""The screens of campaigns: the list, and one page that is the draft's five steps before launch and its report after.

The letters are a panel of communicate (page `campaign`, slot `what`), the report one of measure (slot `report`); both are
given `campaign`, the row.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from samovar.collect import timeline
from samovar.collect.quality import unsafe
from samovar.collect.quality.screens import unsafe_chip, unsafe_note
from samovar.decide import actions, audience, bulk, operations, planning, queries, reading, rehearsal
from samovar.decide.forms import FORM_ID, DraftForm, NewCampaign, initial_of
from samovar.decide.labels import LEFT_OUT, STATUSES, TONES, note
from samovar.decide.models import Campaign
from samovar.decide.rules import PER_WHOLE, Status
from samovar.engine.warehouse.client import current
from samovar.kit.errors import NotFound, Refusal
from samovar.staff.permissions import may, needs
from samovar.webkit import formats, panels
from samovar.webkit.find import PER_FINDER_MAX, Finder, Found
from samovar.webkit.menu import Item
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table, page_of

# Letters are written by people: nothing in them may run or lead anywhere. Pictures may come from where the letter's do.
PREVIEW_POLICY = "sandbox; default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; frame-ancestors 'self'"
_VERBS = {"pause": operations.pause, "resume": operations.resume, "stop": operations.stop}


def status_chip(row: Campaign) -> str:
    """The status as a chip with its word."""
    return format_html('<span class="chip {}">{}</span>', TONES.get(row.status, ""), STATUSES[row.status])


def _moment(name: str, label: str, field: str, *, sort: bool = False) -> Column[Campaign]:
    """A column with a moment, hidden on a phone."""
    return Column(
        name, label, lambda row: formats.when(getattr(row, field), "short"), text=lambda row: getattr(row, field), sort=sort,
        wide=True,
    )  # fmt: skip


@needs("campaigns:read")
def campaigns(request: OfficeRequest) -> HttpResponseBase:
    """Every campaign, newest first."""
    fallen = unsafe.alarms_of("campaign")

    def name_cell(row: Campaign) -> SafeString | str:
        return format_html("{} {}", row.name, unsafe_chip(fallen[row.slug])) if row.slug in fallen else row.name

    def fetch(page: Page) -> list[Campaign]:
        rows = queries.named(page.search)
        if status := page.filters.get("status"):
            rows = rows.filter(status=status)
        return page_of(rows, page, columns={"created": "created_us", "name": "name"})

    table = Table(
        request,
        columns=[
            Column("name", pgettext("of a campaign", "Name"), name_cell, text=lambda row: row.name, sort=True),
            Column("status", _("Status"), status_chip, text=lambda row: str(STATUSES[row.status])),
            Column(
                "people", _("People"), lambda row: formats.number(row.audience_count), numeric=True,
                text=lambda row: row.audience_count,
            ),
            _moment("launched", _("Launched"), "launched_us"),
            _moment("created", _("Created"), "created_us", sort=True),
            Column(
                "unsafe", _("Data"), lambda row: unsafe_note(fallen.get(row.slug, ())) or _("as usual"), wide=True,
                text=lambda row: unsafe_note(fallen.get(row.slug, ())), hidden=not fallen,
            ),
        ],
        fetch=fetch,
        key=lambda row, sort: (row.name if sort == "name" else row.created_us, row.pk),
        sort="-created",
        search=pgettext("of a campaign", "Name"),
        filters=[Filter("status", _("Status"), list(STATUSES.items()))],
        link=lambda row: reverse("campaign", args=[row.slug]),
        row_id=lambda row: row.pk,
        actions=bulk.ACTIONS,
        name="campaigns",
        empty_title=_("No campaigns yet"),
        empty_sentence=_("A campaign says one thing to one audience and measures what it earned against a control group."),
    )  # fmt: skip
    return table.respond("decide/campaigns.html")


@needs("campaigns:write")
def new_campaign(request: OfficeRequest) -> HttpResponse:
    """A name makes a draft."""
    form = NewCampaign(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = operations.create_draft(name=form.cleaned_data["name"], actor=request.actor, at_us=request.at_us)
        return redirect("campaign", row.slug)
    return render(request, "decide/new_campaign.html", {"form": form}, status=422 if form.is_bound else 200)


@needs("campaigns:read")
def campaign(request: OfficeRequest, slug: str) -> HttpResponse:
    """The draft's steps; after launch, the report."""
    row = queries.campaign(slug)
    if row.status != Status.DRAFT:
        return render(request, "decide/launched_campaign.html", _context(row))
    form = DraftForm(request.POST or None, initial=initial_of(row))
    if request.method == "POST":
        if not may(request.user.role, "campaigns:write"):
            raise PermissionDenied
        if form.is_valid() and _saved(request, row, form):
            messages.success(request, _("Saved."))
            return redirect("campaign", row.slug)
    status = 422 if form.is_bound else 200
    return render(request, "decide/draft_campaign.html", {**_context(row), "form": form, "form_id": FORM_ID}, status=status)


def _saved(request: OfficeRequest, row: Campaign, form: DraftForm) -> bool:
    try:
        operations.edit(campaign=row, values=form.values(), actor=request.actor, at_us=request.at_us)
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return False
    return True


def _context(row: Campaign) -> dict[str, Any]:
    return {
        "campaign": row, "status": STATUSES[row.status], "tone": TONES.get(row.status, ""), "note": note(row.note),
        "control_share": row.control_share / PER_WHOLE, "unsafe": _unsafe(row),
        "segment_name": dict(audience.segment_choices()).get(row.audience_segment, ""),
        "can_pause": row.status in ("running", "scheduled"), "can_resume": row.status == "paused",
        "can_stop": row.status in ("running", "scheduled", "paused"),
    }  # fmt: skip


@needs("campaigns:read")
@require_GET
def check(request: OfficeRequest, slug: str) -> HttpResponse:
    """The rehearsal of a draft, a part of its page."""
    row = queries.campaign(slug)
    found = rehearsal.rehearse(campaign=row, warehouse=current(), at_us=request.at_us)
    left_out = [(LEFT_OUT.get(reason, reason), count) for reason, count in found.left_out]
    sample = _sample(row, found, request.at_us)
    context = {"campaign": row, "found": found, "left_out": left_out, "sample": sample, "unsafe": _unsafe(row)}
    return render(request, "decide/check.html", context)


def _unsafe(row: Campaign) -> str:
    """Why the audience is unsafe, as a sentence; empty where it is not."""
    return unsafe_note(reading.alarms_under(row))


def _sample(row: Campaign, found: rehearsal.Rehearsal, at_us: int) -> actions.Recipient | None:
    """A real person of the audience with an address, whose letter is shown."""
    if not found.reach:
        return None
    people = planning.recipients(campaign=row, warehouse=current(), tree=found.tree, at_us=at_us, after=0, limit=50)
    return next((person for person in people if person.address), None)


@needs("campaigns:read")
@require_GET
@xframe_options_sameorigin
def preview(request: OfficeRequest, slug: str, variant: str, person_id: int) -> HttpResponse:
    """One person's letter, shown in a sandboxed frame. Raises `NotFound`."""
    row = queries.campaign(slug)
    action = actions.get(row.action["name"])
    people = planning.recipients(
        campaign=row, warehouse=current(), tree=row.audience_tree or audience.tree_of(row, current()),
        at_us=row.started_us or request.at_us, after=person_id - 1, limit=1,
    )  # fmt: skip
    if action.preview is None or not people or people[0].profile_id != person_id:
        raise NotFound("no_preview", _("There is nothing to show for this person."))
    person = people[0]
    shown = actions.Recipient(person.profile_id, person.address, variant, False, person.context)
    response = HttpResponse(action.preview(queries.facts(row), shown).html)
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response


@needs("campaigns:launch")
@require_POST
def launch(request: OfficeRequest, slug: str) -> HttpResponse:
    """Launch a draft; with reasons not to, the page says them."""
    row = queries.campaign(slug)
    try:
        operations.launch(
            campaign=row, warehouse=current(), actor=request.actor, at_us=request.at_us,
            accept_unsafe=request.POST.get("accept_unsafe") == "1",
        )  # fmt: skip
    except operations.CannotLaunch as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("“%(name)s” is launched.") % {"name": row.name})
    return redirect("campaign", row.slug)


@needs("campaigns:stop")
@require_POST
def steer(request: OfficeRequest, slug: str, verb: str) -> HttpResponse:
    """Pause, resume or stop."""
    row = queries.campaign(slug)
    if verb not in _VERBS:
        raise NotFound("unknown_verb", _("There is nothing at this address."))
    _VERBS[verb](campaign=row, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("“%(name)s” is %(status)s.") % {"name": row.name, "status": STATUSES[row.status]})
    return redirect("campaign", row.slug)


@needs("campaigns:write")
@require_POST
def delete(request: OfficeRequest, slug: str) -> HttpResponse:
    """Remove a draft."""
    row = queries.campaign(slug)
    operations.delete(campaign=row, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("The draft “%(name)s” is removed.") % {"name": row.name})
    return redirect("campaigns")


def find(request: OfficeRequest, text: str) -> list[Found]:
    """Campaigns by a part of their name."""
    rows = queries.campaigns(search=text, limit=PER_FINDER_MAX)
    return [Found(row.name, str(STATUSES[row.status]), reverse("campaign", args=[row.slug])) for row in rows]


def _used_in(request: OfficeRequest, segment: Any) -> str:
    """The campaigns not ended that a segment feeds, for the segment's page; nothing for none."""
    fed = [(row, STATUSES[row.status], TONES.get(row.status, "")) for row in queries.fed_by(segment.slug)]
    return render_to_string("decide/used_in.html", {"fed": fed}, request) if fed else ""


panels.register(panels.Panel("segment", "uses", 10, _used_in, permission="campaigns:read"))
FINDERS = [Finder(lazy("Campaigns"), 30, "campaigns:read", find)]
MENU = [Item(lazy("Campaigns"), "campaigns", 210, "campaigns:read")]
timeline.register_names("campaign_id", queries.names_of)

urlpatterns = [
    path("campaigns/", campaigns, name="campaigns"),
    path("campaigns/new/", new_campaign, name="new_campaign"),
    path("campaigns/<slug:slug>/", campaign, name="campaign"),
    path("campaigns/<slug:slug>/check/", check, name="check_campaign"),
    path("campaigns/<slug:slug>/preview/<str:variant>/<int:person_id>/", preview, name="preview_campaign"),
    path("campaigns/<slug:slug>/launch/", launch, name="launch_campaign"),
    path("campaigns/<slug:slug>/delete/", delete, name="delete_campaign"),
    path("campaigns/<slug:slug>/<slug:verb>/", steer, name="steer_campaign"),
]
