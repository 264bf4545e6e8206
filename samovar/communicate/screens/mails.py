"""The built-in mailbox: what would have been sent, as the readers would see it."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from samovar.communicate import mailbox as kept
from samovar.communicate.assembly import without_pixel
from samovar.communicate.mailbox import MailLine
from samovar.communicate.options import sending_options
from samovar.communicate.screens.frames import framed
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Page, Table


@needs("mailbox:read")
@require_GET
def mailbox(request: OfficeRequest) -> HttpResponseBase:
    """The last mails, newest first."""

    def fetch(page: Page) -> list[MailLine]:
        last = page.after[-1] if page.after else None
        before = last if isinstance(last, int) and 0 < last < 2**63 else None
        return kept.mails(before_n=before, limit=page.limit, search=page.search)

    table = Table(
        request,
        columns=[
            Column("subject", _("Subject"), lambda mail: mail.subject or _("(no subject)")),
            Column("to", _("To"), lambda mail: mail.to),
            Column("at", _("When"), lambda mail: formats.when(mail.at_us, "short"), text=lambda mail: mail.at_us, wide=True),
            Column("n", "№", lambda mail: formats.number(mail.n), text=lambda mail: mail.n, numeric=True, wide=True),
        ],
        fetch=fetch,
        key=lambda mail, sort: (mail.n, mail.n),
        search=_("Address or subject"),
        link=lambda mail: reverse("mail", args=[mail.n]),
        name="mailbox",
        empty_title=_("No mails yet"),
        empty_sentence=_("A launched campaign brings them: letters go here until a real mail server is set."),
    )  # fmt: skip
    count = kept.count()
    return table.respond(
        "communicate/mailbox.html",
        {"count": count, "forgotten": max(count - kept.KEPT_MAX, 0), "has_real_server": sending_options().has_real_server},
    )


@needs("mailbox:read")
@require_GET
def mail(request: OfficeRequest, n: int) -> HttpResponse:
    """One mail with its text and links; its HTML stands in a frame. Raises `NotFound`."""
    return render(request, "communicate/mail.html", {"mail": kept.read(n)})


@needs("mailbox:read")
@require_GET
def body(request: OfficeRequest, n: int) -> HttpResponse:
    """The HTML part of a mail, for the frame, without the picture that tells of an open."""
    found = kept.read(n)
    return framed(without_pixel(found.html) or f"<pre>{escape(found.text)}</pre>")


@needs("mailbox:read")
@require_GET
def raw(request: OfficeRequest, n: int) -> HttpResponse:
    """The mail as it came."""
    response = HttpResponse(kept.read(n).raw, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{n}.eml"'
    return response
