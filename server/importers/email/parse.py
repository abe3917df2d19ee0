"""One e-mail as one report: its own date and sender, or those of the message that was forwarded in it.

Lines such as "Postcode: WD17 1EU" are read as the columns of a form; what is left of the text is what was seen. Bytes in, a
report or a refusal out. Pure. Source: RFC 5322.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

from server.importers.cells import read_yes
from server.importers.columns import TELLS_WHO, Columns
from server.importers.council_form.parse import COUNCIL_FORM
from server.importers.dates import Order
from server.importers.email.body import find_text, list_inner
from server.importers.email.quoted import Part, find_forwarded, list_parts, read_inner_date
from server.importers.files import Refusal, Row, UnusableFile, make_storable, normalise_heading
from server.importers.inputs import Input
from server.importers.report import MAIL_ADDRESS, Reading, Report
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
ANSWERED = re.compile(r"(?:re|aw|odp|atb|sv|antw?) ?:", re.IGNORECASE)
"""So begins the subject of an answer: its sender's own words stand above what was written before."""
SENT_ON = re.compile(r"(?:(?:re|aw|odp|atb|sv|antw?|fwd?|wg|fw|pd) ?: ?)*", re.IGNORECASE)
SIGNATURE = re.compile(r"^-- ?$")
OF_A_DEVICE = re.compile(r"^sent from my |^get outlook for ", re.IGNORECASE)
LINE = re.compile(r"^[ \t>]*([A-Za-z][\w ,'’?&/()-]{1,60}?)\s*:\s+(\S.*)$")
TELEPHONE = re.compile(r"(?:\+44|\(?0)[\d ()-]{8,16}\d")
ADDRESS_LIKE = re.compile(r"(?<![^\s@])[^\s@]*@[^\s@]+")
"""A mail address, or a name on some network."""
WORD = re.compile(r"\w+")
LONGEST_NAME_WORDS = 8
OF_A_MACHINE = re.compile(
    r"(?:no|do.?not|never).?reply|(?:mailer-daemon|postmaster|bounces?|notifications?|alerts?|forms?|web(?:site|master)?)\b.*@|[^@]*@[^@]*streetlink",
    re.IGNORECASE,
)
"""Addresses at which nobody waits for an answer: of machines, of forms on web sites, and StreetLink's."""
OF_DELIVERY = "This tells what became of a mail that was sent, and is no report: leave it out."
TAKEN_OUT = "(…)"
"""Stands where it was said who wrote a line."""
OF_REACHING = frozenset(
    {
        "a", "address", "and", "any", "at", "by", "call", "can", "cell", "contact", "e", "email", "for", "from", "home", "i",
        "is", "kind", "m", "mail", "many", "me", "mob", "mobile", "more", "my", "name", "no", "number", "of", "office", "on",
        "or", "phone", "please", "reach", "regards", "reply", "ring", "sent", "t", "tel", "telephone", "text", "thank",
        "thanks", "the", "to", "w", "work", "you",
    }
)  # fmt: skip
"""Words in which somebody says how to be reached: a line that says nothing else tells nothing of whom they saw."""


def _merge(noun: str) -> tuple[str, ...]:
    own = {
        "opened": ("mail_date",), "reference": ("mail_reference",), "appearance": ("mail_text",),
        "consent": ("mail_waits_for_answer",),
    }  # fmt: skip
    if noun in ("opened", "reference", "closed", "status", "outcome", "parent", "duplication", "consent"):
        return own.get(noun, ())
    return tuple(
        dict.fromkeys((*COUNCIL_FORM.names.get(noun, ()), *STREETLINK.names.get(noun, ()), *own.get(noun, ())))
    )


EMAIL = Columns(
    AlertSource.EMAIL, {noun: _merge(noun) for noun in {*COUNCIL_FORM.names, *STREETLINK.names}},
    tells_where=("details", "street", "appearance"),
)  # fmt: skip
OF_CONSENT = frozenset((*COUNCIL_FORM.names["consent"], *STREETLINK.names["consent"]))
OF_WHO = {name for noun in TELLS_WHO for name in EMAIL.names.get(noun, ())}
KNOWN = {name for names in EMAIL.names.values() for name in names} | OF_CONSENT


def open_file(source: Input, reading: Reading, asked: Asked) -> Reports:
    """The report of a message, or of each that is attached to it. Raises UnusableFile for what is no message."""
    with source.open() as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnusableFile(f"The message is larger than {MAX_BYTES >> 20} MB: forward it without what is attached.")
    return listed(read_messages(data, reading, asked.mends))


