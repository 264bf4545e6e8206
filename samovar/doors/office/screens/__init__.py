"""Screens of no one room: home, finding, signing in, members, the audit trail, settings."""

from __future__ import annotations

from django.urls import URLPattern, path

from samovar.doors.office.screens import audit, home, members, session, settings

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("find", home.find, name="find"),
    path("login", session.sign_in, name="login"),
    path("logout", session.sign_out, name="logout"),
    path("language", session.choose_language, name="choose_language"),
    path("members/", members.members, name="members"),
    path("members/add", members.add_member, name="add_member"),
    path("members/<int:member_id>", members.change_member, name="change_member"),
    path("members/tokens", members.add_token, name="add_token"),
    path("members/tokens/<int:token_id>/revoke", members.revoke_token, name="revoke_token"),
    path("settings/", settings.edit, name="settings"),
    path("audit/", audit.audit, name="audit"),
]
