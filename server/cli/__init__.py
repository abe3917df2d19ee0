"""The command `lantern`. Each subcommand is a module of its own, imported only when it is asked for.

Exit codes: 0 done, 1 done with refusals listed, 2 unusable input.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import click

from server.database.context import Kind, acting
from shared.version import VERSION

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "agency": ("server.cli.organisation", "agency"),
    "audit": ("server.cli.audit", "audit"),
    "backup": ("server.cli.backup", "backup"),
    "basemap": ("server.cli.basemap", "basemap"),
    "bench": ("server.cli.bench", "bench"),
    "boundaries": ("server.cli.boundaries", "boundaries"),
    "county": ("server.cli.county", "county"),
    "demo": ("server.cli.demo", "demo"),
    "district": ("server.cli.organisation", "district"),
    "doctor": ("server.cli.doctor", "doctor"),
    "enrol-code": ("server.cli.enrolment", "enrol_code"),
    "field": ("server.cli.field", "field"),
    "health": ("server.cli.health", "health"),
    "hotspots": ("server.cli.hotspots", "hotspots"),
    "import": ("server.cli.referrals", "import_files"),
    "indicators": ("server.cli.indicators", "indicators"),
    "jobs": ("server.cli.jobs", "jobs"),
    "keys": ("server.cli.keys", "keys"),
    "migrate": ("server.cli.migrate", "migrate"),
    "open311": ("server.cli.georeport", "open311"),
    "questionnaires": ("server.cli.questionnaires", "questionnaires"),
    "rebuild": ("server.cli.rebuild", "rebuild"),
    "recipients": ("server.cli.organisation", "recipients"),
    "replay": ("server.cli.backup", "replay_orders"),
    "restore": ("server.cli.backup", "restore"),
    "retention": ("server.cli.retention", "retention"),
    "serve": ("server.cli.serve", "serve"),
    "services": ("server.cli.services", "services"),
    "setup": ("server.cli.setup", "setup"),
    "simulate": ("server.cli.simulate", "simulate"),
    "system": ("server.cli.system", "system"),
    "team": ("server.cli.organisation", "team"),
    "upgrade": ("server.cli.upgrade", "upgrade"),
    "worker": ("server.cli.worker", "worker"),
}


@contextmanager
def uncollected() -> Iterator[None]:
    """What modules make lives to the end: looking through it again and again is a fifth of what importing the server costs."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used: `lantern --help` reads nothing but this file's list."""

    def invoke(self, ctx: click.Context) -> Any:
        """The database is told that a command asks."""
        with acting(Kind.COMMAND):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands that this installation has."""
        return [name for name, (module, _) in COMMANDS.items() if find_spec(module) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, name = COMMANDS[cmd_name]
        with uncollected():
            command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.command(cls=LazyGroup)
@click.version_option(VERSION, prog_name="lantern")
def main() -> None:
    """Lantern: a rough-sleeper outreach system. Settings come from the environment; their names begin with LANTERN_."""
