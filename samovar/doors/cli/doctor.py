"""`samovar doctor`: look a workspace over and say what to type where something is wrong."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.session import set_up_django
from samovar.engine.workspace import Workspace

MARKS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


@click.command("doctor")
@data_option
@json_option
def command(data: Path, as_json: bool) -> None:
    """Check the workspace: keys, disk, log, store, schema, worker. Exit 1 when something is broken."""
    workspace = Workspace.open(data)
    set_up_django(workspace)
    from samovar.doors.checks import examine

    found = examine(workspace)
    is_well = all(finding.level != "error" for finding in found)
    if as_json:
        say_json({"ok": is_well, "findings": [asdict(finding) for finding in found]})
    else:
        for finding in found:
            click.echo(f"{MARKS[finding.level]}  {finding.id}  {finding.message}")
            if finding.hint:
                click.echo(f"               → {finding.hint}")
    if not is_well:
        sys.exit(1)
