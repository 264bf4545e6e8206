"""Signing in and out, and the language switch: the screens that take no login."""

from __future__ import annotations

from typing import cast

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from samovar.staff import operations, throttle
from samovar.staff.models import Member
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest


class SignIn(Form):
    """Login and password."""

    login = forms.CharField(label=gettext_lazy("Login"), max_length=150, widget=forms.TextInput({"autocomplete": "username"}))
    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=1_000, widget=forms.PasswordInput({"autocomplete": "current-password"})
    )


@login_not_required
@sensitive_post_parameters("password")
def sign_in(request: OfficeRequest) -> HttpResponse:
    """Let a member in. Tries are counted by login and by address, so that passwords cannot be guessed at speed."""
    back = _safe(request.POST.get("next") or request.GET.get("next") or "")
    form = SignIn(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["login"], form.cleaned_data["password"]
        if not _may_try(request, name):
            form.add_error(None, _("Too many tries. Wait 15 minutes and try again."))
            status = 429
        elif member := authenticate(request, username=name, password=password):
            throttle.forget(_subject(request, name))
            login(request, member)
            return HttpResponseRedirect(back)
        else:
            form.add_error(None, _("Login and password do not fit. Check both and try again."))
    return render(request, "office/sign_in.html", {"form": form, "next": back}, status=status)


@require_POST
def sign_out(request: OfficeRequest) -> HttpResponse:
    logout(request)
    return redirect("login")


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Russian or English, for this member wherever he signs in, or for this browser before that."""
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(_safe(request.POST.get("next", "/")))
    if language in dict(settings.LANGUAGES):
        if isinstance(request.user, Member):
            office = cast(OfficeRequest, request)
            operations.choose_language(member=office.user, language=language, actor=office.actor, at_us=office.at_us)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86_400, httponly=True, samesite="Lax")
    return response


def _safe(address: str) -> str:
    """Where to go next: only a path of this office."""
    return address if address and url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "/"


def _subject(request: HttpRequest, name: str) -> str:
    return f"login:{_address(request)}:{name.casefold()}"


def _address(request: HttpRequest) -> str:
    """The address of the visitor: the edge, which alone reaches our socket, writes it last in X-Forwarded-For."""
    return request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", "")


def _may_try(request: OfficeRequest, name: str) -> bool:
    by_address = throttle.take(f"address:{_address(request)}", throttle.ADDRESS_TRIES_MAX, request.at_us)
    return throttle.take(_subject(request, name), throttle.LOGIN_TRIES_MAX, request.at_us) and by_address
