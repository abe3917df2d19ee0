"""Taking notices in, by a form, by a file, and answering them: a district's coordinator says what becomes of each.

A notice is no alert: it names somebody before they sleep rough, by an authority that has their agreement, so it goes to no phone
and no map, and only the coordinator of its district reads it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.cases.put_forward import Newcomer, put_forward_newcomer
from server.actions.people.facts import FIRST_YEAR
from server.actions.referrals.public_reports import reference_of
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.maps.boundaries import list_districts_on
from server.queries.people import subjects
from server.queries.referrals import notices
from server.queries.sync.store import Project
from shared.model.codes import EvidenceBasis
from shared.model.notice import Notice, NoticeAnswer, NoticeKind
from shared.model.value import Id, Value
from shared.policy import Act

FAR = timedelta(days=730)
ON_A_PAGE, ANSWERED_SHOWN = 50, 30
MEANWHILE = "It was answered before. Load the page again."
ONE_OF_TWO = (
    "It goes to another district, or is answered here with your word for whoever told you: choose one of the two. The other "
    "district answers them."
)
LACKING = {
    "name": "Their name", "date_of_birth": "Date of birth", "institution": "From where: which hospital, prison or office",
    "expected_on": "Expected on", "sender_name": "Who told you", "sender_reach": "Their telephone number or e-mail address",
}  # fmt: skip
KINDS = {
    NoticeKind.HOSPITAL_DISCHARGE: "Hospital discharge",
    NoticeKind.PRISON_RELEASE: "Prison release",
    NoticeKind.DUTY_TO_REFER: "Duty to refer",
}


class Told(Value, frozen=True, kw_only=True):
    """What a sender tells. `key` is the form's own, or what makes a row of a file itself."""

    key: str
    kind: str
    district_id: Id
    institution: str = ""
    name: str = ""
    date_of_birth: date | None = None
    expected_on: date | None = None
    words: str = ""
    sender_name: str = ""
    sender_reach: str = ""


def find_faults(told: Told, today: date) -> dict[str, str]:
    """What is wrong with a notice, by field."""
    wrong = {}
    if told.kind not in {str(each) for each in NoticeKind}:
        wrong["kind"] = "Choose by which door they come."
    for field, words in (
        ("institution", "Say from where: which hospital, prison or office."), ("name", "Give their name."),
        ("sender_name", "Say who you are, so that the district can ask."),
        ("sender_reach", "Give a telephone number or an e-mail address."),
    ):  # fmt: skip
        said = getattr(told, field).strip()
        if not said:
            wrong[field] = words
        elif len(said) > 200:
            wrong[field] = "Use 200 characters or fewer."
    if len(told.words) > 4_000:
        wrong["words"] = "Use 4,000 characters or fewer."
    if told.date_of_birth is not None and told.date_of_birth > today:
        wrong["date_of_birth"] = "That date of birth is in the future."
    if told.date_of_birth is not None and told.date_of_birth.year < FIRST_YEAR:
        wrong["date_of_birth"] = f"That date of birth is before {FIRST_YEAR}. Look at the year."
    if told.expected_on is not None and abs(told.expected_on - today) > FAR:
        wrong["expected_on"] = "Give the day on which they are expected, within two years of today."
    return wrong


def receive(
    session: Session, told: Told, now: datetime, today: date, new_id: Callable[[], Id], by: Id | None = None
) -> tuple[Notice, bool]:
    """Keep a notice; the same form again is the one before, unless it was put right meanwhile, and so is the same person from the
    same place on the same day where a worker of ours brings it. Returns it and whether it is new. Raises Invalid for a district
    that stands no more.

    Whoever sends the public form is told of no notice but their own: by guessing a name nobody learns what became of whom.
    """
    reference = reference_of(f"notice {msgspec.json.encode(told).decode()}")
    if all(each.id != told.district_id for each in list_districts_on(session, today)):
        raise Invalid("Choose the district to which they will come.")
    new = Notice(
        id=new_id(), reference=reference, kind=NoticeKind(told.kind), district_id=told.district_id,
        institution=told.institution.strip(), name=told.name.strip(), date_of_birth=told.date_of_birth,
        expected_on=told.expected_on, words=told.words.strip(), sender_name=told.sender_name.strip(),
        sender_reach=told.sender_reach.strip(), received_at=now, received_by=by,
    )  # fmt: skip
    before = notices.find_by_reference(session, reference) or (notices.find_same(session, new) if by else None)
    if before is not None:
        return before, False
    notices.add_notice(session, new)
    return new, True


