"""What a worker typed about a contact, and what is wrong with it, in words beside each field. No handler lives here."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from server.actions.operation.enrolment import PHRASES_OFFERED
from server.actions.street.contacts import ContactDraft
from server.http.local_time import to_local
from server.places.postcodes import find_position
from server.web.layout.forms import Errors, Form, Several, as_tuple, require_choice
from server.web.layout.words import say
from shared.model.codes import ContactState, ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.position import Position
from shared.model.value import Id
from shared.rules.address_hint import PROMPT, find_hints

LONGEST_WORDS, LONGEST_TEXT = 200, 10_000
MOST_PEOPLE = 500
STATES = [(str(state), say(state)) for state in ContactState]
NEEDS = tuple(need for need in SupportNeed if need not in (SupportNeed.NONE, SupportNeed.NOT_KNOWN))
SUPPORT = [
    ("", "Did not come up"),
    (str(ReceivingSupport.NO), "Came up: nobody helps yet"),
    (str(ReceivingSupport.YES), "Came up: receiving support"),
    (str(ReceivingSupport.NOT_KNOWN), "Came up: support not known"),
]
CLOCK_TIME = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", re.ASCII)
PHRASES = [(phrase, phrase) for phrase in PHRASES_OFFERED]
TEXTS = ("description", "safety_needs", "strengths", "next_step", "note")


class ContactForm(Form, frozen=True, kw_only=True):
    """The form as it was sent. `key` was made with the empty form, so that sending it twice is one contact.

    `press` says which button was pressed. Each of `needs` is a need and its answer, such as `alcohol:no`.
    """

    key: str = ""
    press: str = "save"
    team: str = ""
    state: str = ""
    search: str = ""
    people: Several = ""
    alias: str = ""
    description: str = ""
    is_new: str = ""
    unidentified: str = ""
    site: str = ""
    place: str = ""
    postcode: str = ""
    seen_time: str = ""
    needs: Several = ""
    offered: Several = ""
    given: Several = ""
    safety_needs: str = ""
    strengths: str = ""
    next_step: str = ""
    note: str = ""
    sure: str = ""

    @property
    def person_ids(self) -> tuple[Id, ...]:
        """Who was ticked."""
        return as_tuple(self.people)

    @property
    def support_of(self) -> dict[str, str]:
        """The answer to each need that came up."""
        told = (each.partition(":") for each in as_tuple(self.needs))
        return {need: answer for need, _, answer in told if answer}


def read_form(form: ContactForm, team_ids: list[Id], now: datetime, errors: Errors) -> ContactDraft | None:
    """Returns the draft, or None with every mistake noted in the order of the page."""
    state = require_choice(errors, "state", form.state, {code for code, _ in STATES}, "Choose what you met.")
    team_id = form.team or (team_ids[0] if len(team_ids) == 1 else "")
    require_choice(errors, "team", team_id, set(team_ids), "Choose the team you were out with.")
    seen_at = _read_time(form.seen_time, now, errors)
    alias = _read_words(form.alias, "alias", LONGEST_WORDS, errors)
    unidentified = _read_number(form.unidentified, errors)
    place = _read_words(form.place, "place", LONGEST_WORDS, errors)
    if place and form.site:
        errors["place"] = "Choose a known place or say one in words, not both."
    position = _read_postcode(form.postcode, errors)
    texts = {name: _read_words(getattr(form, name), name, LONGEST_TEXT, errors) for name in TEXTS}
    if "note" not in errors and not form.sure and find_hints(texts["note"]):
        errors["note"] = PROMPT
    if errors:
        return None
    return ContactDraft(
        form_id=form.key, team_id=team_id, state=ContactState(state), seen_at=seen_at or now, person_ids=form.person_ids,
        alias=alias, unidentified_people=unidentified, site_id=form.site or None, place=place, position=position,
        needs=read_needs(form), offered=_known(form.offered), given=_known(form.given), **texts,
    )  # fmt: skip


def as_known(draft: ContactDraft, person_id: Id) -> ContactDraft:
    """The draft, once whoever was new turned out to be somebody known: how they were described is kept in the note."""
    described = ", ".join(each for each in (draft.alias, draft.description) if each)
    note = "\n".join(each for each in (draft.note, f"Described as: {described}") if each)
    return msgspec.structs.replace(
        draft, alias="", description="", note=note, person_ids=tuple(dict.fromkeys((*draft.person_ids, person_id)))
    )


def read_needs(form: ContactForm) -> tuple[NeedSeen, ...]:
    """Returns the needs that came up, in the order of the page."""
    answers, known = form.support_of, {code for code, _ in SUPPORT}
    return tuple(
        NeedSeen(need=need, receiving_support=ReceivingSupport(answers[str(need)]))
        for need in NEEDS
        if answers.get(str(need), "") in known - {""}
    )


def latest_moment(clock_text: str, now: datetime) -> datetime:
    """Returns the last moment, not after `now`, when clocks here showed `23:40`. Raises ValueError for other text.

    An hour that comes twice is tried in both of its turns; a time that a day skips is one of the day before.
    """
    told = CLOCK_TIME.fullmatch(clock_text.strip())
    if told is None:
        raise ValueError("not a time of day")
    local = to_local(now)
    # The turn is set last: adding days to a moment forgets it.
    shown = [
        (local - timedelta(days=days)).replace(
            hour=int(told[1]), minute=int(told[2]), second=0, microsecond=0, fold=turn
        )
        for days in (0, 1, 2)
        for turn in (0, 1)
    ]
    moments = [(each.astimezone(UTC), each) for each in shown]
    was = [moment for moment, each in moments if moment <= now and to_local(moment).time() == each.time()]
    return max(was).astimezone(now.tzinfo)


def _read_time(text: str, now: datetime, errors: Errors) -> datetime | None:
    if not text.strip():
        return None
    try:
        return latest_moment(text, now)
    except ValueError:
        errors["seen_time"] = "Give a time such as 23:40, or leave it empty for now."
        return None


def _read_words(text: str, field: str, longest: int, errors: Errors) -> str:
    words = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(words) > longest:
        errors[field] = f"Use {longest:,} characters or fewer."
    return words


def _read_number(text: str, errors: Errors) -> int:
    plain = text.strip()
    if not plain:
        return 0
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > 3 or int(plain) > MOST_PEOPLE:
        errors["unidentified"] = "Give a number, such as 2, or leave it empty."
        return 0
    return int(plain)


def _read_postcode(text: str, errors: Errors) -> Position | None:
    plain = text.strip()
    found = find_position(plain[:10]) if plain else None
    if plain and found is None:
        errors["postcode"] = "We do not know this postcode. Check it, or leave it empty."
    return found


def _known(several: Several) -> tuple[str, ...]:
    chosen = set(as_tuple(several))
    return tuple(phrase for phrase in PHRASES_OFFERED if phrase in chosen)


def renew_key(form: ContactForm, key: Id) -> ContactForm:
    """Returns the form with an id of ours where it came without one."""
    return form if form.key else msgspec.structs.replace(form, key=key)
