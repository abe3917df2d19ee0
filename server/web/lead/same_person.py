"""Which two records may be one person: side by side with the reasons, the strongest first; and who was joined, to be parted.

Of a record in another district than the reader's only the district is told: its own lead or coordinator looks at that side.
"""

from collections.abc import Collection
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.people import identity as settling
from server.actions.people.identity import Open
from server.http.services import Services
from server.problems import Invalid
from server.queries.cases import cases
from server.queries.partnership.districts import list_districts
from server.queries.partnership.workers import list_short_names
from server.queries.people import identity
from server.queries.people.identity import in_order
from server.queries.people.many_subjects import list_people
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say, say_day
from shared.model.codes import Gender, IdentityWord
from shared.model.person import PersonMerged
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.evidence import Sighting
from shared.rules.same_person import Match, compare

PATH = "/same-person"
AT_ONCE = 20
VERY_LIKELY_BITS = 20.0


class SameForm(Form, frozen=True, kw_only=True):
    """Two records, and what is said of them."""

    one: Id = ""
    other: Id = ""
    said: str = ""


class Side(Value, frozen=True, kw_only=True):
    """One record of a pair as it is laid beside the other. `facts` are empty where the reader may not open it."""

    id: Id
    known_as: str
    district: str
    facts: tuple[tuple[str, str], ...] = ()


class Card(Value, frozen=True, kw_only=True):
    """A pair as the desk shows it."""

    pair: tuple[Id, Id]
    one: Side
    other: Side
    strength: str
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    said_by: str = ""
    is_mine: bool = False


@get(PATH, opt={"action": Act.MERGE_PEOPLE}, sync_to_thread=True, include_in_schema=False)
def show_same_person(
    request: AnyRequest,
    door: NamedDependency[Door],
    start: FromQuery[int] = 0,
    person: FromQuery[Id] = "",
    joined_from: FromQuery[int] = 0,
) -> Response[str]:
    """What waits for a word, of the reader's districts and teams or of one `person`; who was joined is below."""
    with door.open() as access:
        access.require(Act.MERGE_PEOPLE, of_theirs(access.actor), purpose=settling.PURPOSE)
        actor = access.actor
        likely = identity.list_likely(access.session, actor.team_ids, actor.district_ids)
        if person:
            likely = [each for each in likely if person in each.pair]
        waiting = settling.list_open(access, likely)
        start = min(max(start, 0), len(waiting))
        shown = waiting[start : start + AT_ONCE]
        cards = _lay_out(access, shown)
        parting, may_open = _list_may_part(access)
        joined = [each for each in parting if person in {"", each.from_id, each.into_id}]
        joined_from = min(max(joined_from, 0), len(joined))
        after = joined_from + AT_ONCE
        return page(
            request, "lead/same_person.html", title="Same person?", section=PATH, worker=access.worker, cards=cards,
            joined=_list_joined(access, joined[joined_from:after], may_open), count_all=len(waiting), now=access.now,
            person=person,
            joined_later=after if len(joined) > after else 0, count_joined=len(joined),
            later=start + AT_ONCE if len(waiting) > start + AT_ONCE else 0,
        )  # fmt: skip


@post(PATH, opt={"action": Act.MERGE_PEOPLE}, sync_to_thread=True, include_in_schema=False)
def say_same_person(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[SameForm]
) -> Response[Any]:
    """Keeps what the reader says of two records: the same, different, or two people after all."""
    with door.open() as access:
        access.require(Act.MERGE_PEOPLE, of_theirs(access.actor), purpose=settling.PURPOSE)
        if data.said == str(IdentityWord.PARTED):
            settling.part(access, services.project, data.one, data.other)
            return go_to(PATH, done="parted")
        if data.said not in {str(IdentityWord.SAME), str(IdentityWord.DIFFERENT)}:
            raise Invalid("Say whether they are the same person.")
        said = IdentityWord(data.said)
        joined = settling.judge(access, services.project, data.one, data.other, said)
    if said is IdentityWord.DIFFERENT:
        return go_to(PATH, done="said_different")
    return go_to(PATH, done="joined" if joined else "said_same")


