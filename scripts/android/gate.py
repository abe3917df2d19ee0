"""The Android gate: can python-for-android package what buildozer.spec asks for? Needs no SDK and no NDK.

Resolves the requirements as `p4a create` would: a recipe for each compiled package, a pure wheel for every other. Run
it with a Python that has python-for-android (`scripts/android/gate.sh` makes one). Exit 0: all packageable; 1: not;
3: python-for- android is absent.
"""

import configparser
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NDK_API = 24
ABSENT = 3


def read_requirements() -> list[str]:
    """What buildozer.spec asks for."""
    spec = configparser.ConfigParser(interpolation=None)
    spec.read(ROOT / "buildozer.spec")
    return [requirement.strip() for requirement in spec["app"]["requirements"].split(",")]


def pin_versions(requirements: list[str]) -> list[str]:
    """Names alone; a pinned version goes where python-for-android looks for it."""
    names = []
    for requirement in requirements:
        pinned = re.fullmatch(r"([A-Za-z0-9_.\-]+)==(.+)", requirement)
        if pinned:
            os.environ[f"VERSION_{pinned[1]}"] = pinned[2]
        names.append(pinned[1] if pinned else requirement)
    return names


def resolve(names: list[str]) -> tuple[list[str], list[str], str]:
    """Recipes in their order, modules without a recipe, and the target's Python."""
    from pythonforandroid.bootstrap import Bootstrap
    from pythonforandroid.build import Context
    from pythonforandroid.graph import get_recipe_order_and_bootstrap
    from pythonforandroid.recipe import Recipe

    context = Context()
    context.local_recipes = str(ROOT / "scripts" / "android" / "recipes")
    context.ndk_api = NDK_API
    context.recipe_build_order = []
    context._archs = []
    bootstrap = Bootstrap.get_bootstrap("sdl2", context)
    recipes, modules, _ = get_recipe_order_and_bootstrap(context, names, bootstrap)
    return list(recipes), sorted(modules), Recipe.get_recipe("python3", context).version


def find_wheel(module: str, python: str) -> str | None:
    """The file that pip would take for the phone; None when there is none."""
    version = os.environ.get(f"VERSION_{module}")
    wanted = f"{module}=={version}" if version else module
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report.json"
        command = [
            sys.executable, "-m", "pip", "install", wanted, "--no-deps", "--dry-run", "--ignore-installed", "--quiet",
            "--only-binary=:all:", f"--python-version={python}", f"--platform=android_{NDK_API}_arm64_v8a",
            f"--target={name}", f"--report={report}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        address = json.loads(report.read_text())["install"][0]["download_info"]["url"]
        return str(address).rsplit("/", 1)[-1]


def main() -> int:
    """Resolve, and say what cannot be packaged."""
    if importlib.util.find_spec("pythonforandroid") is None:
        print("SKIPPED: python-for-android is not installed here; scripts/android/gate.sh installs it.")
        return ABSENT
    requirements = read_requirements() + sys.argv[1:]
    recipes, modules, python = resolve(pin_versions(requirements))
    print(f"target Python {python}; {len(recipes)} recipes: {', '.join(recipes)}")
    wheels = {module: find_wheel(module, python) for module in modules}
    for module, wheel in wheels.items():
        print(f"  {wheel or 'NO RECIPE AND NO WHEEL: ' + module}")
    missing = [module for module, wheel in wheels.items() if wheel is None]
    print(f"unpackageable: {', '.join(missing) or 'nothing'}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
