"""`samovar rule`: read a rule and say what it is, or where it is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from samovar import rules
from samovar.doors.cli.parts import data_option, say_json
from samovar.doors.session import open_session
from samovar.kit.errors import Refusal
from samovar.rules.tree import TEXT_BYTES_MAX
from samovar.rules.unseen import WARNINGS


@click.group("rule")
def command() -> None:
    """Rules: the conditions of segments and campaigns."""


@command.command("check")
@click.argument("text")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON value on stdout.")
def check(text: str, data: Path, as_json: bool) -> None:
    """Check the rule TEXT (- reads it from stdin) and print its canonical form.

    Where there is a workspace its traits and events are the names known, and a known name without data is a warning; without
    one any name of a trait or an event is taken on trust.
    """
    text = given(text)
    try:
        canonical, warnings = _checked(text, data)
    except Refusal as refusal:
        say_fault(refusal, text, as_json)
        sys.exit(1)
    if as_json:
        say_json({"ok": True, "text": canonical, **({"warnings": warnings} if warnings else {})})
        return
    click.echo(canonical)
    for warning in warnings:
        click.echo(f"line {warning['line']}, column {warning['column']}: {warning['message']}", err=True)


def given(text: str) -> str:
    """The argument itself, or stdin for `-`, no more than a rule may have."""
    return sys.stdin.read(TEXT_BYTES_MAX + 1) if text == "-" else text


def _checked(text: str, data: Path) -> tuple[str, list[dict[str, Any]]]:
    """The canonical text, and where there is a workspace the warnings: known words that no data of it bears out yet."""
    rule = rules.parse(text, rules.builtin_catalogue())
    if not (data / "workspace.json").exists():
        return rules.to_text(rule), []
    with open_session(data, command="rule") as session:
        from samovar.understand import words

        found = words.check(text, session.warehouse)
    return found.text, [{**one, "message": WARNINGS[one["code"]] % one} for one in found.warnings]


def say_fault(refusal: Refusal, text: str, as_json: bool) -> None:
    """A rule's fault with its place and the nearest names; any other refusal as its sentence."""
    params: dict[str, Any] = refusal.params
    if as_json:
        place = {key: params[key] for key in ("line", "column", "suggestions") if key in params}
        click.echo(json.dumps({"ok": False, "message": refusal.message, **place}, ensure_ascii=False))
        return
    click.echo(refusal.message, err=True)
    if "line" in params:
        line = (text.splitlines() or [""])[min(params["line"], text.count("\n") + 1) - 1][:200]
        click.echo(f"line {params['line']}, column {params['column']}:\n  {line}\n  {' ' * (params['column'] - 1)}^", err=True)
        if params.get("suggestions"):
            click.echo(f"Did you mean: {', '.join(params['suggestions'])}", err=True)
