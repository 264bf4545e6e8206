"""The pages of saved reports: the list with the library, the builder, a report, its schedules; and boards."""

from __future__ import annotations

from django.urls import path

from samovar.measure.builder.screens import boards, editor, reports, schedules

urlpatterns = [
    path("reports/own/", reports.listing, name="own_reports"),
    path("reports/own/new/", editor.new, name="new_report"),
    path("reports/own/live/", editor.live, name="live_report"),
    path("reports/own/boards/new/", boards.new, name="new_board"),
    path("reports/own/boards/<slug:slug>/", boards.one, name="board"),
    path("reports/own/boards/<slug:slug>/edit/", boards.edit, name="edit_board"),
    path("reports/own/boards/<slug:slug>/order/", boards.arrange, name="arrange_board"),
    path("reports/own/boards/<slug:slug>/remove/", boards.remove, name="remove_board"),
    path("reports/own/boards/<slug:slug>/tiles/<int:place>/", boards.tile, name="board_tile"),
    path("reports/own/boards/<slug:slug>/file/<slug:format>/", boards.file, name="board_file"),
    path("reports/own/boards/<slug:slug>/schedules/new/", schedules.new_of_board, name="new_board_schedule"),
    path(
        "reports/own/boards/<slug:slug>/schedules/<int:number>/remove/", schedules.remove_of_board, name="remove_board_schedule"
    ),
    path("reports/own/<slug:slug>/", reports.one, name="own_report"),
    path("reports/own/<slug:slug>/answer/", reports.answer, name="own_report_answer"),
    path("reports/own/<slug:slug>/edit/", editor.edit, name="edit_report"),
    path("reports/own/<slug:slug>/schedules/new/", schedules.new, name="new_schedule"),
    path("reports/own/<slug:slug>/schedules/<int:number>/remove/", schedules.remove, name="remove_schedule"),
    path("reports/own/<slug:slug>/remove/", reports.remove, name="remove_report"),
    path("reports/own/<slug:slug>/file/<slug:format>/", reports.file, name="own_report_file"),
]