# ------------------------------------------------------------------------------------------------------------- answers
class Desk(Value, frozen=True, kw_only=True):
    """One page of what waits in the actor's districts, how many wait in all, and what was answered lately."""

    waits: tuple[Notice, ...]
    answered: tuple[Notice, ...]
    waiting: int
    page: int
    pages: int


def read_desk(access: Access, page: int) -> Desk:
    """The page asked for, or the last one where there are fewer."""
    ids = sorted(access.actor.district_ids)
    waiting = notices.count_waiting(access.session, ids)
    pages = max(1, -(-waiting // ON_A_PAGE))
    page = min(max(1, page), pages)
    waits = notices.list_waiting(access.session, ids, limit=ON_A_PAGE, offset=(page - 1) * ON_A_PAGE)
    answered = notices.list_answered(access.session, ids, limit=ANSWERED_SHOWN)
    return Desk(waits=tuple(waits), answered=tuple(answered), waiting=waiting, page=page, pages=pages)


def answer(access: Access, project: Project, notice_id: Id, said: str, words: str, send_to: Id = "") -> None:
    """Say what becomes of it. "Taken on" puts them forward for the district's list; "not ours" may send it on to another.

    Raises NotFound, Forbidden, Invalid, and Failure where it was answered before.
    """
    found = _open(access, notice_id)
    if send_to:
        if said or words.strip():
            raise Invalid(ONE_OF_TWO)
        if all(each.id != send_to for each in list_districts_on(access.session, access.today)):
            raise Invalid("Choose the district to which it goes.")
        if not notices.send_on(access.session, notice_id, send_to):
            raise Failure(CONFLICTING, MEANWHILE)
        return
    if said not in {str(each) for each in NoticeAnswer}:
        raise Invalid("Choose what becomes of it.")
    if len(words) > 2_000:
        raise Invalid("Use 2,000 characters or fewer.")
    verdict, person_id = NoticeAnswer(said), None
    if verdict is NoticeAnswer.TAKEN_ON:
        if not found.name:
            raise Invalid("Add their name first: ask whoever told you.")
        person_id = _put_forward(access, project, found)
    if not notices.answer_notice(
        access.session, notice_id, verdict, words.strip(), access.now, access.actor.worker_id, person_id
    ):
        raise Failure(CONFLICTING, MEANWHILE)


def _open(access: Access, notice_id: Id) -> Notice:
    """A notice that waits in a district of the actor's. Raises NotFound, Forbidden, and Failure where it was answered."""
    found = notices.find_notice(access.session, notice_id)
    if found is None or not access.allows(Act.CHANGE_CASE, subjects.of_district(found.district_id)):
        access.require(Act.CHANGE_CASE, None)
        raise NotFound
    access.require_district(Act.CHANGE_CASE, found.district_id, purpose=f"notice {notice_id}")
    if found.answer is not None:
        raise Failure(CONFLICTING, MEANWHILE)
    return found


def list_lacking(found: Notice) -> list[str]:
    """The fields of a notice that say nothing: a mail may leave out what the form asks for."""
    return [each for each in LACKING if not getattr(found, each)]


def add_lacking(access: Access, notice_id: Id, said: Mapping[str, str | date | None]) -> None:
    """Add to a notice what it lacks, by field; what its sender said stays as it is.

    Raises NotFound, Forbidden, Invalid, and Failure where it was answered before.
    """
    found = _open(access, notice_id)
    added = {each: said[each] for each in list_lacking(found) if said.get(each)}
    told = Told(**{each: getattr(found, each) for each in Told.__struct_fields__ if each != "key"} | added, key="")
    wrong = [words for field, words in find_faults(told, access.today).items() if field in added]
    if wrong or not added:
        raise Invalid(" ".join(wrong) or "Add something that it lacks.")
    if not notices.add_to_notice(access.session, notice_id, added):
        raise Failure(CONFLICTING, MEANWHILE)


def _put_forward(access: Access, project: Project, found: Notice) -> Id:
    expected = f", expected {found.expected_on.isoformat()}" if found.expected_on else ""
    case = put_forward_newcomer(
        access, project,
        Newcomer(
            form_id=access.new_id(), district_id=found.district_id, name=found.name, date_of_birth=found.date_of_birth,
            basis=EvidenceBasis.PROFESSIONAL_JUDGEMENT,
            reason=f"{KINDS[found.kind]}: {found.institution}{expected}.",
        ),
    )  # fmt: skip
    return case.person_id


def list_days_until(found: Sequence[Notice], today: date) -> dict[Id, int]:
    """In how many days each is expected; below nought for a day that has gone."""
    return {each.id: (each.expected_on - today).days for each in found if each.expected_on is not None}
