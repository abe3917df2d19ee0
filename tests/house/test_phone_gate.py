"""The phone's own gate: everything it runs is imported with only its packages in reach, as on the device.

Decision 7. A separate interpreter is told to know no package but those that the extra `phone` brings, and imports every
module of mobile/, sync/ and shared/.
"""

import json
import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.test_packages import ON_ANDROID, names_behind_extra
from tests.house.tree import list_modules, name_of

IMPORT_ALL = """
import importlib, json, sys

wanted, forbidden = json.loads(sys.stdin.read())

class Gate:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in forbidden:
            raise ModuleNotFoundError(f"No module named '{name}' on the phone", name=name)

sys.meta_path.insert(0, Gate())
failed = {}
for module in wanted:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as missing:
        failed[module] = str(missing)
print(json.dumps(failed))
"""

# Started as programs, not imported.
PROGRAMS = {"mobile/__main__.py"}


OURS = {"lantern", "lantern-outreach"}
"""This project, by its name on the registry, and the one it had before."""


def list_forbidden() -> list[str]:
    """The importable names of every installed package that the phone does not have."""
    allowed = names_behind_extra("phone")
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if not {owner.lower().replace("_", "-").replace(".", "-") for owner in owners} & (allowed | OURS)
    )


def import_all(modules: list[str], folder: Path) -> dict[str, str]:
    environment = {
        **os.environ,
        "KIVY_NO_ARGS": "1",
        "KIVY_NO_CONFIG": "1",
        "KIVY_NO_FILELOG": "1",
        "KIVY_LOG_MODE": "PYTHON",
        "KIVY_HOME": str(folder),
        "SDL_VIDEODRIVER": "offscreen",
    }
    answer = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        input=json.dumps([modules, list_forbidden()]),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    failed: dict[str, str] = json.loads(answer.stdout.splitlines()[-1])
    return failed


@pytest.mark.screen
def test_the_phone_runs_on_its_own_packages(tmp_path: Path) -> None:
    modules = [
        name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in list_modules("mobile", "sync", "shared")
        if name_of(path) not in PROGRAMS
    ]
    failed = import_all(modules, tmp_path)

    assert {module: why for module, why in failed.items() if not any(f"'{name}" in why for name in ON_ANDROID)} == {}


def test_the_gate_is_shut_to_the_server(tmp_path: Path) -> None:
    failed = import_all(["litestar", "sqlmodel", "numpy", "shapely", "pydantic"], tmp_path)

    assert set(failed) == {"litestar", "sqlmodel", "numpy", "shapely", "pydantic"}
