"""The lock files: exact, hashed, good for every supported Python, and tied to no registry."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.paths import ROOT

LOCKS = sorted(ROOT.glob("*.lock"))
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def read_pins(name: str) -> dict[str, set[str]]:
    pins: dict[str, set[str]] = {}
    for package, version in PIN.findall((ROOT / name).read_text()):
        pins.setdefault(package, set()).add(version)
    return pins


def requirement_names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", one)[0].lower().replace("_", "-").replace(".", "-") for one in requirements}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_address(lock: Path) -> None:
    text = lock.read_text()

    assert "://" not in text
    assert not re.search(r"^\s*(--index-url|--extra-index-url|--find-links|-i |-f )|file:", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_of_a_lock_is_pinned_with_hashes(lock: Path) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", lock.read_text().strip())

    assert blocks
    assert [block.splitlines()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []


def test_the_browser_lock_names_no_address_and_checks_each_package() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}

    assert "://" not in text
    assert packages
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []


def test_what_runs_is_what_was_tested() -> None:
    tested = read_pins("requirements.lock")

    assert {
        name: versions for name, versions in read_pins("requirements-demo.lock").items() if tested[name] != versions
    } == {}


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ["phone", "server", "dev", "install"]),
        ("requirements-demo.lock", ["phone", "server", "install"]),
    ],
)
def test_a_lock_knows_everything_that_is_asked_for(lock: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = requirement_names(project["dependencies"])
    for extra in extras:
        wanted |= requirement_names(project["optional-dependencies"][extra])

    assert wanted - set(read_pins(lock)) == set()
