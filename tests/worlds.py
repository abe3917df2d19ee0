"""What a test's database begins with: each world is written once a process for each kind of database, and copied for each test.

Writing the cast row by row cost more than most tests do. A world is a function with the name of the fixture that hands it out;
`database_url` copies it where a test asks for that fixture. Where a test has a clock or ids of its own, the world is written
into its own database instead. The fixture `world` does not care which: `world(county.filled)` gives what the function returned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Write = Callable[[Any, datetime, Callable[[], str]], Any]
"""Writes into a `Database` at a time, with ids. What it returns is handed to many tests: it must not change."""
WORLDS: dict[str, Write] = {}


def register(write: Write) -> Write:
    """A world under its function's name."""
    WORLDS[write.__name__] = write
    return write


@dataclass(frozen=True)
class Written:
    """A world in a template database."""

    url: str
    ids_taken: int
    returned: Any
