"""Sources and their write keys."""

from __future__ import annotations

from django import forms
from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from samovar.collect import operations
from samovar.collect.models import Source
from samovar.collect.publish import publish_to_edge
from samovar.kit.errors import Refusal
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table, page_of

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
def sources(request: OfficeRequest) -> HttpResponseBase:
    """Every source, open and closed."""
    return _page(request, NewSource())


@needs("sources:write")
@require_POST
def add_source(request: OfficeRequest) -> HttpResponseBase:
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


def _page(request: OfficeRequest, form: Form, *, key: str = "", status: int = 200) -> HttpResponseBase:
    response = _table(request).respond("collect/sources.html", {"form": form, "key": key})
    response.status_code = status if status != 200 else response.status_code
    return response


def _table(request: OfficeRequest) -> Table[Source]:
    def fetch(page: Page) -> list[Source]:
        found = Source.objects.filter(name__icontains=page.search)
        if state := page.filters.get("state"):
            found = found.filter(revoked_us__isnull=state == "open")
        return page_of(found, page, columns={"name": "name", "created": "created_us"})

    return Table(
        request,
        name="sources",
        home=reverse("sources"),
        columns=[
            Column("name", pgettext("of a thing", "Name"), lambda row: row.name, sort=True),
            Column("kind", _("Held by"), lambda row: _("a server") if row.kind == "server" else _("a browser")),
            Column(
                "created", _("Created"), lambda row: formats.when(row.created_us, "short"),
                lambda row: formats.plain_when(row.created_us, "short"), sort=True,
            ),
            Column(
                "state", _("State"), lambda row: render_to_string("collect/source_state.html", {"source": row}, request),
                lambda row: _("closed") if row.revoked_us else _("open"),
            ),
        ],
        fetch=fetch,
        key=lambda row, sort: (row.name if sort == "name" else row.created_us, row.pk),
        sort="-created",
        search=pgettext("of a thing", "Name"),
        filters=[Filter("state", _("State"), [("open", _("open")), ("closed", _("closed"))])],
        folds=True,
        empty_title=_("No sources yet"),
        empty_sentence=_("A source is a server or a web site that sends events with a key."),
    )  # fmt: skip
