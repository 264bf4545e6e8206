"""Sources and their write keys."""

from __future__ import annotations

from django import forms
from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from samovar.collect import operations
from samovar.collect.models import Source
from samovar.collect.publish import publish_to_edge
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest

KINDS = [
    ("server", gettext_lazy("a server: its orders are orders, its traits are facts")),
    ("browser", gettext_lazy("a browser: anybody can read its key, so it may claim less")),
]


class NewSource(Form):
    """Where events will come from."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"), max_length=60, help_text=gettext_lazy("Such as “site” or “till”.")
    )
    kind = forms.ChoiceField(label=gettext_lazy("Held by"), choices=KINDS)


@needs("sources:read")
def sources(request: OfficeRequest) -> HttpResponse:
    """Every source, open and closed."""
    return _page(request, NewSource())


@needs("sources:write")
@require_POST
def add_source(request: OfficeRequest) -> HttpResponse:
    """The key is on the answer to this request and never again."""
    form = NewSource(request.POST)
    key = ""
    if form.is_valid():
        try:
            key = operations.create_source(**form.cleaned_data, actor=request.actor, at_us=request.at_us)
        except Refusal as refusal:
            form.add_error(refusal.field or None, refusal.message)
    if not key:
        return _page(request, form, status=422)
    publish_to_edge(django_settings.WORKSPACE)
    return _page(request, NewSource(), key=key)


@needs("sources:write")
@require_POST
def revoke_source(request: OfficeRequest) -> HttpResponse:
    operations.revoke_source(name=request.POST.get("name", ""), actor=request.actor, at_us=request.at_us)
    publish_to_edge(django_settings.WORKSPACE)
    messages.success(request, _("The key is refused from the next second on. What came with it stays."))
    return redirect("sources")


def _page(request: OfficeRequest, form: Form, *, key: str = "", status: int = 200) -> HttpResponse:
    found = Source.objects.order_by("-id")
    return render(request, "collect/sources.html", {"sources": found, "form": form, "key": key}, status=status)
