"""The targets of the fuzzer stand: its whole corpus, and some hundreds of inputs made from it by chance. `make fuzz` goes on."""

import os
import random
from pathlib import Path

import pytest

from tests.fuzz.__main__ import CORPUS
from tests.fuzz.targets import TARGETS

INPUTS = int(os.environ.get("FUZZ_INPUTS", "300"))
ODD = [b"\x00", b"\xff\xfe", b"9" * 400, b"[" * 400, b"\\ud800", b"\\u0000", "²".encode(), b'"', b"\n", b"1e999", b"-1"]


def seeds(name: str) -> list[Path]:
    return sorted((CORPUS / name).iterdir())


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """The same with a few places cut, doubled, flipped or filled with something odd."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 1, 1, 8, 40]))
        piece = bytes(data[start:end])
        data[start:end] = chance.choice(
            [b"", piece * 2, bytes(each ^ 1 << chance.randrange(8) for each in piece), *ODD]
        )
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_read_or_refused(name: str) -> None:
    assert len(seeds(name)) >= 3
    for path in seeds(name):
        TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_made_of_it_by_chance_is_read_or_refused(name: str) -> None:
    chance, known = random.Random(name), [path.read_bytes() for path in seeds(name)]
    for number in range(INPUTS):
        data = spoilt(chance.choice(known), chance)
        try:
            TARGETS[name](data)
        except Exception as error:
            raise AssertionError(f"input {number}: {data[:400]!r}") from error
