"""`lantern demo` from an empty folder, then again in the same: the whole road, with a real server and a real phone process."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

from server.cli import main
from tests.paths import ROOT

pytestmark = pytest.mark.slow
TIMEOUT_S = 1_800
"""For what hangs: two minutes on a machine that does nothing else."""


def refused(data, *arguments, **environment):
    """The same, in this process: what is refused begins nothing."""
    settings = {"LANTERN_DATA": str(data), "COLUMNS": "200"} | environment
    return CliRunner().invoke(main, ["demo", "--no-serve", *arguments], env=settings)


def demo(data, *arguments, **environment):
    command = [sys.executable, "-c", "from server.cli import main; main()", "demo", "--no-serve", *arguments]
    settings = {"LANTERN_DATA": str(data), "PYTHONPATH": str(ROOT), "COLUMNS": "200"} | environment
    return subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_S, env=os.environ | settings, cwd=ROOT, check=False
    )


def test_the_road_holds_on_a_fresh_machine_and_again_in_the_same_folder(tmp_path):
    first = demo(tmp_path)
    again = demo(tmp_path)

    assert first.returncode == 0, first.stdout + first.stderr
    for words in (
        "Marek bedded down",
        "safe on the phone",
        "all sent",
        "Verified: seen bedded down by Aisha N",
        "On Watford's MDT list by itself",
        "hotspot map changed",
        "became a referral of Watford outreach",
        "reached Aisha's phone",
        "priya@lantern.example",
    ):
        assert words in first.stdout, words
    assert again.returncode == 0, again.stdout + again.stderr
    assert "another night is lived in it" in again.stdout
    with sqlite3.connect(tmp_path / "lantern.sqlite") as store:
        assert store.execute("select count(*) from sync_change where reason is not null").fetchone() == (0,)
    store.close()
    steps = json.loads(next((tmp_path / "demo").glob("*/script.json")).read_text())["steps"]
    assert steps


def test_a_port_that_somebody_has_is_said_at_once(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = refused(tmp_path, "--port", str(taken.getsockname()[1]))

    assert result.exit_code == 2
    assert "another --port" in result.stderr
    assert not (tmp_path / "lantern.sqlite").exists()


def test_fresh_never_touches_a_database_of_somebody_elses(tmp_path):
    result = refused(tmp_path, "--fresh", LANTERN_DATABASE="postgresql://localhost/lantern")

    assert result.exit_code == 2
    assert "embedded database only" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--fresh",)])
def test_the_demo_touches_no_county_of_somebody_elses(tmp_path, arguments):
    with sqlite3.connect(tmp_path / "lantern.sqlite") as store:
        store.execute("CREATE TABLE agency (id TEXT, name TEXT)")
        store.execute("CREATE TABLE worker (id TEXT, email TEXT)")
        store.execute("INSERT INTO agency VALUES ('a', 'A real council')")
    store.close()

    result = refused(tmp_path, *arguments)

    assert result.exit_code == 2
    assert "a county that is not the demo's" in result.stderr
    with sqlite3.connect(tmp_path / "lantern.sqlite") as store:
        assert store.execute("SELECT name FROM agency").fetchall() == [("A real council",)]
    store.close()
