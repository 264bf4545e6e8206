"""The screens of segments: the list, one segment with its people, the editor that counts as you type; and parts of the card."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as lazy

from samovar.collect import timeline
from samovar.collect.screens import customers
from samovar.rules.lifecycle import STAGES
from samovar.understand import queries
from samovar.understand.sayings import STAGE_NAMES
from samovar.understand.screens import builder, card, editor, library, listing, moves, overlap, segments, stored
from samovar.webkit import panels
from samovar.webkit.find import Finder
from samovar.webkit.menu import Item
from samovar.webkit.tables import Filter

timeline.register_names("segment_id", queries.names_of)
panels.register(panels.Panel("card", "left", 30, card.stage_place, permission="segments:read"))
panels.register(
    panels.Panel("card", "tabs", 30, card.segments_tab, title=lazy("Segments"), permission="segments:read", name="segments")
)
panels.register(panels.Panel("segment", "uses", 5, segments.resting, permission="segments:read"))
customers.register_filter(Filter("stage", lazy("Stage"), [(stage, STAGE_NAMES[stage]) for stage in STAGES]))
MENU = [Item(lazy("Segments"), "segments", 120, "segments:read")]
FINDERS = [Finder(lazy("Segments"), 20, "segments:read", segments.find)]
urlpatterns: list[URLPattern] = [
    path("segments/", listing.segments, name="segments"),
    path("segments/new/", editor.edit, name="new_segment"),
    path("segments/check", editor.check, name="check_segment_rule"),
    path("segments/builder/words", builder.known_words, name="builder_words"),
    path("segments/builder/fields", builder.known_fields, name="builder_fields"),
    path("segments/builder/values", builder.known_values, name="builder_values"),
    path("segments/builder/translate", builder.translate, name="builder_translate"),
    path("segments/builder/why/<int:person_id>", editor.why, name="builder_why"),
    path("segments/library/", library.library, name="segment_library"),
    path("segments/library/missing", library.missing_data, name="missing_segment_data"),
    path("segments/library/<slug:slug>/count", library.count, name="count_ready_segment"),
    path("segments/library/<slug:slug>/use", library.use, name="use_ready_segment"),
    path("segments/overlap/", overlap.overlap, name="segment_overlap"),
    path("segments/of/<int:person_id>", card.customer_stage, name="customer_stage"),
    path("segments/<slug:slug>/of/<int:person_id>", card.customer_why, name="customer_why"),
    path("segments/<str:slug>/moves/<int:number>", moves.move, name="segment_move"),
    path("segments/<str:slug>/stored", stored.stored, name="stored_segment"),
    path("segments/<str:slug>/days", moves.days, name="segment_days"),
    path("segments/<str:slug>/", segments.segment, name="segment"),
    path("segments/<str:slug>/edit/", editor.edit, name="edit_segment"),
    path("segments/<str:slug>/archive", segments.archive, name="archive_segment"),
]
