"""Reading the source tree: which files the project holds, and what their Python defines. For the house's own tests."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.paths import PACKAGES, ROOT


@cache
def list_files() -> tuple[Path, ...]:
    """Every file that is committed or about to be; what .gitignore names is none of the project's."""
    answer = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    paths = (ROOT / name for name in answer.stdout.split("\0") if name)
    return tuple(sorted(path for path in set(paths) if path.is_file()))


def list_texts() -> Iterator[tuple[Path, str]]:
    """Every file that reads as UTF-8, with its text."""
    for path in list_files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def list_modules(*packages: str) -> list[Path]:
    """The Python files of the named packages, by default of all four."""
    roots = [ROOT / name for name in packages or PACKAGES]
    return [path for path in list_files() if path.suffix == ".py" and any(path.is_relative_to(root) for root in roots)]


@cache
def parse(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """The path as a reader of the tree says it."""
    return path.relative_to(ROOT).as_posix()