def _lay_out(access: Access, shown: Collection[Open]) -> list[Card]:
    ids = {each for one in shown for each in one.pair}
    told = {each.person.id: each for each in identity.list_sightings_of(access.session, ids)}
    names = {each.id: each.name for each in list_districts(access.session)}
    seen = {n for one in shown for n, sees in zip(one.pair, (one.sees_one, one.sees_other), strict=True) if sees}
    access.note_seen(SubjectKind.PERSON, sorted(seen), purpose=settling.PURPOSE)
    workers = list_short_names(access.session, {said.worker_id for one in shown for said in one.said_same})
    listed = {case.person_id: case.district_id for case in cases.list_live_cases_of(access.session, sorted(seen))}
    return [
        _card(access, each, told, names, workers, listed)
        for each in shown
        if all(record in told for record in each.pair)
    ]


def _card(
    access: Access,
    pair: Open,
    told: dict[Id, Sighting],
    names: dict[Id, str],
    workers: dict[Id, str],
    listed: dict[Id, Id],
) -> Card:
    one, other = (told[each] for each in pair.pair)
    both = pair.sees_one and pair.sees_other
    match: Match = compare(one, other)
    said_by = ", ".join(sorted({workers.get(each.worker_id, "somebody") for each in pair.said_same}))
    return Card(
        pair=pair.pair,
        one=_side(access, one, names, listed, is_seen=pair.sees_one),
        other=_side(access, other, names, listed, is_seen=pair.sees_other),
        strength="Very likely" if pair.likely.bits >= VERY_LIKELY_BITS else "Likely",
        # What both records say of one person is the other record's too: the reasons are told to who may open both.
        reasons=match.reasons if both else (),
        doubts=match.doubts if both else (),
        said_by=said_by,
        is_mine=access.actor.worker_id in {each.worker_id for each in pair.said_same},
    )


def _side(access: Access, told: Sighting, names: dict[Id, str], listed: dict[Id, Id], *, is_seen: bool) -> Side:
    person = told.person
    subject, _ = access.find_person_and_same(person.id)
    districts = sorted(names.get(each, "") for each in (subject.district_ids if subject else ()))
    district = " and ".join(each for each in districts if each)
    if not is_seen:
        return Side(id="", known_as="A record of another team", district=district)
    born = say_day(person.date_of_birth) if person.date_of_birth else ""
    age = f"about {person.approximate_age_years}" if person.approximate_age_years is not None and not born else ""
    facts = (
        ("Name", person.name), ("Known as", person.alias), ("Born", born), ("Age", age),
        ("Gender", say(person.gender) if person.gender is not Gender.NOT_KNOWN else ""),
        ("Looks like", person.description), ("Last met", say_day(told.seen_at) if told.seen_at else "never"),
        ("MDT list", names.get(listed.get(person.id, ""), "")),
    )  # fmt: skip
    return Side(
        id=person.id, known_as=person.known_as, district=district,
        facts=tuple((label, value) for label, value in facts if value),
    )  # fmt: skip


class Joined(Value, frozen=True, kw_only=True):
    """Two records that are one person now, and who said so."""

    one_id: Id
    other_id: Id
    one: str
    other: str
    by: str
    merged: PersonMerged


def _list_may_part(access: Access) -> tuple[list[PersonMerged], set[Id]]:
    """Every joining that stands of which the reader may open one record, and all such records: what was joined long ago is
    parted here, too. It was told in each place that knows one of the two, and is shown once."""
    joined = identity.list_joined_of(access.session, access.actor.team_ids, access.actor.district_ids)
    known = list_people(access.session, {each for one in joined for each in (one.from_id, one.into_id)})
    allowed = {each for each, subject in known.items() if access.allows(Act.MERGE_PEOPLE, subject)}
    by_pair = {in_order(each.from_id, each.into_id): each for each in reversed(joined)}
    return [each for pair, each in reversed(by_pair.items()) if {*pair} & allowed], allowed


def _list_joined(access: Access, joined: Collection[PersonMerged], may_open: set[Id]) -> list[Joined]:
    shown = {each for one in joined for each in (one.from_id, one.into_id)} & may_open
    told = {each.person.id: each.person.known_as for each in identity.list_sightings_of(access.session, shown)}
    by = list_short_names(access.session, {each.worker_id for each in joined})
    access.note_seen(SubjectKind.PERSON, sorted(told), purpose=settling.PURPOSE)
    return [
        Joined(
            one_id=each.from_id, other_id=each.into_id, one=told.get(each.from_id, "a record of another team"),
            other=told.get(each.into_id, "a record of another team"), by=by.get(each.worker_id, ""), merged=each,
        )
        for each in joined
    ]  # fmt: skip
