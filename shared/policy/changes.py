"""What each pushed change asks of policy: its type, and every field and value that matters, named with its `Act`.

The pages ask `decide` before they write; for what comes from phones this table says what to ask, of the record as it is and as
it would be. Which records those are is looked up, and the answer acted upon, elsewhere.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.model.codes import ReviewStatus
from shared.model.telling import LawfulBasis
from shared.model.value import Id, Value
from shared.policy.actions import Act
from shared.policy.subject import SubjectKind


class Touch(Value, frozen=True, kw_only=True):
    """A field of a change that names other records, and what may be done with each of them by whoever names it."""

    field: str
    kind: SubjectKind
    act: Act


class ChangeRule(Value, frozen=True, kw_only=True):
    """What one type of change asks.

    `act` is asked of the writer's own team's work, and of the record that a patch describes. `touches` are the records that a
    fact names. `fields` are those of a patch that ask for more than `act`; `values` the values of a fact that do.
    `creates` says that the fact's own id is a new record: nobody may use one that is taken.
    """

    act: Act
    entity: SubjectKind | None = None
    touches: tuple[Touch, ...] = ()
    fields: Mapping[str, Act] = {}
    values: Mapping[str, Mapping[Any, Act]] = {}
    judged: SubjectKind | None = None
    creates: bool = True


class Demand(Value, frozen=True, kw_only=True):
    """One question for `decide`: this act, on this record."""

    act: Act
    kind: SubjectKind
    id: Id


def _touch(field: str, kind: SubjectKind, act: Act) -> Touch:
    return Touch(field=field, kind=kind, act=act)


_SITE = _touch("site_id", SubjectKind.SITE, Act.SEE_PLACE)
_REFERRAL = _touch("referral_id", SubjectKind.REFERRAL, Act.PROGRESS_REFERRAL)
_SHIFT = _touch("shift_id", SubjectKind.SHIFT, Act.RECORD_CONTACT)
_CONTACT = _touch("contact_id", SubjectKind.CONTACT, Act.RECORD_CONTACT)
_PEOPLE = _touch("person_ids", SubjectKind.PERSON, Act.RECORD_CONTACT)

CHANGE_RULES: Final[Mapping[str, ChangeRule]] = {
    "contact.recorded": ChangeRule(act=Act.RECORD_CONTACT, touches=(_PEOPLE, _SITE, _REFERRAL, _SHIFT)),
    "contact.corrected": ChangeRule(
        act=Act.CORRECT_CONTACT,
        touches=(_touch("contact_id", SubjectKind.CONTACT, Act.CORRECT_CONTACT), _PEOPLE, _SITE, _REFERRAL, _SHIFT),
    ),
    "visit.recorded": ChangeRule(act=Act.RECORD_CONTACT, touches=(_SITE, _REFERRAL, _SHIFT)),
    "visit.struck": ChangeRule(
        act=Act.CORRECT_CONTACT, touches=(_touch("visit_id", SubjectKind.VISIT, Act.CORRECT_CONTACT),)
    ),
    "shift.started": ChangeRule(act=Act.RECORD_CONTACT),
    "shift.joined": ChangeRule(act=Act.RECORD_CONTACT, touches=(_SHIFT,)),
    "shift.ended": ChangeRule(act=Act.RECORD_CONTACT, touches=(_SHIFT,)),
    "checkin.made": ChangeRule(act=Act.RECORD_CONTACT, touches=(_SHIFT,)),
    "verification.recorded": ChangeRule(
        act=Act.EDIT_PERSON,
        touches=(
            _touch("person_id", SubjectKind.PERSON, Act.EDIT_PERSON),
            _CONTACT,
            _touch("district_id", SubjectKind.DISTRICT, Act.RECORD_CONTACT),
        ),
        values={
            "review_status": {
                ReviewStatus.CONFIRMED: Act.JUDGE_VERIFICATION,
                ReviewStatus.NOT_CONFIRMED: Act.JUDGE_VERIFICATION,
                ReviewStatus.NOT_REQUIRED: Act.JUDGE_VERIFICATION,
            }
        },
        judged=SubjectKind.PERSON,
    ),
    "need.recorded": ChangeRule(
        act=Act.EDIT_PERSON, touches=(_touch("person_id", SubjectKind.PERSON, Act.EDIT_PERSON), _CONTACT)
    ),
    "answer.given": ChangeRule(
        act=Act.RECORD_ASSESSMENT, touches=(_touch("person_id", SubjectKind.PERSON, Act.RECORD_ASSESSMENT),)
    ),
    "consent.said": ChangeRule(
        act=Act.RECORD_CONSENT,
        touches=(_touch("person_id", SubjectKind.PERSON, Act.RECORD_CONSENT),),
        values={"basis": {each: Act.STATE_BASIS for each in LawfulBasis if each is not LawfulBasis.CONSENT}},
        judged=SubjectKind.PERSON,
    ),
    "person.merged": ChangeRule(
        act=Act.MERGE_PEOPLE,
        touches=(
            _touch("from_id", SubjectKind.PERSON, Act.MERGE_PEOPLE),
            _touch("into_id", SubjectKind.PERSON, Act.MERGE_PEOPLE),
        ),
    ),
    "referral.progressed": ChangeRule(
        act=Act.PROGRESS_REFERRAL,
        touches=(
            _REFERRAL,
            _CONTACT,
            _touch("visit_id", SubjectKind.VISIT, Act.RECORD_CONTACT),
            _touch("duplicate_of", SubjectKind.REFERRAL, Act.SEE_REFERRAL),
        ),
    ),
    "record.read": ChangeRule(act=Act.SYNC, creates=False),
    "attachment.added": ChangeRule(
        act=Act.ADD_DOCUMENT,
        touches=(
            _touch("person_id", SubjectKind.PERSON, Act.ADD_DOCUMENT),
            _touch("site_id", SubjectKind.SITE, Act.EDIT_SITE),
        ),
    ),
    "person.patched": ChangeRule(
        act=Act.EDIT_PERSON, entity=SubjectKind.PERSON, fields={"died_on": Act.OURS_ALONE}, creates=False
    ),
    "site.patched": ChangeRule(act=Act.EDIT_SITE, entity=SubjectKind.SITE, creates=False),
    "referral.patched": ChangeRule(
        act=Act.PROGRESS_REFERRAL,
        entity=SubjectKind.REFERRAL,
        fields={"team_id": Act.ASSIGN_REFERRAL, "assigned_worker_id": Act.ASSIGN_REFERRAL},
        creates=False,
    ),
}
"""Every change that a phone may make. A type that is not here is not understood, and held."""

TEAM_FIELDS: Final = {"referral.patched": "team_id"}
"""Fields that hand a record to a team: the act is asked of that team's work, too (the record as it would be)."""


def demands(change_type: str, values: Mapping[str, Any], entity: Id | None) -> Iterator[Demand]:
    """What a change asks of the records that it names. `values` are a fact's fields (a correction's with those that it
    corrects), or the fields that a patch sets. Raises KeyError for an unknown type."""
    rule = CHANGE_RULES[change_type]
    if rule.entity is not None and entity is not None:
        for act in {rule.act, *(rule.fields[name] for name in values if name in rule.fields)}:
            yield Demand(act=act, kind=rule.entity, id=entity)
    for touch in rule.touches:
        named = values.get(touch.field)
        for each in (named,) if isinstance(named, str) else named or ():
            yield Demand(act=touch.act, kind=touch.kind, id=each)
    for field, acts in rule.values.items():
        asked = acts.get(values.get(field))
        if asked is not None and rule.judged is not None:
            yield Demand(act=asked, kind=rule.judged, id=values[f"{rule.judged}_id"])
