"""Actions agreed for cases: who owes what by when, what is done, what is missed."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from server.database.locks import lock_records
from server.database.statements import ids
from server.queries.people.concealment import without_concealed
from server.tables.cases.case import case_action, case_event, mdt_case
from server.tables.partnership.agency import agency
from server.tables.people.person import person
from shared.model.case import Action
from shared.model.codes import CaseState, CaseStep
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.policy import Subject, SubjectKind
from shared.policy.redaction import Relationship, redact_person

CURRENT = (CaseState.CANDIDATE.value, CaseState.LISTED.value, CaseState.OPEN.value)


class OwnedAction(Value, frozen=True, kw_only=True):
    """An action with what a reader needs to place it. `called` is what to call the person before whoever only discusses them, and
    does not know how they would be known again."""

    action: Action
    agency_name: str
    person_id: Id
    known_as: str
    district_id: Id
    case_state: CaseState
    called: str = ""

    @property
    def subject(self) -> Subject:
        """What policy needs to know: whose it is and where."""
        return Subject(
            kind=SubjectKind.ACTION,
            id=self.action.id,
            district_ids=frozenset({self.district_id}),
            owner_agency_id=self.action.agency_id,
        )


def add_action(session: Session, new: Action) -> None:
    """Store an action."""
    session.execute(insert(case_action), [_plain(new)])


def set_action(session: Session, action: Action) -> None:
    """Store an action's values anew."""
    session.execute(update(case_action).where(case_action.c.id == action.id).values(**_plain(action)))


def remove_action(session: Session, action_id: Id) -> None:
    """Take an action away that was typed by mistake, before its conference has ended."""
    session.execute(delete(case_action).where(case_action.c.id == action_id))


def find_action(session: Session, action_id: Id) -> OwnedAction | None:
    """The action with this id."""
    found = _list(session, _ONE, action_id=action_id)
    return found[0] if found else None


def hold_key(session: Session, key: Id) -> OwnedAction | None:
    """The action that an earlier press of the same form kept, if any; no other press of it comes between until the transaction
    ends."""
    lock_records(session, [key])
    return find_action(session, key)


def list_actions(session: Session, case_ids: Collection[Id]) -> list[OwnedAction]:
    """The actions of these cases, the earliest due first."""
    return _list(session, _OF_CASES, case_ids=list(case_ids))


def list_agreed_at(session: Session, conference_id: Id) -> list[OwnedAction]:
    """The actions that were agreed at a conference, also for a case that has left its agenda since, the earliest due first."""
    return _list(session, _AGREED_AT, conference_id=conference_id)


def has_agreed_at(session: Session, conference_id: Id) -> bool:
    """Was any action agreed at this conference, for whomever?"""
    agreed = select(case_action.c.id).where(case_action.c.conference_id == conference_id)
    return session.execute(agreed.limit(1)).first() is not None


def list_agency_actions(session: Session, agency_id: Id, district_ids: Collection[Id] | None) -> list[OwnedAction]:
    """What an agency owes and has done for current cases, and what was agreed when one was closed, the earliest due first."""
    if district_ids is None:
        return _list(session, _OF_AGENCY, agency_id=agency_id)
    return _list(session, _OF_AGENCY_HERE, agency_id=agency_id, district_ids=list(district_ids))


def list_missed(session: Session, district_ids: Collection[Id], today: date) -> list[OwnedAction]:
    """Actions of current cases that are past their day and not done, of every agency, the latest first."""
    return _list(session, _MISSED, district_ids=list(district_ids), today=today)


def count_missed(session: Session, district_id: Id, today: date) -> dict[Id, int]:
    """How many missed actions that nobody has explained each current case of a district has (`is_red_flag`, in SQL)."""
    shown = without_concealed(session, _RED_FLAGS, mdt_case.c.person_id)
    rows = session.execute(shown, {"district_ids": [district_id], "today": today})
    return {row.case_id: row.flags for row in rows}


def hold_action(session: Session, action_id: Id) -> OwnedAction | None:
    """The action with this id as it is now, for one writer until the transaction ends."""
    session.execute(select(case_action.c.id).where(case_action.c.id == action_id).with_for_update())
    return find_action(session, action_id)


def list_undone_in(session: Session, district_id: Id) -> list[OwnedAction]:
    """What every agency owes for current cases of a district and has not done, the earliest due first."""
    return _list(session, _UNDONE_IN, district_ids=[district_id])


