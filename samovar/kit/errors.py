"""What a room raises when it says no.

`Refusal` is for people and programs; `Retryable` and `Final` tell a worker what to do next.
"""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request that is understood and not granted.

    `code` is stable and for machines, `message` is a full sentence for people (translated where raised), `field` names the
    part of the request at fault, and `params` carries the values the sentence speaks of.
    """

    status = 400

    def __init__(self, code: str, message: str, *, field: str = "", status: int | None = None, **params: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.params = code, message, field, params
        if status is not None:
            self.status = status

    def as_json(self) -> dict[str, Any]:
        """The one shape of an error in the REST API."""
        return {
            "ok": False,
            "error": {"code": self.code, "message": self.message, "field": self.field, "params": self.params},
        }


class NotFound(Refusal):
    """What was asked for does not exist."""

    status = 404


class Retryable(Exception):
    """An effect failed in a way that may pass: try again later."""


class Final(Exception):
    """An effect failed for good: trying again would fail again."""
