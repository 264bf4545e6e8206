"""The workspace's settings, by what they are about."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samovar.collect.publish import publish_to_edge
from samovar.engine import settings
from samovar.engine.settings import SETTINGS, Setting
from samovar.kit.errors import Refusal
from samovar.staff.permissions import may, needs
from samovar.staff.settings_operations import change_settings
from samovar.webkit.form import Form, dress
from samovar.webkit.requests import OfficeRequest

GROUPS = {
    "address": gettext_lazy("Address"), "sender": gettext_lazy("Sending letters"), "policy": gettext_lazy("How often and when"),
    "data": gettext_lazy("Data"), "edge": gettext_lazy("Limits at the edge"),
}  # fmt: skip

LABELS = {
    "public_url": gettext_lazy("Public address"), "from_address": gettext_lazy("From: address"),
    "from_name": gettext_lazy("From: name"), "smtp_host": gettext_lazy("Mail server"), "smtp_port": gettext_lazy("Port"),
    "smtp_security": gettext_lazy("Encryption"), "smtp_username": gettext_lazy("Login at the server"),
    "smtp_connections": gettext_lazy("Connections at once"), "sending_paused": gettext_lazy("Sending is paused"),
    "contact_cap_messages": gettext_lazy("Messages to a person at most"), "contact_cap_days": gettext_lazy("In how many days"),
    "quiet_from": gettext_lazy("Quiet from"), "quiet_until": gettext_lazy("Quiet until"),
    "phone_region": gettext_lazy("Country of phone numbers"), "dedupe_days": gettext_lazy("Days a message id is remembered"),
    "mail_domain_checks": gettext_lazy("Ask whether domains take mail"), "dns_server": gettext_lazy("Name server"),
    "duplicates_merge_permille": gettext_lazy("Merge duplicates by itself from, in a thousand"),
    "duplicates_owners_max": gettext_lazy("People who may share a phone or an e-mail"),
    "duplicates_own_contacts": gettext_lazy("Phones and e-mails of the shop itself"),
    "duplicates_trust": gettext_lazy("Sources trusted most in a merge"),
    "live_months": gettext_lazy("Months of events kept as they came"),
    "body_bytes_max": gettext_lazy("Largest batch, bytes"), "event_bytes_max": gettext_lazy("Largest event, bytes"),
    "server_events_per_s": gettext_lazy("Server key: events a second"),
    "server_events_burst": gettext_lazy("Server key: events at once"),
    "browser_events_per_s": gettext_lazy("Browser key: events a second"),
    "browser_events_burst": gettext_lazy("Browser key: events at once"),
    "address_events_per_s": gettext_lazy("One address: events a second"),
    "address_events_burst": gettext_lazy("One address: events at once"),
    "waiting_rows_max": gettext_lazy("Requests waiting for the disk"), "proxies": gettext_lazy("Proxies before this server"),
    "log_bytes_max": gettext_lazy("Largest event log, bytes"),
}  # fmt: skip


@needs("settings:read")
def edit(request: OfficeRequest) -> HttpResponse:
    """All settings on one page; saving changes those that differ."""
    values = settings.current()
    may_write = may(request.user.role, "settings:write")
    form = _form(request.POST or None, values, is_fixed=not may_write)
    if request.method == "POST" and may_write and form.is_valid():
        try:
            wanted = {name: value for name, value in form.cleaned_data.items() if value != values[name]}
            changed = change_settings(values=wanted, actor=request.actor, at_us=request.at_us)
        except Refusal as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            publish_to_edge(django_settings.WORKSPACE)
            messages.success(request, _("Saved. It holds at once.") if changed else _("Nothing was different."))
            return redirect("settings")
    groups = [
        (GROUPS[name], [form[one.name] for one in members]) for name, members in groupby(SETTINGS, key=lambda one: one.group)
    ]
    context = {"form": form, "groups": groups, "may_write": may_write}
    return render(request, "office/settings.html", context, status=422 if form.errors else 200)


def _form(data: Any, values: dict[str, Any], *, is_fixed: bool) -> Form:
    form = Form(data, initial=values)
    for one in SETTINGS:
        form.fields[one.name] = _field(one, is_fixed)
    return form


def _field(one: Setting, is_fixed: bool) -> forms.Field:
    common: dict[str, Any] = {
        "label": LABELS.get(one.name, one.name),
        "help_text": one.help,
        "required": False,
        "disabled": is_fixed,
    }
    if isinstance(one.default, bool):
        field: forms.Field = forms.BooleanField(**common)
    elif one.choices:
        field = forms.ChoiceField(choices=[(choice, choice) for choice in one.choices], **common)
    elif isinstance(one.default, int):
        field = forms.IntegerField(**(common | {"required": True}))
    else:
        field = forms.CharField(max_length=settings.TEXT_CHARACTERS_MAX, **common)
    dress(field.widget)
    return field
