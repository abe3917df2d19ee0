"""The words of a mail, from its kind and its facts: one plain-text template a kind, its subject on the first line.

Templates are told nothing but `MailFacts` and where the pages are, so that a mail can say no more than those hold.
"""

from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from shared.model.mail import MailFacts, MailKind
from shared.rules.referral import OUTCOMES
from shared.rules.replies import ENGLISH, reply_to_referrer, say_day, spoken

TEMPLATES = Path(__file__).resolve().parent / "templates"
SUBJECT = "Subject: "


class MailText(Struct, frozen=True):
    """What a mail says."""

    subject: str
    body: str


def write_words(
    kind: MailKind,
    facts: MailFacts,
    address: str,
    zone: tzinfo,
    path: str = "",
    *,
    may_choose: bool = False,
    answered: bool = False,
) -> MailText:
    """Write a mail. `address` is where the pages are, `zone` the one whose clock people read, `path` where this mail's own
    link leads. `may_choose`: its reader can switch it off; `answered`: somebody reads an answer to it."""
    language = spoken(facts.language)
    template = _environment().get_template(f"{kind}.txt" if language == ENGLISH else f"{language}/{kind}.txt")
    reply = reply_to_referrer(OUTCOMES[facts.outcome], language) if facts.outcome in OUTCOMES else ""
    starts_at = facts.starts_at.astimezone(zone) if facts.starts_at else None
    was_at = facts.was_at.astimezone(zone) if facts.was_at else None
    text = template.render(
        facts=facts, address=address, starts_at=starts_at, was_at=was_at, reply=reply, path=path,
        may_choose=may_choose, answered=answered,
        day=say_day(facts.day, language) if facts.day else "",
    )  # fmt: skip
    first, _, body = text.partition("\n")
    return MailText(first.removeprefix(SUBJECT).strip(), body.strip() + "\n")


@cache
def _environment() -> Environment:
    """Plain text needs no escaping: nothing in it was typed by anybody, and no browser reads it."""
    made = Environment(  # noqa: S701 - see above
        loader=FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    made.filters |= {"day": _say_day, "short_day": _say_short_day, "moment": _say_moment, "count": _count}
    return made


def _say_day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _say_short_day(day: date) -> str:
    return f"{day.day} {day:%B}"


def _say_moment(moment: datetime) -> str:
    return f"{_say_day(moment)} at {moment:%H:%M}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
