"""`samovar backup OUT` copies a workspace, running or not; `samovar restore OUT --data DIR` makes one from the copy."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NoReturn

import click
from tqdm import tqdm

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.session import set_up_django
from samovar.engine import backup as backups
from samovar.engine.workspace import Workspace
from samovar.kit.clock import RealClock
from samovar.kit.errors import Refusal
from samovar.staff.actors import Actor


class _Bars:
    """A progress bar on stderr for each part that is copied; none when stderr is not a terminal."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[NoReturn]] = {}

    def __call__(self, part: str, done: int, total: int) -> None:
        if part not in self._bars:
            self._bars[part] = tqdm(total=total, desc=part, disable=None)
        bar = self._bars[part]
        bar.total = total
        bar.update(done - bar.n)

    def close(self) -> None:
        for bar in self._bars.values():
            bar.close()


@click.command("backup")
@click.argument("out", type=click.Path(path_type=Path))
@data_option
@json_option
def backup(out: Path, data: Path, as_json: bool) -> None:
    """Copy the workspace into the new directory OUT while it runs. It holds the keys: keep it as safe as the original."""
    from samovar.engine.upgrade import database_url

    workspace, began, bars = Workspace.open(data), time.monotonic(), _Bars()
    try:
        made = backups.backup(workspace, out, at_us=RealClock().now_us(), database_url=database_url(), progress=bars)
    finally:
        bars.close()
    seconds = round(time.monotonic() - began, 3)
    if as_json:
        say_json(
            {
                "out": str(out.absolute()),
                "store": made.store,
                "log_offset": made.log_offset,
                "files": len(made.files),
                "seconds": seconds,
            }
        )
    else:
        click.echo(f"{len(made.files)} files in {out}, taken in {seconds} s. Restore them with: samovar restore {out} --data DIR")


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path))
@data_option
@json_option
def restore(source: Path, data: Path, as_json: bool) -> None:
    """Make the workspace --data, absent or empty, from the backup SOURCE. It sends nothing until a person resumes sending."""
    from samovar.engine.upgrade import database_url

    began, bars, url = time.monotonic(), _Bars(), database_url()
    manifest = backups.read_manifest(source)
    if (manifest.store == "postgresql") != bool(url):
        raise Refusal(
            "wrong_store",
            "The backup is of a workspace on PostgreSQL. Set SAMOVAR_DATABASE_URL to an empty database."
            if not url
            else "The backup is of a workspace on SQLite. Unset SAMOVAR_DATABASE_URL.",
        )
    try:
        backups.restore(source, data, progress=bars)
    finally:
        bars.close()
    _finish_store(source, data, manifest)
    seconds = round(time.monotonic() - began, 3)
    if as_json:
        say_json({"data": str(data.absolute()), "log_offset": manifest.log_offset, "sending_paused": True, "seconds": seconds})
    else:
        click.echo(f"{data} is restored in {seconds} s. Sending is paused: look at what is planned, then resume it in Settings.")


def _finish_store(source: Path, data: Path, manifest: backups.Manifest) -> None:
    """Load a PostgreSQL store, bring the schema to this release and leave a trace of the restore."""
    workspace = Workspace.open(data)
    set_up_django(workspace)
    from samovar.engine import store, upgrade
    from samovar.staff import audit

    at_us = workspace.clock.now_us()
    if manifest.store == "postgresql":
        upgrade.load_store(source, manifest)
    upgrade.upgrade(workspace, at_us=at_us)
    with store.transaction():
        audit.record(
            actor=Actor.system("restore"), action="workspace.restore", subject=f"workspace:{workspace.facts.name}", at_us=at_us,
            new={"backup_of_us": manifest.at_us, "log_offset": manifest.log_offset, "sending_paused": True},
        )  # fmt: skip