def list_undone(session: Session, agency_id: Id, due_until: date) -> list[OwnedAction]:
    """What an agency owes for current cases of all districts and has not done, due by this day."""
    return _list(session, _UNDONE, agency_id=agency_id, due_until=due_until)


def _list(session: Session, query: Select[Any], **asked: Any) -> list[OwnedAction]:
    shown = without_concealed(session, query, mdt_case.c.person_id)
    return [_read(row) for row in session.execute(shown, asked).mappings()]


_OWNED = (
    select(
        case_action, agency.c.name.label("agency_name"), mdt_case.c.person_id, mdt_case.c.district_id,
        mdt_case.c.state.label("case_state"), person.c.name.label("person_name"), person.c.alias,
        person.c.description,
    )
    .join(mdt_case, mdt_case.c.id == case_action.c.case_id)
    .join(agency, agency.c.id == case_action.c.agency_id)
    .join(person, person.c.id == mdt_case.c.person_id)
    .order_by(case_action.c.due_on, case_action.c.agreed_at, case_action.c.id)
)  # fmt: skip
_AGREED_WHEN_CLOSING = exists().where(
    case_event.c.case_id == case_action.c.case_id, case_event.c.step == CaseStep.CLOSED.value,
    case_event.c.conference_id == case_action.c.conference_id, mdt_case.c.state == CaseState.CLOSED.value,
    person.c.died_on.is_(None),
)  # fmt: skip
_IS_OWED = mdt_case.c.state.in_(CURRENT) | _AGREED_WHEN_CLOSING
"""Closing a case ends what was agreed before; what the conference that closed it agreed while doing so is owed still, until the
person dies (decision 132)."""
_IN_DISTRICTS = mdt_case.c.district_id.in_(ids("district_ids"))
_ONE = _OWNED.where(case_action.c.id == bindparam("action_id"))
_OF_CASES = _OWNED.where(case_action.c.case_id.in_(ids("case_ids")))
_AGREED_AT = _OWNED.where(case_action.c.conference_id == bindparam("conference_id"))
_OF_AGENCY = _OWNED.where(case_action.c.agency_id == bindparam("agency_id"), _IS_OWED)
_OF_AGENCY_HERE = _OF_AGENCY.where(_IN_DISTRICTS)
_MISSED = _OWNED.where(
    _IN_DISTRICTS,
    _IS_OWED,
    case_action.c.done_at.is_(None),
    case_action.c.due_on < bindparam("today"),
)
_RED_FLAGS = (
    select(case_action.c.case_id, func.count().label("flags"))
    .join(mdt_case, mdt_case.c.id == case_action.c.case_id)
    .where(
        _IN_DISTRICTS,
        mdt_case.c.state.in_(CURRENT),
        case_action.c.done_at.is_(None),
        case_action.c.due_on < bindparam("today"),
        func.trim(case_action.c.explained) == "",
        func.trim(case_action.c.refused) == "",
    )
    .group_by(case_action.c.case_id)
)
_UNDONE = _OF_AGENCY.where(case_action.c.done_at.is_(None), case_action.c.due_on <= bindparam("due_until"))
_UNDONE_IN = _OWNED.where(_IN_DISTRICTS, _IS_OWED, case_action.c.done_at.is_(None))


def _read(row: Any) -> OwnedAction:
    who = _person(row)
    return OwnedAction(
        action=Action(**{name: row[name] for name in Action.__struct_fields__}),
        agency_name=row["agency_name"],
        person_id=row["person_id"],
        known_as=who.known_as,
        called=redact_person(who, Relationship.CONFERENCE_PARTNER).known_as,
        district_id=row["district_id"],
        case_state=CaseState(row["case_state"]),
    )


def _plain(action: Action) -> dict[str, Any]:
    return {name: getattr(action, name) for name in Action.__struct_fields__}


def _person(row: Any) -> Person:
    return Person(id=row["person_id"], name=row["person_name"], alias=row["alias"], description=row["description"])


def list_names(session: Session, case_ids: Collection[Id]) -> dict[Id, str]:
    """What to call the person of each of these cases, by case."""
    query = (
        select(
            mdt_case.c.id,
            mdt_case.c.person_id,
            person.c.name.label("person_name"),
            person.c.alias,
            person.c.description,
        )
        .join(person, person.c.id == mdt_case.c.person_id)
        .where(mdt_case.c.id.in_(case_ids))
    )
    return {row["id"]: _person(row).known_as for row in session.execute(query).mappings()}
