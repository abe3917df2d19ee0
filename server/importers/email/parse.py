"""One e-mail as one report: its own date and sender, or those of the message that was forwarded in it.

Lines such as "Postcode: WD17 1EU" are read as the columns of a form; what is left of the text is what was seen. Bytes in, a
report or a refusal out. Pure. Source: RFC 5322.
"""

import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from typing import cast

from server.importers.columns import Columns
from server.importers.council_form.parse import COUNCIL_FORM
from server.importers.dates import Order
from server.importers.files import Refusal, Row, UnusableFile, make_storable, normalise_heading
from server.importers.inputs import Input
from server.importers.report import Reading, Report
from server.importers.reports import Reports, listed
from server.importers.source import Asked, Source
from server.importers.streetlink.parse import STREETLINK
from shared.model.codes import AlertSource
from shared.model.value import Value

MAX_BYTES = 10 << 20
HEADER = re.compile(
    r"(?:Return-Path|Received|Delivered-To|From|To|Date|Subject|Message-ID|MIME-Version|Reply-To|X-[\w-]+|[\w-]+-Signature):",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"^[ \t>]*-{2,} ?(?:forwarded message|original message|weitergeleitete).*$", re.IGNORECASE | re.MULTILINE
)
INNER_HEADER = re.compile(r"^[ \t>*]*(from|date|sent|subject|to|cc)\s*:\**\s*(.*)$", re.IGNORECASE)
SIGNATURE = re.compile(r"^-- ?$|^sent from my ", re.IGNORECASE)
LINE = re.compile(r"^[ \t>]*([A-Za-z][\w ,'’?&/()-]{1,60}?)\s*:\s+(\S.*)$")
TELEPHONE = re.compile(r"(?:\+44|\(?0)[\d ()-]{8,16}\d")


def _merge(noun: str) -> tuple[str, ...]:
    own = {"opened": ("mail_date",), "reference": ("mail_reference",), "appearance": ("mail_text",)}
    if noun in ("opened", "reference", "closed", "status", "outcome", "parent", "duplication", "consent"):
        return own.get(noun, ())
    return tuple(
        dict.fromkeys((*COUNCIL_FORM.names.get(noun, ()), *STREETLINK.names.get(noun, ()), *own.get(noun, ())))
    )


EMAIL = Columns(AlertSource.EMAIL, {noun: _merge(noun) for noun in {*COUNCIL_FORM.names, *STREETLINK.names}})
KNOWN = {name for names in EMAIL.names.values() for name in names}


def open_file(source: Input, reading: Reading, asked: Asked) -> Reports:
    """The one report of a message. Raises UnusableFile for what is no message."""
    with source.open() as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnusableFile(f"The message is larger than {MAX_BYTES >> 20} MB: forward it without what is attached.")
    return listed([read_message(1, data, reading, asked.mends.get(1, {}))])


def read_message(
    number: int, data: bytes, reading: Reading, mends: Mapping[str, str] | None = None
) -> Report | Refusal:
    """A message as a report. Raises UnusableFile where there is nothing of one."""
    message = message_from_bytes(data, policy=policy.default)
    if not message.keys():
        raise UnusableFile("This is no e-mail: it has no lines of sender and date at its top.")
    cells = {name: make_storable(text) for name, text in _list_cells(message) if text}
    return read_cells(number, {**cells, **(mends or {})}, reading)


def read_cells(number: int, cells: Mapping[str, str], reading: Reading) -> Report | Refusal:
    """The same from cells that somebody has mended."""
    return EMAIL.understand(Row(number, cells), reading, Order.UNKNOWN, EMAIL.kept)


class Letter(Value, frozen=True, kw_only=True):
    """A mail as its sender wrote it: of one that was forwarded as it was, the inner one. `attached` counts what is not read."""

    message_id: str
    sender_name: str
    sender_address: str
    text: str
    attached: int


def read_letter(data: bytes) -> Letter:
    """What a mail says, whatever it is about."""
    outer = message_from_bytes(data, policy=policy.default)
    message = _unwrap(outer)
    text = make_storable(_find_text(message))
    sender = _find_forwarded(text).get("from") or str(message.get("From", ""))
    name, address = parseaddr(make_storable(sender))
    return Letter(
        message_id=_message_id(outer), sender_name=name, sender_address=address, text=text,
        attached=sum(1 for _ in message.iter_attachments()),
    )  # fmt: skip


