"""The page that asks before a person is erased, and the one that stands in place of the card afterwards."""

from __future__ import annotations

from django import forms
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from samovar.collect import people
from samovar.collect.erasure import operations
from samovar.collect.erasure.queries import erasure_of
from samovar.collect.queries import identified, survivor_of
from samovar.engine import settings
from samovar.engine.backup import kept
from samovar.kit.text import fold
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.form import Form
from samovar.webkit.requests import OfficeRequest


class Confirmation(Form):
    """Who is meant, typed by hand: a click too many erases nobody."""

    named = forms.CharField(
        max_length=320,
        help_text=gettext_lazy("E-mail, phone, card or id do as well."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@needs("customers:erase")
@require_http_methods(["GET", "POST"])
def erase(request: OfficeRequest, person_id: int) -> HttpResponse:
    """Ask, and erase once the person's name or an identifier is typed. A second sending of the form finds it done."""
    if (survivor := survivor_of(person_id)) != person_id:  # who was read of is more than one by now: ask anew
        return redirect("erase_customer", survivor)
    if erasure_of(person_id) is not None:
        return redirect("customer", person_id)
    name = people.called(person_id) or str(person_id)
    form = Confirmation(request.POST or None)
    form.fields["named"].label = _("Type “%(name)s” to confirm") % {"name": name}
    if form.is_valid():
        if _is_named(person_id, name, form.cleaned_data["named"]):
            operations.erase(
                workspace=django_settings.WORKSPACE, person=person_id, actor=request.actor, at_us=request.at_us
            )  # fmt: skip
            return redirect("customer", person_id)
        form.add_error("named", _("This is neither the name nor an identifier of this person. Nobody was erased."))
    backups = [backup.name for backup in kept(django_settings.WORKSPACE)]
    context = {"person_id": person_id, "name": name, "form": form, "backups": backups}
    return render(request, "collect/erasure/ask.html", context, status=422 if form.errors else 200)


def _is_named(person_id: int, name: str, text: str) -> bool:
    """Whether a text is what the page calls the person, letter case and spaces aside, or an identifier that leads to her."""
    if fold(text).split() == fold(name).split():
        return True
    return person_id in {one.person_id for one in identified(text, str(settings.get("phone_region")))}


def erased(request: OfficeRequest, person_id: int) -> HttpResponse:
    """What stands in place of an erased person's card. Nobody may keep it: a browser would keep a 410 for ever."""
    erasure = erasure_of(person_id)
    assert erasure is not None
    context = {
        "person_id": person_id,
        "title": _("Erased on %(day)s") % {"day": formats.plain_when(erasure.asked_us, "day")},
        "is_done": erasure.state == "done",
    }
    response = render(request, "collect/erasure/erased.html", context, status=410)
    add_never_cache_headers(response)
    return response


urlpatterns: list[URLPattern] = [path("customers/<int:person_id>/erase", erase, name="erase_customer")]
