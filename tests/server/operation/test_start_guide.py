"""`docs/start.md`, followed word by word at a terminal: its commands in their order, on a database with nothing in it."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from server.cli import main
from server.web.layout.navigation import ENTRIES
from tests.end_to_end.town import BOUNDARY
from tests.paths import ROOT

GUIDE = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
REPORTS = "alert_id,datetime_opened,latitude,longitude,location_description\nSL-1,02/11/2026 22:10,51.6565,-0.3963,By the bins\n"


def list_commands() -> list[str]:
    blocks = re.findall(r"^```\n(.+?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def list_named() -> Iterator[tuple[str, ...]]:
    """The commands of the guide's table: the first of a row whole, those after it by their last words."""
    for line in GUIDE.partition("## The same at a terminal")[2].partition("\n## ")[0].splitlines():
        group: tuple[str, ...] = ()
        for said in re.findall(r"`([^`]+)`", line):
            words = tuple(word for word in said.split() if word.islower() or "-" in word)
            group = words[1:-1] if words[0] == "lantern" and len(words) > 2 else group
            yield words[1:] if words[0] == "lantern" else (*group, *words)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_every_command_of_the_guide_runs_in_its_order(
    database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path / "server"))
    (tmp_path / "districts.geojson").write_text(json.dumps(BOUNDARY))
    (tmp_path / "names.csv").write_text("name,lat,lon,kind\nHigh Street,51.6553,-0.3962,street\n")
    (tmp_path / "reports.csv").write_text(REPORTS)
    ran = {}
    for line in list_commands():
        program, *arguments = shlex.split(line)
        assert program == "lantern", line
        ran[line] = CliRunner().invoke(main, arguments)
    codes = {line: each.exit_code for line, each in ran.items()}
    # No backup was made yet and no mailbox is set: the doctor says so, by its own code.
    assert [code for line, code in codes.items() if " doctor " not in line] == [0] * (len(codes) - 1), {
        line: each.output for line, each in ran.items() if each.exit_code
    }
    assert len(codes) == 5
    said = " ".join(each.output for each in ran.values())
    assert "/invitations/" in said and "Read 1: accepted 1" in said
    assert "unsafe" in next(each.output for line, each in ran.items() if " doctor " in line)


def test_every_command_of_the_table_is_one() -> None:
    named = list(list_named())
    assert len(named) > 15
    for words in named:
        command: Any = main
        with click.Context(main) as context:
            for word in words:
                command = command.get_command(context, word)
                assert command is not None, words


def test_every_page_of_the_guide_is_one() -> None:
    texts = {entry.text for entry in ENTRIES}
    steps = GUIDE.partition("## The same at a terminal")[0]
    for name in re.findall(r"\*\*([^*]+)\*\*", steps):
        assert name in texts, name


def test_every_picture_of_the_guide_is_there_and_taken_by_the_test_that_does_it() -> None:
    taker = (ROOT / "tests/end_to_end/test_a_county_starts_on_monday.py").read_text(encoding="utf-8")
    pictures = re.findall(r"\]\(screenshots/(start-([a-z-]+)-1280\.png)\)", GUIDE)
    assert len(pictures) == GUIDE.count("](screenshots/") == 5
    for file, name in pictures:
        assert (ROOT / "docs" / "screenshots" / file).is_file(), file
        assert f'take("{name}")' in taker, name
