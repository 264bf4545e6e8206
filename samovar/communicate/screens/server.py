"""The mail server: how the sender fares, the password it signs in with, and the DNS record that makes signatures believed."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.communicate import operations
from samovar.communicate.options import sending_options
from samovar.communicate.signing import ensure_signer
from samovar.staff.permissions import needs
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest


class PasswordForm(Form):
    """A password that is written and never shown."""

    password = forms.CharField(
        label=lazy("Password at the mail server"),
        required=False,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy("It is kept in keys.json and shown to nobody. Empty: forget it."),
    )


@needs("settings:write")
def mail_server(request: OfficeRequest) -> HttpResponse:
    """See how the sender fares; set the password."""
    workspace = django_settings.WORKSPACE
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        operations.set_smtp_password(
            workspace=workspace, password=form.cleaned_data["password"], actor=request.actor, at_us=request.at_us
        )  # fmt: skip
        messages.success(request, _("The password is kept. The sender uses it within seconds."))
        return redirect("mail_server")
    options = sending_options()
    name, text = ensure_signer(workspace, options.from_address.rpartition("@")[2]).dns_record()
    context = {
        "form": form, "options": options, "has_password": bool(workspace.keys.get("smtp_password")), "record_name": name,
        "record_text": text, "health": health(),
    }  # fmt: skip
    return render(request, "communicate/mail_server.html", context)


def health() -> dict[str, Any]:
    """What the sender says of itself; empty while none runs."""
    try:
        told = json.loads(django_settings.WORKSPACE.health_path("sender").read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
