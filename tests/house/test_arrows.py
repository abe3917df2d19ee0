"""The import contracts of pyproject.toml: the tree keeps them, and each one breaks when somebody breaks it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.paths import PACKAGES, ROOT

# For each contract: modules that would break it, as "importer <- what it must not import".
OFFENCES: dict[str, list[tuple[str, str]]] = {
    "layers": [
        ("shared", "sync"),
        ("shared.rules", "server"),
        ("sync", "server"),
        ("sync", "mobile"),
        ("server", "mobile"),
        ("mobile", "server"),
    ],
    "server-layers": [
        ("server.tables", "server.queries"),
        ("server.queries", "server.access"),
        ("server.access", "server.actions"),
        ("server.actions", "server.web"),
        ("server.actions", "server.sync_api"),
        ("server.importers", "server.jobs"),
        ("server.sync_api", "server.web"),
        ("server.web", "server.sync_api"),
        ("server.jobs", "server.cli"),
    ],
    "web-audiences": [
        ("server.web.coordinator", "server.web.commissioner"),
        ("server.web.commissioner", "server.web.coordinator"),
        ("server.web.lead", "server.web.coordinator"),
        ("server.web.admin", "server.web.lead"),
    ],
    "shared-is-pure": [
        ("shared.rules", "sqlite3"),
        ("shared.model", "random"),
        ("shared.geo", "time"),
        ("shared.policy", "socket"),
        ("shared.geo", "numpy"),
        ("shared.model", "pydantic"),
    ],
    "sync-is-pure": [("sync", "socket"), ("sync", "sqlite3"), ("sync", "time"), ("sync", "httpx")],
    "phone-set": [
        ("mobile", "litestar"),
        ("mobile", "sqlmodel"),
        ("mobile", "shapely"),
        ("mobile", "h3"),
        ("mobile", "kivymd"),
    ],
    "pages-have-no-tables": [
        ("server.web.lead", "server.tables.people"),
        ("server.sync_api", "server.tables.sync"),
        ("server.jobs", "server.tables.operation"),
    ],
    "server-has-no-screen": [("server.web", "kivy"), ("server.jobs", "sqlcipher3")],
    "screen-state": [("mobile.screens.planted.state", "kivy"), ("mobile.screens.planted_too.state", "mobile.store")],
}


def read_contracts() -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def copy_tree(target: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            target / package,
            ignore=lambda folder, names: [
                name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()
            ],
        )
    shutil.copy(ROOT / "pyproject.toml", target)


def make_room(tree: Path, name: str) -> Path:
    """Finds the module or package of that name, making packages where there is nothing yet; returns its file or folder."""
    room = tree
    for part in name.split("."):
        room = room / part
        if room.with_suffix(".py").exists():
            return room.with_suffix(".py")
        room.mkdir(exist_ok=True)
        (room / "__init__.py").touch()
    return room


def plant(tree: Path, importer: str, imported: str, number: int) -> str:
    """Makes a module import what it must not; returns the module's name."""
    if imported.split(".")[0] in PACKAGES:
        make_room(tree, imported)
    if importer.endswith(".state"):
        room = make_room(tree, importer.removesuffix(".state")) / "state.py"
    else:
        room = make_room(tree, importer)
    if room.is_dir():
        room, importer = room / f"planted_{number}.py", f"{importer}.planted_{number}"
    with room.open("a") as module:
        module.write(f"\nimport {imported}\n")
    return importer


def lint(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200", "NO_COLOR": "1"}
    command = (
        "import sys; from importlinter.cli import lint_imports_command as lint; sys.argv[0] = 'lint-imports'; lint()"
    )
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_tree_keeps_every_contract(tmp_path: Path) -> None:
    copy_tree(tmp_path)

    answer = lint(tmp_path)

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"{len(read_contracts())} kept, 0 broken" in answer.stdout


def test_each_contract_has_a_planted_offence() -> None:
    assert set(OFFENCES) == set(read_contracts())


@pytest.fixture(scope="module")
def offended(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[tuple[str, int], str], dict[str, str]]:
    """One tree with every offence in it: the module each was planted in, and what is said of each contract, by its name.

    To read the tree takes longer than all contracts.
    """
    tree = tmp_path_factory.mktemp("offended")
    copy_tree(tree)
    number = count()
    planted = {
        (contract, place): plant(tree, *offence, next(number))
        for contract, offences in OFFENCES.items()
        for place, offence in enumerate(offences)
    }
    answer = lint(tree)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    _, broken = answer.stdout.split("Broken contracts\n", 1)
    names = [contract["name"] for contract in read_contracts().values()]
    parts = re.split(rf"^({'|'.join(map(re.escape, names))})\n-+\n", broken, flags=re.M)
    return planted, dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("contract", OFFENCES)
def test_a_contract_breaks_on_each_planted_offence(contract: str, offended: Any) -> None:
    planted, said = offended

    told = said[read_contracts()[contract]["name"]].replace("\n", " ")

    for place, (_, imported) in enumerate(OFFENCES[contract]):
        assert f"{planted[contract, place]} -> {imported} " in told, f"{planted[contract, place]} went unseen"


def list_rooms(folder: Path) -> set[str]:
    """The modules and packages that stand directly in a folder."""
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("__")}
    packages = {path.name for path in folder.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    return modules | packages


def list_layered(contract: str) -> set[str]:
    layers = " | ".join(read_contracts()[contract]["layers"]).replace(":", "|")
    return {name.strip(" ()") for name in layers.split("|")}


# Rooms of server/web that are no audience's pages: every audience may use them.
COMMON_GROUND_OF_PAGES = {"layout"}


def test_every_room_of_the_server_has_its_layer() -> None:
    assert list_rooms(ROOT / "server") <= list_layered("server-layers")


def test_every_audience_is_in_the_contract_between_audiences() -> None:
    audiences = {name for name in list_rooms(ROOT / "server" / "web") if (ROOT / "server" / "web" / name).is_dir()}

    assert audiences - COMMON_GROUND_OF_PAGES <= list_layered("web-audiences")
