"""A consent that a member writes down for a customer: by which address, to what, yes or no, and where she said it."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from samovar.collect import consent
from samovar.collect.erasure.queries import person_of
from samovar.collect.queries import identifiers_of
from samovar.engine import settings
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest

PURPOSES = [("marketing", gettext_lazy("Marketing")), ("service", gettext_lazy("Service messages"))]
ANSWERS = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
_CHANNELS = {"email": gettext_lazy("E-mail"), "sms": gettext_lazy("SMS")}


class ConsentForm(Form):
    """What a customer said, with the addresses she has: a consent is about an address, not about a person."""

    address = forms.ChoiceField(label=gettext_lazy("Address"))
    purpose = forms.ChoiceField(label=gettext_lazy("Consent to"), choices=PURPOSES)
    given = forms.ChoiceField(label=gettext_lazy("Answer"), choices=ANSWERS)
    source = forms.CharField(
        label=gettext_lazy("Where it was said"),
        max_length=100,
        help_text=gettext_lazy("Such as “by phone” or “form in the shop”."),
    )

    def __init__(self, *args: object, addresses: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, auto_id="consent-%s", **kwargs)
        field = self.fields["address"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(f"{channel}:{value}", f"{_CHANNELS[channel]}, {value}") for channel, value in addresses]


def addresses_among(identifiers: Iterable[dict[str, str]]) -> list[tuple[str, str]]:
    """(channel, address) of everything that a message could go to."""
    return [
        (channel, identifier["value"])
        for identifier in identifiers
        for channel, kind in consent.ADDRESS_KINDS.items()
        if identifier["kind"] == kind
    ]


@needs("consents:write")
@require_POST
def change(request: OfficeRequest, person_id: int) -> HttpResponse:
    """Write the statement down; the latest one about an address holds."""
    form = ConsentForm(request.POST, addresses=addresses_among(identifiers_of(person_of(person_id))))
    if form.is_valid():
        said = form.cleaned_data
        channel, _colon, address = said["address"].partition(":")
        try:
            consent.change_consent(
                channel=channel, address=address, purpose=said["purpose"], given=said["given"] == "yes", source=said["source"],
                text_version="", profile_id=person_id, region=str(settings.get("phone_region")), actor=request.actor,
                at_us=request.at_us,
            )  # fmt: skip
            messages.success(request, _("Written down. What is sent from now on obeys it."))
        except Refusal as refusal:
            messages.error(request, refusal.message)
    else:
        name, faults = next(iter(form.errors.items()))
        messages.error(request, f"{form.fields[name].label}: {faults[0]}")
    return redirect(reverse("customer", args=[person_id]))
