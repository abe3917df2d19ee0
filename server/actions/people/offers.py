"""Offering somebody a place, what they said, whether a home is still theirs, and nights on which a district lets everybody in."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime

from server.access import Access
from server.actions.people.pressing import find_pressed
from server.actions.people.stays import PURPOSE, end_stay, record_stay
from server.actions.sync.projection.holding import hold_people
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.people import offers, people, stays, subjects
from server.queries.people.offers import BEDS_MAX, ColdNights
from server.queries.people.verification import list_groups
from shared.model.codes import StayKind
from shared.model.offer import Answer, HomeAsked, Offer, StillThere, Vacancy, WhyRefused
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.health import why_not_on
from shared.rules.places import Fit, HomeToAsk, fit, list_to_ask
from shared.rules.stays import INSTITUTIONS

PLACES = tuple(kind for kind in StayKind if kind not in INSTITUTIONS)
"""What can be offered: no institution."""
LONGEST = 200
TAKEN = "Somebody else has taken this place meanwhile. Say that it was taken back, and offer them another."


# -------------------------------------------------------------------------------------------------------------- offers
def read_offers(access: Access, person_id: Id) -> tuple[Person, list[Offer], list[HomeToAsk]]:
    """The person, what they were offered, and the homes to ask them about today. Raises NotFound or Forbidden."""
    person = access.open_person(person_id, PURPOSE, Act.EDIT_PERSON)
    _, same = access.find_person_and_same(person_id)
    theirs = stays.list_stays(access.session, same)
    asked = offers.list_asked(access.session, [each.id for each in theirs])
    to_ask = [] if person.died_on is not None else list_to_ask(theirs, asked, access.today)
    return person, offers.list_offers(access.session, same), to_ask


def make_offer(
    access: Access, person_id: Id, district_id: Id, kind: str, offered_on: date | None, vacancy_id: Id = ""
) -> Offer:
    """Keep that a place was offered. Raises NotFound, Forbidden, Invalid, and Failure where the place is gone."""
    person = access.open_person(person_id, PURPOSE, Act.EDIT_PERSON)
    _, same = access.find_person_and_same(person_id)
    hold_people(access.session, same)
    if vacancy_id:
        place = _find_vacancy(access, vacancy_id)
        district_id, kind = place.district_id, str(place.kind)
        if any(
            each.person_id in same and each.answer is None for each in offers.list_offers_of(access.session, [place.id])
        ):
            raise Failure(CONFLICTING, "It was offered to them already.")
    wrong = []
    if kind not in {str(each) for each in PLACES}:
        wrong.append("Choose the kind of place.")
    if district_id not in access.actor.district_ids:
        wrong.append("Choose a district that you work in.")
    if offered_on is None or offered_on > access.today:
        wrong.append("Give the day on which it was offered, today or before.")
    elif why := why_not_on(person.died_on, offered_on):
        wrong.append(why)
    if wrong or offered_on is None:
        raise Invalid(*wrong)
    made = Offer(
        id=access.new_id(), person_id=person_id, district_id=district_id, kind=StayKind(kind),
        vacancy_id=vacancy_id or None, offered_on=offered_on, recorded_at=access.now, recorded_by=access.actor.worker_id,
    )  # fmt: skip
    before = find_pressed(offers.list_offers(access.session, [person_id]), made)
    if before is not None:
        return before
    offers.add_offer(access.session, made)
    return made


def answer_offer(
    access: Access, person_id: Id, offer_id: Id, answer: str, why: str, on: date | None, moved_in_on: date | None
) -> None:
    """Keep what they said, once; whoever moved in has a stay by it. Raises NotFound, Forbidden, Invalid, Failure."""
    person = access.open_person(person_id, PURPOSE, Act.EDIT_PERSON)
    _, same = access.find_person_and_same(person_id)
    told = next((each for each in offers.list_offers(access.session, same) if each.id == offer_id), None)
    if told is None:
        raise NotFound
    said, reason = _read_answer(answer, why)
    if on is None or on > access.today or on < told.offered_on:
        raise Invalid("Give the day on which they said so: not before it was offered, and not to come.")
    if said is not Answer.WITHDRAWN and (not_then := why_not_on(person.died_on, on)):
        raise Invalid(not_then)
    if moved_in_on is not None and said is not Answer.ACCEPTED:
        raise Invalid("Only who accepted has moved in.")
    place = offers.find_vacancy(access.session, told.vacancy_id) if told.vacancy_id else None
    if said is Answer.ACCEPTED and place is not None and place.closed_at is not None and not place.places:
        raise Failure(CONFLICTING, TAKEN)
    if not offers.answer_offer(access.session, offer_id, said, on, reason, access.actor.worker_id):
        raise Failure(CONFLICTING, "What they said was kept before. Load the page again.")
    if moved_in_on is not None:
        record_stay(access, person_id, told.district_id, str(told.kind), moved_in_on, None)
    if said is Answer.ACCEPTED and told.vacancy_id is not None:
        _take_place(access, told.vacancy_id)


def _read_answer(answer: str, why: str) -> tuple[Answer, WhyRefused | None]:
    if answer not in {str(each) for each in Answer}:
        raise Invalid("Say what they said.")
    said = Answer(answer)
    if said is not Answer.REFUSED:
        return said, None
    if why not in {str(each) for each in WhyRefused}:
        raise Invalid("Say why they refused, or that they did not say.")
    return said, WhyRefused(why)


def _take_place(access: Access, vacancy_id: Id) -> None:
    place = offers.find_vacancy(access.session, vacancy_id)
    if place is None or place.closed_at is not None:
        return
    left = place.places - 1
    closed = {} if left > 0 else {"closed_at": access.now}
    offers.set_vacancy(access.session, vacancy_id, places=max(left, 0), **closed)


def keep_home_asked(access: Access, person_id: Id, stay_id: Id, answer: str, left_on: date | None) -> None:
    """Keep whether a home is still theirs; of one that is not, when they left, where that is known.

    Raises NotFound, Forbidden, Invalid, and Failure where it was asked before.
    """
    _, _, to_ask = read_offers(access, person_id)
    found = next((each for each in to_ask if each.stay.id == stay_id), None)
    if found is None:
        raise Failure(CONFLICTING, "That was asked before, or there is no such home. Load the page again.")
    if answer not in {str(each) for each in StillThere}:
        raise Invalid("Say whether it is still theirs.")
    asked = HomeAsked(
        stay_id=stay_id, person_id=found.stay.person_id, months=found.months, answer=StillThere(answer),
        asked_on=access.today, asked_by=access.actor.worker_id,
    )  # fmt: skip
    if not offers.add_asked(access.session, asked):
        raise Failure(CONFLICTING, "That was asked before. Load the page again.")
    if asked.answer is StillThere.NO and left_on is not None:
        end_stay(access, person_id, stay_id, left_on)


# -------------------------------------------------------------------------------------------------------------- places
class Match(Value, frozen=True, kw_only=True):
    """Somebody who waits, and how a place suits them. `is_offered` where it waits for their answer."""

    person: Person
    waits_days: int
    fit: Fit
    is_offered: bool = False


def add_vacancy(access: Access, place: Vacancy) -> None:
    """Keep a place that waits for somebody. Raises NotFound, Forbidden, Invalid."""
    access.require_district(Act.CHANGE_CASE, place.district_id, purpose="places")
    wrong = []
    if not place.name.strip():
        wrong.append("Say what it is called, without an address: Charter House, room 4.")
    if len(place.name) > LONGEST:
        wrong.append(f"Use {LONGEST} characters or fewer for what it is called.")
    if not 1 <= place.places <= 500:
        wrong.append("Give how many places there are, from 1 to 500.")
    if place.age_to is not None and place.age_to < place.age_from:
        wrong.append("The oldest age is below the youngest.")
    if place.kind not in PLACES:
        wrong.append("Choose the kind of place.")
    if wrong:
        raise Invalid(*wrong)
    lock_records(access.session, [f"places {place.district_id}"])
    waiting = offers.list_vacancies(access.session, [place.district_id])
    if find_pressed(waiting, place, "opened_at") is None:  # nobody is offered a bed that is there once only
        offers.add_vacancy(access.session, place)


def close_vacancy(access: Access, vacancy_id: Id) -> None:
    """It waits no more. Raises NotFound, Forbidden, Failure."""
    _find_vacancy(access, vacancy_id)
    offers.set_vacancy(access.session, vacancy_id, closed_at=access.now)


def _find_vacancy(access: Access, vacancy_id: Id) -> Vacancy:
    place = offers.find_vacancy(access.session, vacancy_id)
    if place is None or not access.allows(Act.CHANGE_CASE, subjects.of_district(place.district_id)):
        access.require(Act.CHANGE_CASE, None)
        raise NotFound
    access.require_district(Act.CHANGE_CASE, place.district_id, purpose="places")
    if place.closed_at is not None:
        raise Failure(CONFLICTING, "This place is gone. Load the page again.")
    return place


def match_places(access: Access, places: list[Vacancy]) -> dict[Id, list[Match]]:
    """For each place who waits on its district's list, those whom it suits first, then the longest on the list."""
    waiting = {each: offers.list_waiting(access.session, each) for each in {place.district_id for place in places}}
    ids = {person_id for found in waiting.values() for person_id, _ in found}
    groups = list_groups(access.session, ids)
    housed = offers.list_housed(access.session, ids.union(*groups.values()))
    known = {
        each.id: each
        for each in people.list_people(access.session, ids)
        if each.died_on is None and not groups[each.id] & housed
    }
    needs = people.list_unmet_needs(access.session, {each: groups[each] for each in known})
    made = offers.list_offers_of(access.session, [place.id for place in places])
    asked = {(each.vacancy_id, each.person_id) for each in made if each.answer is None}
    refused = {(each.vacancy_id, each.person_id) for each in made if each.answer is Answer.REFUSED}
    found: dict[Id, list[Match]] = {}
    for place in places:
        matches = [
            Match(
                person=known[person_id], waits_days=(access.now - since).days,
                is_offered=any((place.id, each) in asked for each in groups[person_id]),
                fit=fit(place, known[person_id], needs[person_id], access.today),
            )
            for person_id, since in _once(waiting[place.district_id], groups)
            if person_id in known and not any((place.id, each) in refused for each in groups[person_id])
        ]  # fmt: skip
        found[place.id] = sorted(matches, key=lambda each: (not each.fit.is_open, len(each.fit.ask), -each.waits_days))
    return found


