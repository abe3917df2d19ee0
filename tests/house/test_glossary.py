"""One word, one meaning. The words people use about a person shape how the person is treated, so the code keeps them
too.

A person sleeping rough is a Person: never a client, a user, a patient or a case. The words that a StreetLink export
uses
for its own columns stay what they are, inside the importer that reads them.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.house.tree import list_files, list_modules, name_of, parse
from tests.paths import ROOT

# The word that may not be used, and the one that is meant.
INSTEAD = {
    "client": "Person (a human) or Remote (a program)",
    "customer": "Person",
    "patient": "Person",
    "homeless": "Person",
    "vagrant": "Person",
    "user": "Worker or Person",
    "org": "Agency",
    "organisation": "Agency",
    "organization": "Agency",
    "spot": "Site",
    "encounter": "Contact",
    "sighting_report": "Contact",
    "ticket": "Referral",
    "task": "Action",
    "meeting": "CaseConference",
    "trip": "Shift",
    "cluster": "Hotspot",
    "riskflag": "safety need",
    "beat": "heartbeat",
    "company": "group (of a group commit)",
    "turnstile": "concurrency limit",
}

# What stays, with its reason: a whole name anywhere, or a word in the files whose path begins so.
ALLOWED = {
    "user_agent": "the HTTP header's own name",
    "hotspot": "one word of ours, not a spot",
}
ALLOWED_IN: dict[str, tuple[set[str], str]] = {
    "server/importers": (
        set(INSTEAD),
        "an export's own column names (immediate_concerns_about_client) are read as written",
    ),
    "mobile/syncing": (
        {"client", "trip"},
        "the program at the phone's end of the line, and a round trip to the server",
    ),
}

UNKIND = re.compile(
    r"\b(?:homeless (?:person|people|man|men|woman|women|individual|client|user)s?|the homeless|service[- ]users?"
    r"|clients?(?! programs?)|patients?|risk flags?"
    r"|vagrants?|tramps?|hobos?|beggars?|junkies?|addicts?|the mentally ill|illegals?)\b",
    re.IGNORECASE,
)
MARKUP = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<!--.*?-->|<script.*?</script>|<[^>]*>", re.DOTALL)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def split_words(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name)]


def find_wrong_words(name: str) -> set[str]:
    """The words of an identifier that mean something else here."""
    if name.lower().strip("_") in ALLOWED:
        return set()
    words = split_words(name)
    singular = {word.removesuffix("s") for word in words}
    return {word for word in INSTEAD if word in singular or word in words}


def list_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What a module names: its classes, functions, parameters and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.lineno, node.name
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield field.lineno, field.target.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                yield argument.lineno, argument.arg


def list_allowed(path: Path) -> set[str]:
    return set().union(*(words for beginning, (words, _) in ALLOWED_IN.items() if name_of(path).startswith(beginning)))


def test_names_use_the_words_of_the_field() -> None:
    wrong = [
        f"{name_of(path)}:{line}: {name} ({', '.join(f'{word}: say {INSTEAD[word]}' for word in sorted(words))})"
        for path in list_modules()
        for line, name in list_names(parse(path))
        if (words := find_wrong_words(name) - list_allowed(path))
    ]

    assert wrong == []


def read_sentences(path: Path) -> Iterator[str]:
    """What a person may read out of a file: a page's text, a screen's strings, a document, the sentences in the
    code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        documentation = {id(node.value) for node in ast.walk(parse(path)) if isinstance(node, ast.Expr)}
        for node in ast.walk(parse(path)):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
            if is_text and " " in node.value:  # type: ignore[attr-defined]
                yield node.value  # type: ignore[attr-defined]
    elif path.suffix == ".html":
        yield MARKUP.sub(" ", text)
    else:
        yield text


READ_BY_PEOPLE = {".html", ".kv", ".typ", ".md"}


def list_what_people_read() -> list[Path]:
    code = [
        path for path in list_modules("server", "mobile", "shared") if not name_of(path).startswith("server/importers")
    ]
    pages = [path for path in list_files() if path.suffix in READ_BY_PEOPLE and ROOT / "tests" not in path.parents]
    return code + pages


# Where a sentence quotes the words of others, with the reason.
QUOTED = {
    "server/demo/alerts.py": "the public writes as it writes, and the untouched alert shows it",
    "docs/decisions/0012-kind-words.md": "names the words that are not used",
    "docs/understand/glossary.md": "names the words that are not used",
    "CONTRIBUTING.md": "names the words that are not used",
}


def test_what_people_read_is_kind_and_exact() -> None:
    unkind = [
        f"{name_of(path)}: {found.group()!r}"
        for path in list_what_people_read()
        if name_of(path) not in QUOTED
        for sentence in read_sentences(path)
        for found in UNKIND.finditer(sentence)
    ]

    assert unkind == []


@pytest.mark.parametrize(
    "name", ["ClientRecord", "list_users", "patient_id", "ReferralTicket", "HomelessCount", "org_id"]
)
def test_a_wrong_word_would_be_seen(name: str) -> None:
    assert find_wrong_words(name)


@pytest.mark.parametrize("name", ["Person", "hotspot", "Organ", "user_agent", "PatchedField", "multitasking"])
def test_a_right_word_is_let_through(name: str) -> None:
    assert not find_wrong_words(name)


@pytest.mark.parametrize(
    "sentence", ["No homeless people found", "Add a client", "Risk flags", "Help for the homeless"]
)
def test_an_unkind_sentence_would_be_seen(sentence: str) -> None:
    assert UNKIND.search(sentence)


# Names that once stood for several things each.
APART = frozenset({"Door", "FieldConflict", "Gate", "Refused", "State", "Words"})


def list_shared_names(modules: Iterable[ast.Module]) -> list[str]:
    """Those of APART that more than one class bears."""
    names = Counter(node.name for module in modules for node in module.body if isinstance(node, ast.ClassDef))
    return sorted(name for name in APART if names[name] > 1)


def test_one_name_is_one_thing() -> None:
    assert list_shared_names(parse(path) for path in list_modules("server", "mobile", "shared", "sync")) == []


def test_a_second_class_of_one_name_is_found() -> None:
    assert list_shared_names([ast.parse("class Gate: ..."), ast.parse("class Gate: ...")]) == ["Gate"]
