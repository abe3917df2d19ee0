"""What is shipped: one wheel with the four packages, whose extras install the phone and the server apart."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest

from shared.version import VERSION
from tests.house.tree import list_files, list_modules, name_of, parse
from tests.paths import PACKAGES, ROOT

SERVER_ONLY = {
    "litestar",
    "sqlmodel",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "uvicorn",
    "numpy",
    "scipy",
    "shapely",
    "pyproj",
    "pydantic",
}
SCREEN_ONLY = {"kivy", "plyer", "sqlcipher3", "pyjnius"}


def read_project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name_in(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0].lower().replace("_", "-")


@cache
def names_behind(package: str) -> frozenset[str]:
    """The package, and all that it brings along without being asked for an extra."""
    seen, waiting = {package}, [package]
    while waiting:
        try:
            wanted = requires(waiting.pop()) or []
        except ModuleNotFoundError:
            continue
        for requirement in wanted:
            name = name_in(requirement)
            if "extra ==" not in requirement and name not in seen:
                seen.add(name)
                waiting.append(name)
    return frozenset(seen)


def names_behind_extra(extra: str) -> set[str]:
    project = read_project()
    asked = [*project["dependencies"], *project["optional-dependencies"][extra]]
    return set().union(*(names_behind(name_in(one)) for one in asked))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return next(folder.glob("*.whl"))


# The phone is built from the sources; the rest shows or tries a server and runs none.
NOT_INSTALLED = (
    "mobile/",
    "server/demo/",
    *(f"server/cli/{name}.py" for name in ("bench", "demo", "field", "simulate")),
)


def test_the_wheel_holds_what_a_server_runs_and_its_pages(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    folders = {name.split("/")[0] for name in held}
    ours = {name_of(path) for path in list_files() if path.relative_to(ROOT).parts[0] in PACKAGES}

    assert {name for name in folders if not name.endswith(".dist-info")} == set(PACKAGES) - {"mobile"}
    assert {name for name in ours - held if not name.startswith(NOT_INSTALLED)} == set()


def test_the_wheel_says_who_may_install_what(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(archive.read(name).decode())

    assert metadata["Name"] == "lantern-outreach"
    assert metadata["Version"] == VERSION
    assert {"phone", "server"} <= set(metadata.get_all("Provides-Extra") or [])
    plain = {name_in(one) for one in metadata.get_all("Requires-Dist") or [] if "extra ==" not in one}
    assert plain == {"msgspec", "geopy", "tzdata"}
    scripts = archive.read(name.replace("METADATA", "entry_points.txt")).decode()
    assert "lantern = server.cli:main" in scripts


def test_the_app_is_built_as_the_same_version() -> None:
    (built,) = re.findall(r"^version = (\S+)$", (ROOT / "buildozer.spec").read_text(), re.MULTILINE)

    assert built == VERSION


def test_the_phone_installs_nothing_of_the_server() -> None:
    assert names_behind_extra("phone") & SERVER_ONLY == set()


def test_the_server_installs_nothing_of_the_phone() -> None:
    assert names_behind_extra("server") & SCREEN_ONLY == set()


def list_outside_imports(*packages: str) -> dict[str, set[str]]:
    """For each module from outside the standard library and the tree: the files that import it."""
    found: dict[str, set[str]] = {}
    for path in list_modules(*packages):
        for node in ast.walk(parse(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top not in PACKAGES:
                    found.setdefault(top, set()).add(name_of(path))
    return found


# Modules that only exist on the device, put there by python-for-android.
ON_ANDROID = {"jnius", "android"}


@pytest.mark.parametrize(("package", "extra"), [("mobile", "phone"), ("server", "server")])
def test_each_side_imports_only_what_its_extra_installs(package: str, extra: str) -> None:
    project = read_project()
    asked = {name_in(one) for one in [*project["dependencies"], *project["optional-dependencies"][extra]]}
    owners = packages_distributions()

    strangers = {
        module: files
        for module, files in list_outside_imports(package).items()
        if module not in ON_ANDROID and not {name.lower().replace("_", "-") for name in owners.get(module, [])} & asked
    }

    assert strangers == {}


@pytest.mark.parametrize("package", ["shared", "sync"])
def test_the_domain_and_the_protocol_stand_on_two_packages(package: str) -> None:
    assert set(list_outside_imports(package)) <= {"msgspec", "geopy"}
