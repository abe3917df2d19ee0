"""The versions of the minutes: what was typed, found right by somebody, circulated, and corrected with a reason.

Each correction is a new version that somebody checks before it is circulated; what agencies were sent before stays as it was.
"""

from collections.abc import Mapping

import msgspec

from server.access import Access
from server.actions.conferences import kept as papers_kept
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.discussion import LONGEST_NOTES, LONGEST_OUTCOME
from server.actions.conferences.minutes import MinutedCase, Minutes, compose_minutes, only_cases
from server.actions.conferences.papers import Paper, compose_papers
from server.actions.conferences.readers import Reader, list_readers
from server.actions.operation.outbox import Outbox
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.cases import case_events, cases
from server.queries.conferences import conferences, kept
from server.queries.conferences.conferences import MINUTES, Circulated
from server.queries.conferences.kept import MinutesText, MinutesVersion
from server.queries.partnership.districts import find_district
from server.security.documents import DocumentKeys
from shared.model.codes import CaseStep
from shared.model.conference import CaseConference
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id
from shared.policy import Act
from shared.rules.mail import MINUTES_USEFUL_FOR

CHANGED = (
    "These minutes were circulated, or corrected, since you opened this page. Look at what follows, and circulate then."
)


def check_minutes(access: Access, conference_id: Id, version: int) -> MinutesVersion:
    """Say that the version that its reader was shown is right. Raises Failure while the conference has not ended, Invalid where
    there is a newer one."""
    newest = _newest(access, _open_finished(access, conference_id))
    if version != newest.number:
        raise Invalid(
            "Somebody has corrected these minutes since you opened this page. Read what they say now, and say so then."
        )
    if newest.checked_at is None:
        kept.check_version(access.session, newest.id, access.actor.worker_id, access.now)
    return newest


def correct_minutes(
    access: Access, conference_id: Id, item_id: Id, *, based_on: int, notes: str, outcome: str, why: str
) -> MinutesVersion:
    """Put right what the minutes say of one case, as a new version. `based_on` is the version that the typing began from.

    Raises Invalid without a reason, for too many words, for no change, and when there is a newer version.
    """
    conference = _open_finished(access, conference_id)
    newest = _newest(access, conference)
    item = conferences.find_item(access.session, conference_id, item_id)
    if item is None:
        raise NotFound
    notes, outcome, why = notes.replace("\r\n", "\n").replace("\r", "\n").rstrip(), outcome.strip(), why.strip()
    said = kept.list_texts(access.session, newest.id).get(item.case_id)
    _refuse_correction(based_on, newest, said, notes, outcome, why)
    if not conferences.set_review(access.session, conference_id, item.case_id, outcome=outcome, notes=notes):
        raise Invalid("This case was not reached, so the minutes say nothing of it.")
    _correct_ending(access, conference_id, item.case_id, outcome)
    made = MinutesVersion(
        id=access.new_id(), conference_id=conference_id, number=newest.number + 1, at=access.now,
        worker_id=access.actor.worker_id, why=why,
    )  # fmt: skip
    corrected = MinutesText(case_id=item.case_id, notes=notes, outcome=outcome)
    kept.add_correction(access.session, newest.id, made, corrected)
    return made


def _refuse_correction(
    based_on: int, newest: MinutesVersion, said: MinutesText | None, notes: str, outcome: str, why: str
) -> None:
    if based_on != newest.number:
        raise Invalid("Somebody else has corrected these minutes meanwhile. Look at what they say now, and save again.")
    if not why:
        raise Invalid("Say why: the agencies read it beside the change.")
    if len(notes) > LONGEST_NOTES or len(outcome) > LONGEST_OUTCOME:
        raise Invalid(f"Use {LONGEST_NOTES:,} characters or fewer for the notes, {LONGEST_OUTCOME} for the outcome.")
    if said is not None and (said.notes.rstrip(), said.outcome) == (notes, outcome):
        raise Invalid("Nothing is other than it was.")


def _correct_ending(access: Access, conference_id: Id, case_id: Id, outcome: str) -> None:
    """The outcome of a case that this conference closed is the one that its minutes say."""
    events = case_events.list_events(access.session, [case_id]).get(case_id, [])
    last = events[-1] if events else None
    if last is not None and last.step is CaseStep.CLOSED and last.conference_id == conference_id and outcome:
        cases.set_case(access.session, case_id, outcome=outcome)


def mark_of(access: Access, conference_id: Id) -> str:
    """Changes with each version of the minutes and each circulation: a second press, or tab, sends nothing a second time."""
    newest = max((each.number for each in kept.list_versions(access.session, conference_id)), default=1)
    return f"{newest}-{len(conferences.list_circulated(access.session, conference_id, MINUTES))}"


