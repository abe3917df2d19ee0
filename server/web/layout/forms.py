"""What every form has in common: unknown fields are refused, and what is wrong is said beside the field it is about.

A form keeps every value as the text that was typed, so that a mistake can be shown again with nothing lost.
"""

from datetime import date

import msgspec
from litestar.datastructures import UploadFile

from server.importers.files import make_storable
from server.problems import Invalid

Errors = dict[str, str]
"""Field name to message, in the order of the page."""


Several = str | list[str]
"""What a browser sends for boxes of one name: one text for one, a list for more."""


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form as it was sent. Subclasses add text fields with empty defaults."""

    csrf: str = msgspec.field(name="_csrf_token", default="")
    draft: str = msgspec.field(name="_draft", default="")
    """The mark of a form whose words are kept until they are sent."""
    draft_part: str = msgspec.field(name="_part", default="")
    """Which form of its page it is, where one address takes several."""


class EmptyForm(Form, frozen=True, kw_only=True):
    """A press of a button."""


class MendForm(Form, frozen=True, kw_only=True):
    """The cells of a row, each with its heading: two lists of one length."""

    heading: Several = ""
    text: Several = ""

    def as_cells(self) -> dict[str, str]:
        """The row by its headings."""
        headings = [self.heading] if isinstance(self.heading, str) else self.heading
        texts = [self.text] if isinstance(self.text, str) else self.text
        return {name: one_break(make_storable(text)).strip() for name, text in zip(headings, texts, strict=False)}


def one_break(text: str) -> str:
    """The text with its lines broken as a file breaks them, and not as a form sends them."""
    return text.replace("\r\n", "\n")


def read_upload(sent: object, most_bytes: int = -1) -> tuple[str, bytes]:
    """Returns the name and the bytes of a file that a form sent, of a longer one no more than `most_bytes`; both empty where it
    sent none."""
    if not isinstance(sent, UploadFile):
        return "", b""
    return sent.filename or "", sent.file.read(most_bytes)


def as_tuple(several: Several) -> tuple[str, ...]:
    """Returns each value once, in order."""
    values = [several] if isinstance(several, str) else several
    return tuple(dict.fromkeys(value for value in values if value))


def require_text(errors: Errors, field: str, value: str, message: str, *, longest: int = 10_000) -> str:
    """Returns the trimmed text, and notes `message` where it is empty or a plain line where it is too long."""
    text = value.strip()
    if not text:
        errors[field] = message
    elif len(text) > longest:
        errors[field] = f"Use {longest:,} characters or fewer."
    return text


def require_choice(errors: Errors, field: str, value: str, choices: frozenset[str] | set[str], message: str) -> str:
    """Returns the value, and notes `message` where it is none of the choices."""
    if value not in choices:
        errors[field] = message
    return value


def read_whole(text: str, most: int) -> int | None:
    """Returns a whole number from 0 to `most` as somebody types it, in plain digits; None for anything else."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > len(str(most)):
        return None
    number = int(plain)
    return number if number <= most else None


def read_date(errors: Errors, field: str, value: str, message: str) -> date | None:
    """Returns the day of `YYYY-MM-DD` text, or None with `message` noted."""
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        errors[field] = message
        return None


def read_day(text: str) -> date | None:
    """A day as a date field sends it, or none where it is empty. Raises Invalid for what is no day."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise Invalid("Give the day as day, month and year.") from error
