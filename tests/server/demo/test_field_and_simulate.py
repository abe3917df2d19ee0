"""`lantern field` and `lantern simulate` as somebody types them."""

from pathlib import Path

import click.testing
import pytest

from server.cli import main
from tests.end_to_end.town import Town, serving, settle

pytestmark = pytest.mark.slow


def test_field_enrols_a_phone_once_and_opens_it_again(tmp_path: Path) -> None:
    town = Town(
        {
            "LANTERN_DATABASE": f"sqlite:///{tmp_path / 'lantern.sqlite'}",
            "LANTERN_DATA": str(tmp_path),
            "PYTHONUNBUFFERED": "1",
        }
    )
    settle(town, tmp_path)
    with serving(town) as url:
        at_this_port = Town(town.environment | {"LANTERN_PORT": url.rsplit(":", 1)[1]})
        for _ in range(2):
            said = at_this_port.run("field", "--no-window", "--as", "aisha@example.org")
            assert "The PIN is" in said
        assert (tmp_path / "field" / "aisha@example.org").is_dir()


def test_field_says_whom_it_does_not_know(tmp_path: Path) -> None:
    town = Town({"LANTERN_DATA": str(tmp_path), "LANTERN_PORT": "1"})
    town.run("migrate")
    with serving(town) as url:
        at_this_port = Town(town.environment | {"LANTERN_PORT": url.rsplit(":", 1)[1]})
        result = click.testing.CliRunner().invoke(main, ["field", "--no-window"], env=at_this_port.environment)
    assert result.exit_code == 2
    assert "Run `make demo` first" in result.output


def test_simulate_replays_one_world() -> None:
    assert click.testing.CliRunner().invoke(main, ["simulate", "--seed", "7"]).exit_code == 0
