"""What every command has: `--data`, `--json`, refusals as exit 1, times as people write them.

With `--json` stdout carries one JSON value and nothing else; progress goes to stderr. A refusal is
`{"ok": false, "message": …}` on stdout with `--json`, else its sentence on stderr.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

from samovar.kit.clock import BadMoment, Zone, parse_moment
from samovar.kit.errors import Refusal
from samovar.kit.numbers import minor_per_major

DEFAULT_DATA = "samovar-data"
F = TypeVar("F", bound=Callable[..., Any])


def data_option(function: F) -> F:
    """`--data DIR`, else SAMOVAR_DATA, else ./samovar-data; given to the function as `data: Path`."""
    return click.option(
        "--data", envvar="SAMOVAR_DATA", default=DEFAULT_DATA, show_default=True, type=click.Path(path_type=Path),
        help="The workspace's directory.",
    )(function)  # fmt: skip


def json_option(function: F) -> F:
    """`--json`, given to the function as `as_json: bool`; refusals end in exit 1 in its form."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        as_json = kwargs["as_json"]
        try:
            return function(*args, **kwargs)
        except (Refusal, BadMoment) as refusal:
            say_refusal(str(refusal), as_json)
            sys.exit(1)

    option = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON value on stdout.")
    return option(guarded)  # type: ignore[return-value]


def say_refusal(message: str, as_json: bool) -> None:
    """A refusal in the form asked for."""
    if as_json:
        click.echo(json.dumps({"ok": False, "message": message}, ensure_ascii=False))
    else:
        click.echo(message, err=True)


def say_json(value: Any) -> None:
    """One JSON value on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


class CannotWrite(Refusal):
    """What was asked for cannot be written where it was asked."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Lets the system's fault at writing a file or a folder be told. Raises `CannotWrite`."""
    try:
        yield
    except OSError as error:
        raise CannotWrite("cannot_write", f"{path} cannot be written: {error.strerror or error}.") from error


def amount(minor: int, currency: str) -> str:
    """Money for reading: 28,446,126.95 RUB."""
    digits = len(str(minor_per_major(currency))) - 1
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f} {currency}"


def moment(text: str | None, zone: Zone, now_us: int) -> int:
    """`--at` as an instant: a naive time is in the workspace's zone, none means now. Raises `BadMoment`."""
    return now_us if text is None else parse_moment(text, zone)
