"""The gate in the suite (decision 7): nothing of the phone imports what a phone cannot have.
`scripts/android/gate.sh` does the rest.

A real process refuses every import outside the phone's set, loads every module that needs no glass, and plays a small
shift. Modules that open a window are read instead of loaded.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

PHONE = {
    "kivy", "plyer", "jnius", "android", "sqlcipher3", "cryptography", "_cffi_backend", "cffi", "httpx", "httpcore", "h11",
    "anyio", "sniffio", "certifi", "idna", "typing_extensions", "msgspec", "geopy", "geographiclib", "tzdata", "filetype",
    "arabic_reshaper", "bidi", "six", "fontpkg_noto_sans_arabic",
    "mobile", "shared", "sync",
}  # fmt: skip

GUARD = """
import sys, importlib, importlib.abc, pkgutil, pathlib, tempfile
allowed = set(sys.stdlib_module_names) | set(sys.argv[1].split(","))
class Guard(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed and not name.startswith("_sysconfigdata"):
            raise ImportError(f"NOT ON A PHONE: {name}", name=name)
for name in [n for n in sys.modules if n.partition(".")[0] not in allowed and not n.startswith("_")]:
    del sys.modules[name]
sys.meta_path.insert(0, Guard())
"""

LOAD = """
import mobile
needs_glass = ("mobile.app", "mobile.widgets", "mobile.screens", "mobile.theme", "mobile.work", "mobile.device.android")
for module in pkgutil.walk_packages(mobile.__path__, "mobile."):
    if not module.name.startswith(needs_glass):
        importlib.import_module(module.name)
"""

SHIFT = """
from datetime import UTC, datetime
from mobile.opening.vault import DeviceCard
from mobile.opening.sealing import seal
from mobile.opening import keys
from mobile.store.database import open_store
from mobile.store.schema import migrate
from mobile.store.record import Record
from sync.authoring import NewChange
from msgspec import Raw
with tempfile.TemporaryDirectory() as name:
    store = open_store(pathlib.Path(name) / "store.db", bytes(32))
    migrate(store)
    record = Record(store)
    with store.writing():
        record.sync.enrol(7, ("team:x",))
        record.sync.record(NewChange(id="a", type="person.patched", scope="team:x", entity="p", sets={"name": "Red"}), 0)
    with store.reading() as connection:
        assert connection.execute("SELECT known_as FROM person").fetchone() == ("Red",)
    from shared.geo.distance import distance_m
    from shared.model.position import Position
    assert distance_m(Position(latitude=51, longitude=0), Position(latitude=52, longitude=0)) > 100_000
print("a shift was played")
"""


def guarded(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", GUARD + code, ",".join(sorted(PHONE))]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def test_every_module_loads_and_a_shift_is_played_with_the_phones_packages_alone() -> None:
    done = guarded(LOAD + SHIFT)
    assert done.returncode == 0 and "a shift was played" in done.stdout, done.stderr[-2_000:]


@pytest.mark.parametrize(
    "offence", ["import sqlalchemy", "import litestar", "import numpy", "from server import access"]
)
def test_an_import_of_anything_else_is_refused(offence: str) -> None:
    done = guarded(offence)
    assert done.returncode != 0 and "NOT ON A PHONE" in done.stderr


def roots(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_modules_that_open_a_window_name_nothing_else_either() -> None:
    allowed = PHONE | set(sys.stdlib_module_names)
    paths = [path for package in ("mobile", "shared", "sync") for path in (ROOT / package).rglob("*.py")]
    assert len(paths) > 50
    assert {str(path): roots(path) - allowed for path in paths if roots(path) - allowed} == {}
