"""Documents that drift are worse than none: every command they name exists, and every decision says why."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import list_files, name_of
from tests.paths import ROOT

DOCUMENTS = [path for path in list_files() if path.suffix == ".md" and ROOT / "tests" not in path.parents]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def read_commands(text: str) -> list[str]:
    """What a reader would type: code spans, and the lines of code blocks."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return lines + re.findall(r"`([^`\n]+)`", rest)


def test_every_make_target_a_document_names_exists() -> None:
    named = {
        (name_of(path), target)
        for path in DOCUMENTS
        for command in read_commands(path.read_text())
        for target in re.findall(r"(?:^|&& )make ([a-z][a-z-]*)", command)
    }

    assert {(document, target) for document, target in named if target not in TARGETS} == set()


def find_missing_command(words: list[str]) -> str | None:
    """Follows the words of `lantern ...` through the real command tree; returns the first word that leads nowhere."""
    import click

    from server.cli import main

    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            return None
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            return None
        following = command.get_command(click.Context(command), word)
        if following is None:
            return word
        command = following
    return None


def test_every_lantern_command_a_document_names_exists() -> None:
    missing = set()
    for path in DOCUMENTS:
        for command in read_commands(path.read_text()):
            found = re.match(r"(?:\.venv/bin/)?lantern ([a-z].*)", command)
            if found:
                words = shlex.split(found.group(1).replace("'", ""))
                missing |= {(name_of(path), command, word) for word in [find_missing_command(words)] if word}

    assert missing == set()


def test_every_lantern_command_make_runs_exists() -> None:
    run = re.findall(r"^\t\$\(BIN\)/lantern ([a-z][a-z -]*)", MAKEFILE, re.MULTILINE)

    assert run
    assert {line for line in run if find_missing_command(line.split())} == set()


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{name_of(path)}: {target}"
        for path in DOCUMENTS
        for target in LINK.findall(path.read_text())
        if not (path.parent / target).exists()
    ]

    assert broken == []


def test_make_explains_every_command_it_has() -> None:
    explained = set(re.findall(r"^#   make ([a-z]+)", MAKEFILE, re.MULTILINE))

    assert explained == TARGETS - {"help", "setup", "setup-demo"}


def test_no_two_decisions_have_one_number() -> None:
    """Numbers are given out before the records are written, so one may be missing for a while."""
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers[0] == 1 and len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_what_why_and_what_follows(decision: Path) -> None:
    text = decision.read_text()

    assert re.match(rf"# {int(decision.name[:4])}\. .+\n", text)
    for heading in ("Status", "Context", "Decision", "Consequences"):
        assert f"\n## {heading}\n" in text


def test_the_list_of_decisions_names_each_one() -> None:
    listed = re.findall(r"\(([0-9]{4}-[a-z0-9-]+\.md)\)", (ROOT / "docs" / "decisions" / "README.md").read_text())

    assert listed == [path.name for path in DECISIONS]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents as a site, built as `make docs` builds it."""
    tree = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", tree / "docs")
    (tree / "zensical.toml").write_text((ROOT / "zensical.toml").read_text())
    command = [sys.executable, "-m", "zensical", "build", "-f", "zensical.toml", "--strict"]
    built = subprocess.run(
        command, check=False, cwd=tree, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, timeout=300
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return tree / "build" / "site"


def test_the_site_asks_no_other_server_for_anything(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    fetched = re.compile(r"""<(?:script|img|link|iframe)[^>]*\s(?:src|href)=["'](https?:)?//""")

    assert len(pages) > 50
    assert {name_of(page) for page in pages if fetched.search(page.read_text())} == set()


def test_every_page_of_the_sites_contents_exists_and_every_document_of_a_chapter_is_in_them(site: Path) -> None:
    contents = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    named = {
        path
        for chapter in contents
        for value in chapter.values()
        for path in ([value] if isinstance(value, str) else value)
    }
    chapters = ("use", "operate", "officer", "understand", "integrate", "protocol")
    written = {str(path.relative_to(ROOT / "docs")) for path in DOCUMENTS if ROOT / "docs" in path.parents}

    assert named - written == set()
    assert {path for path in written - named if path.split("/")[0] in chapters} == set()
