"""The sources of referrals, and which of them a file looks like. A source is a folder here whose `parse` has a SOURCE."""

import io
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

import server.importers
from server.importers.files import UnusableFile, normalise_heading
from server.importers.inputs import Input, choose_encoding
from server.importers.report import Parser
from server.importers.source import Source
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


def guess_source(source: Input) -> str:
    """The source whose form a file has. Raises UnusableFile when it has none that is known."""
    headings, start = look_at(source)
    fits = {name: each.is_like(headings, start) for name, each in SOURCES.items()}
    best = max(fits, key=lambda name: (fits[name], name))
    if not fits[best]:
        raise UnusableFile("It is not clear what kind of file this is: say so with --format.")
    return best


def look_at(source: Input) -> tuple[set[str], str]:
    """Whatever may be a heading near the top, and the beginning of the text, empty for a workbook."""
    if source.is_workbook:
        return list_headings(source), ""
    with io.TextIOWrapper(source.open(), choose_encoding(source)) as stream:
        text = stream.read(HEADINGS_WITHIN_CHARACTERS).lstrip("\ufeff").lstrip()
    if not text:
        raise UnusableFile("The file is empty.")
    plain = text
    for sign in ";\t|\n\r":
        plain = plain.replace(sign, ",")
    return {normalise_heading(name) for name in plain.split(",")}, text
