"""What `make test` asks of the machine: what it cannot do without, and what is merely wished for, which may be missing."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT

SCRIPT = ROOT / "scripts" / "system_packages.sh"
APT = """[ "$1" = install ] || exit {update}
for word in "$@"; do
    if [ "$word" = minisign ]; then echo "E: Unable to locate package minisign" >&2; exit 100; fi
done
echo "$@" >>"{log}"
"""


def run(folder: Path, *arguments: str, user: int = 0, update: int = 0) -> tuple[int, str, list[str]]:
    """The script on a machine that has nothing and whose sources know no minisign: its code, its words, what was installed."""
    log = folder / "installed"
    tools = {"dpkg-query": "exit 1", "apt-get": APT.format(log=log, update=update), "id": f"echo {user}"}
    for name, body in tools.items():
        tool = folder / name
        tool.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        tool.chmod(0o755)
    place = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run([SCRIPT, *arguments], env=place, capture_output=True, text=True, timeout=300, check=False)
    installed = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return done.returncode, done.stdout + done.stderr, [line.split()[-1] for line in installed]


def test_a_wished_package_that_is_not_to_be_had_is_said_and_the_others_are_installed(tmp_path: Path) -> None:
    code, words, installed = run(tmp_path, "--wished", "age", "minisign", "nginx")
    assert (code, installed) == (0, ["age", "nginx"])
    assert "Not to be had here: minisign." in words


def test_a_machine_without_a_network_or_a_root_goes_on_without_what_is_wished(tmp_path: Path) -> None:
    assert run(tmp_path, "--wished", "minisign", update=100)[0] == 0
    code, words, installed = run(tmp_path, "--wished", "age", user=1000)
    assert (code, installed) == (0, []) and "Not installed: age." in words


@pytest.mark.parametrize("user", [0, 1000])
def test_what_is_needed_stops_it(tmp_path: Path, user: int) -> None:
    assert run(tmp_path, "git", "minisign", user=user)[0] != 0
