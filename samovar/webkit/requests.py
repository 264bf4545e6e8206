"""What a screen is given: Django's request with the house's moment and actor on it."""

from __future__ import annotations

from django.http import HttpRequest

from samovar.staff.actors import Actor
from samovar.staff.models import Member


class OfficeRequest(HttpRequest):
    """`at_us` is the moment of the request and `actor` who makes it, both set before any screen runs.

    `nonce` is what the content security policy lets through.
    """

    at_us: int
    actor: Actor
    nonce: str
    user: Member
    is_partial: bool  # htmx asks for a part of the page