def circulate_minutes(
    access: Access, files: DocumentKeys, conference_id: Id, seen: str | None = None
) -> list[Circulated]:
    """Let every agency with a seat and valid agreements read the minutes of the cases it may see; tell it so by e-mail; keep what
    it was sent. `seen` is the mark of what its reader was shown. Raises Failure while the conference has not ended, Invalid for
    minutes that nobody has checked, and when the mark is another by now."""
    conference = _open_finished(access, conference_id)
    if seen is not None and seen != mark_of(access, conference_id):
        raise Invalid(CHANGED)
    newest = _newest(access, conference)
    if newest.checked_at is None:
        raise Invalid("Nobody has said yet that this version is right. Read it, and say so first.")
    before = papers_kept.newest_by_agency(conferences.list_circulated(access.session, conference_id, MINUTES))
    minutes = compose_minutes(access, conference)
    readers = list_readers(access, conference)
    papers = compose_papers(access, conference, readers)
    sent = []
    for reader in readers:
        theirs = _as_told(minutes, papers[reader.agency.id])
        row = _send(access, files, conference, newest, reader, theirs)
        sent.append(row)
        if not row.withheld:
            _tell(access, conference, row, _count_changed(access, files, before.get(reader.agency.id), theirs))
    return sent


def _as_told(minutes: Minutes, paper: Paper) -> Minutes:
    """The minutes of the cases that an agency may see, by the names it may know, without what other agencies wrote before."""
    names = {case.case_id: case.known_as for case in paper.cases}
    kept_cases = only_cases(minutes, names)
    cases = tuple(msgspec.structs.replace(case, known_as=names[case.case_id], updates=()) for case in kept_cases.cases)
    return msgspec.structs.replace(kept_cases, cases=cases)


def _send(
    access: Access, files: DocumentKeys, conference: CaseConference, version: MinutesVersion, reader: Reader,
    theirs: Minutes,
) -> Circulated:  # fmt: skip
    row = Circulated(
        id=access.new_id(),
        conference_id=conference.id,
        agency_id=reader.agency.id,
        paper=MINUTES,
        at=access.now,
        worker_id=access.actor.worker_id,
        cases=len(theirs.cases),
        withheld=reader.withheld,
        starts_at=conference.starts_at,
        place=conference.place,
        version=version.number,
    )
    conferences.add_circulated(access.session, [row])
    if reader.withheld:
        return row
    told = [(case.case_id, case.position, case) for case in theirs.cases]
    digest = papers_kept.keep_cases(access.session, files, row.id, told)
    kept.set_digest(access.session, row.id, digest)
    return msgspec.structs.replace(row, sha256=digest)


def _count_changed(access: Access, files: DocumentKeys, before: Circulated | None, theirs: Minutes) -> int | None:
    """How many cases say something else than they did when the agency was last sent them; None where it was sent none before."""
    if before is None:
        return None
    opened = papers_kept.open_kept(access.session, files, [before.id], MinutedCase).get(before.id)
    said = {case.case_id: (case.notes, case.outcome) for case in (opened.cases if opened else ())}
    return sum(said.get(case.case_id) != (case.notes, case.outcome) for case in theirs.cases)


def _tell(access: Access, conference: CaseConference, row: Circulated, changed: int | None) -> None:
    district = find_district(access.session, conference.district_id)
    facts = MailFacts(
        count=row.cases, starts_at=conference.starts_at, district=district.name if district else "",
        conference_id=conference.id, again=changed is not None, changed=changed or 0, version=row.version,
    )  # fmt: skip
    Outbox(access.session, access.now, access.new_id).tell_agency(
        row.agency_id, MailKind.CONFERENCE_MINUTES, f"minutes/{row.id}", facts, about_id=conference.id,
        useful_until=access.now + MINUTES_USEFUL_FOR, district_id=conference.district_id,
    )  # fmt: skip


def list_texts_of(access: Access, conference_id: Id, number: int) -> Mapping[Id, MinutesText]:
    """What one version says, by case. The caller has been let through to the conference."""
    found = next((each for each in kept.list_versions(access.session, conference_id) if each.number == number), None)
    return {} if found is None else kept.list_texts(access.session, found.id)


def _open_finished(access: Access, conference_id: Id) -> CaseConference:
    open_conference(access, conference_id, Act.RUN_CONFERENCE)
    conference = conferences.hold_conference(access.session, conference_id, alone=True)
    if conference.finished_at is None:
        raise Failure(CONFLICTING, "Finish the conference first: its minutes can still change.")
    return conference


def _newest(access: Access, conference: CaseConference) -> MinutesVersion:
    """The newest version; the first one, what was typed, is made of the notes when it is first wanted."""
    versions = kept.list_versions(access.session, conference.id)
    if versions:
        return versions[-1]
    minutes = compose_minutes(access, conference)
    first = MinutesVersion(
        id=access.new_id(), conference_id=conference.id, number=1, at=conference.finished_at or access.now,
        worker_id=conference.minute_taker_id or access.actor.worker_id,
    )  # fmt: skip
    texts = [MinutesText(case_id=each.case_id, notes=each.notes, outcome=each.outcome) for each in minutes.cases]
    kept.add_version(access.session, first, texts)
    return first
