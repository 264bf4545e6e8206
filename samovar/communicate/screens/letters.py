"""The letter of one variant: its words beside what a real person of the audience would get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.communicate import operations, queries, writing
from samovar.communicate.models import Letter
from samovar.communicate.screens.frames import framed
from samovar.decide import audience, planning
from samovar.decide import queries as campaigns
from samovar.decide.queries import Campaign
from samovar.engine.warehouse.client import current
from samovar.kit.errors import Refusal
from samovar.staff.permissions import may, needs
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest

PEOPLE_TRIED = 50
PARTS = ("subject", "html", "text")


class LetterForm(Form):
    """A letter's three parts."""

    subject = forms.CharField(label=lazy("Subject"), max_length=writing.SUBJECT_CHARS_MAX)
    html = forms.CharField(
        label=lazy("Letter (HTML)"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "class": "code", "spellcheck": "false"}),
        help_text=lazy("Liquid: {{ first_name | default: \"friend\" }}, {{ unsubscribe_url }}, {{ preferences_url }}."),
    )  # fmt: skip
    text = forms.CharField(
        label=lazy("Letter (plain text)"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "code"}),
        help_text=lazy("Empty: made from the HTML."),
    )

    def parts(self) -> dict[str, str]:
        """The parts as given, line ends made one kind."""
        return {part: self.cleaned_data[part].replace("\r\n", "\n") for part in ("subject", "html", "text")}


@needs("campaigns:read")
def letter(request: OfficeRequest, slug: str, variant: str) -> HttpResponse:
    """Read or save a letter. Raises `NotFound`."""
    campaign = campaigns.campaign(slug)
    saved = queries.current_letters(campaign.id).get(variant)
    form = LetterForm(request.POST or None, initial=_parts(saved))
    can_write = campaign.status in operations.EDITABLE and may(request.user.role, "campaigns:write")
    if request.method == "POST":
        if not can_write:
            raise PermissionDenied
        if form.is_valid() and _saved(request, campaign, variant, form):
            messages.success(request, _("The letter is saved."))
            return redirect("letter", slug, variant)
    if not can_write:
        for field in form.fields.values():
            field.disabled = True
    context = {"campaign": campaign, "variant": variant, "form": form, "saved": saved, "can_write": can_write}
    return render(request, "communicate/letter.html", context, status=422 if form.is_bound else 200)


@needs("campaigns:read")
def preview(request: OfficeRequest, slug: str, variant: str) -> HttpResponse:
    """The letter for one real person, for a frame: of what was posted, is saved, or an editor begins with."""
    campaign = campaigns.campaign(slug)
    if request.method == "POST":
        parts = {part: request.POST.get(part, "") for part in PARTS}
    else:
        parts = _parts(queries.current_letters(campaign.id).get(variant))
    try:
        shown = queries.preview(parts["subject"], parts["html"], parts["text"], sample_context(campaign, request.at_us))
    except writing.TemplateError as error:
        return framed(f"<p>{escape(error.message)}</p>")
    return framed(_with_subject(shown))


def _parts(saved: Letter | None) -> dict[str, str]:
    """A letter's parts as saved, or what its editor begins with."""
    return {part: getattr(saved, part) for part in PARTS} if saved else {"subject": "", "html": _starting_html(), "text": ""}


def _with_subject(shown: writing.Rendered) -> str:
    head = '<p style="font:14px sans-serif;color:#555;border-bottom:1px solid #ddd;padding:8px;margin:0 0 8px">{}</p>'
    return format_html(head, shown.subject) + shown.html


def sample_context(campaign: Campaign, at_us: int) -> Mapping[str, Any]:
    """What a letter may say of the first person of the audience who has an address; a made-up one while there is none."""
    try:
        people = planning.recipients(
            campaign=campaign,
            warehouse=current(),
            tree=audience.tree_of(campaign, current()),
            at_us=at_us,
            after=0,
            limit=PEOPLE_TRIED,
        )
    except Refusal:
        people = []
    person = next((one for one in people if one.address), None)
    if person is None:
        return {"first_name": _("Anna"), "email": "anna@example.com"}
    return {**person.context, "email": person.address}


def _saved(request: OfficeRequest, campaign: Campaign, variant: str, form: LetterForm) -> bool:
    try:
        operations.save_letter(
            campaign=campaign, variant=variant, **form.parts(), actor=request.actor, at_us=request.at_us
        )  # fmt: skip
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return False
    return True


def _starting_html() -> str:
    return (
        '<p>' + _("Hello") + '{% if first_name %}, {{ first_name }}{% endif %}!</p>\n'
        '<p></p>\n'
        '<p><a href="{{ unsubscribe_url }}">' + _("Unsubscribe") + "</a></p>\n"
    )  # fmt: skip
