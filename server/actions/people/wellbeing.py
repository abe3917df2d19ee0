"""How somebody says they are, by questionnaires that the operator may use: filled in when they like, never asked for, and read by
another service while they agree (decision 92). Nothing here compares one person with another."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.people.consents import find_shared_subject
from server.actions.people.pressing import find_pressed
from server.actions.sync.projection.holding import hold_people
from server.database.locks import lock_records
from server.database.sql import storable_words
from server.problems import CONFLICTING, Failure, Invalid, InvalidFields, NotFound
from server.queries.people import people, wellbeing
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.model.wellbeing import Filled, Questionnaire
from shared.policy import Act, Subject
from shared.rules.health import why_not_on
from shared.rules.wellbeing import Series, choose_asked, find_faults, says_the_same, set_in_series

PURPOSE = "wellbeing"
LONGEST_WORDS = 10_000
OLDEST_DAYS = 366 * 5
PRESSED_AGAIN_WITHIN = timedelta(minutes=10)


class Wellbeing(Value, frozen=True, kw_only=True):
    """What one person filled in, as its reader may know it; `asked` are the questionnaires that may be filled in now."""

    person: Person
    is_shared: bool
    asked: tuple[Questionnaire, ...]
    series: tuple[Series, ...]


def read_wellbeing(access: Access, person_id: Id, purpose: str = PURPOSE) -> Wellbeing:
    """Raises NotFound or Forbidden. What another service kept is in it only while the person agrees."""
    subject, same = find_shared_subject(access, person_id)
    own = None if subject is None else msgspec.structs.replace(subject, owner_agency_id=access.actor.agency_id)
    access.require(Act.SEE_WELLBEING, own, purpose=purpose)
    person = people.find_person(access.session, person_id)
    if person is None or subject is None:
        raise NotFound
    shared, agency_id = access.allows(Act.SEE_WELLBEING, subject), access.actor.agency_id
    every = wellbeing.list_questionnaires(access.session)
    filled = [each for each in wellbeing.list_filled(access.session, same) if shared or each.agency_id == agency_id]
    return Wellbeing(
        person=person, is_shared=shared, asked=tuple(choose_asked(every)), series=set_in_series(every, filled)
    )


def require_recording(access: Access, person_id: Id) -> Subject:
    """Let the actor through as who keeps what this person fills in. Raises NotFound or Forbidden."""
    return access.require(Act.RECORD_WELLBEING, access.find_person_and_same(person_id)[0], purpose=PURPOSE)


def fill_in(
    access: Access, person_id: Id, key: str, version: int, chosen: Sequence[str], words: str, on: date | None
) -> Filled:
    """Keep a questionnaire as it was filled in, in the wording in which it was shown; `chosen` has an empty text for an item that
    was left out. A second press keeps nothing twice. Raises NotFound, Forbidden, Invalid, or InvalidFields with the
    faults by field."""
    require_recording(access, person_id)
    found = {(each.key, each.version): each for each in wellbeing.list_questionnaires(access.session)}.get(
        (key, version)
    )
    if found is None or len(chosen) != len(found.items):
        raise Invalid("That is not a questionnaire of this page. Load it again.")
    told = storable_words(words)
    filled = Filled(
        id=access.new_id(), person_id=person_id, agency_id=access.actor.agency_id, questionnaire=key, version=version,
        points=_read_points(found, chosen), words=told, filled_on=_read_day(access, on), at=access.now,
        worker_id=access.actor.worker_id,
    )  # fmt: skip
    if len(told) > LONGEST_WORDS:
        raise InvalidFields({"words": f"Use {LONGEST_WORDS:,} characters or fewer."})
    if not told and all(each is None for each in filled.points):
        raise InvalidFields({"item_1": "Nothing is filled in. Choose an answer, or write their words."})
    person = people.find_person(access.session, person_id)
    if why := why_not_on(person.died_on if person is not None else None, filled.filled_on):
        raise InvalidFields({"filled_on": why})
    hold_people(access.session, [person_id])
    before = wellbeing.list_filled(access.session, [person_id])
    pressed = find_pressed(before, filled, "at", PRESSED_AGAIN_WITHIN)
    if pressed is None:
        wellbeing.add_filled(access.session, filled)
    return pressed or filled


def _read_points(found: Questionnaire, chosen: Sequence[str]) -> tuple[int | None, ...]:
    allowed: Mapping[str, int] = {str(each.points): each.points for each in found.options}
    wrong = {
        f"item_{at}": "Choose one of the answers." for at, each in enumerate(chosen, 1) if each and each not in allowed
    }
    if wrong:
        raise InvalidFields(wrong)
    return tuple(allowed[each] if each else None for each in chosen)


def _read_day(access: Access, on: date | None) -> date:
    day = on or access.today
    if not 0 <= (access.today - day).days <= OLDEST_DAYS:
        raise InvalidFields(
            {"filled_on": "Give the day on which it was filled in: today, or one of the last five years."}
        )
    return day


def strike_out(access: Access, person_id: Id, filled_id: Id) -> None:
    """It was never so. Raises NotFound, also for what the actor does not read; Forbidden, Failure where it was struck out."""
    require_recording(access, person_id)
    hold_people(access.session, [person_id])
    _, same = access.find_person_and_same(person_id)
    found = {each.id: each for each in wellbeing.list_filled(access.session, same)}.get(filled_id)
    if found is None or found.agency_id != access.actor.agency_id:
        raise NotFound
    if found.struck_at is not None:
        raise Failure(CONFLICTING, "It was struck out already. Load the page again.")
    wellbeing.strike_out(access.session, filled_id, access.now, access.actor.worker_id)


# --------------------------------------------------------------------------------------- the questionnaires, by the operator


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer as the operator's file says it."""

    points: int
    words: str


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A questionnaire as the operator's file says it."""

    key: str
    name: str
    items: tuple[str, ...]
    options: tuple[Answer, ...]
    scoring: str
    copyright: str
    licence: str
    intro: str = ""


def read_definition(data: bytes) -> Questionnaire:
    """A questionnaire from a file (TOML). Raises Invalid with every fault."""
    try:
        plain = msgspec.to_builtins(msgspec.toml.decode(data, type=Definition))
        told = msgspec.convert(plain, type=Questionnaire)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Invalid(f"This is no definition of a questionnaire: {error}") from error
    wrong = find_faults(told)
    if wrong:
        raise Invalid(*wrong)
    return told


def load_questionnaire(session: Session, told: Questionnaire, at: datetime) -> Questionnaire | None:
    """Keep it as a new version; None where the newest says the same already."""
    lock_records(session, ["questionnaire"])
    versions = [each for each in wellbeing.list_questionnaires(session) if each.key == told.key]
    if versions and says_the_same(versions[-1], told):
        return None
    kept = msgspec.structs.replace(told, version=len(versions) + 1)
    wellbeing.add_questionnaire(session, kept, at)
    return kept


def retire_questionnaire(session: Session, key: str, at: datetime) -> None:
    """It is offered no more; what was filled in stays. Raises NotFound."""
    found = next((each for each in choose_asked(wellbeing.list_questionnaires(session)) if each.key == key), None)
    if found is None:
        raise NotFound
    load_questionnaire(session, msgspec.structs.replace(found, retired=True), at)
