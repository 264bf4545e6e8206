"""The few line icons of the house, drawn on a grid of 16; each stands beside a word or carries a label."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

PATHS = {
    "order": "M2.5 4.5h11l-1.2 6.5H4L2.5 2.5H1M5 13.5h.01M11.5 13.5h.01",
    "return": "M6 3 2.5 6.5 6 10M2.5 6.5h7a4 4 0 0 1 0 8H7",
    "message": "M1.5 3.5h13v9h-13zM1.5 4l6.5 5 6.5-5",
    "opened": "M1.5 6.5 8 2l6.5 4.5v7h-13zM1.5 6.8 8 11l6.5-4.2",
    "clicked": "m4 4 8 3.5-3.4 1.3L7.3 12zM9.5 9.8l3.5 3.7",
    "visit": "M1 8s2.5-4.5 7-4.5S15 8 15 8s-2.5 4.5-7 4.5S1 8 1 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
    "person": "M8 7.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM2.5 14c.5-3 2.6-4.5 5.5-4.5s5 1.5 5.5 4.5",
    "consent": "M3 8.5 6.5 12 13 4.5",
    "segment": "M8 1.5v6.5l4.6 4.6A6.5 6.5 0 1 1 8 1.5ZM10.5 2a6.5 6.5 0 0 1 3.8 5h-3.8z",
    "event": "M8 4v4l2.5 1.5M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z",
    "merge": "M4 2v3.5c0 2.5 4 2.5 4 5V14M12 2v3.5c0 2.5-4 2.5-4 5",
    "search": "m14 14-3.3-3.3M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Z",
    "close": "m4 4 8 8M12 4l-8 8",
    "next": "m6 3 5 5-5 5",
    "up": "m3.5 9.5 4.5-5 4.5 5M8 5v8",
    "down": "m3.5 6.5 4.5 5 4.5-5M8 11V3",
    "good": "M3 8.5 6.5 12 13 4.5",
    "warning": "M8 2 1.5 13.5h13zM8 6.5v3.5M8 11.8h.01",
    "bad": "M8 4.5v4.5M8 11.3h.01M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z",
    "download": "M8 2v8m-3.5-3L8 10.5 11.5 7M2.5 13.5h11",
    "columns": "M2 3h12v10H2zM6 3v10M10 3v10",
    "more": "M3.5 8h.01M8 8h.01M12.5 8h.01",
    "menu": "M2 4h12M2 8h12M2 12h12",
    "key": "M5.5 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM7.7 8.3 14 2M11 5l2 2",
}


def svg(name: str, label: str = "") -> SafeString:
    """The icon as inline SVG in the colour of its text. Raises KeyError for a name that is not drawn."""
    access = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5" '
        'stroke-linecap="round" stroke-linejoin="round" {}><path d="{}"/></svg>',
        access, PATHS[name],
    )  # fmt: skip
