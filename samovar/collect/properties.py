"""Properties and traits as facts: one JSON object of scalars, normalised once, that no engine has to interpret again.

Numbers become int64 of 1/10000, texts NFC with a folded twin under `~name` where it differs, nested objects are flattened
with dots; lists are kept as JSON text for people to read and are unknown to rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from samovar.kit.numbers import scaled
from samovar.kit.text import normal

DEPTH_MAX = 8
FIELDS_MAX = 500
Scalar = str | int | bool | None

_encoder = msgspec.json.Encoder()
_encode, _encode_lines = _encoder.encode, _encoder.encode_lines


def normalised(source: Mapping[str, Any], *, skip: frozenset[str] = frozenset()) -> dict[str, Scalar]:
    """The flat, normalised form of an object; keys in `skip` are left out. Raises `kit.numbers.BadNumber`, `TooNested`."""
    flat: dict[str, Scalar] = {}
    _flatten("", source, skip, flat, 0)
    return flat


class TooNested(ValueError):
    """An object deeper or wider than the limits."""


def _flatten(prefix: str, source: Mapping[str, Any], skip: frozenset[str], flat: dict[str, Scalar], depth: int) -> None:
    if depth > DEPTH_MAX or len(flat) > FIELDS_MAX:
        raise TooNested("too deep or too many fields")
    for key, value in source.items():
        name = key if key.isascii() else normal(key)
        if prefix:
            name = prefix + name
        kind = type(value)
        if kind is str:
            text = flat[name] = value if value.isascii() else normal(value)
            if (twin := text.lower()) != text:
                flat["~" + name] = twin
        elif key in skip:
            continue
        elif kind is int or kind is float:
            flat[name] = scaled(value)
        elif value is None or kind is bool:
            flat[name] = value
        elif isinstance(value, Mapping):
            _flatten(name + ".", value, frozenset(), flat, depth + 1)
        else:
            flat[name] = _encode(value).decode()


def json_texts(flats: Sequence[Mapping[str, Scalar] | None]) -> list[str | None]:
    """`as_json` of many objects, at half its cost each: JSON holds no line break of its own."""
    texts = _encode_lines([flat or {} for flat in flats]).decode().split("\n")[: len(flats)]
    return [text if flat else None for flat, text in zip(flats, texts, strict=True)]


def as_json(flat: Mapping[str, Scalar]) -> str | None:
    """JSON text of a normalised object; None for an empty one."""
    return _encode(flat).decode() if flat else None
