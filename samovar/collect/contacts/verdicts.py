"""What every check of a contact answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`DOUBTFUL` is kept and shown, `INVALID` cannot be what it is said to be."""

    VALID = "valid"
    DOUBTFUL = "doubtful"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check noticed: a code of `sentences.SENTENCES`, and what its sentence is about."""

    code: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """The value as the house stores it, the text that came, the verdict and why."""

    value: str
    came: str
    verdict: Verdict = Verdict.VALID
    findings: tuple[Finding, ...] = ()

    @property
    def corrected_from(self) -> str | None:
        """What came, where the value is another."""
        return self.came if self.came != self.value else None


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of several verdicts; valid where there is none."""
    order = (Verdict.INVALID, Verdict.DOUBTFUL)
    return next((one for one in order if one in verdicts), Verdict.VALID)
