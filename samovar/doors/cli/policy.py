"""`samovar export OUT` and `samovar apply DIR`: the policy of a business as a reviewable folder."""

from __future__ import annotations

from pathlib import Path

import click

from samovar.doors.cli.parts import data_option, json_option, say_json, writing
from samovar.doors.session import open_session
from samovar.staff.actors import Actor


@click.command("export")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@data_option
@json_option
def export(out: Path, data: Path, as_json: bool) -> None:
    """Write every definition as text to the folder OUT; no secret is among them."""
    with open_session(data, command="export"):
        from samovar.doors import policy

        with writing(out):
            counts = policy.export_to(out)
    _say("Exported", counts, out, as_json)


@click.command("apply")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@data_option
@json_option
def apply(folder: Path, data: Path, as_json: bool) -> None:
    """Create or edit every definition of FOLDER, all or none; campaigns come in as drafts."""
    with open_session(data, command="apply") as session:
        from samovar.doors import policy

        counts = policy.apply_from(folder, actor=Actor.system("command"), at_us=session.clock.now_us())
        unknown = policy.unknown_in(folder)
    _say("Applied", counts, folder, as_json, unknown)


def _say(verb: str, counts: dict[str, int], folder: Path, as_json: bool, unknown: dict[str, list[str]] | None = None) -> None:
    if as_json:
        say_json({"folder": str(folder), "definitions": counts, **({"unknown": unknown} if unknown else {})})
        return
    for file, told in (unknown or {}).items():
        for sentence in told:
            click.echo(f"{file}: {sentence}", err=True)
    click.echo(f"{verb} {sum(counts.values())} definitions ({folder}).")
    for name, count in counts.items():
        click.echo(f"  {name:<16} {count}")
