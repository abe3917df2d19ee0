"""Time, ids and chance are handed in (decision 16): ruff's banned-api rule finds whoever helps himself."""

import re
import subprocess
import sys

import pytest

from tests.paths import ROOT

TAKES_FOR_ITSELF = {
    "datetime.now": "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
    "datetime.utcnow": "from datetime import datetime\n\nNOW = datetime.utcnow()\n",
    "date.today": "from datetime import date\n\nTODAY = date.today()\n",
    "time.time": "import time\n\nNOW = time.time()\n",
    "time.sleep": "import time\n\ntime.sleep(1)\n",
    "uuid4": "import uuid\n\nID = uuid.uuid4()\n",
    "uuid7": "from uuid_utils import uuid7\n\nID = uuid7()\n",
    "random": "import random\n\nLOT = random.random()\n",
    "choice": "from random import choice\n\nLOT = choice([1, 2])\n",
}
ORDINARY_ROOMS = [
    "shared/rules",
    "sync",
    "server/actions",
    "server/web/coordinator",
    "mobile/store",
    "mobile/screens/contact",
]
COMPOSITION_ROOTS = ["server/app.py", "server/cli/planted.py", "mobile/app.py", "mobile/__main__.py"]


def find_banned(code: str, path: str) -> bool:
    """Asks ruff, with the project's own settings, what it would say of the code if it stood at that path."""
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--no-cache",
            "--output-format",
            "concise",
            "--stdin-filename",
            path,
            "-",
        ],
        input=code,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return "TID251" in answer.stdout


@pytest.mark.parametrize("thing", TAKES_FOR_ITSELF)
def test_a_rule_that_helps_itself_is_found(thing: str) -> None:
    assert find_banned(TAKES_FOR_ITSELF[thing], "shared/rules/planted.py")


@pytest.mark.parametrize("room", ORDINARY_ROOMS)
def test_every_ordinary_room_is_held_to_it(room: str) -> None:
    assert find_banned(TAKES_FOR_ITSELF["datetime.now"], f"{room}/planted.py")


@pytest.mark.parametrize("root", COMPOSITION_ROOTS)
def test_a_composition_root_may_read_the_clock(root: str) -> None:
    assert not find_banned(TAKES_FOR_ITSELF["datetime.now"], root)


def test_nobody_excuses_himself_in_passing() -> None:
    """An exception belongs in pyproject.toml, where it is seen."""
    from tests.house.tree import list_modules, name_of

    excused = [name_of(path) for path in list_modules() if "noqa: " + "TID251" in path.read_text()]

    assert excused == []


def test_what_is_drawn_by_lot_outside_of_the_demo_is_secret() -> None:
    """A map or a table whose lots can be drawn again proves what it should not (decisions 44 and 86)."""
    seeded = re.compile(r"(?<!System)\bRandom\(|\bseed\(")
    made = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "server").rglob("*.py")
        if seeded.search(path.read_text()) and "demo" not in path.relative_to(ROOT).parts
    }
    assert made == set()
    assert "SystemRandom()" in (ROOT / "server/jobs/catalogue.py").read_text()
