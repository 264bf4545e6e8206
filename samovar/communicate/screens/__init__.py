"""Screens of the room: letters of a campaign, the built-in mailbox, the reader's preferences, and panels on others' pages."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from samovar.communicate.screens import letters, mails, panels, preferences, server
from samovar.webkit.menu import Item
from samovar.webkit.panels import register

MENU = [Item(_("Mailbox"), "mailbox", 250, "mailbox:read"), Item(_("Mail server"), "mail_server", 620, "settings:write")]

for panel in panels.PANELS:
    register(panel)

urlpatterns: list[URLPattern] = [
    path("mailbox/", mails.mailbox, name="mailbox"),
    path("mailbox/<int:n>/", mails.mail, name="mail"),
    path("mailbox/<int:n>/body", mails.body, name="mail_body"),
    path("mailbox/<int:n>/raw", mails.raw, name="mail_raw"),
    path("campaigns/<slug:slug>/letters/<str:variant>/", letters.letter, name="letter"),
    path("campaigns/<slug:slug>/letters/<str:variant>/preview", letters.preview, name="preview_letter"),
    path("settings/mail/", server.mail_server, name="mail_server"),
    path("messages/<int:message_id>/resend", panels.resend, name="resend_message"),
    path("u/<str:token>", preferences.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", preferences.preferences, name="preferences"),
]
