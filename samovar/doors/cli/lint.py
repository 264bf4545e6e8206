"""`samovar segments lint`: whether a file of stages takes everybody and nobody twice."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from django.utils import translation

from samovar import rules
from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.cli.rule import say_fault
from samovar.doors.session import open_session, set_up_words
from samovar.engine.definitions import from_text
from samovar.kit.errors import Refusal


@click.command("lint")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lang", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="The language of the sentences.")
@data_option
@json_option
def lint(file: Path, lang: str, data: Path, as_json: bool) -> None:
    """Look for overlaps, gaps and dead ends among the stages of FILE, each a rule of its own; exit 1 when there are any.

    FILE is YAML: `stages`, a list of `name`, `rule` and, if there is one, `says`: the sentence people know the stage by. Where
    there is a workspace its traits and events are the names known; without one any name is taken on trust.
    """
    values = from_text(_text(file), name=file.name)
    try:
        findings = _findings(values.get("stages"), lang, data)
    except Refusal as refusal:
        say_fault(refusal, _rule_of(values, refusal.params.get("stage")), as_json)
        sys.exit(1)
    if as_json:
        say_json({"findings": findings})
    else:
        _say(findings, lang)
    if findings:
        sys.exit(1)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("unreadable_stages", f"{file} cannot be read: {error}.") from error


def _findings(given: object, lang: str, data: Path) -> list[dict[str, Any]]:
    """The findings as values. Raises `BadStages`, and what opening a workspace raises."""
    if not (data / "workspace.json").exists():
        set_up_words()
        return _linted(given, lang, lambda text: rules.parse(text, rules.builtin_catalogue()), rules.builtin_catalogue())
    with open_session(data, command="segments") as session:
        from samovar.understand import words

        return _linted(given, lang, lambda text: words.read(text, session.warehouse), words.open_catalogue())


def _linted(given: object, lang: str, parse: Callable[[str], rules.Rule], catalogue: rules.Catalogue) -> list[dict[str, Any]]:
    from samovar.understand import lint as linting
    from samovar.understand.lint import stages

    with translation.override(lang):
        return linting.lint(stages.read(given, parse), catalogue)


def _say(findings: list[dict[str, Any]], lang: str) -> None:
    """One finding a paragraph."""
    from samovar.understand.lint.retelling import in_words

    with translation.override(lang):
        for number, finding in enumerate(findings):
            click.echo(("\n" if number else "") + finding["sentence"])
            if finding["history"]:
                click.echo("  " + in_words(finding["history"]))
    if not findings:
        click.echo("Every history that was tried stands in exactly one stage.")


def _rule_of(values: dict[str, Any], stage: str | None) -> str:
    """The text of a stage's rule as the file has it."""
    listed = values.get("stages")
    stages = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return next((str(one.get("rule")) for one in stages if one.get("name") == stage), "")
