"""The screens of segments: the list, one segment with its people, the editor that counts as you type; and parts of the card."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as lazy

from samovar.collect import timeline
from samovar.collect.screens import customers
from samovar.rules.lifecycle import STAGES
from samovar.understand import queries
from samovar.understand.sayings import STAGE_NAMES
from samovar.understand.screens import card, editor, segments
from samovar.webkit import panels
from samovar.webkit.find import Finder
from samovar.webkit.menu import Item
from samovar.webkit.tables import Filter

timeline.register_names("segment_id", queries.names_of)
panels.register(panels.Panel("card", "left", 30, card.stage_place, permission="segments:read"))
panels.register(
    panels.Panel("card", "tabs", 30, card.segments_tab, title=lazy("Segments"), permission="segments:read", name="segments")
)
customers.register_filter(Filter("stage", lazy("Stage"), [(stage, STAGE_NAMES[stage]) for stage in STAGES]))
MENU = [Item(lazy("Segments"), "segments", 120, "segments:read")]
FINDERS = [Finder(lazy("Segments"), 20, "segments:read", segments.find)]
urlpatterns: list[URLPattern] = [
    path("segments/", segments.segments, name="segments"),
    path("segments/new/", editor.edit, name="new_segment"),
    path("segments/check", editor.check, name="check_segment_rule"),
    path("segments/of/<int:person_id>", card.customer_stage, name="customer_stage"),
    path("segments/<slug:slug>/of/<int:person_id>", card.customer_why, name="customer_why"),
    path("segments/<str:slug>/", segments.segment, name="segment"),
    path("segments/<str:slug>/edit/", editor.edit, name="edit_segment"),
    path("segments/<str:slug>/archive", segments.archive, name="archive_segment"),
]
