"""What the body of a request about reports is: fields that are named, and nothing else."""

from __future__ import annotations

from ninja import Schema
from pydantic import ConfigDict


class Body(Schema):
    """A body whose unknown fields are refused by name: one that is left out silently would be taken for heard."""

    model_config = ConfigDict(extra="forbid")
