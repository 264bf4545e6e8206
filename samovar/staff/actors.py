"""Who does a thing: a member of staff, a program with a token, or the house itself. Every write names one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Actor:
    """`kind` and `id` identify; `name` is what the audit trail shows even after the account is gone."""

    kind: Literal["staff", "token", "system"]
    id: str
    name: str

    @classmethod
    def system(cls, part: str) -> Actor:
        """The house itself, by the part that acts: `Actor.system("worker")`."""
        return cls("system", part, part)
