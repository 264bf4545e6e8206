"""Why a person is in a segment or out of it, in words: the warehouse says what each test found, the reader's language says it."""

from __future__ import annotations

import json
from typing import Any

from samovar import rules
from samovar.engine.warehouse.client import Asker
from samovar.rules.catalogue import Kind
from samovar.rules.explanation import leaves
from samovar.rules.sentence import LanguageCode, say, say_leaf, say_value
from samovar.understand import words


def explain(*, rule: rules.Rule, person_id: int, at_us: int, language: LanguageCode, warehouse: Asker) -> dict[str, Any]:
    """`in`, the rule's `sentence`, and `leaves` in order: `text`, `value` (null when unknown), `shown` in words, `needs`, `ok`.

    Somebody who was no customer at the moment is out, whatever the leaves say. Raises `Refusal` with a `RuleError`'s values.
    """
    [answer] = warehouse.query("understand.explain", tree=rules.to_json(rule), person_id=person_id, at_us=at_us).to_pylist()
    catalogue = words.told_catalogue(rule)
    told = []
    for leaf, found in zip(leaves(rule.condition), json.loads(answer["leaves"]), strict=True):
        said = say_leaf(leaf.test, language, catalogue)
        needs = _UNWANTED[language] % said.needs if leaf.is_negated else said.needs
        value = found["value"]
        told.append({"text": said.text, "value": value, "shown": _shown(value, language), "needs": needs, "ok": found["ok"]})
    return {"in": answer["holds"], "sentence": say(rule, language, catalogue), "leaves": told}


_UNWANTED: dict[LanguageCode, str] = {"en": "not: %s", "ru": "не: %s"}


def _shown(value: Any, language: LanguageCode) -> str:
    """A value in words; a day or a moment is left as programs write it."""
    return value if isinstance(value, str) else say_value(value, Kind.NUMBER, language)
