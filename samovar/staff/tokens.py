"""API tokens: an unguessable text shown once and kept only as its hash."""

from __future__ import annotations

import hashlib

from samovar.kit.ids import token as random_token
from samovar.staff.models import ApiToken

PREFIX = "smv_"


def make() -> tuple[str, str]:
    """A new token and its hash."""
    secret = PREFIX + random_token(256)
    return secret, digest(secret)


def digest(secret: str) -> str:
    """How a token is kept: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find(secret: str) -> ApiToken | None:
    """The token in force, or None."""
    return ApiToken.objects.filter(digest=digest(secret), revoked_us=None).first()
