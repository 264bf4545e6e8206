"""Whom a sweep looks for: the profiles whose events are stubbed, and what names them wherever else it stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from samovar.collect.batches import ERASED
from samovar.collect.erasure.models import Erasing, Erasure
from samovar.collect.erasure.tombstones import digest, salt_of
from samovar.collect.identifiers import ANONYMOUS, KNOWN
from samovar.engine import settings
from samovar.engine.workspace import Workspace
from samovar.kit.redaction import Redactor

Named = tuple[str, str]  # kind and value


class Finder:
    """Finds some identifiers; `redactor` puts a hash, made with the workspace's salt, in the place of each."""

    def __init__(self, tokens: dict[Named, str], region: str) -> None:
        self.redactor, self.region = Redactor(tokens), region
        self._values = {kind: [value for k, value in tokens if k == kind] for kind in (*KNOWN, ANONYMOUS)}
        short = [value for kind, value in tokens if kind not in ("email", "phone") and not self.redactor.hits(value)]
        self._quoted = [form for value in short for form in _written(value)]

    def values(self, kind: str) -> list[str]:
        """What is sought of a kind."""
        return self._values.get(kind, [])

    def may_be_in(self, body: bytes) -> bool:
        """Whether bytes may name somebody sought; False is certain."""
        return self.redactor.may_hit(body) or any(one in body for one in self._quoted)


class Sought:
    """The people of some erasures.

    What was told after a person was erased may name her again: she came back, as somebody new. So everybody is looked for only
    in what was told by the moment of her erasure.
    """

    def __init__(self, erasures: Sequence[Erasure], workspace: Workspace) -> None:
        self.erasures = erasures
        self.profiles = np.array(sorted({profile for erasure in erasures for profile in erasure.profiles}), dtype=np.int64)
        salt, asked_us = salt_of(workspace), {erasure.pk: erasure.asked_us for erasure in erasures}
        rows = Erasing.objects.filter(erasure__in=erasures).values_list("erasure_id", "kind", "value")
        self._named = [
            (asked_us[pk], (kind, value), f"erased-{digest(salt, kind, value)[:16]}") for pk, kind, value in sorted(rows)
        ]
        self._region = str(settings.get("phone_region"))
        self._moments = sorted(set(asked_us.values()))
        self._finders: dict[int, Finder] = {}

    def at(self, time_us: int) -> Finder:
        """What finds everybody in something told at a moment."""
        since = next((moment for moment in self._moments if moment >= time_us), time_us)
        if (finder := self._finders.get(since)) is None:
            named = {one: token for asked_us, one, token in self._named if asked_us >= since}
            finder = self._finders[since] = Finder(named, self._region)
        return finder

    @property
    def everybody(self) -> Finder:
        """What finds all of them, whenever it was told."""
        return self.at(self._moments[0])

    def owns(self, profiles: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the events decided so are to be stubbed."""
        return np.asarray(np.isin(profiles, self.profiles) | (profiles == ERASED), dtype=bool)


def _written(value: str) -> list[bytes]:
    """How JSON writes a value that is too short to be looked for in texts."""
    text = value.encode()
    return [b'"%s"' % text, *(sign % text for sign in (b":%s,", b":%s}", b": %s,", b": %s}") if value.isdigit())]
