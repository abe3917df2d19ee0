"""What stands in a message: the messages that are attached to it, and its text, as plain words. Source: RFC 2045 to 2047."""

from email.message import EmailMessage
from html.parser import HTMLParser
from typing import cast

BLOCKS = frozenset({
    "p", "div", "table", "tr", "ul", "ol", "li", "hr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6",
})  # fmt: skip
"""What begins and ends a line of a page."""


def list_inner(message: EmailMessage) -> list[EmailMessage]:
    """The messages that are attached to one, and of one that only passes on what is attached to it those."""
    found: list[EmailMessage] = []
    inside: set[int] = set()
    for part in message.walk():
        if part.get_content_type() == "message/rfc822" and id(part) not in inside:
            inside |= {id(each) for each in part.walk()}
            inner = cast(EmailMessage, part.get_payload(0))
            found += list_inner(inner) or [inner]
    return found


def find_text(message: EmailMessage) -> str:
    """The plain text of a message, or that of its page where the plain one says nothing."""
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        if body is not None:
            content = _decode(cast(EmailMessage, body))
            text = _strip_page(content) if kind == "html" else content
            if text.strip():
                return text
    return ""


def _decode(body: EmailMessage) -> str:
    """The text of a part: as it says that it is written, else as most are, else by bytes that always mean something."""
    data = bytes(body.get_payload(decode=True) or b"")
    for encoding in (body.get_content_charset("us-ascii"), "utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except (LookupError, UnicodeError):
            continue
    return data.decode("utf-8", "replace")


def _strip_page(page: str) -> str:
    reader = _Page()
    reader.feed(page)
    reader.close()
    return "".join(reader.words)


class _Page(HTMLParser):
    """The words of a page, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in ("style", "script", "head")
        if tag == "body":  # a top that nobody ended ends here
            self._hidden = 0
        if tag == "br":
            self.words.append("\n")
        elif tag in BLOCKS:
            self._break()
        elif tag in ("td", "th"):
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "head")
        if tag in BLOCKS:
            self._break()

    def _break(self) -> None:
        if self.words and not self.words[-1].endswith("\n"):
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if self._hidden <= 0:
            self.words.append(data)
