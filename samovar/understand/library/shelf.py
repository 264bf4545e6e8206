"""The ready segments as they stand in one shop: in the reader's language, with sums in its money, what of them is in use already,
and which of their words no data bears out yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _

from samovar import rules
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import NotFound
from samovar.rules.sentence import LANGUAGES, LanguageCode, say
from samovar.understand import words
from samovar.understand.library.ready import Group, Ready, groups, ready
from samovar.understand.models import Segment


class UnknownReady(NotFound):
    """The library has nothing under this slug."""


@dataclass(frozen=True)
class Offer:
    """A ready segment in the reader's language; `used` is the segment in use with the same rule, if there is one."""

    ready: Ready
    name: str
    says: str
    rule: str
    sentence: str
    used: Segment | None


def find(slug: str) -> Ready:
    """The ready segment of a slug. Raises `UnknownReady`."""
    if slug not in ready():
        message = _("The library has no segment “%(slug)s”.") % {"slug": slug[:100]}
        raise UnknownReady("unknown_ready_segment", message, slug=slug[:100])
    return ready()[slug]


def rule_of(one: Ready) -> rules.Rule:
    """Its rule in this shop's money; names that only data teaches are taken on trust."""
    return _rule(one.slug, settings.WORKSPACE.currency)


@cache
def _rule(slug: str, currency: str) -> rules.Rule:
    return rules.parse(ready()[slug].text(currency), rules.builtin_catalogue(currency))


def offers(language: LanguageCode, *, search: str = "", group: str = "") -> list[tuple[Group, list[Offer]]]:
    """Shelves with what fits a search on each; one shelf alone where `group` names it. An empty shelf is left out."""
    fitting = [one for one in ready().values() if one.holds(search)]
    used = {row.rule_text: row for row in Segment.objects.filter(is_archived=False)}
    shelves = [shelf for shelf in groups() if group in ("", shelf.slug)]
    told = [(shelf, [_offer(one, language, used) for one in fitting if one.group == shelf.slug]) for shelf in shelves]
    return [(shelf, found) for shelf, found in told if found]


def offer(slug: str, language: LanguageCode) -> Offer:
    """One ready segment. Raises `UnknownReady`."""
    one = find(slug)
    used = {row.rule_text: row for row in Segment.objects.filter(is_archived=False)}
    return _offer(one, language, used)


def _offer(one: Ready, language: LanguageCode, used: dict[str, Segment]) -> Offer:
    rule = rule_of(one)
    text = rules.to_text(rule)
    return Offer(one, one.name[language], one.says[language], text, say(rule, language, words.open_catalogue()), used.get(text))


def missing(slugs: Sequence[str], language: LanguageCode, warehouse: Asker) -> dict[str, list[str]]:
    """What each ready segment asks of and no data tells yet, as the reader calls it; those that miss nothing are left out."""
    texts = [rules.to_text(rule_of(find(slug))) for slug in slugs]
    answer = warehouse.query("understand.missing", texts=texts)
    told = {slug: json.loads(names) for slug, names in zip(slugs, answer.column("missing").to_pylist(), strict=True)}
    return {slug: [_called(code, name, language) for code, name in names] for slug, names in told.items() if names}


def _called(code: str, name: str, language: LanguageCode) -> str:
    """A word of a rule as people call it: a collection or an attribute, else what the shop calls it in quotes."""
    known, parts = LANGUAGES[language].words, name.split(".")
    if code == "nothing_happened" and name in known.collections:
        return known.collections[name].many
    if parts[0] == "consent" and len(parts) == 3:
        names = {"purpose": known.purposes[parts[2]], "channel": known.channels[parts[1]]}
        return _("consents to %(purpose)s %(channel)s") % names
    if name in known.attributes:
        return known.attributes[name].one
    return LANGUAGES[language].quoted(name)
