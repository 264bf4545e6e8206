"""The lifecycle lint: whether a set of stages, each a rule of its own, takes everybody and nobody twice.

`stages.read` takes what was given, `lint` answers what is wrong with it. The README of the room tells the way and its limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samovar.rules.catalogue import Catalogue
from samovar.understand.lint.findings import search
from samovar.understand.lint.retelling import retold
from samovar.understand.lint.sentences import sentence
from samovar.understand.lint.sources import REGISTERED, sources_of, timeless
from samovar.understand.lint.stages import Stage

__all__ = ["lint"]


def lint(stages: Sequence[Stage], catalogue: Catalogue) -> list[dict[str, Any]]:
    """Each finding as plain values in the reader's language: kind, stages, history, sentence. Raises `BadStages`."""
    terms, findings = search(stages, catalogue)
    undated = timeless(terms.leaves, catalogue)
    reads = any(REGISTERED in sources_of(leaf, catalogue) for leaf in terms.leaves)
    return [
        {
            "kind": finding.kind,
            "stages": list(finding.stages),
            "history": [] if finding.history is None else retold(finding.history, is_registration_read=reads, timeless=undated),
            "sentence": sentence(finding, terms),
        }
        for finding in findings
    ]
