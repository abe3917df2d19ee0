"""The sources of referrals, and which of them a file looks like. A source is a folder here whose `parse` has a SOURCE."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

import server.importers
from server.importers.files import WORKBOOK_MAGIC, UnusableFile, decode_text, normalise_heading
from server.importers.report import Parser, Source
from server.importers.workbook import list_headings

HEADINGS_WITHIN_CHARACTERS = 20_000


def _find_sources() -> dict[str, Source]:
    found = {}
    for module in pkgutil.iter_modules(server.importers.__path__):
        name = f"{server.importers.__name__}.{module.name}.parse"
        if module.ispkg and find_spec(name) is not None:
            source = getattr(import_module(name), "SOURCE", None)
            if isinstance(source, Source):
                found[source.name] = source
    return found


SOURCES: Mapping[str, Source] = _find_sources()
PARSERS: Mapping[str, Parser] = {name: source.parse for name, source in SOURCES.items()}


def guess_source(data: bytes) -> str:
    """The source whose form a file has. Raises UnusableFile when it has none that is known."""
    headings, start = _look(data)
    fits = {name: source.is_like(headings, start) for name, source in SOURCES.items()}
    best = max(fits, key=lambda name: (fits[name], name))
    if not fits[best]:
        raise UnusableFile("It is not clear what kind of file this is: say so with --format.")
    return best


def _look(data: bytes) -> tuple[set[str], str]:
    """Whatever may be a heading near the top, and the beginning of the text, empty for a workbook."""
    if data.startswith(WORKBOOK_MAGIC):
        return list_headings(data), ""
    text = decode_text(data).lstrip("\ufeff").lstrip()[:HEADINGS_WITHIN_CHARACTERS]
    if not text:
        raise UnusableFile("The file is empty.")
    plain = text
    for sign in ";\t|\n\r":
        plain = plain.replace(sign, ",")
    return {normalise_heading(name) for name in plain.split(",")}, text
