"""Members and tokens: who may come in and what each may do."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from samovar.doors.office import bulk
from samovar.kit.errors import Refusal
from samovar.staff import operations, queries
from samovar.staff.models import Member, Role
from samovar.staff.permissions import needs
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Table, page_of


class NewMember(Form):
    """Who signs in and in what role."""

    login = forms.CharField(label=gettext_lazy("Login"), max_length=operations.LOGIN_CHARACTERS_MAX)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=operations.LOGIN_CHARACTERS_MAX, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.MARKETER)
    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=1_000, widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters. Hand it over in person; it can be changed later."),
    )  # fmt: skip


class NewToken(Form):
    """What the program is called and what it may do."""

    name = forms.CharField(label=gettext_lazy("What the program is called"), max_length=operations.NAME_CHARACTERS_MAX)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.ANALYST)


@needs("staff:read")
def members(request: OfficeRequest) -> HttpResponseBase:
    """Everybody who signs in, and the programs that hold a token."""
    return _page(request, NewMember(), NewToken())


@needs("staff:write")
@require_POST
@sensitive_post_parameters("password")
def add_member(request: OfficeRequest) -> HttpResponseBase:
    form = NewMember(request.POST)
    if form.is_valid():
        try:
            member = operations.create_member(**form.cleaned_data, actor=request.actor, at_us=request.at_us)
        except Refusal as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, _("%(login)s can sign in now.") % {"login": member.username})
            return redirect("members")
    return _page(request, form, NewToken(), status=422)


@needs("staff:write")
@require_POST
def change_member(request: OfficeRequest, member_id: int) -> HttpResponse:
    """Another role, or in or out."""
    if role := request.POST.get("role"):
        operations.change_role(member_id=member_id, role=role, actor=request.actor, at_us=request.at_us)
    if active := request.POST.get("active"):
        operations.set_active(member_id=member_id, is_active=active == "1", actor=request.actor, at_us=request.at_us)
    messages.success(request, _("Changed. It holds from the next page on."))
    return redirect("members")


@needs("tokens:write")
@require_POST
def add_token(request: OfficeRequest) -> HttpResponseBase:
    """The token's text is on the answer to this request and never again."""
    form = NewToken(request.POST)
    if not form.is_valid():
        return _page(request, NewMember(), form, status=422)
    _row, secret = operations.create_token(**form.cleaned_data, actor=request.actor, at_us=request.at_us)
    return _page(request, NewMember(), NewToken(), secret=secret)


@needs("tokens:write")
@require_POST
def revoke_token(request: OfficeRequest, token_id: int) -> HttpResponse:
    operations.revoke_token(token_id=token_id, actor=request.actor, at_us=request.at_us)
    messages.success(request, _("The token no longer opens anything."))
    return redirect("members")


def _page(
    request: OfficeRequest, member_form: Form, token_form: Form, *, secret: str = "", status: int = 200
) -> HttpResponseBase:
    context = {"tokens": queries.tokens(), "member_form": member_form, "token_form": token_form, "secret": secret}
    response = _table(request).respond("office/members.html", context)
    response.status_code = status if status != 200 else response.status_code
    return response


def _table(request: OfficeRequest) -> Table[Member]:
    def part(name: str, row: Member) -> str:
        return render_to_string(f"office/member_{name}.html", {"member": row, "roles": Role.choices}, request)

    return Table(
        request,
        name="members",
        home=reverse("members"),
        columns=[
            Column("login", _("Login"), _login, lambda row: row.username, sort=True),
            Column("role", _("Role"), lambda row: part("role", row), lambda row: row.get_role_display()),
            Column("state", _("State"), lambda row: part("state", row), lambda row: int(row.is_active)),
        ],
        fetch=lambda page: page_of(
            queries.members(search=page.search, state=page.filters.get("state", "")), page, columns={"login": "username"}
        ),
        key=lambda row, sort: (row.username, row.pk),
        sort="login",
        search=_("Login or name"),
        filters=[Filter("state", _("State"), [("in", _("signs in")), ("out", _("kept out"))])],
        row_id=lambda row: row.pk,
        actions=bulk.ACTIONS,
    )


def _login(row: Member) -> str:
    if not row.first_name:
        return row.username
    return format_html('{}<br><span class="small muted">{}</span>', row.username, row.first_name)