def _message_id(message: EmailMessage) -> str:
    return make_storable(str(message.get("Message-ID", ""))).strip("<> \r\n")[:200]


def _unwrap(message: EmailMessage) -> EmailMessage:
    inner = next((part for part in message.walk() if part.get_content_type() == "message/rfc822"), None)
    return message if inner is None else cast(EmailMessage, inner.get_payload(0))


def _list_cells(message: EmailMessage) -> Iterator[tuple[str, str]]:
    message = _unwrap(message)
    text = _find_text(message)
    told = {
        "from": str(message.get("From", "")),
        "date": str(message.get("Date", "")),
        "subject": str(message.get("Subject", "")),
    }
    told |= _find_forwarded(text)
    name, address = parseaddr(told["from"])
    yield "mail_reference", _message_id(message)
    yield "mail_date", _read_date(told["date"])
    yield "mail_subject", told["subject"]
    yield "your_name", name
    yield "your_email", address
    yield from _read_text(text, name, address)
    attached = sum(1 for _ in message.iter_attachments())
    if attached:
        yield "mail_attachments", f"{attached}, not kept"


def _read_date(text: str) -> str:
    try:
        return parsedate_to_datetime(text).isoformat()
    except (TypeError, ValueError, IndexError):
        return text


def _find_text(message: EmailMessage) -> str:
    """The plain text of a message, or that of its page."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, UnicodeError):
        content = bytes(body.get_payload(decode=True) or b"").decode("utf-8", "replace")
    return _strip_page(content) if body.get_content_type() == "text/html" else content


def _strip_page(page: str) -> str:
    reader = _Page()
    reader.feed(page)
    return "".join(reader.words)


class _Page(HTMLParser):
    """The words of a page, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in ("style", "script", "head")
        if tag in ("br", "p", "div", "tr", "li"):
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "head")

    def handle_data(self, data: str) -> None:
        if self._hidden <= 0:
            self.words.append(data)


def _find_forwarded(text: str) -> dict[str, str]:
    """Who wrote what was forwarded in a text, and when; the deepest one."""
    marks = list(FORWARDED.finditer(text))
    if not marks:
        return {}
    found: dict[str, str] = {}
    for line in text[marks[-1].end() :].strip().splitlines()[:8]:
        matched = INNER_HEADER.match(line)
        if matched is None:
            break
        found.setdefault({"sent": "date"}.get(matched[1].lower(), matched[1].lower()), matched[2].strip())
    return {name: said for name, said in found.items() if name in ("from", "date", "subject") and said}


def _read_text(text: str, name: str, address: str) -> Iterator[tuple[str, str]]:
    """The lines that are columns of a form, and the rest, without whatever says who wrote it."""
    marks = list(FORWARDED.finditer(text))
    lines = [line.lstrip("> \t").rstrip() for line in text[marks[-1].end() if marks else 0 :].splitlines()]
    while marks and lines and (not lines[0] or INNER_HEADER.match(lines[0])):
        lines.pop(0)
    rest: list[str] = []
    private: list[str] = []
    seen: set[str] = set()
    for line in lines:
        if SIGNATURE.match(line):
            break
        matched = LINE.match(line)
        heading = normalise_heading(matched[1]) if matched else ""
        if matched and heading in KNOWN and heading not in seen:
            seen.add(heading)
            yield heading, matched[2].strip()
        elif _says_who(line, name, address):
            private.append(line)
        else:
            rest.append(line)
    yield "mail_text", re.sub(r"\n{3,}", "\n\n", "\n".join(rest)).strip()
    yield "mail_lines_that_say_who", "\n".join(private)


def _says_who(line: str, name: str, address: str) -> bool:
    plain = line.casefold()
    return bool(
        (address and address.casefold() in plain)
        or (name and name.casefold() in plain)
        or TELEPHONE.search(line)
        or "@" in line
    )


SOURCE = Source("email", open_file, read_cells, lambda _, text: 500 if HEADER.match(text) else 0)
parse = SOURCE.parse
