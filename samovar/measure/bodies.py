"""What requests about reports have in common: a body of fields that are named and nothing else, and the moment asked about."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Schema
from pydantic import ConfigDict

At = Annotated[
    str, Query(description="a moment of ISO 8601, on the workspace's clock; a day alone is its beginning, 00:00; now without it")
]


class Body(Schema):
    """A body whose unknown fields are refused by name: one that is left out silently would be taken for heard."""

    model_config = ConfigDict(extra="forbid")
