"""`samovar api METHOD PATH [BODY]`: everything the REST API can, from a terminal, as the workspace's owner."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import click

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.session import open_session
from samovar.kit.errors import Refusal

ROOT = "/api/v1/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@click.command("api")
@click.argument("method", type=click.Choice(METHODS, case_sensitive=False))
@click.argument("path")
@click.argument("body", required=False)
@data_option
@json_option
def command(data: Path, method: str, path: str, body: str | None, as_json: bool) -> None:
    """Call the REST API: samovar api GET segments. BODY is JSON, - reads it from stdin."""
    if body == "-":
        body = sys.stdin.read()
    if body is not None:
        try:
            json.loads(body)
        except ValueError as error:
            raise Refusal("bad_json", f"The body is not JSON: {error}", field="body") from error
    with open_session(data, command="api"):
        status, answer = call(method, path, body)
    say_json(answer)
    if status >= 400:
        sys.exit(1)


def call(method: str, path: str, body: str | None) -> tuple[int, object]:
    """Answer a request in this process, signed in as the owner, in the command's own language: the status and the JSON."""
    from django.test import Client
    from django.utils import translation

    from samovar.doors.office.middleware import LANGUAGE_OF_COMMAND
    from samovar.staff.models import Member, Role

    owner = Member.objects.filter(role=Role.OWNER, is_active=True).order_by("id").first()
    if owner is None:
        raise Refusal("no_owner", "The workspace has no owner who may sign in.")
    # A refusal is the answer itself; Django would say it once more on stderr.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    client = Client(SERVER_NAME="localhost")
    client.defaults[LANGUAGE_OF_COMMAND] = translation.get_language()
    client.force_login(owner)
    where = path if path.startswith(ROOT) else ROOT + path.lstrip("/")
    response = client.generic(method.upper(), where, body or "", content_type="application/json")
    content = b"".join(response) if response.streaming else response.content
    try:
        return response.status_code, json.loads(content) if content else None
    except ValueError:
        raise Refusal("not_json", f"{where} answers {response.status_code} and no JSON; it is a page, not the API.") from None
