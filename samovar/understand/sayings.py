"""Rules' faults and stages' names in the reader's language. The language itself is pure and speaks English."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as lazy

from samovar.kit.errors import Refusal
from samovar.rules.errors import MESSAGES

STAGE_NAMES: dict[str, Promise] = {
    "newcomer": lazy("newcomer"),
    "cautious": lazy("cautious"),
    "developing": lazy("developing"),
    "regular": lazy("regular"),
    "at risk": lazy("at risk"),
    "lost": lazy("lost"),
}
_OF_LANGUAGE = ("wanted", "found", "kind", "left", "right")


def sentence(refusal: Refusal) -> str:
    """A refusal's sentence; that of a rule's fault is said anew, for it was raised where no reader is known."""
    template, values = MESSAGES.get(refusal.code), refusal.params.get("values")
    if template is None or values is None:
        return refusal.message
    said = {name: gettext(value) if name in _OF_LANGUAGE else value for name, value in values.items()}
    return gettext(template) % said


def stage_name(stage: str | None) -> str:
    """A stage in the reader's language, nothing for none."""
    return str(STAGE_NAMES[stage]) if stage in STAGE_NAMES else ""
