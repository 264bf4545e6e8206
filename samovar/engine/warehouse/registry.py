"""Named queries: the only way anyone but the worker's loop reads the warehouse.

A room registers a function `(cursor, context, **params) -> pyarrow.Table` under `room.noun`. Parameters are plain JSON
values; SQL never travels. The room's module must be imported by the process that answers (`load_rooms`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from samovar.kit.clock import Zone
from samovar.kit.errors import NotFound


@dataclass(frozen=True)
class Context:
    """What a query may know of the workspace."""

    zone: Zone
    currency: str


class NamedQuery(Protocol):
    def __call__(self, cursor: Any, context: Context, /, **params: Any) -> pa.Table: ...


Q = TypeVar("Q", bound=Callable[..., pa.Table])

_queries: dict[str, NamedQuery] = {}


class NameTaken(ValueError):
    """Two functions claim one query name."""


def named(name: str) -> Callable[[Q], Q]:
    """Register a query under a name."""

    def register(function: Q) -> Q:
        if name in _queries and _queries[name] is not function:
            raise NameTaken(f"Two queries are called “{name}”.")
        _queries[name] = function
        return function

    return register


def is_known(name: str) -> bool:
    """Whether a query of this name is registered."""
    return name in _queries


def answer(name: str, cursor: Any, context: Context, params: dict[str, Any]) -> pa.Table:
    """Run a named query. Raises `NotFound` for an unknown name."""
    query = _queries.get(name)
    if query is None:
        raise NotFound("unknown_query", f"There is no query “{name}”.", name=name)
    return query(cursor, context, **params)


def load_rooms(rooms: Iterable[str]) -> None:
    """Import every room's modules named `warehouse_queries` or `…_warehouse_queries`: this process then knows their queries."""
    for room in rooms:
        package = importlib.import_module(f"samovar.{room}")
        for module in pkgutil.iter_modules(package.__path__):
            if module.name == "warehouse_queries" or module.name.endswith("_warehouse_queries"):
                importlib.import_module(f"samovar.{room}.{module.name}")
