"""`python -m mobile shift`: a whole night from a script, as the demo plays it, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec import ValidationError

from mobile.headless.script import read_script
from tests.mobile import real_server
from tests.paths import ROOT

NIGHT = {
    "pin": "271828",
    "steps": [
        {"do": "start_shift", "area": "Town centre"},
        {"do": "place", "latitude": 51.6565, "longitude": -0.3963},
        {
            "do": "contact",
            "as": "first",
            "state": "bedded_down",
            "new_person": {"as": "marek", "name": "Marek", "description": "red hat, small dog"},
            "new_site": {"as": "stairwell", "name": "Station stairwell", "kind": "stairwell"},
            "needs": [{"need": "alcohol", "receiving_support": "no"}],
        },
        {"do": "refine", "contact": "first", "fields": {"next_step": "Bring a coat"}},
        {"do": "offline"},
        {"do": "contact", "state": "declined_contact", "person": "Marek", "site": "stairwell"},
        {"do": "visit", "site": "stairwell", "bedding_present": True},
        {"do": "tell"},
        {"do": "contact", "state": "bedded_down", "person": "Nobody at all"},
        {"do": "online"},
        {"do": "check_in"},
        {"do": "end_shift", "summary": "Quiet"},
    ],
}


def run(*arguments: str | Path, home: Path) -> tuple[int, dict[str, Any]]:
    import os

    command = [sys.executable, "-m", "mobile", *map(str, arguments)]
    environment = os.environ | {"LANTERN_KEYSTORE": str(home / "keys")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
def test_a_scripted_night_is_recorded_told_and_sent(tmp_path: Path) -> None:
    (tmp_path / "night.json").write_text(json.dumps(NIGHT))
    with real_server.running(tmp_path / "server-files") as server:
        code, told = run(
            "shift", "--server", server.url, "--code", server.code_for(server.cast.aisha),
            "--data", tmp_path / "phone", "--script", tmp_path / "night.json", home=tmp_path,
        )  # fmt: skip
        again, status = run("status", "--data", tmp_path / "phone", home=tmp_path)
    steps = {step["do"]: step for step in told["steps"]}
    assert told["phone"]["worker_name"] == "Aisha Noor" and steps["tell"]["unsent"] > 0
    assert "Nobody at all" in told["steps"][8]["error"]
    assert steps["end_shift"]["contacts"] == 2 and told["last_sync"]["not_yet_sent"] == 0
    assert code == 1, "one step was refused"
    assert (again, status["unsent"], status["people"]) == (0, 0, 1)


def test_a_script_that_makes_no_sense_is_refused_with_where(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="steps"):
        read_script(b'{"steps": [{"do": "fly"}]}')
    with pytest.raises(ValidationError, match="stat"):
        read_script(b'{"steps": [{"do": "contact", "stat": "bedded_down"}]}')


def test_unusable_input_ends_with_two(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mobile",
        "shift",
        "--data",
        str(tmp_path),
        "--script",
        str(tmp_path / "none.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 2 and "script" in done.stderr
