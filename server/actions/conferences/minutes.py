"""The minutes of a conference: what was made of each case, and the actions by agency, ready to paste or send.

Their versions, and letting the agencies read them, are in `server.actions.conferences.versions`."""

from collections.abc import Collection, Mapping

import msgspec

from server.access import Access
from server.queries.cases import case_actions, cases
from server.queries.cases.case_actions import OwnedAction
from server.queries.conferences import conferences, kept, updates
from server.queries.conferences.conferences import Note
from server.queries.conferences.kept import MinutesText
from server.queries.partnership import agencies, workers
from server.queries.people import people
from shared.model.case import Case, CaseReview
from shared.model.conference import AgendaItem, CaseConference, WrittenUpdate
from shared.model.value import Id, Value
from shared.rules.actions import say_action


class MinutedCase(Value, frozen=True, kw_only=True):
    """One case of the minutes. `mdt_number` is the one it was discussed at, `outcome_code` the outcome in a word."""

    position: int
    item_id: Id
    case_id: Id
    person_id: Id
    known_as: str
    mdt_number: int
    notes: str
    outcome: str
    reached: bool
    actions: tuple[OwnedAction, ...]
    updates: tuple[tuple[str, str], ...]
    outcome_code: str = ""


class AgencyActions(Value, frozen=True, kw_only=True):
    """What one agency took on, as bullets. `paste` is the plain text for an e-mail."""

    agency_id: Id
    name: str
    actions: tuple[OwnedAction, ...]
    paste: str


class Minutes(Value, frozen=True, kw_only=True):
    """The minutes of one conference."""

    conference: CaseConference
    chair: str
    minute_taker: str
    present: tuple[str, ...]
    apologies: tuple[str, ...]
    cases: tuple[MinutedCase, ...]
    by_agency: tuple[AgencyActions, ...]


class _Gathered(Value, frozen=True, kw_only=True):
    """Everything the minutes are made of, by case or item."""

    cases: dict[Id, Case]
    people: dict[Id, str]
    notes: dict[Id, Note]
    reviews: dict[Id, CaseReview]
    agreed: list[OwnedAction]
    written: list[WrittenUpdate]
    names: dict[Id, str]
    texts: Mapping[Id, MinutesText]

    def number(self, case_id: Id) -> int:
        """The MDT number a case was, or is being, discussed at."""
        review = self.reviews.get(case_id)
        return review.mdt_number if review is not None else self.cases[case_id].mdt_number

    def was_reached(self, case_id: Id) -> bool:
        """Was the case discussed?"""
        review = self.reviews.get(case_id)
        return review is not None and review.reached


def compose_minutes(access: Access, conference: CaseConference) -> Minutes:
    """Put the minutes together, as their newest version says. The caller has been let through to the conference."""
    session = access.session
    items = conferences.list_items(session, conference.id)
    gathered = _gather(access, conference, items)
    minuted = tuple(_minuted(item, gathered, conference) for item in items)
    attendance = conferences.list_attendance(session, conference.id).values()
    short = workers.list_short_names(session, {i for i in (conference.chair_id, conference.minute_taker_id) if i})
    names = gathered.names
    return Minutes(
        conference=conference,
        chair=short.get(conference.chair_id or "", "Not named"),
        minute_taker=short.get(conference.minute_taker_id or "", "Not named"),
        present=tuple(sorted(_said(names[each.agency_id], each.name) for each in attendance if each.attended)),
        apologies=tuple(sorted(_said(names[each.agency_id], each.name) for each in attendance if each.apologies)),
        cases=minuted,
        by_agency=_by_agency(minuted),
    )


def only_cases(minutes: Minutes, case_ids: Collection[Id]) -> Minutes:
    """The minutes of these cases alone, with no action of any other."""
    kept = tuple(case for case in minutes.cases if case.case_id in case_ids)
    return msgspec.structs.replace(minutes, cases=kept, by_agency=_by_agency(kept))


def _gather(access: Access, conference: CaseConference, items: list[AgendaItem]) -> _Gathered:
    session = access.session
    discussed = {case.id: case for case in cases.list_cases_by_id(session, [item.case_id for item in items])}
    reviews = {
        review.case_id: review
        for of_case in conferences.list_reviews(session, discussed).values()
        for review in of_case
        if review.conference_id == conference.id
    }
    known = people.list_people(session, {case.person_id for case in discussed.values()})
    versions = kept.list_versions(session, conference.id)
    return _Gathered(
        cases=discussed,
        people={person.id: person.known_as for person in known},
        notes=conferences.list_notes(session, conference.id),
        reviews=reviews,
        agreed=case_actions.list_agreed_at(session, conference.id),
        written=updates.list_updates(session, conference.id),
        names={agency.id: agency.name for agency in agencies.list_agencies(session)},
        texts=kept.list_texts(session, versions[-1].id) if versions else {},
    )


def _minuted(item: AgendaItem, gathered: _Gathered, conference: CaseConference) -> MinutedCase:
    case = gathered.cases[item.case_id]
    typed = gathered.notes.get(item.id, Note(agenda_item_id=item.id))
    note = gathered.texts.get(case.id) or typed
    return MinutedCase(
        position=item.position,
        item_id=item.id,
        case_id=case.id,
        person_id=case.person_id,
        known_as=gathered.people.get(case.person_id, "Name not known"),
        mdt_number=gathered.number(case.id),
        notes=note.notes,
        outcome=note.outcome,
        outcome_code=typed.outcome_code,
        reached=conference.finished_at is None or gathered.was_reached(case.id),
        actions=tuple(each for each in gathered.agreed if each.action.case_id == case.id),
        updates=tuple(
            (gathered.names[each.agency_id], each.text) for each in gathered.written if each.case_id == case.id
        ),
    )


def _by_agency(cases: tuple[MinutedCase, ...]) -> tuple[AgencyActions, ...]:
    owed: dict[tuple[str, Id], list[tuple[int, OwnedAction]]] = {}
    for case in cases:
        for each in case.actions:
            owed.setdefault((each.agency_name, each.action.agency_id), []).append((case.position, each))
    return tuple(
        AgencyActions(
            agency_id=agency_id,
            name=name,
            actions=tuple(each for _, each in bullets),
            paste="\n".join(f"• Case {position} on the agenda: {_bullet(each)}" for position, each in bullets),
        )
        for (name, agency_id), bullets in sorted(owed.items())
    )


def _bullet(owned: OwnedAction) -> str:
    """Without the agency, which the e-mail is for, and without the person's name, which no e-mail holds."""
    return say_action(owned.action, owned.agency_name).removeprefix(f"{owned.agency_name}: ")


def _said(agency_name: str, name: str) -> str:
    return f"{agency_name} ({name})" if name else agency_name
