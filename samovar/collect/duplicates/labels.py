"""Fields and levels of a pair in words, for screens."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samovar.webkit import formats

SHOWN_MAX = 5
AGAINST_SHOWN = 2  # of those, at least, where so many speak against a pair: a row hides none of the weightiest
ALMOST = 0.999
NEVER_FOUND = "\N{EM DASH}"
_SILENT = ("told",)  # levels that say nothing of their own


def field_label(name: str) -> str:
    """What a field is called."""
    return {
        "first_name": _("First name"), "last_name": _("Surname"), "middle_name": _("Patronymic"), "birthday": _("Birthday"),
        "email": _("E-mail"), "phone": _("Phone"), "household": _("Contact of a household"), "document": _("Document"),
        "city": _("City"), "street": _("Street"), "postal_code": _("Postal code"), "name": _("Full name"),
    }.get(name, name)  # fmt: skip


def level_label(level: str) -> str:
    """How the two values of a field agree."""
    return {
        "same": pgettext("of two values", "same"), "same family": pgettext("of two values", "same, as in one family"),
        "same name": pgettext("of two values", "same before the @"), "close": pgettext("of two values", "nearly the same"),
        "similar": pgettext("of two values", "alike"), "exchanged": pgettext("of two values", "exchanged"),
        "different": pgettext("of two values", "different"),
    }.get(level, level)  # fmt: skip


def state_label(state: str) -> str:
    """What became of a pair."""
    return {
        "open": pgettext("of a pair", "open"), "merged": pgettext("of a pair", "merged"),
        "refused": pgettext("of a pair", "not the same person"),
    }[state]  # fmt: skip


def likelihood(probability: float) -> str:
    """A probability in words: nothing is certain, so none is 100 %; a dash for a pair that was refused and never found."""
    if not probability:
        return NEVER_FOUND
    return _("over %(share)s") % {"share": formats.percent(ALMOST)} if probability > ALMOST else formats.percent(probability)


def reasons(told: dict[str, Any], limit: int = 0) -> list[dict[str, Any]]:
    """The reasons of a pair, the weightiest first: label, level in words, weight in bits and whether it speaks for the pair. Of
    no more than `limit` some are against it, if any is."""
    found = [
        {"label": field_label(name), "level": level_label(one["level"]), "weight": one["weight"], "is_for": one["weight"] > 0}
        for name, one in sorted(told.items(), key=lambda item: -abs(item[1]["weight"]))
        if one["level"] not in _SILENT
    ]
    if not limit:
        return found
    against = [one for one in found if not one["is_for"]][:AGAINST_SHOWN]
    shown = against + [one for one in found if one not in against][: limit - len(against)]
    return [one for one in found if one in shown]
