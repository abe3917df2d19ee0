"""`lantern doctor`: whether this server is safe to let people in."""

import sys
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

import click
from msgspec import to_builtins
from rich.console import Console
from rich.markup import escape

from server.cli.setting_out import load_settings
from server.condition.finding import Finding, Grade
from server.doctor.examination import examine
from server.security.keys import check_secret

CODES = {Grade.WELL: 0, Grade.LOOK: 1, Grade.UNSAFE: 2}
COLOURS = {Grade.WELL: "green", Grade.LOOK: "yellow", Grade.UNSAFE: "bold red"}


@click.command()
@click.option("--backups", type=click.Path(file_okay=False, path_type=Path), help="Where `lantern backup` writes.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(backups: Path | None, as_json: bool) -> None:
    """Look at settings, files, database, jobs, mail and backups, and change nothing. Run it as the server's own account.

    Exit codes: 0 all is well, 1 something to look at, 2 something unsafe.
    """
    settings = load_settings()
    findings = examine(settings, backups, datetime.now(UTC))
    try:
        check_secret(settings)
    except ValueError as error:
        findings.insert(0, Finding(about="secret", grade=Grade.UNSAFE, words=str(error)))
    worst = max((each.grade for each in findings), key=CODES.__getitem__)
    if as_json:
        click.echo(dumps({"grade": worst, "findings": to_builtins(findings)}))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for each in sorted(findings, key=lambda each: -CODES[each.grade]):
            console.print(f"[{COLOURS[each.grade]}]{each.grade:6}[/]  {each.about}: {escape(each.words)}")
    sys.exit(CODES[worst])
