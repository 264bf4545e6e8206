"""Definitions as text: what a business decided (segments, campaigns, settings), out to a folder of YAML and in again.

A room offers its kinds in `definitions.py`:

    KINDS = (Kind("segments", order=10, export=..., apply=...),)

`export()` answers {slug: plain values}; `apply(slug, values, actor, at_us)` creates or edits one; `unknown(values)`, where a kind
has it, says in sentences what this workspace does not know of what the values name. Kinds are applied in `order`, so that what is
named by another comes first. Text is canonical: one kind and one value give one sequence of bytes.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from samovar.kit.errors import Refusal

SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}\Z")
TEXT_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True)
class Kind:
    """One kind of definition; `name` is its folder. `apply` takes (slug, values, actor, at_us)."""

    name: str
    order: int
    export: Callable[[], dict[str, dict[str, Any]]]
    apply: Callable[[str, dict[str, Any], Any, int], None]
    unknown: Callable[[dict[str, Any]], list[str]] | None = None


class BadDefinition(Refusal):
    """A text that does not define anything."""


def load_kinds(rooms: Iterable[str]) -> tuple[Kind, ...]:
    """The kinds of all rooms, in the order they are applied."""
    kinds: list[Kind] = []
    for room in rooms:
        module = f"samovar.{room}.definitions"
        if room != "engine" and importlib.util.find_spec(module) is not None:
            kinds.extend(importlib.import_module(module).KINDS)
    return tuple(sorted(kinds, key=lambda kind: (kind.order, kind.name)))


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, everything else in the plain style; lists indented under their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Loader(yaml.SafeLoader):
    """Plain values only: an alias could make a small text a huge value."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            place = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", place)
        return super().compose_node(parent, index)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    # Other line ends than \n are escaped: a reader would fold them away.
    style = '"' if re.search("[\r\x85\u2028\u2029]", value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def to_text(values: dict[str, Any]) -> str:
    """YAML of plain values, keys in the order given; what is empty (None, "", [], {}) is left out at the top level."""
    kept = {key: value for key, value in values.items() if value not in (None, "", [], {})}
    return yaml.dump(kept, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=4096, default_flow_style=False)


def from_text(text: str, *, name: str) -> dict[str, Any]:
    """The plain values of a text; `name` is the file, for the message. Raises `BadDefinition`."""
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise BadDefinition("definition_too_large", f"{name} is larger than {TEXT_BYTES_MAX >> 20} MiB.", name=name)
    try:
        values = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader that refuses aliases
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadDefinition("definition_unreadable", f"{name}{place}: this is not YAML.", name=name) from error
    except RecursionError as error:
        raise BadDefinition("definition_too_deep", f"{name} is nested too deeply.", name=name) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise BadDefinition("definition_shape", f"{name} must hold names and values.", name=name)
    return values
