"""What a mail quotes: each message that was forwarded or answered in its text, with who wrote it and when."""

import re

from server.importers.dates import read_moment
from server.importers.files import UnusableRow
from server.importers.report import Reading
from shared.model.value import Value

FORWARDED = re.compile(
    r"[ \t>]*(?:-{2,} ?(?:forwarded message|original message|weitergeleitete)|begin forwarded message:)", re.IGNORECASE
)
HEADER_LINES = 8
"""Within so many lines a forwarded message says from whom it is, when it was sent, and to whom or of what."""
UNDERLINE = re.compile(r"[ \t>]*_{5,}[ \t]*")
INNER_HEADER = re.compile(r"^[ \t>*]*(from|date|sent|subject|to|cc)\s*:\**\s*(.*)$", re.IGNORECASE)


class Part(Value, frozen=True, kw_only=True):
    """A part of a text: what its own sender wrote, and what they told of themselves above it."""

    told: dict[str, str]
    lines: tuple[str, ...]


def find_forwarded(text: str) -> dict[str, str]:
    """Who wrote what was forwarded in a text, and when; the deepest one."""
    return list_parts(text)[-1].told


def list_parts(text: str) -> list[Part]:
    """What a text says itself, and each message that was forwarded or answered in it, the outermost first."""
    lines = text.splitlines()
    parts: list[Part] = []
    told: dict[str, str] = {}
    start, at = 0, 0
    while at < len(lines):
        is_marked = FORWARDED.match(lines[at]) is not None
        if not is_marked and not _begins_inner(lines, at):
            at += 1
            continue
        ends = at - 1 if at > start and UNDERLINE.fullmatch(lines[at - 1]) else at
        parts.append(Part(told=told, lines=tuple(lines[start:ends])))
        told, at = _read_inner_top(lines, at + is_marked)
        start = at
    return [*parts, Part(told=told, lines=tuple(lines[start:]))]


def _begins_inner(lines: list[str], at: int) -> bool:
    """Do from, when and to whom stand here one below the other, as above a message that is quoted whole?"""
    matched = INNER_HEADER.match(lines[at])
    if matched is None or matched[1].lower() != "from":
        return False
    following = (INNER_HEADER.match(line) for line in lines[at + 1 : at + 5])
    found = {each[1].lower() for each in following if each is not None}
    return bool(found & {"date", "sent"}) and bool(found & {"to", "subject"})


def _read_inner_top(lines: list[str], at: int) -> tuple[dict[str, str], int]:
    """What stands above a quoted message, by noun, and the line at which the message itself begins."""
    told: dict[str, str] = {}
    while at < len(lines) and not lines[at].strip("> \t"):
        at += 1
    for _ in range(HEADER_LINES):
        matched = INNER_HEADER.match(lines[at]) if at < len(lines) else None
        if matched is None:
            break
        told.setdefault({"sent": "date"}.get(matched[1].lower(), matched[1].lower()), matched[2].strip())
        at += 1
    return {name: said for name, said in told.items() if name in ("from", "date", "subject") and said}, at


def read_inner_date(text: str, reading: Reading) -> str:
    """When a quoted message was sent, as a person reads it; empty where that cannot be read: then the day it was passed on."""
    plain = " ".join(text.split()).replace(" at ", " ")
    plain = re.sub(r"^[^\W\d_]+day,? ", "", plain, flags=re.IGNORECASE)
    plain = re.sub(r" (?:GMT|UTC|BST)\b.*$", "", plain)
    plain = re.sub(r"^([^\W\d_]+) (\d{1,2}), (\d{4})", r"\2 \1 \3", plain)
    try:
        moment = read_moment("mail_date", plain, reading.zone, reading.now)
    except UnusableRow:
        return ""
    return moment.isoformat() if moment is not None else ""
