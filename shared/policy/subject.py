"""What an action is about: the facts about a record that a decision rests on, never its content."""

from enum import Enum

from shared.model.consent import ConsentSaid
from shared.model.value import Id, Value


class SubjectKind(str, Enum):
    """The kind of thing acted upon. SYSTEM is for actions about no record in particular."""

    SYSTEM = "system"
    PERSON = "person"
    CONTACT = "contact"
    SITE = "site"
    NOTE = "note"
    REFERRAL = "referral"
    CASE = "case"
    CONFERENCE = "conference"
    ACTION = "action"
    SHIFT = "shift"
    VISIT = "visit"
    DISTRICT = "district"
    AGENCY = "agency"
    WORKER = "worker"
    DEVICE = "device"

    def __str__(self) -> str:
        return self.value


class Subject(Value, frozen=True, kw_only=True):
    """A record as policy sees it.

    `working_agency_ids`: the agencies that work with the person; notes are theirs alone (privacy rule A3).
    `hidden`: only the agencies of `known_to_agency_ids` may know that the record exists (A5). Being among them grants
    nothing else: whoever may not see the record otherwise still may not.
    `owner_agency_id`: whose action, note, written update, device or agreement it is. `worker_id`: who made it, or
    whom it is about.
    `opened_for_worker_ids`: workers whose break-glass on this one record has not ended (A4).
    `ask_agency`: the name of the service to ask for notes, put into the refusal.
    `consents`: what the person said about sharing, for acts that rest on it (`shared.policy.consent`).
    """

    kind: SubjectKind = SubjectKind.SYSTEM
    id: Id = ""
    district_ids: frozenset[Id] = frozenset()
    working_agency_ids: frozenset[Id] = frozenset()
    hidden: bool = False
    known_to_agency_ids: frozenset[Id] = frozenset()
    owner_agency_id: Id | None = None
    team_id: Id | None = None
    worker_id: Id | None = None
    opened_for_worker_ids: frozenset[Id] = frozenset()
    ask_agency: str = ""
    consents: tuple[ConsentSaid, ...] = ()


SYSTEM = Subject()
"""For an action about no record in particular."""
