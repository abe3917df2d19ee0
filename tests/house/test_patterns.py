"""No text that somebody sends can make a pattern slow: 100,000 characters take at most 50 ms (ASVS 1.3.12, 15.2.2).

Every pattern of the product is found in its modules and tried against texts made for it: its own letters, over and over, in
several arrangements, with an end that does not fit.
"""

import ast
import importlib
import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from re import _parser
from typing import Any, NamedTuple

import pytest

from tests.house.tree import list_modules, name_of, parse

LENGTH = 100_000
LONGEST_S = 0.05
LONGEST_WHEN_BUSY_S = 0.5
"""Beside other work a processor does a third of what it does alone. What goes back and back takes seconds on either."""
COMMON = (
    "a",
    "A",
    "0",
    " ",
    "a ",
    "0 ",
    "1 a ",
    "a.",
    "a@",
    "a-",
    "-",
    ".",
    ", ",
    "'",
    '"',
    "\n",
    "by ",
    " by a",
    "é",
    "٣ ",
)
MADE_OF_NAMES = {
    "shared/rules/case_study.py": 2,
    "shared/rules/third_parties.py": 1,
}
"""Patterns made of escaped names while the program runs: names between borders of words, tried in their own test."""
SEARCHING = frozenset({"search", "sub", "split", "findall", "finditer"})
CALLS = {"compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer"}
ASKED = re.compile(rf"(?<![\w.])(\w+)\.({'|'.join(sorted(CALLS))})\b")


class Used(NamedTuple):
    """A pattern, and how it is asked."""

    pattern: re.Pattern[Any]
    methods: frozenset[str]


def list_patterns() -> dict[str, Used]:
    """Each pattern of the product under the module that has it, as a constant or in a call of `re`."""
    found: dict[str, Used] = {}
    modules = [path for path in list_modules("server", "shared", "sync") if "import re\n" in path.read_text()]
    asked = methods_by_name(list_modules("server", "shared", "sync"))
    for path in modules:
        name = name_of(path)
        module = importlib.import_module(name.removesuffix(".py").replace("/", "."))
        for variable, value in vars(module).items():
            for number, pattern in enumerate(patterns_in([value])):
                methods = asked.get(variable, SEARCHING) if isinstance(value, re.Pattern) else SEARCHING
                found[f"{name}:{variable}{number or ''}"] = Used(pattern, methods)
        for call in calls_of(parse(path)):
            method = call.func.attr  # type: ignore[attr-defined]
            if isinstance(call.args[0], ast.Constant) and method != "compile":
                found[f"{name}:{call.lineno}"] = Used(re.compile(call.args[0].value), frozenset({method}))
    return found


def methods_by_name(paths: list[Path]) -> dict[str, frozenset[str]]:
    """How the constants of each name are asked: `CODE.fullmatch(text)`. Read as text: every worker does so to know its tests, and
    the syntax trees of the whole product took it five seconds."""
    asked: dict[str, set[str]] = {}
    for path in paths:
        for name, method in ASKED.findall(path.read_text()):
            asked.setdefault(name, set()).add(method)
    return {name: frozenset(methods) for name, methods in asked.items()}


def patterns_in(values: Any) -> Iterator[re.Pattern[Any]]:
    for value in values:
        if isinstance(value, re.Pattern):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from patterns_in(value)
        elif isinstance(value, dict):
            yield from patterns_in(value.values())


def calls_of(module: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in CALLS
    ]


def letters_of(parsed: Any) -> Iterator[str]:
    """What a pattern itself is made of, in its order: texts like these come nearest to fitting."""
    for operation, argument in parsed:
        word = str(operation)
        if word == "LITERAL":
            yield chr(argument)
        elif word == "IN":
            yield next(
                (chr(a if isinstance(a, int) else a[0]) for o, a in argument if str(o) in {"LITERAL", "RANGE"}), "a"
            )
        elif word == "CATEGORY":
            yield {"CATEGORY_SPACE": " ", "CATEGORY_DIGIT": "7"}.get(str(argument), "a")
        elif word in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            yield from letters_of(argument[2])
        elif word == "SUBPATTERN":
            yield from letters_of(argument[3])
        elif word == "BRANCH":
            yield from letters_of(argument[1][0])


