"""Stages as they are given: a name, what is said of it, a rule of its own. Reading them and saying what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from samovar import rules
from samovar.kit.errors import Refusal
from samovar.rules.catalogue import Catalogue
from samovar.rules.check import check
from samovar.rules.tree import Condition
from samovar.understand.sayings import sentence

STAGES_MAX = 50
TESTS_MAX = 200  # of all rules together: a minute of searching at most
NAME_MAX = 150
_FIELDS = ("name", "says", "rule")


@dataclass(frozen=True)
class Stage:
    """One stage: `says` is the sentence people know it by, `condition` the rule it goes by, alone and not after others."""

    name: str
    says: str
    condition: Condition


class BadStages(Refusal):
    """What was given is no set of stages; `params` names the stage, and the place of a rule's fault in its text."""

    status = 422


def read(given: object, parse: Callable[[str], rules.Rule]) -> list[Stage]:
    """The stages of plain values. `parse` reads a rule's text. Raises `BadStages`."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise _bad("no_stages", _("Give a list of stages, each with a name and a rule."))
    if len(given) > STAGES_MAX:
        raise _bad("too_many_stages", _("There may be up to %(limit)s stages.") % {"limit": STAGES_MAX}, limit=STAGES_MAX)
    stages = [_stage(number, values, parse) for number, values in enumerate(given, 1)]
    names = [stage.name for stage in stages]
    for name in names:
        if names.count(name) > 1:
            raise _bad("stage_twice", _("There are two stages called “%(stage)s”.") % {"stage": name}, stage=name)
    return stages


def check_together(stages: Sequence[Stage], tests: int, catalogue: Catalogue) -> None:
    """Raise `BadStages` when the rules have too many tests, or one compares a name with another kind of value than others."""
    if tests > TESTS_MAX:
        message = _("The rules have %(tests)s different tests together; the limit is %(limit)s. Look at fewer stages at once.")
        raise _bad("too_many_tests", message % {"tests": tests, "limit": TESTS_MAX}, limit=TESTS_MAX)
    for stage in stages:
        try:
            check(stage.condition, catalogue)
        except rules.RuleError as fault:
            raise _faulty(stage.name, fault) from fault


def _stage(number: int, given: object, parse: Callable[[str], rules.Rule]) -> Stage:
    values: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    name, says, text = (values.get(field) for field in _FIELDS)
    if not (isinstance(name, str) and 0 < len(name) <= NAME_MAX and isinstance(text, str) and isinstance(says, str | None)):
        message = _("Stage %(number)s needs a name of up to %(limit)s characters and a rule, both as texts.")
        raise _bad("bad_stage", message % {"number": number, "limit": NAME_MAX}, number=number)
    if unknown := [str(field) for field in values if field not in _FIELDS]:
        message = _("Stage “%(stage)s” has no field “%(field)s”.") % {"stage": name, "field": unknown[0][:60]}
        raise _bad("unknown_field", message, stage=name)
    try:
        rule = parse(text)
    except Refusal as fault:
        raise _faulty(name, fault) from fault
    return Stage(name, says or "", rule.condition)


def _faulty(name: str, fault: Refusal) -> Refusal:
    """A rule's fault with the stage it is in; what is no fault of a rule stays as it is."""
    place = {key: fault.params[key] for key in ("line", "column", "suggestions") if key in fault.params}
    if "line" not in place:
        return fault
    message = _("Stage “%(stage)s”, line %(line)s, column %(column)s: %(fault)s")
    said = message % {"stage": name, "line": place["line"], "column": place["column"], "fault": sentence(fault)}
    return _bad(fault.code, said, stage=name, **place)


def _bad(code: str, message: str, **params: Any) -> BadStages:
    return BadStages(code, message, field="stages", **params)
