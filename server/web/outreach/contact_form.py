"""What a worker typed about a contact, and what is wrong with it, in words beside each field. No handler lives here."""

from collections.abc import Mapping
from datetime import datetime
from itertools import zip_longest

import msgspec

from server.actions.operation.enrolment import PHRASES_OFFERED
from server.actions.street.contacts import ContactDraft, NewPerson
from server.database.sql import storable_words
from server.places.postcodes import find_position
from server.web.layout.forms import Errors, Form, Several, as_tuple, require_choice
from server.web.layout.words import say
from server.web.outreach.typed_times import read_moment
from shared.model.codes import ContactState, ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.position import Position
from shared.model.value import Id
from shared.rules.address_hint import PROMPT, find_hints

LONGEST_WORDS, LONGEST_TEXT = 200, 10_000
MOST_PEOPLE, MOST_NEW = 500, 10
PLACES = tuple(str(place) for place in range(1, MOST_NEW + 1))
NEW = "new"
STATES = [(str(state), say(state)) for state in ContactState]
NEEDS = tuple(need for need in SupportNeed if need not in (SupportNeed.NONE, SupportNeed.NOT_KNOWN))
SUPPORT = [
    ("", "Did not come up"),
    (str(ReceivingSupport.NO), "Came up: nobody helps yet"),
    (str(ReceivingSupport.YES), "Came up: receiving support"),
    (str(ReceivingSupport.NOT_KNOWN), "Came up: support not known"),
]
PHRASES = [(phrase, phrase) for phrase in PHRASES_OFFERED]
TEXTS = ("safety_needs", "strengths", "next_step", "note")


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
    alias: Several = ""
    description: Several = ""
    is_new: Several = ""
    colleagues: Several = ""
    referral: str = ""
    unidentified: str = ""
    site: str = ""
    place: str = ""
    postcode: str = ""
    seen_day: str = ""
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
    def described(self) -> list[tuple[str, str]]:
        """What stands in each pair of fields for someone new, at least one pair; one more where it was asked for."""
        pairs = list(zip_longest(_as_list(self.alias), _as_list(self.description), fillvalue=""))
        return [*pairs, ("", "")] if self.press == "another" and len(pairs) < MOST_NEW else pairs

    @property
    def answered(self) -> dict[int, str]:
        """Who each of those described as new turned out to be, by their place: `new`, or the id of somebody known. That of the
        first stands alone, the others' bear their place: `2:new`."""
        told = [(place or "1", answer) for place, _, answer in (each.rpartition(":") for each in as_tuple(self.is_new))]
        return {PLACES.index(place) + 1: answer for place, answer in told if place in PLACES}

    @property
    def support_of(self) -> dict[str, str]:
        """The answer to each need that came up."""
        return support_of(self.needs)


def read_form(form: ContactForm, team_ids: list[Id], now: datetime, errors: Errors) -> ContactDraft | None:
    """Returns the draft, or None with every mistake noted in the order of the page."""
    state = require_choice(errors, "state", form.state, {code for code, _ in STATES}, "Choose what you met.")
    team_id = form.team or (team_ids[0] if len(team_ids) == 1 else "")
    require_choice(errors, "team", team_id, set(team_ids), "Choose the team you were out with.")
    seen_at = read_moment(form.seen_day, form.seen_time, now, errors)
    new_people = _read_people(form, errors)
    unidentified = read_number(form.unidentified, errors)
    place = read_words(form.place, "place", LONGEST_WORDS, errors)
    if place and form.site:
        errors["place"] = "Choose a known place or say one in words, not both."
    position = read_postcode(form.postcode, errors)
    texts = {name: read_words(getattr(form, name), name, LONGEST_TEXT, errors) for name in TEXTS}
    if "note" not in errors and not form.sure and find_hints(texts["note"]):
        errors["note"] = PROMPT
    if errors:
        return None
    return ContactDraft(
        form_id=form.key, team_id=team_id, state=ContactState(state), seen_at=seen_at or now, person_ids=form.person_ids,
        new_people=new_people, colleague_ids=as_tuple(form.colleagues), referral_id=form.referral or None,
        unidentified_people=unidentified, site_id=form.site or None, place=place, position=position,
        needs=read_needs(form), offered=_known(form.offered), given=_known(form.given), **texts,
    )  # fmt: skip


def as_known(draft: ContactDraft, answers: Mapping[int, str]) -> ContactDraft:
    """The draft, once some who were new turned out to be somebody known: how they were described is kept in the note."""
    known = {place: answers[place] for place in answers if answers[place] != NEW and place <= len(draft.new_people)}
    described = [draft.new_people[place - 1] for place in sorted(known)]
    words = [f"Described as: {', '.join(each for each in (one.alias, one.description) if each)}" for one in described]
    return msgspec.structs.replace(
        draft,
        new_people=tuple(each for place, each in enumerate(draft.new_people, start=1) if place not in known),
        note="\n".join(each for each in (draft.note, *words) if each),
        person_ids=tuple(dict.fromkeys((*draft.person_ids, *known.values()))),
    )


def read_needs(form: ContactForm) -> tuple[NeedSeen, ...]:
    """Returns the needs that came up, in the order of the page."""
    return needs_of(form.needs)


def support_of(needs: Several) -> dict[str, str]:
    """The answer to each need that came up."""
    told = (each.partition(":") for each in as_tuple(needs))
    return {need: answer for need, _, answer in told if answer}


def needs_of(several: Several) -> tuple[NeedSeen, ...]:
    """The needs that came up, in the order of the page."""
    answers, known = support_of(several), {code for code, _ in SUPPORT}
    return tuple(
        NeedSeen(need=need, receiving_support=ReceivingSupport(answers[str(need)]))
        for need in NEEDS
        if answers.get(str(need), "") in known - {""}
    )


def _as_list(several: Several) -> list[str]:
    return [several] if isinstance(several, str) else several


def _read_people(form: ContactForm, errors: Errors) -> tuple[NewPerson, ...]:
    """Everyone new who was described; a mistake is noted beside the pair of fields that it is in."""
    found = []
    for place, (alias, description) in enumerate(form.described, start=1):
        end = f"-{place}" if place > 1 else ""
        called = read_words(alias, f"alias{end}", LONGEST_WORDS, errors)
        known_by = read_words(description, f"description{end}", LONGEST_TEXT, errors)
        if called or known_by:
            found.append((called, known_by))
    if len(found) > MOST_NEW:
        errors["alias"] = f"Describe {MOST_NEW} people or fewer at once."
    return () if errors else tuple(NewPerson(alias=alias, description=words) for alias, words in found)


def read_words(text: str, field: str, longest: int, errors: Errors) -> str:
    words = storable_words(text)
    if len(words) > longest:
        errors[field] = f"Use {longest:,} characters or fewer."
    return words


def read_number(text: str, errors: Errors) -> int:
    plain = text.strip()
    if not plain:
        return 0
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > 3 or int(plain) > MOST_PEOPLE:
        errors["unidentified"] = "Give a number, such as 2, or leave it empty."
        return 0
    return int(plain)


def read_postcode(text: str, errors: Errors) -> Position | None:
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
