"""The workspace's catalogue of rule words, and rules read with it: checked against data by the worker, who has the data."""

from __future__ import annotations

import json

from django.conf import settings

from samovar import rules
from samovar.engine.warehouse.client import Asker


def open_catalogue() -> rules.Catalogue:
    """The built-in words; names of traits and events are taken on trust."""
    return rules.builtin_catalogue(settings.WORKSPACE.currency)


def read(text: str, warehouse: Asker) -> rules.Rule:
    """The rule of a text, its names compared with the workspace's data. Raises `Refusal` with the values of a `RuleError`."""
    answer = warehouse.query("understand.rule", text=text)
    return rules.from_json(json.loads(answer.column("tree")[0].as_py()))
