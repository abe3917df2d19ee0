"""A partnership set up as an administrator would, at the terminal, and the real server process that serves it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click.testing

from server.cli import main
from tests.server.live import serving_as_set

PATIENCE_S = 300
PASSWORD = "correct horse battery staple"
WATFORD = (51.6565, -0.3963)
BOUNDARY = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": "E07000103", "name": "Watford"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[-0.45, 51.63], [-0.36, 51.63], [-0.36, 51.70], [-0.45, 51.70], [-0.45, 51.63]]],
            },
        }
    ],
}


@dataclass(frozen=True)
class Town:
    """Watford: one outreach team, its lead, the council's coordinator. `run` is `lantern` at a terminal."""

    environment: dict[str, str]

    def run(self, *arguments: str, expect: int = 0, typed: str | None = None) -> str:
        """The output of one command; its exit code must be `expect`."""
        result = click.testing.CliRunner().invoke(main, list(arguments), env=self.environment, input=typed)
        assert result.exit_code == expect, f"lantern {' '.join(arguments)}: {result.output}"
        return result.stdout.strip()

    def work(self, job: str) -> None:
        """Run one job now, or once the server has ended those that it runs."""
        for _ in range(PATIENCE_S):
            result = click.testing.CliRunner().invoke(main, ["jobs", "--only", job], env=self.environment)
            if "Another process runs the jobs" not in result.output:
                break
            time.sleep(1)
        assert result.exit_code == 0, result.output

    def ask(self, *arguments: str, expect: int = 0) -> Any:
        """The JSON that one command prints."""
        return json.loads(self.run(*arguments, "--json", expect=expect))


def settle(town: Town, folder: Path) -> None:
    """Districts, agencies with their agreements, a team and the people who work there."""
    town.run("migrate")
    boundary = folder / "watford.geojson"
    boundary.write_text(json.dumps(BOUNDARY))
    town.run("import", "boundaries", str(boundary))
    outreach = _agency(town, "New Hope", "outreach")
    council = _agency(town, "Watford Housing", "housing")
    team = town.run("team", "add", "--agency", outreach, "--name", "Watford Outreach", "--district", "E07000103")
    _worker(town, "Aisha Noor", outreach, "worker", "--team", team)
    _worker(town, "Tom Brook", outreach, "team_lead", "--team", team, "--district", "E07000103")
    _worker(town, "Priya Shah", council, "coordinator", "--district", "E07000103")


def _agency(town: Town, name: str, kind: str) -> str:
    agency = town.run("agency", "add", "--name", name, "--kind", kind)
    today = datetime.now(UTC).date()
    signed, expires = str(today - timedelta(days=30)), str(today + timedelta(days=300))
    for agreement in ("terms_of_reference", "information_sharing"):
        town.run(
            *("agency", "sign", agency, "--kind", agreement, "--version", "1", "--signatory", "A director"),
            *("--signed-on", signed, "--expires-on", expires),
        )
    return agency


def _worker(town: Town, name: str, agency: str, role: str, *more: str) -> None:
    email = f"{name.split()[0].lower()}@example.org"
    trained = str(datetime.now(UTC).date() - timedelta(days=60))
    town.run(
        *("worker", "add", "--name", name, "--email", email, "--agency", agency),
        *("--role", role, "--trained-on", trained, *more),
    )
    if role != "worker":
        town.run("worker", "password", email, typed=f"{PASSWORD}\n")


@contextmanager
def serving(town: Town) -> Iterator[str]:
    """The server as a process of its own; yields its address once it answers."""
    with serving_as_set(town.environment) as address:
        yield address
