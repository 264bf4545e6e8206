"""`samovar`: one command for terminals and cron. A module is loaded only when its command is called."""

from __future__ import annotations

import importlib

import click

from samovar import __version__

# Command -> the module of this package that holds it, under the command's own name or `command`.
COMMANDS = {
    "api": "api",
    "apply": "policy",
    "backup": "backup",
    "campaigns": "campaigns",
    "contacts": "contacts",
    "customers": "customers",
    "demo": "demo",
    "doctor": "doctor",
    "duplicates": "duplicates",
    "export": "policy",
    "import": "imports",
    "init": "init",
    "mailbox": "mailbox",
    "quality": "quality",
    "rebuild": "rebuild",
    "report": "report",
    "restore": "backup",
    "rule": "rule",
    "run": "run",
    "segments": "segments",
    "up": "up",
}


class Commands(click.Group):
    """A group that imports a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module_name = COMMANDS.get(cmd_name)
        if module_name is None:
            return None
        module = importlib.import_module(f"samovar.doors.cli.{module_name}")
        found = getattr(module, cmd_name.replace("-", "_"), None) or module.command
        assert isinstance(found, click.Command)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="samovar")
def main() -> None:
    """Samovar: an open-source marketing CRM."""


if __name__ == "__main__":
    main()