def read_messages(
    data: bytes, reading: Reading, mends: Mapping[int, Mapping[str, str]] | None = None
) -> list[Report | Refusal]:
    """A message as a report; where others are attached to it, each of those. Raises UnusableFile where nothing can be read."""
    with _understood():
        outer = message_from_bytes(data, policy=policy.default)
        if not outer.keys():
            raise UnusableFile("This is no e-mail: it has no lines of sender and date at its top.")
        if outer.get_content_type() == "multipart/report":
            return [Refusal(1, OF_DELIVERY, make_storable(find_text(outer)))]
        found = [
            {name: make_storable(text) for name, text in _list_cells(outer, message, reading) if text}
            for message in list_inner(outer) or [outer]
        ]
    mended = mends or {}
    return [
        read_cells(number, {**cells, **mended.get(number, {})}, reading) for number, cells in enumerate(found, start=1)
    ]


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
    """What a mail says, whatever it is about. Raises UnusableFile for one that is damaged."""
    with _understood():
        outer = message_from_bytes(data, policy=policy.default)
        message = _unwrap(outer)
        text = make_storable(find_text(message))
        sender = find_forwarded(text).get("from") or _header(message, "From")
        name, address = parseaddr(make_storable(sender))
        return Letter(
            message_id=_message_id(outer), sender_name=name, sender_address=address, text=text,
            attached=sum(1 for _ in message.iter_attachments()),
        )  # fmt: skip


@contextmanager
def _understood() -> Iterator[None]:
    """What Python's reader of mails cannot cope with is a damaged mail, whatever it raises: one may not hold up the next."""
    try:
        yield
    except UnusableFile:
        raise
    except Exception as error:
        raise UnusableFile("The message is damaged: read it in the mailbox itself.") from error


def _header(message: EmailMessage, name: str) -> str:
    """A line of the top; as it was written, where Python's reader fails at it ("<a@[" as a Message-ID, "a@[" as a sender)."""
    try:
        return str(message.get(name, ""))
    except Exception:
        return next((str(text) for each, text in message.raw_items() if each.lower() == name.lower()), "")


def _message_id(message: EmailMessage) -> str:
    return make_storable(_header(message, "Message-ID")).strip("<> \r\n")[:200]


def _unwrap(message: EmailMessage) -> EmailMessage:
    return next(iter(list_inner(message)), message)


def _list_cells(outer: EmailMessage, message: EmailMessage, reading: Reading) -> Iterator[tuple[str, str]]:
    """`message` is `outer`, or one that is attached to it."""
    told = {name: _header(message, name).strip() for name in ("From", "Date", "Subject")}
    parts = list_parts(find_text(message))
    is_answer = ANSWERED.match(told["Subject"]) is not None
    chosen = parts[0] if is_answer else parts[-1]
    others = [each for each in parts if each is not chosen]
    if message is not outer:
        others += list_parts(find_text(outer))
    sender = chosen.told.get("from", told["From"])
    subject = chosen.told.get("subject", told["Subject"])
    name, address = parseaddr(sender)
    senders = (sender, told["From"], _header(outer, "From"), *(each.told.get("from", "") for each in others))
    names = list(dict.fromkeys(parseaddr(each)[0] for each in senders))
    yield "mail_reference", _message_id(message)
    yield "mail_date", _read_told_date(chosen.told.get("date", ""), reading) or _read_date(told["Date"])
    yield "mail_subject", subject
    yield "your_name", name
    yield "your_email", address
    lines = list(_read_text(chosen, others, names, subject))
    yield from lines
    wants = all(read_yes(said) for heading, said in lines if heading in OF_CONSENT)
    if wants and message is outer and (is_answer or len(parts) == 1) and _is_own_letter(outer, address):
        yield "mail_waits_for_answer", "yes"
    attached = sum(1 for _ in message.iter_attachments())
    if attached:
        yield "mail_attachments", f"{attached}, not kept"


