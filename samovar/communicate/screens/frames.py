"""HTML that others wrote, for a sandboxed frame: nothing in it may run, send a form, or take the page anywhere."""

from __future__ import annotations

from django.http import HttpResponse

# Pictures may come from anywhere because a letter's do; the reader of a preview asked to see them.
POLICY = "sandbox; default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; frame-ancestors 'self'"


def framed(html: str) -> HttpResponse:
    """An answer that only a frame of our own pages may show."""
    response = HttpResponse(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
