"""The histories of each group of leaves: of one source as they are, of several together in every way while those are few."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from random import Random

from samovar.kit.clock import day_date
from samovar.rules.catalogue import Catalogue
from samovar.rules.windows import Moment
from samovar.understand.lint.edges import Edges
from samovar.understand.lint.histories import History, cost
from samovar.understand.lint.sources import groups
from samovar.understand.lint.terms import Terms
from samovar.understand.lint.tracks import tracks, walks
from samovar.understand.lint.values import mark_histories, variants

TOGETHER_MAX = 8_000  # histories of a group of several sources
_SEED = 1


@dataclass(frozen=True)
class Group:
    """Leaves by number, and the histories that may tell them apart, the shortest first."""

    leaves: tuple[int, ...]
    sources: tuple[str, ...]
    histories: list[History]


def gather(terms: Terms, found: Edges, catalogue: Catalogue, moment: Moment) -> list[Group]:
    """Every group with its histories."""
    chance, today = Random(_SEED), day_date(moment.day)
    of_rows = {source: variants(edges, today, chance) for source, edges in found.rows.items()}
    of_source: dict[str, list[History]] = {
        source: [*tracks(source, edges, of_rows[source], chance)] for source, edges in found.rows.items()
    }
    of_source |= {source: mark_histories(source, named, today) for source, named in found.marks.items()}
    walked: list[History] = [walk for sequence in found.sequences for walk in walks(sequence, catalogue, found.rows, of_rows)]
    gathered = []
    for leaves, sources in groups(terms.leaves, catalogue):
        together = _together([of_source[source] for source in sources], chance)
        together += [walk for walk in walked if {fact.source for fact in walk} <= set(sources)]
        gathered.append(Group(leaves, sources, sorted(dict.fromkeys(together), key=cost)))
    return gathered


def _together(parts: list[list[History]], chance: Random) -> list[History]:
    """One history of each source beside one of each other: all of them, or those of the shortest and some by chance."""
    if len(parts) == 1:
        return list(parts[0])
    if math.prod(map(len, parts)) <= TOGETHER_MAX:
        chosen = list(product(*parts))
    else:
        few = max(int((TOGETHER_MAX / 2) ** (1 / len(parts))), 2)
        chosen = list(product(*(sorted(part, key=cost)[:few] for part in parts)))[: TOGETHER_MAX // 2]
        chosen += [tuple(chance.choice(part) for part in parts) for _ in range(TOGETHER_MAX // 2)]
    return [tuple(fact for history in histories for fact in history) for histories in chosen]
