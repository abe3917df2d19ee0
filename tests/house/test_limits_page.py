"""The page of limits, files, keys and algorithms says what the code does: each number is read from where it is set, and each
algorithm from the imports."""

import ast
import importlib
import re
from datetime import timedelta
from typing import Any

import pytest

from server.queries.operation.rate_limits import Limit
from server.security.openid import ALGORITHMS
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
NUMBERS = [
    (said, code.strip("`")) for _, said, code in (row for row in ROWS if len(row) == 3) if re.match(r"`[\w.]+:", code)
]
TESTS = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)
SPANS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
SIZES = {"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10}
CALLED = {
    "AESGCM": "AES-256-GCM", "ChaCha20Poly1305": "ChaCha20-Poly1305", "HKDF": "HKDF", "SHA256": "SHA-256", "sha256": "SHA-256",
    "sha1": "SHA-1", "blake2b": "BLAKE2b", "hmac": "HMAC", "Ed25519PrivateKey": "Ed25519", "X25519PrivateKey": "X25519",
    "X25519PublicKey": "X25519", "x25519": "age", "ECDSA": "ECDSA", "SECP256R1": "P-256", "Argon2id": "argon2id",
    "PasswordHasher": "argon2id", "jwt": "/".join(ALGORITHMS),
}  # fmt: skip
LIBRARIES = {"cryptography", "argon2", "joserfc", "pyrage", "hmac", "hashlib"}
PLAIN = {"SHA-256", "BLAKE2b"}
"""What names and compares bytes everywhere: a module that uses no more than these needs no line of its own."""


def value_of(code: str) -> Any:
    """What `module:NAME.field` is; a field of a class is its default."""
    module, _, path = code.partition(":")
    found: Any = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def say(value: Any, said: str) -> str:
    """The value in the unit in which the page tells it."""
    if isinstance(value, Limit):
        return f"{value.tries:,} in {say(value.window, '')}"
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        unit = next(unit for unit, size in SPANS.items() if seconds % size == 0)
        number = seconds // SPANS[unit]
        return f"{number} {unit}{'' if number == 1 else 's'}"
    unit = said.partition(" ")[2]
    if unit in SIZES:
        whole, rest = divmod(int(value), SIZES[unit])
        assert rest == 0, f"{value} is no number of {unit}"
        return f"{whole:,} {unit}"
    return f"{value:,.0f} {unit}".strip()


@pytest.mark.parametrize(("said", "code"), NUMBERS, ids=[code for _, code in NUMBERS])
def test_a_number_is_the_codes(said: str, code: str) -> None:
    assert said == say(value_of(code), said)


def test_every_table_is_read() -> None:
    assert len(NUMBERS) > 55 and len(TESTS) >= 10


def test_every_limit_on_tries_has_a_line() -> None:
    """A `Limit` that is set anywhere in the server."""
    set_in = {
        f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}:{node.targets[0].id}"
        for path in (ROOT / "server").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "Limit"
    }
    assert set_in == {code for _, code in NUMBERS if isinstance(value_of(code), Limit)}


def test_every_test_that_is_named_exists() -> None:
    missing = [
        name for file, name in TESTS if f"def {name}(" not in (ROOT / "tests" / file).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_what_must_fit_together_is_told_each_with_a_rule_and_a_test() -> None:
    section = PAGE[PAGE.index("## What must fit together") : PAGE.index("## Keys")]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 8
    assert [
        row[0]
        for row in rows
        if len(row) != 3 or not row[1].strip() or not re.search(r"`[\w/]+\.py::test_\w+`", row[2])
    ] == []


def algorithms_of(source: str) -> set[str]:
    """The algorithms that a module takes from a library."""
    tree, taken, modules = ast.parse(source), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in LIBRARIES:
            taken |= {each.name for each in node.names}
            modules |= {each.asname or each.name for each in node.names}
        elif isinstance(node, ast.Import):
            mine = [each.name for each in node.names if each.name.partition(".")[0] in LIBRARIES]
            taken |= set(mine)
            modules |= set(mine)
    taken |= {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
    }
    return {CALLED[name] for name in taken if name in CALLED}


def in_code() -> dict[str, set[str]]:
    found = {}
    for top in ("server", "sync", "shared", "mobile"):
        for path in sorted((ROOT / top).rglob("*.py")):
            used = algorithms_of(path.read_text(encoding="utf-8"))
            if used - PLAIN and "demo" not in path.parts:
                found[path.relative_to(ROOT).as_posix()] = used
    return found


def test_the_algorithms_are_those_of_the_code() -> None:
    lines = PAGE[PAGE.index("## Algorithms") :].splitlines()
    told = {}
    for line in lines:
        found = re.match(r"\| `([\w/]+\.py)`: [^|]+ \| ([^|]+) \| [^|]+ \|$", line)
        if found:
            told[found[1]] = {each.strip() for each in found[2].split(",")}
    assert told == in_code()


def test_an_algorithm_that_nobody_listed_is_found() -> None:
    assert algorithms_of("from cryptography.hazmat.primitives.ciphers.aead import AESGCM") == {"AES-256-GCM"}
    assert algorithms_of("import hashlib\nhashlib.sha1(b'')") == {"SHA-1"}
    assert algorithms_of("import hmac\nhmac.new(b'', b'', 'sha256')") == {"HMAC"}


def test_every_key_of_the_server_has_a_line() -> None:
    """What lies under `keys/`: named where it is made."""
    keys = PAGE[PAGE.index("## Keys") : PAGE.index("## Algorithms")]
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "server" / "security").glob("*.py"))
    made = set(re.findall(r"(?:folder|\"keys\") / f?\"([a-z]+)", code))
    assert made == {"secret", "sealing", "audit", "documents", "drafts", "context"}
    assert [name for name in sorted(made) if f"`{name}`" not in keys] == []


def test_how_soon_a_weakness_is_mended_is_said() -> None:
    """Days, for the worst and for the rest; and how often libraries are renewed."""
    said = " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())
    assert "within seven days" in said and "any other within thirty" in said and "every three months" in said
