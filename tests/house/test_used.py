"""What nobody calls is not there: every public function and class is used by the product itself, not by tests alone."""

import ast
import re
from collections import Counter
from pathlib import Path

from tests.house.tree import list_files, list_modules, name_of, parse

READ_AS_TEXT = {".html", ".kv", ".toml", ".typ", ".js", ".mako"}

STATED: dict[str, str] = {
    "contrast": "the measure by which tests judge the palette",
    "count_contacts": "what tests and drills count after a disaster",
    "list_presented": "the unsuppressed counterpart that tests hold the counts against",
    "add_people": "many people at once, for tests of size",
    "FixedLocation": "a phone's place in rehearsals",
    "ReplayedLocation": "a walk in rehearsals",
    "read_gpx": "a walk in rehearsals",
    "is_past_retention": "the rule in one sentence, against which tests hold the job's statements",
    "need_of": "the H-CLIC codes read backwards, for whoever reads a return",
    "while_any_says": "hazards and safety needs, with the issue about the lead's day",
}
"""What is used by tests alone, with the reason it stands."""


def count_uses() -> Counter[str]:
    """How often each name is used in the product: as a name, an attribute, or a string that spells one."""
    used: Counter[str] = Counter()
    for path in list_files():
        if name_of(path).startswith(("tests/", "docs/", "bench/results/", "migrations/versions/")):
            continue
        if path.suffix == ".py":
            used.update(list_names(path))
        elif path.suffix in READ_AS_TEXT:
            used.update(re.findall(r"[A-Za-z_]\w+", path.read_text(encoding="utf-8")))
    return used


def list_names(path: Path) -> list[str]:
    names = []
    for node in ast.walk(parse(path)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                names.append(name)
            case ast.Constant(value=str(text)) if text.isidentifier():
                names.append(text)
    return names


def find_unused(modules: list[Path], used: Counter[str]) -> dict[str, Path]:
    """Public functions and classes without a use; what a decorator registers is used by it."""
    return {
        node.name: path
        for path in modules
        for node in parse(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and not node.decorator_list and not used[node.name]
    }


def test_every_public_function_is_used_outside_tests() -> None:
    unused = find_unused(list_modules(), count_uses())

    assert {name: where for name, where in unused.items() if name not in STATED} == {}
    assert set(STATED) <= set(unused), "what is used by now needs no excuse"


def test_a_function_that_nobody_calls_would_be_seen(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def is_called(): ...\ndef is_never_called(): ...\ndef _of_its_own_module(): ...\n")

    assert find_unused([planted], Counter(["is_called"])) == {"is_never_called": planted}
