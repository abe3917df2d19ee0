"""The golden conversations of docs/protocol hold: the real server answers them byte for byte, and the small phone of the
installable form, which shares no line with the phone's store, asks them and comes to the same."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sync.wire import REFUSALS
from tests.conftest import ROOT
from tests.server.sync.conversations import CONVERSATIONS, FOLDER, VERSION, hold

PHONE = ROOT / "tests" / "server" / "sync" / "converse.mjs"
SPECIFICATION = ROOT / "docs" / "protocol" / "README.md"


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_the_server_answers_as_it_is_written(name: str, database_url: str, tmp_path: Path) -> None:
    told = hold(name, database_url, tmp_path / "data")
    assert told == (FOLDER / f"{name}.json").read_bytes(), "if it was meant: python -m tests.server.sync.conversations"


def test_every_file_is_one_that_is_made() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CONVERSATIONS)
    assert all(json.loads(path.read_bytes())["version"] == VERSION for path in FOLDER.glob("*.json"))


def converse(*files: Path) -> "subprocess.CompletedProcess[str]":
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not on this machine")
    command = [node, "--no-warnings", str(PHONE), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_phone_in_another_language_holds_them() -> None:
    files = sorted(FOLDER.glob("*.json"))
    done = converse(*files)
    assert done.returncode == 0, done.stdout + done.stderr
    asks = sum("asks" in step for path in files for step in json.loads(path.read_bytes())["steps"])
    by_hand = sum("asks" in step for step in json.loads((FOLDER / "refused.json").read_bytes())["steps"]) + 1
    assert int(done.stdout) == asks - by_hand, "all but those that were asked by hand"


@pytest.mark.parametrize(
    ("name", "was", "becomes"),
    [
        ("two-words", '{\\"1\\":2,\\"2\\":1}', '{\\"1\\":2}'),
        ("first-night", '\\"acked\\":2', '\\"acked\\":1'),
        ("forgotten", '\\"erase\\"', '\\"evict\\"'),
        ("handed-over", '\\"evict\\"', '\\"held\\"'),
        ("first-night", '"unsent": 0', '"unsent": 1'),
    ],
)
def test_a_conversation_that_went_another_way_is_noticed(name: str, was: str, becomes: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{name}.json").read_text()
    if was not in text:
        pytest.fail(f"{name} does not say {was}")
    (tmp_path / "other.json").write_text(text.replace(was, becomes, 1))
    assert converse(tmp_path / "other.json").returncode == 1


def test_the_specification_names_every_refusal_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", SPECIFICATION.read_text(), re.MULTILINE)
    assert {name: int(status) for name, status in rows} == REFUSALS
