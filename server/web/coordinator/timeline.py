"""How each thing that happened reads on a person's timeline. Pure: an event in, a headline and its text out."""

from collections.abc import Callable
from datetime import date, datetime

from server.queries.people.person_page import NOT_REACHED, Event
from server.web.layout.words import lower_first, say, say_short_day
from shared.model.codes import CaseStep, ContactState, EvidenceBasis, ReferralState, ReviewStatus
from shared.model.value import Value


class Told(Value, frozen=True, kw_only=True):
    """An event as the page shows it."""

    kind: str
    kind_words: str
    at: datetime
    by: str
    headline: str
    text: str = ""


def tell(event: Event, reads_notes: bool) -> Told:
    """Returns the event in words. A contact's note is told to whoever reads notes; to others not even that there is one
    (privacy rule A3)."""
    kind_words, words = TELLERS.get(event.kind, ("Record", _plain))
    headline, text = words(event, reads_notes)
    return Told(kind=event.kind, kind_words=kind_words, at=event.at, by=event.by, headline=headline, text=text)


def _contact(event: Event, reads_notes: bool) -> tuple[str, str]:
    place = f" at {event.place}" if event.place else ""
    note = event.text if reads_notes else ""
    step = f"Next step: {event.more}" if event.more else ""
    return f"{say(ContactState(event.code))}{place}", " ".join(part for part in (_stop(note), _stop(step)) if part)


def _verification(event: Event, reads_notes: bool) -> tuple[str, str]:
    basis = lower_first(say(EvidenceBasis(event.more)))
    status = ReviewStatus(event.code)
    if status is ReviewStatus.UNREVIEWED:
        return f"Verification recorded: {basis}", event.text
    return f"Verification {lower_first(say(status))}: {basis}", event.text


def _case(event: Event, reads_notes: bool) -> tuple[str, str]:
    words = {
        CaseStep.CAME: f"Put forward for {event.place}’s MDT list",
        CaseStep.RETURNED: f"Returned: put forward for {event.place}’s MDT list again",
        CaseStep.PUT_FORWARD: f"Put forward for {event.place}’s MDT list",
        CaseStep.LISTED: f"Put on {event.place}’s MDT list",
        CaseStep.DISCUSSED: f"Open at {event.place}’s MDT",
        CaseStep.CLOSED: f"Case closed in {event.place}",
        CaseStep.DECLINED: f"Not taken on in {event.place}",
        CaseStep.SAME_PERSON: f"Not taken on in {event.place}",
        CaseStep.DIED: f"Case ended in {event.place}",
        CaseStep.APART: f"Put forward for {event.place}’s MDT list again",
    }
    text = event.text[:1].upper() + event.text[1:]
    return words.get(CaseStep(event.code), event.code), _stop(text)


def _move(event: Event, reads_notes: bool) -> tuple[str, str]:
    return f"Case went from {event.code} to {event.place}", _stop(event.text)


def _review(event: Event, reads_notes: bool) -> tuple[str, str]:
    was = "Written for" if event.code.endswith(NOT_REACHED) else "Reviewed at"
    return f"{was} MDT {event.code}", " ".join(part for part in (_stop(event.more), _stop(event.text)) if part)


def _action(event: Event, reads_notes: bool) -> tuple[str, str]:
    due = say_short_day(date.fromisoformat(event.code[:10]))
    return f"{event.place}: {event.text}", f"By {due}." + (f" Done: {event.more}" if event.more else "")


def _referral(event: Event, reads_notes: bool) -> tuple[str, str]:
    return f"Reported to us ({event.more}), {lower_first(say(ReferralState(event.code)))}", _stop(event.text)


def _plain(event: Event, reads_notes: bool) -> tuple[str, str]:
    return event.code, event.text


def _stop(text: str) -> str:
    """The text as a sentence."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


TELLERS: dict[str, tuple[str, Callable[[Event, bool], tuple[str, str]]]] = {
    "contact": ("Contact", _contact),
    "verification": ("Verification", _verification),
    "case": ("Case", _case),
    "move": ("Case", _move),
    "review": ("MDT", _review),
    "action": ("Action agreed", _action),
    "referral": ("Referral", _referral),
}
