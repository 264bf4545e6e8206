"""Parameters of an action against its JSON Schema: the part of the standard that a flat object of settings needs. Pure.

A schema that uses more is refused when its action is registered, so that nothing in it is silently not checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict, "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
}  # fmt: skip
_KEYWORDS = frozenset(
    {
        "type", "properties", "required", "additionalProperties", "enum", "minimum", "maximum", "maxLength", "items", "maxItems",
        "title", "description", "default",
    }
)  # fmt: skip


class SchemaTooRich(ValueError):
    """A schema uses a keyword that is not checked here."""


def readable(schema: Mapping[str, Any]) -> None:
    """Raise `SchemaTooRich` unless every keyword of a schema is checked."""
    if unknown := sorted(set(schema) - _KEYWORDS):
        raise SchemaTooRich(f"The keyword “{unknown[0]}” is not checked.")
    for inner in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        readable(inner)


def fault(schema: Mapping[str, Any], value: Any, place: str = "params") -> str:
    """The place of the first value that the schema does not allow, such as `params.points`; empty when all is well."""
    kind = schema.get("type")
    if kind is not None and (not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return place
    if ("enum" in schema and value not in schema["enum"]) or _is_outside(schema, value):
        return place
    if isinstance(value, dict):
        return _fault_inside(schema, value, place)
    if isinstance(value, list) and "items" in schema:
        found = (fault(schema["items"], item, f"{place}.{number}") for number, item in enumerate(value))
        return next((one for one in found if one), "")
    return ""


def _is_outside(schema: Mapping[str, Any], value: Any) -> bool:
    if isinstance(value, int | float):
        return bool(value < schema.get("minimum", value) or value > schema.get("maximum", value))
    if isinstance(value, str | list):
        return bool(len(value) > schema.get("maxLength" if isinstance(value, str) else "maxItems", len(value)))
    return False


def _fault_inside(schema: Mapping[str, Any], value: dict[str, Any], place: str) -> str:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place}.{name}"
    for name, inner in value.items():
        if name not in known:
            if schema.get("additionalProperties", True) is False:
                return f"{place}.{name}"
        elif found := fault(known[name], inner, f"{place}.{name}"):
            return found
    return ""
