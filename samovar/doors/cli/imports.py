"""`samovar import`: a file of the past into the workspace, or a rehearsal of it."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import click
import msgspec
from tqdm import tqdm

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.session import open_session
from samovar.kit.errors import Refusal


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--preset", help="A mapping of the house, such as online-retail.")
@click.option(
    "--mapping", "mapping_path", type=click.Path(path_type=Path), help="A mapping file (YAML); docs/imports.md tells how."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--run", "run_id", type=int, help="Carry out an import that was prepared in the office.")
@data_option
@json_option
def command(
    file: Path | None, preset: str | None, mapping_path: Path | None, dry_run: bool, run_id: int | None, data: Path, as_json: bool
) -> None:
    """Import FILE (CSV, XLSX, Parquet or JSON Lines) through a preset or a mapping file."""
    began = time.monotonic()
    with open_session(data, command="import", appends=True) as session, Bar() as bar:
        from samovar.collect.imports import operations
        from samovar.staff.actors import Actor

        path, mapping, name, shown = _asked(file, preset, mapping_path, run_id)
        now_us = session.clock.now_us()
        if dry_run:
            _say_rehearsal(
                operations.rehearse(workspace=session.workspace, path=path, mapping=mapping, at_us=now_us, progress=bar), as_json
            )
            return
        try:
            outcome = operations.run_import(
                workspace=session.workspace, path=path, mapping=mapping, preset=name, file_name=shown, run_id=run_id,
                append=session.append_log, actor=Actor.system("cli"), at_us=now_us, progress=bar,
            )  # fmt: skip
        except Exception as error:
            if run_id is not None:
                operations.mark_failed(run_id=run_id, message=str(error))
            raise
        bar("apply", 0, outcome.sealed_rows)
        if outcome.offset is not None:
            session.settle(outcome.offset, bar.advance)
        operations.mark_applied(run_id=outcome.run_id)
    _say({**msgspec.to_builtins(outcome.figures), "new_events": outcome.sealed_rows, "run": outcome.run_id}, began, as_json)


def _asked(file: Path | None, preset: str | None, mapping_path: Path | None, run_id: int | None) -> tuple[Path, Any, str, str]:
    """File, mapping, preset name and shown name of what was asked for. Raises `Refusal`."""
    from samovar.collect.imports import mapping as mappings
    from samovar.collect.imports.queries import run_of

    if run_id is not None:
        run = run_of(run_id)
        return Path(run.path), mappings.from_json(run.mapping), run.preset, run.file_name
    if file is None or (preset is None) == (mapping_path is None):
        raise Refusal(
            "what_to_import", "Name a file and either --preset or --mapping: samovar import FILE --preset online-retail"
        )
    if preset is not None:
        return file, mappings.preset(preset), preset, file.name
    assert mapping_path is not None
    try:
        text = mapping_path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("unreadable_mapping", f"{mapping_path} cannot be read: {error}.") from error
    return file, mappings.parse(text), "", file.name


def _say(figures: dict[str, Any], began: float, as_json: bool) -> None:
    figures["seconds"] = round(time.monotonic() - began, 3)
    if as_json:
        say_json(figures)
        return
    for name, value in figures.items():
        if value or name in ("rows_read", "quarantined"):
            click.echo(f"{name.replace('_', ' '):>18}  {value:,}")


def _say_rehearsal(rehearsal: Any, as_json: bool) -> None:
    told = {**asdict(rehearsal), "figures": msgspec.to_builtins(rehearsal.figures)}
    if as_json:
        say_json(told)
        return
    for name, value in told["figures"].items():
        if value or name in ("rows_read", "quarantined"):
            click.echo(f"{name.replace('_', ' '):>18}  {value:,}")
    for column in told["columns"]:
        becomes = ", ".join(column["becomes"]) or "—"
        click.echo(f"{column['name']} → {becomes}: {' · '.join(column['samples'])}")
    for error in told["errors"]:
        click.echo(f"line {error['line']}: {error['message']}", err=True)


class Bar:
    """Progress on stderr: one bar a stage, shown on a terminal only."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._end()
            self._stage = stage
            self._bar = tqdm(total=total or None, desc=stage, unit="", unit_scale=True, disable=None, leave=False)
        self._bar.update(done - self._bar.n)

    def advance(self, moved: int) -> None:
        """Add to the stage that runs."""
        if self._bar is not None:
            self._bar.update(moved)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()
