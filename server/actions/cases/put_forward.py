"""Putting somebody forward whom nobody here has met: an agency knows them, and says on what evidence.

It becomes what a phone would have sent, written by device 0: the person, so that outreach knows whom to look for, and the
evidence, which waits for a coordinator. Whether the person is known already the agency does not learn: the coordinator sees
both records and finds out.
"""

from datetime import date
from uuid import UUID

import msgspec

from server.access import Access
from server.actions.cases.cases import BASES, add_case
from server.actions.people.facts import FIRST_YEAR
from server.actions.sync.saying import say
from server.database.locks import lock_records
from server.problems import Invalid
from server.queries.cases import cases
from server.queries.people import people
from server.queries.referrals import referrals
from server.queries.sync.store import Project
from shared.model.case import Case
from shared.model.codes import EvidenceBasis, Quality
from shared.model.person import LongText, Person, ShortText
from shared.model.value import Id, Value
from shared.model.verification import Verification
from shared.policy import Act
from sync.authoring import NewChange


class Newcomer(Value, frozen=True, kw_only=True):
    """What an agency tells of somebody. `form_id` makes two presses one person; a name, an alias or a description is needed."""

    form_id: Id
    district_id: Id
    name: ShortText = ""
    alias: ShortText = ""
    description: LongText = ""
    date_of_birth: date | None = None
    basis: EvidenceBasis
    reason: LongText


def put_forward_newcomer(access: Access, project: Project, draft: Newcomer) -> Case:
    """Put somebody forward whom the list may not know, once for each form: a candidate, for the coordinator to decide on.

    Raises NotFound for another district, Invalid where the draft says too little or too much.
    """
    access.require_district(Act.PUT_FORWARD_CASE, draft.district_id, purpose="put forward")
    draft = _checked(access, draft)
    person_id = _id_of(access, draft.form_id)
    lock_records(access.session, [person_id])  # of two presses at one moment the second finds what the first wrote
    if people.find_person(access.session, person_id) is not None:
        before = cases.list_live_cases_of(access.session, [person_id])
        if before and before[0].put_forward_by == access.actor.worker_id:
            return before[0]
        person_id = access.new_id()
    changes = [_person(access, draft, person_id), _evidence(access, draft, person_id)]
    say(access.session, project, changes, access.now)
    told = Person(
        id=person_id, name=draft.name.strip(), alias=draft.alias.strip(), description=draft.description.strip()
    )
    return add_case(access, person_id, draft.district_id, draft.basis, draft.reason, told.known_as)


def _checked(access: Access, draft: Newcomer) -> Newcomer:
    if not (draft.name.strip() or draft.alias.strip() or draft.description.strip()):
        raise Invalid("Give a name, or say how you would know them again.")
    if draft.basis not in BASES:
        raise Invalid("Choose the evidence.")
    if draft.date_of_birth is not None and draft.date_of_birth > access.today:
        raise Invalid("That date of birth is in the future.")
    if draft.date_of_birth is not None and draft.date_of_birth.year < FIRST_YEAR:
        raise Invalid(f"That date of birth is before {FIRST_YEAR}. Look at the year.")
    try:
        return msgspec.convert(msgspec.to_builtins(draft), Newcomer)
    except msgspec.ValidationError as error:
        raise Invalid("One of the texts is too long. Shorten it.") from error


def _id_of(access: Access, form_id: Id) -> Id:
    """The form's own id if it looks like one that was handed out, else a fresh one: no browser chooses our ids."""
    try:
        return str(UUID(form_id)) if len(form_id) == 36 else access.new_id()
    except ValueError:
        return access.new_id()


def _person(access: Access, draft: Newcomer, person_id: Id) -> NewChange:
    told = Person(
        id=person_id,
        name=draft.name.strip(),
        name_quality=Quality.PARTIAL_OR_ALIAS if draft.name.strip() else Quality.NOT_COLLECTED,
        alias=draft.alias.strip(),
        description=draft.description.strip(),
        date_of_birth=draft.date_of_birth,
        dob_quality=Quality.FULL if draft.date_of_birth else Quality.NOT_COLLECTED,
    )
    said = {name: value for name, value in msgspec.to_builtins(told).items() if name != "id" and value}
    return _change(access, draft, "person.patched", person_id, said, None)


def _evidence(access: Access, draft: Newcomer, person_id: Id) -> NewChange:
    """What the agency saw or heard: it verifies nobody until a coordinator has judged it."""
    fact = Verification(
        id=access.new_id(),
        person_id=person_id,
        basis=draft.basis,
        district_id=draft.district_id,
        at=access.now,
        worker_id=access.actor.worker_id,
        reason=draft.reason.strip(),
    )
    return _change(access, draft, "verification.recorded", person_id, None, msgspec.Raw(msgspec.json.encode(fact)))


def _change(
    access: Access,
    draft: Newcomer,
    kind: str,
    person_id: Id,
    sets: dict[str, object] | None,
    payload: msgspec.Raw | None,
) -> NewChange:
    team_id = referrals.list_team_of_districts(access.session).get(draft.district_id)
    return NewChange(
        id=access.new_id(),
        type=kind,
        scope=f"team:{team_id}" if team_id else f"district:{draft.district_id}",
        entity=person_id,
        who=access.actor.worker_id,
        at_ms=int(access.now.timestamp() * 1000),
        sets=sets,
        payload=payload,
    )
