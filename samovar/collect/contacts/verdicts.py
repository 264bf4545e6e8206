"""What every check of a contact answers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from samovar.kit.text import without_invisible


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


C = TypeVar("C", bound=Checked)
P = ParamSpec("P")


def of_visible(check: Callable[Concatenate[str, P], C]) -> Callable[Concatenate[str, P], C]:
    """A check that judges what can be seen of a text; signs that nobody sees are taken out, and make it doubtful."""

    @wraps(check)
    def judge(came: str, /, *told: P.args, **named: P.kwargs) -> C:
        text = without_invisible(came)
        found = check(text, *told, **named)
        if text == came:
            return found
        findings = (*found.findings, Finding("invisible_signs"))
        return replace(found, came=came, verdict=worst([found.verdict, Verdict.DOUBTFUL]), findings=findings)

    return judge
