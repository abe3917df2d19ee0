"""Guards the tail, not the average: the longest file, the longest function, the name that tells nothing, the stray
path."""

import ast
import re

import pytest

from tests.house.tree import list_files, list_modules, list_texts, name_of, parse
from tests.paths import PACKAGES, ROOT

LONGEST_MODULE_LINES = 400
LONGEST_FUNCTION_LINES = 60
LARGEST_FILE_BYTES = 1024 * 1024
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "stuff"}

# Spelled in pieces, so that this file does not itself hold what it forbids.
MACHINE_PATHS = [
    "/" + "work" + "/",
    "/" + "home" + "/[a-z]",
    "/" + "Users" + "/[A-Za-z]",
    "/" + "root" + "/",
    "/opt/" + "wheels",
]
WORKPLACE_TOOLS = ["/far" + "m/", "far" + "m-(?:studio|bench)", r"\.lib" + "rary/"]
REGISTRY_HOSTS = ["py" + r"pi\.org", "py" + "thonhosted", "registry" + r"\.npmjs", "deb" + r"\.debian"]
STRAY = re.compile("|".join(MACHINE_PATHS + REGISTRY_HOSTS + WORKPLACE_TOOLS))


def test_no_module_is_too_long_to_hold_in_the_head() -> None:
    long = {name_of(path): len(path.read_text().splitlines()) for path in list_modules()}

    assert {name: lines for name, lines in long.items() if lines > LONGEST_MODULE_LINES} == {}


def test_no_function_is_too_long_to_hold_in_the_head() -> None:
    long = {}
    for path in list_modules():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION_LINES:
                    long[f"{name_of(path)}:{node.name}"] = lines

    assert long == {}


def test_no_file_is_large() -> None:
    assert [name_of(path) for path in list_files() if path.stat().st_size > LARGEST_FILE_BYTES] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:120]}"
        for path, text in list_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if STRAY.search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    "text", [f"cd {'/' + 'work'}/main", "https://py" + "pi.org/simple", f"{'/' + 'home'}/aisha/lantern"]
)
def test_a_stray_path_would_be_seen(text: str) -> None:
    assert STRAY.search(text)


def test_no_module_has_a_name_that_tells_nothing() -> None:
    parts = {name_of(path): {path.stem, *(parent.name for parent in path.parents)} for path in list_modules()}

    assert {name for name, words in parts.items() if words & EMPTY_NAMES} == set()


def test_every_module_says_first_what_lives_in_it() -> None:
    silent = [name_of(path) for path in list_modules() if parse(path).body and not ast.get_docstring(parse(path))]

    assert silent == []


def test_the_top_of_the_tree_is_the_diagram() -> None:
    expected = {*PACKAGES, "migrations", "tests", "docs", "scripts", "bench", ".ci", ".github"}
    folders = {path.relative_to(ROOT).parts[0] for path in list_files() if len(path.relative_to(ROOT).parts) > 1}

    assert folders <= expected


def test_typed_words_are_made_storable_in_one_place() -> None:
    """A sign that no database holds, and space at the ends, go by `storable_words`, which knows how lines end, too."""
    by_hand = re.compile(r'\.replace\("\\(?:0|x00)", ""\)\.strip\(\)')
    found = [name_of(path) for path in list_modules("server") if by_hand.search(path.read_text())]
    assert by_hand.search('area.replace("\\0", "").strip()')
    assert found == []