def _is_own_letter(message: EmailMessage, address: str) -> bool:
    """Did somebody write this themselves, who may expect an answer at the address they wrote from? Not a machine, not a list,
    and nobody who passes on what others told them (RFC 3834; StreetLink's own mails)."""
    told = {
        name: _header(message, name).strip().casefold()
        for name in ("Auto-Submitted", "Precedence", "List-Id", "Reply-To")
    }
    replies_to = parseaddr(told["Reply-To"])[1] if told["Reply-To"] else address.casefold()
    return (
        told["Auto-Submitted"] in ("", "no")
        and told["Precedence"] in ("", "first-class", "normal")
        and not told["List-Id"]
        and replies_to == address.casefold()
        and MAIL_ADDRESS.fullmatch(address) is not None
        and not OF_A_MACHINE.match(address)
    )


def _read_told_date(text: str, reading: Reading) -> str:
    """When a quoted message was sent; empty where that cannot be read: then the day it was passed on counts."""
    said = _read_date(text)
    return said if said != text else read_inner_date(text, reading)


def _read_date(text: str) -> str:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return text
    # "-0000" is UTC of a sender who does not tell its own zone (RFC 5322, 3.3): many web sites write so.
    return (
        moment.replace(tzinfo=UTC) if moment.tzinfo is None and text.rstrip().endswith("-0000") else moment
    ).isoformat()


def _read_text(chosen: Part, others: Sequence[Part], names: Sequence[str], subject: str) -> Iterator[tuple[str, str]]:
    """The lines that are columns of a form; the rest less whatever says who wrote it, below its subject; and what others wrote
    above and below it."""
    seen: set[str] = set()
    private: list[str] = []
    rest = list[str]()
    for heading, said in _read_lines(chosen.lines, names, private, seen):
        if heading:
            yield heading, said
        else:
            rest.append(said)
    text = _join(rest)
    sent_on = SENT_ON.match(subject)
    about = _take_out_all(subject[sent_on.end() if sent_on else 0 :], names).strip()
    if about.casefold() not in text.casefold() and any(sign.isalpha() for sign in about):
        text = f"{about}\n{text}".strip()
    beside = [_join([said for _, said in _read_lines(each.lines, names, private, set(KNOWN))]) for each in others]
    yield "mail_text", "\n\n".join([text, *(f"Written with it: {each}" for each in beside if each)]).strip()
    yield "mail_lines_that_say_who", "\n".join(private)


def _read_lines(
    lines: Sequence[str], names: Sequence[str], private: list[str], seen: set[str]
) -> Iterator[tuple[str, str]]:
    """Each line that says something, with its heading where it is a column of a form that was not `seen`; what says who wrote
    it is left to `private`."""
    says_more = False
    for line in (line.lstrip("> \t").rstrip() for line in lines):
        if SIGNATURE.match(line) and says_more:
            return
        if OF_A_DEVICE.match(line):
            continue
        matched = LINE.match(line)
        heading = normalise_heading(matched[1]) if matched else ""
        if matched and heading in KNOWN and heading not in seen:
            seen.add(heading)
            says_more = True
            yield heading, matched[2].strip()
            continue
        if heading in OF_WHO:
            private.append(line)
            continue
        plain = _take_out_all(line, names)
        if plain != line:
            private.append(line)
        if plain == line or _says_more(plain):
            says_more = says_more or bool(plain)
            yield "", plain


def _join(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _take_out_all(line: str, names: Sequence[str]) -> str:
    """A line less whatever in it says who wrote it: many write all they saw, and their number, in one line."""
    line = TELEPHONE.sub(TAKEN_OUT, ADDRESS_LIKE.sub(TAKEN_OUT, line))
    for name in names:
        line = _take_out_name(line, name)
    return line


def _take_out_name(line: str, name: str) -> str:
    """A line less a name, where it stands there in whole words: Ann is not in “cannot”."""
    wanted = WORD.findall(name.casefold())
    if not 0 < len(wanted) <= LONGEST_NAME_WORDS:
        return line
    words, parts, done, at = list(WORD.finditer(line)), [], 0, 0
    while at < len(words):
        run = words[at : at + len(wanted)]
        if [each[0].casefold() for each in run] == wanted:
            parts += [line[done : run[0].start()], TAKEN_OUT]
            done = run[-1].end()
            at += len(wanted)
        else:
            at += 1
    return "".join([*parts, line[done:]])


def _says_more(line: str) -> bool:
    """Does a line tell anything beside how to reach whoever wrote it?"""
    return any(word not in OF_REACHING for word in re.findall(r"[^\W\d_]+", line.casefold()))


SOURCE = Source("email", open_file, read_cells, lambda _, text: 500 if HEADER.match(text) else 0)
parse = SOURCE.parse
