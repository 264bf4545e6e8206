"""Taking a ready segment into use."""

from __future__ import annotations

from samovar.rules.sentence import LanguageCode
from samovar.staff.actors import Actor
from samovar.understand import operations
from samovar.understand.library.shelf import find, rule_of
from samovar.understand.models import Segment


def take(*, slug: str, language: LanguageCode, actor: Actor, at_us: int) -> Segment:
    """A new segment with the name, sentence and rule of a ready one, under its slug when that is free.

    Raises `UnknownReady`.
    """
    one = find(slug)
    free = "" if Segment.objects.filter(slug=slug).exists() else slug
    return operations.create(
        name=one.name[language], description=one.says[language], rule=rule_of(one), slug=free, actor=actor, at_us=at_us
    )