def _once(waiting: Iterable[tuple[Id, datetime]], groups: Mapping[Id, Collection[Id]]) -> Iterator[tuple[Id, datetime]]:
    """Whoever waits under two records that were joined waits once, by the one that has waited longer."""
    seen: set[Id] = set()
    for person_id, since in waiting:
        if person_id not in seen:
            seen.update(groups[person_id])
            yield person_id, since


def list_homes_to_ask(access: Access, district_ids: list[Id]) -> list[tuple[Person, HomeToAsk]]:
    """Homes of these districts' people to ask about, the longest due first."""
    theirs = [each for district_id in district_ids for each in stays.list_counted_stays(access.session, district_id)]
    asked = offers.list_asked(access.session, [each.id for each in theirs])
    due = list_to_ask(theirs, asked, access.today)
    known = {each.id: each for each in people.list_people(access.session, {each.stay.person_id for each in due})}
    return [
        (known[each.stay.person_id], each)
        for each in due
        if each.stay.person_id in known and known[each.stay.person_id].died_on is None
    ]


# ----------------------------------------------------------------------------------------------- nights of severe weather
def open_cold_nights(access: Access, district_id: Id, why: str, beds: int, phones: str) -> None:
    """From tonight everybody is let in. Raises NotFound, Forbidden, Invalid, and Failure where that stands already."""
    access.require_district(Act.CHANGE_CASE, district_id, purpose="cold nights")
    _check_cold(beds, phones)
    if len(why.strip()) > LONGEST:
        raise Invalid(f"Use {LONGEST} characters or fewer for why.")
    opened = ColdNights(
        id=access.new_id(), district_id=district_id, opened_at=access.now, opened_by=access.actor.worker_id,
        why=why.strip(), beds=beds, phones=phones.strip(),
    )  # fmt: skip
    if not offers.open_cold_nights(access.session, opened):
        raise Failure(CONFLICTING, "They are open already. Load the page again.")


def change_cold_nights(access: Access, district_id: Id, beds: int, phones: str) -> None:
    """How many beds there are now, and whom to ring. Raises NotFound, Forbidden, Invalid, Failure."""
    found = _find_cold(access, district_id)
    _check_cold(beds, phones)
    offers.set_cold_nights(access.session, found.id, beds=beds, phones=phones.strip())


def close_cold_nights(access: Access, district_id: Id) -> None:
    """From now on as on other nights. Raises NotFound, Forbidden, Failure."""
    found = _find_cold(access, district_id)
    offers.close_cold_nights(access.session, found.id, access.now, access.actor.worker_id)


def _find_cold(access: Access, district_id: Id) -> ColdNights:
    access.require_district(Act.CHANGE_CASE, district_id, purpose="cold nights")
    found = offers.find_cold_nights(access.session, district_id)
    if found is None:
        raise Failure(CONFLICTING, "They were closed meanwhile. Load the page again.")
    return found


def _check_cold(beds: int, phones: str) -> None:
    if not 0 <= beds <= BEDS_MAX:
        raise Invalid(f"Give how many beds there are, from 0 to {BEDS_MAX:,}.")
    if len(phones) > 2_000:
        raise Invalid("Use 2,000 characters or fewer for whom to ring.")
