"""Places that wait, with who waits and how each suits them; homes to ask about; and nights of severe weather."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.people import offers as placing
from server.problems import Invalid
from server.queries.maps.boundaries import list_districts_on
from server.queries.partnership.workers import list_short_names
from server.queries.people import offers
from server.web.layout.forms import Form, Several, as_tuple, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.geo.night import outreach_night
from shared.model.codes import StayKind, SupportNeed
from shared.model.offer import Takes, Vacancy
from shared.model.value import Id
from shared.policy import Act, SubjectKind

PATH, COLD = "/places", "/cold-nights"
COLD_NIGHTS_SHOWN = 30
SHOWN = 8
"""Who waits for a place beyond so many is not listed: the list of everybody is the case list."""
NEEDS = tuple(need for need in SupportNeed if need not in (SupportNeed.NONE, SupportNeed.NOT_KNOWN))


class PlaceForm(Form, frozen=True, kw_only=True):
    """A new place, or a press about one."""

    press: str = "add"
    vacancy: Id = ""
    person: Id = ""
    district: Id = ""
    name: str = ""
    kind: str = ""
    places: str = "1"
    takes: str = "anybody"
    age_from: str = "18"
    age_to: str = ""
    supports: Several = ""


class ColdForm(Form, frozen=True, kw_only=True):
    """A press about nights of severe weather."""

    press: str = "open"
    district: Id = ""
    why: str = ""
    beds: str = "0"
    phones: str = ""


@get(PATH, opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def show_places(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The places of the reader's districts, the strongest matches of each, and the homes to ask about."""
    with door.open() as access:
        return _answer(request, access, {}, PlaceForm())


@post(PATH, opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def change_places(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[PlaceForm]) -> Response[Any]:
    """Adds a place, offers it to somebody, or says that it is gone."""
    try:
        with door.open() as access:
            if data.press == "offer":
                placing.make_offer(access, data.person, "", "", access.today, vacancy_id=data.vacancy)
            elif data.press == "close":
                placing.close_vacancy(access, data.vacancy)
            else:
                placing.add_vacancy(access, _read(access, data))
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, {"name": " ".join(refused.errors)}, data)
    return go_to(PATH, "saved")


def _read(access: Access, data: PlaceForm) -> Vacancy:
    kinds, needs = {str(each) for each in placing.PLACES}, {str(each) for each in NEEDS}
    age_from, age_to = read_whole(data.age_from, 130), read_whole(data.age_to, 130) if data.age_to.strip() else None
    if data.kind not in kinds:
        raise Invalid("Choose the kind of place.")
    if age_from is None or (data.age_to.strip() and age_to is None):
        raise Invalid("Give ages in whole years, such as 18, or leave the oldest empty.")
    if data.takes not in {str(each) for each in Takes}:
        raise Invalid("Choose whom it takes.")
    return Vacancy(
        id=access.new_id(), district_id=data.district, name=data.name.strip(), kind=StayKind(data.kind),
        places=read_whole(data.places, 500) or 0, takes=Takes(data.takes), age_from=age_from, age_to=age_to,
        supports=tuple(SupportNeed(each) for each in as_tuple(data.supports) if each in needs),
        opened_at=access.now, opened_by=access.actor.worker_id,
    )  # fmt: skip


def _answer(request: AnyRequest, access: Access, errors: dict[str, str], form: PlaceForm) -> Response[str]:
    access.require(Act.CHANGE_CASE, of_theirs(access.actor), purpose="places")
    own = [each for each in list_districts_on(access.session, access.today) if each.id in access.actor.district_ids]
    names = {each.id: each.name for each in own}
    places = offers.list_vacancies(access.session, names)
    matches = placing.match_places(access, places)
    homes = placing.list_homes_to_ask(access, sorted(access.actor.district_ids))
    seen = {each.person.id for found in matches.values() for each in found[:SHOWN]} | {who.id for who, _ in homes}
    access.note_seen(SubjectKind.PERSON, sorted(seen), purpose="places")
    return page(
        request, "coordinator/places.html", title="Places", section=PATH, worker=access.worker,
        status=422 if errors else 200, errors=errors, form=form, names=names, homes=homes,
        cards=[(each, matches[each.id][:SHOWN], max(len(matches[each.id]) - SHOWN, 0)) for each in places],
        districts=[("", "Choose"), *names.items()] if len(names) != 1 else list(names.items()),
        kinds=[("", "Choose"), *((str(each), say(each)) for each in placing.PLACES)],
        takes=[("anybody", "Anybody"), ("women", "Women only"), ("men", "Men only")],
        needs=[(str(each), say(each)) for each in NEEDS], supports=as_tuple(form.supports),
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------- nights of severe weather
@get(COLD, opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def show_cold_nights(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Where everybody is let in tonight and whom to ring, for everybody who is out; and what came of the nights before."""
    with door.open() as access:
        return _show_cold(request, access, {}, ColdForm())


@post(COLD, opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def change_cold_nights(
    request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[ColdForm]
) -> Response[Any]:
    """Opens them, changes the beds and the telephones, or closes them."""
    beds = read_whole(data.beds or "0", offers.BEDS_MAX)
    try:
        with door.open() as access:
            if data.press == "close":
                placing.close_cold_nights(access, data.district)
            elif beds is None:
                raise Invalid("Give how many beds there are as a number.")
            elif data.press == "change":
                placing.change_cold_nights(access, data.district, beds, data.phones)
            else:
                placing.open_cold_nights(access, data.district, data.why, beds, data.phones)
    except Invalid as refused:
        with door.open() as access:
            return _show_cold(request, access, {"beds": " ".join(refused.errors)}, data)
    return go_to(COLD, "saved")


def _show_cold(request: AnyRequest, access: Access, errors: dict[str, str], form: ColdForm) -> Response[str]:
    access.require(Act.SEE_SHIFTS, of_theirs(access.actor), purpose="cold nights")
    own = [each for each in list_districts_on(access.session, access.today) if each.id in access.actor.district_ids]
    every = offers.list_cold_nights(access.session, sorted(access.actor.district_ids), COLD_NIGHTS_SHOWN)
    names = {each.id: each.name for each in own}
    counts = {
        each.id: offers.count_cold_nights(
            access.session, each, outreach_night(each.opened_at, access.zone.key),
            outreach_night(each.closed_at or access.now, access.zone.key),
        )
        for each in every
    }  # fmt: skip
    last = {each.district_id: each.phones for each in reversed(every)}
    opened = {each.district_id for each in every if each.closed_at is None}
    return page(
        request, "coordinator/cold_nights.html", title="Cold nights", section=COLD, worker=access.worker,
        status=422 if errors else 200, errors=errors, form=form, now=access.now, names=names,
        most=COLD_NIGHTS_SHOWN, open=[each for each in every if each.closed_at is None],
        closed=[each for each in every if each.closed_at],
        counts=counts, who=list_short_names(access.session, {each.opened_by for each in every}),
        may_change=access.allows(Act.CHANGE_CASE, of_theirs(access.actor)),
        can_open=[(each.id, each.name, last.get(each.id, "")) for each in own if each.id not in opened],
        a_night=timedelta(days=1),
    )  # fmt: skip
