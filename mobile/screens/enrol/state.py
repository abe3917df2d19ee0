"""Joining a team: the one-time code, typed, pasted or brought by a link; a PIN twice; four digits to compare. Pure."""

from enum import Enum

import msgspec

from mobile.field.views import Enrolling
from mobile.program.effects import Back, Effect, Event, Failed, Feel, Home, ask
from shared.model.enrolment_link import NotALink, is_link, read_link
from shared.model.value import Value

PIN_LENGTH = 6


class Step(Enum):
    """What is asked."""

    CODE = "code"
    LINKED = "linked"
    ALREADY = "already"
    PIN = "pin"
    AGAIN = "again"
    WORKING = "working"
    MATCH = "match"


class EnrolState(Value, frozen=True, kw_only=True):
    """What was typed so far."""

    step: Step = Step.CODE
    server: str = ""
    code: str = ""
    pin: str = ""
    first_pin: str = ""
    problem: str = ""
    message: str = ""
    match_digits: str = ""
    worker_name: str = ""
    team_name: str = ""
    failure: Failed | None = None


class Typed(Event, frozen=True, kw_only=True):
    """The server's address, or the code."""

    field: str
    text: str


class CodeDone(Event, frozen=True, kw_only=True):
    """Both are in."""


class KeyPressed(Event, frozen=True, kw_only=True):
    """A key of the PIN pad."""

    key: str


class PinJudged(Event, frozen=True, kw_only=True):
    """Why the PIN cannot be chosen; None when it can."""

    refusal: str | None


class Answered(Event, frozen=True, kw_only=True):
    """What came of the code."""

    enrolling: Enrolling


class LinkOpened(Event, frozen=True, kw_only=True):
    """The phone's camera read a picture, or another app handed over a link."""

    link: str


class MatchDone(Event, frozen=True, kw_only=True):
    """The digits are the same on the coordinator's screen."""


class BackPressed(Event, frozen=True, kw_only=True):
    """One step back."""


Result = tuple[EnrolState, tuple[Effect, ...]]


def update(state: EnrolState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Typed(field=field, text=text):
            return _typed(state, field, text), ()
        case LinkOpened(link=link):
            return _linked(state, link), ()
        case CodeDone():
            return _code_done(state), ()
        case KeyPressed(key=key):
            return _key(state, key)
        case PinJudged(refusal=refusal):
            return _judged(state, refusal)
        case Answered(enrolling=enrolling):
            return _answered(state, enrolling)
        case MatchDone():
            return state, (Home(),)
        case BackPressed():
            return (state, (Back(),)) if state.step == Step.ALREADY else (_code_again(state), ())
        case Failed():
            return _with(state, step=Step.CODE, pin="", first_pin="", failure=event), (Feel(name="refused"),)
    return state, ()


def _with(state: EnrolState, **changes: object) -> EnrolState:
    return msgspec.structs.replace(state, **changes)


def _code_again(state: EnrolState) -> EnrolState:
    return _with(state, step=Step.CODE, pin="", first_pin="", problem="")


def _linked(state: EnrolState, link: str) -> EnrolState:
    """A link fills both fields. While digits are compared, or the server is asked, none disturbs."""
    if state.step in (Step.WORKING, Step.MATCH, Step.ALREADY):
        return state
    try:
        read = read_link(link)
    except NotALink:
        return _with(_code_again(state), problem="link", failure=None)
    return EnrolState(step=Step.LINKED, server=read.server, code=read.code)


def _typed(state: EnrolState, field: str, text: str) -> EnrolState:
    """A pasted link holds both."""
    if is_link(text):
        return _linked(_with(state, **{field: ""}), text)
    return _with(state, **{field: text.strip()}, problem="", message="", failure=None)


def _code_done(state: EnrolState) -> EnrolState:
    if state.problem == "link":
        return state
    if not state.server.startswith(("http://", "https://")):
        return _with(state, problem="server")
    if not state.code:
        return _with(state, problem="code")
    return _with(state, step=Step.PIN, pin="", problem="", message="")


def _key(state: EnrolState, key: str) -> Result:
    if state.step not in (Step.PIN, Step.AGAIN):
        return state, ()
    if key == "erase":
        return _with(state, pin=state.pin[:-1]), ()
    state = _with(state, pin=state.pin + key, problem="")
    if len(state.pin) < PIN_LENGTH:
        return state, ()
    return _pin_full(state)


def _pin_full(state: EnrolState) -> Result:
    if state.step == Step.PIN:
        judge = ask(lambda phone: phone.refusal_of_pin(state.pin), lambda refusal: PinJudged(refusal=refusal))
        return state, (judge,)
    if state.pin != state.first_pin:
        return _with(state, step=Step.PIN, pin="", first_pin="", problem="pins_differ"), (Feel(name="refused"),)
    enrol = ask(
        lambda phone: phone.enrol(state.code, state.server, state.pin),
        lambda enrolling: Answered(enrolling=enrolling),
        network=True,
    )
    return _with(state, step=Step.WORKING, pin="", first_pin=""), (enrol,)


def _judged(state: EnrolState, refusal: str | None) -> Result:
    if refusal is not None:
        return _with(state, pin="", problem="pin_refused"), (Feel(name="refused"),)
    return _with(state, step=Step.AGAIN, first_pin=state.pin, pin=""), ()


def _answered(state: EnrolState, enrolling: Enrolling) -> Result:
    if not enrolling.enrolled:
        return _with(state, step=Step.CODE, problem="refused", message=enrolling.message), (Feel(name="refused"),)
    matched = _with(
        state,
        step=Step.MATCH,
        problem="left" if enrolling.message else "",
        message=enrolling.message,
        match_digits=enrolling.match_digits,
        worker_name=enrolling.worker_name,
        team_name=enrolling.team_name,
    )
    return matched, (Feel(name="saved"),)
