"""The lists under docs/ that are written from the code: commands, settings, permissions, endpoints, actions, metrics.

`python -m tools.reference --write` writes them; `tools.check_docs` compares. The prose above a list is here too, so that a
file is whole in one place and nobody edits half of it.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from django.utils import translation

from tools.scratch import scratch_django
from tools.tree import ROOT, files

DOCS = ROOT / "docs"
METRIC_KINDS = ("Counter", "Gauge", "Histogram", "Summary")


def table(*rows: tuple[str, ...]) -> str:
    """A Markdown table; the first row is its head."""
    head, *body = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cli() -> str:
    """docs/cli.md: every command with its arguments and options."""
    from samovar.doors.cli.main import main

    parts = [
        "# Commands",
        "Every command has `--json`: stdout then carries only JSON, progress goes to stderr, and a refusal is exit 1 with "
        '`{"ok": false, "message": …}`. `--data` defaults to `SAMOVAR_DATA`, then to ./samovar-data. A time without a zone is in '
        "the workspace's zone. While the system is up a command asks the running worker; otherwise it takes the lock.",
    ]
    for path, command in commands(main, "samovar"):
        parts.append(f"## {path}")
        parts.append((command.help or "").strip())
        rows = [_parameter(parameter) for parameter in command.params if not isinstance(command, click.Group)]
        if rows:
            parts.append(table(("argument or option", "default", "meaning"), *rows))
    return "\n\n".join(parts) + "\n"


def commands(group: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with its full name."""
    if not isinstance(group, click.Group):
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, f"{path} lists “{name}” and has no such command"
        yield f"{path} {name}", command
        yield from commands(command, f"{path} {name}")


def _parameter(parameter: click.Parameter) -> tuple[str, str, str]:
    if isinstance(parameter, click.Argument):
        return f"`{parameter.make_metavar(click.Context(click.Command('x')))}`", "", ""
    assert isinstance(parameter, click.Option)
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    default = parameter.default
    is_plain = isinstance(default, str | int | float) and not isinstance(default, bool)
    return names, f"`{default}`" if is_plain else "", parameter.help or ""


def settings() -> str:
    """docs/settings.md: every setting with its unit and default."""
    from samovar.engine.settings import SETTINGS

    rows = [(f"`{one.name}`", f"`{one.default!r}`", str(one.unit), str(one.help)) for one in SETTINGS]
    return "\n\n".join(
        [
            "# Settings",
            "Changed in the office under Settings or by `PUT /api/v1/settings`; a change is in the audit trail. A value that is "
            "not allowed is refused with what is.",
            table(("setting", "default", "unit", "meaning"), *rows),
            "Read from the environment: `SAMOVAR_DATA` (the workspace), `SAMOVAR_DATABASE_URL` (PostgreSQL for the operational "
            "store), `XDG_RUNTIME_DIR` (where sockets go when their path is too long).\n",
        ]
    )


def permissions() -> str:
    """docs/permissions.md: which role has which permission."""
    from samovar.staff.permissions import PERMISSIONS, POLICIES

    roles = list(POLICIES)
    rows = [(f"`{one}`", *("yes" if one in POLICIES[role] else "" for role in roles)) for one in sorted(PERMISSIONS)]
    return "\n\n".join(
        [
            "# Permissions",
            "A permission is `noun:verb`. A member of staff has one role; an API token has one too.",
            table(("permission", *(str(role) for role in roles)), *rows) + "\n",
        ]
    )


def endpoints() -> str:
    """docs/api.md: every endpoint of the REST API."""
    from samovar.doors.office.api import api

    schema = api.get_openapi_schema()
    rows = [
        (f"`{method.upper()} {path}`", str(operation.get("summary", "")))
        for path, operations in sorted(schema["paths"].items())
        for method, operation in operations.items()
    ]
    return "\n\n".join(
        [
            "# REST API",
            "Authorization is `Bearer <token>`, made in the office under Tokens; a session of the office works as well. Every "
            'error has one shape: `{"ok": false, "error": {"code", "message", "field", "params"}}`. The OpenAPI document is at '
            "`/api/v1/openapi.json`. From a terminal: `samovar api METHOD PATH [BODY]`.",
            table(("endpoint", "what it does"), *rows) + "\n",
        ]
    )


def actions() -> str:
    """docs/actions.md: what a campaign can do."""
    from samovar.decide.actions import all_actions

    rows = [
        (f"`{one.name}`", str(one.title), ", ".join(f"`{key}`" for key in one.schema.get("properties", {})))
        for one in all_actions()
    ]
    return "\n\n".join(
        [
            "# Actions",
            "What a campaign does to the people it chose. The parameters are checked by the action's own JSON Schema.",
            table(("action", "title", "parameters"), *rows) + "\n",
        ]
    )


def rule_schema() -> str:
    """docs/rule.schema.json: the JSON Schema of a rule's stored form."""
    from samovar import rules

    return json.dumps(rules.json_schema(), indent=1, ensure_ascii=False) + "\n"


def mapping_schema() -> str:
    """docs/import-mapping.schema.json: the JSON Schema of an import's mapping."""
    from samovar.collect.imports import mapping

    return json.dumps(mapping.json_schema(), indent=2, ensure_ascii=False) + "\n"


def metrics() -> str:
    """docs/metrics.md: every Prometheus metric, found where it is made."""
    found = {(kind, name, text) for path in files("samovar/*.py") for kind, name, text in metric_calls(path)}
    rows = [(f"`{name}`", kind.lower(), text) for kind, name, text in sorted(found, key=lambda one: one[1])]
    return "\n\n".join(
        [
            "# Metrics",
            "`GET /metrics` of the edge, on loopback only, in the Prometheus text format: edge, worker and sender together.",
            table(("metric", "kind", "meaning"), *rows) + "\n",
        ]
    )


def metric_calls(path: Path) -> Iterator[tuple[str, str, str]]:
    """Kind, name and text of each metric made in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in METRIC_KINDS and len(node.args) > 1:
            name, text = node.args[:2]
            if isinstance(name, ast.Constant) and isinstance(text, ast.Constant):
                yield node.func.id, str(name.value), str(text.value)


WRITERS: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "settings.md": settings,
    "permissions.md": permissions,
    "api.md": endpoints,
    "actions.md": actions,
    "metrics.md": metrics,
    "rule.schema.json": rule_schema,
    "import-mapping.schema.json": mapping_schema,
}


def in_english(write: Callable[[], str]) -> str:
    """A list in English, whatever the workspace's language."""
    with translation.override("en"):
        return write()


def main(arguments: list[str]) -> int:
    """Write the lists, or print the names of those that differ."""
    differ = []
    with scratch_django():
        for name, write in WRITERS.items():
            path, text = DOCS / name, in_english(write)
            if path.exists() and path.read_text() == text:
                continue
            differ.append(name)
            if "--write" in arguments:
                path.write_text(text)
    print("\n".join(differ) or "Every list is as the code says.")
    return 1 if differ and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
