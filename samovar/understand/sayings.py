"""What rules mean, their faults and warnings, and stages' names in the reader's language: the rules themselves know no reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, pgettext_lazy

from samovar import rules
from samovar.kit.errors import Refusal
from samovar.rules.errors import MESSAGES
from samovar.rules.sentence import LANGUAGES, LanguageCode, say
from samovar.rules.unseen import WARNINGS
from samovar.understand import words

STAGE_NAMES: dict[str, Promise] = {
    "newcomer": pgettext_lazy("stage", "newcomer"),
    "cautious": pgettext_lazy("stage", "cautious"),
    "developing": pgettext_lazy("stage", "developing"),
    "regular": pgettext_lazy("stage", "regular"),
    "at risk": pgettext_lazy("stage", "at risk"),
    "lost": pgettext_lazy("stage", "lost"),
}
_OF_LANGUAGE = ("wanted", "found", "kind", "left", "right")


def spoken() -> LanguageCode:
    """The reader's language."""
    return "en" if get_language() == "en" else "ru"


def said(rule: rules.Rule) -> str:
    """What is true of the people of a rule: see `rules.sentence.say`."""
    return say(rule, spoken(), words.told_catalogue(rule))


def sentence(refusal: Refusal) -> str:
    """A refusal's sentence; that of a rule's fault is said anew, for it was raised where no reader is known."""
    template, values = MESSAGES.get(refusal.code), refusal.params.get("values")
    if template is None or values is None:
        return refusal.message
    said = {name: _told(value) if name in _OF_LANGUAGE else value for name, value in values.items()}
    return gettext(template) % said


def _told(value: str) -> str:
    """Words of ours in the reader's language; what was written in the rule stands in that language's quotes."""
    told = gettext(value)
    is_written = told == value and value.startswith("“") and value.endswith("”")
    return LANGUAGES[spoken()].quoted(value[1:-1]) if is_written else told


def warned(warning: Mapping[str, Any]) -> str:
    """A warning's sentence (`rules.unseen`) in the reader's language."""
    template = WARNINGS[warning["code"]]
    return gettext(template) % {"name": warning["name"]}


def stage_name(stage: str | None) -> str:
    """A stage in the reader's language, nothing for none."""
    return str(STAGE_NAMES[stage]) if stage in STAGE_NAMES else ""