def attacks_on(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """Beginnings, and what follows them over and over."""
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    own = "".join(letters_of(_parser.parse(pattern.pattern, flags)))
    pieces = {*COMMON, own, own[:-1], own[1:], *own, *(a + b for a, b in pairwise(own))} - {""}
    return [(start, piece) for piece in sorted(pieces) for start in ("", own)]


def text_of(attack: tuple[str, str], length: int) -> str:
    start, piece = attack
    return start + piece * (length // len(piece)) + "\x00"


def takes_s(used: Used, attack: tuple[str, str], length: int) -> float:
    text = text_of(attack, length)
    said: Any = text.encode() if isinstance(used.pattern.pattern, bytes) else text
    began = time.process_time()
    if used.methods & SEARCHING:
        for _ in used.pattern.finditer(said):
            pass
    else:
        used.pattern.fullmatch(said)
    return time.process_time() - began


def is_linear(used: Used) -> bool:
    """Whether the worst attack takes at most 50 ms, or, where the processor is busy, grows as its text does."""
    return any(_is_linear(used) for _ in range(3))


def _is_linear(used: Used) -> bool:
    slowest = slowest_s(used)
    return slowest <= LONGEST_S or (slowest <= LONGEST_WHEN_BUSY_S and growth(used) <= 20)


def growth(used: Used) -> float:
    """How many times longer ten times the text takes, at the worst: 10 for what is linear, 100 for what goes back."""

    def takes(attack: tuple[str, str], length: int) -> float:
        return min(takes_s(used, attack, length) for _ in range(5))

    return max(takes(attack, LENGTH) / takes(attack, LENGTH // 10) for attack in worst_of(used)[-3:])


def worst_of(used: Used) -> list[tuple[str, str]]:
    small = {attack: min(takes_s(used, attack, LENGTH // 50) for _ in range(2)) for attack in attacks_on(used.pattern)}
    return sorted(small, key=small.__getitem__)


def slowest_s(used: Used) -> float:
    """What the worst of the attacks takes; of a small one that is slow already, what it would take at the least."""
    worst = worst_of(used)[-3:]
    small_s = takes_s(used, worst[-1], LENGTH // 50)
    if small_s > LONGEST_S / 10:
        return small_s * 50
    return max(min(takes_s(used, attack, LENGTH) for _ in range(2)) for attack in worst)


PATTERNS = list_patterns()


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_hundred_thousand_characters_take_no_time(name: str) -> None:
    assert is_linear(PATTERNS[name])


@pytest.mark.parametrize("slow", [r"\b[\w.+-]+@[\w-]+\.[\w.]+\b", r"[,\s]+by\s+(?P<when>[\w/ .-]+?)\s*\.?\s*$"])
def test_a_pattern_that_goes_back_and_back_is_found(slow: str) -> None:
    assert not is_linear(Used(re.compile(slow, re.IGNORECASE), SEARCHING))


def test_patterns_that_are_made_while_the_program_runs_are_the_known_ones() -> None:
    made: dict[str, int] = {}
    for path in list_modules("server", "shared", "sync"):
        constants = {
            target.id
            for node in parse(path).body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        tops = {
            id(call)
            for node in parse(path).body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            for call in ast.walk(node)
        }
        for call in calls_of(parse(path)):
            pattern = call.args[0]
            is_known = isinstance(pattern, ast.Constant) or (isinstance(pattern, ast.Name) and pattern.id in constants)
            if not is_known and id(call) not in tops:
                made[name_of(path)] = made.get(name_of(path), 0) + 1
    assert made == MADE_OF_NAMES


def test_every_module_with_patterns_was_read() -> None:
    assert len(PATTERNS) > 25
