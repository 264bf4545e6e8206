"""`samovar demo`: a shop, a campaign and what it earned, in a workspace of its own, then served."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Any

import click
from tqdm import tqdm

from samovar.doors.cli import up
from samovar.doors.cli.parts import data_option, json_option, say_json

PEOPLE, SEED = 20_000, 1
HOST, PORT = "127.0.0.1", 8000
VISITS = 0.25  # people look around less than in a real shop, so that the story takes a minute


@click.command("demo")
@click.option("--people", default=PEOPLE, show_default=True, help="How many customers the simulated shop has.")
@click.option("--seed", default=SEED, show_default=True, help="The same seed and size give the same numbers.")
@click.option(
    "--export", type=click.Path(path_type=Path), help="A real order export (online-retail) instead of a simulated shop."
)
@click.option("--no-serve", is_flag=True, help="End after the story.")
@data_option
@json_option
def command(people: int, seed: int, export: Path | None, no_serve: bool, data: Path, as_json: bool) -> None:
    """Make a workspace in an empty directory, run the whole loop in it, tell what happened and serve it."""
    from samovar.doors.demo import real, story
    from samovar.doors.demo.shop import Shop

    port = PORT if no_serve else _port()
    os.environ["SAMOVAR_LOCAL_URL"] = f"http://localhost:{port}"  # where the links of the demo's letters lead
    with Progress() as progress:
        say = (lambda line: None) if as_json else progress.say
        if export is None:
            told = story.tell(data, Shop(seed, people, VISITS), say=say, progress=progress)
        else:
            told = real.tell(data, export, say=say, progress=progress)
    if as_json:
        say_json(told.facts)
    else:
        _say_where(data, told.secrets, told.facts["seconds"], is_served=not no_serve)
    if not no_serve:
        click.get_current_context().invoke(up.command, data=data, host=HOST, port=port, role=None, as_json=as_json)


def _port() -> int:
    """The port that `samovar up` takes too, so that the letters' links stay good; any free one when it is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _say_where(data: Path, secrets: dict[str, Any], seconds: float, *, is_served: bool) -> None:
    click.echo(f"\nAll of it took {seconds:.0f} s and stands in {data}.")
    if not is_served:
        click.echo(f"  To see it: samovar up --data {data}")
    click.echo(f"  Login     {secrets['login']}\n  Password  {secrets['password']}")
    click.echo("  The verdict is under Campaigns, the letters under Mailbox, everybody under Customers.\n")


class Progress:
    """A bar on stderr for each long stage; lines of the story go to stdout between them."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._stage = ""  # a bar that is not shown does not know its own name

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._bar is None or self._stage != stage:
            self._close()
            self._stage = stage
            self._bar = tqdm(total=total, desc=stage, unit_scale=True, leave=False, disable=None)
        self._bar.update(done - self._bar.n)

    def say(self, line: str) -> None:
        """One line of the story."""
        self._close()
        click.echo(line)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()
