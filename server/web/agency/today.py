"""What is a partner's today, on one page: what it owes, what is asked of it, where an update is wanted, and with whom it works.

Each box posts to the page that it belongs to, and leads back here.
"""

from collections.abc import Mapping
from datetime import timedelta

from litestar import Response, get
from litestar.di import NamedDependency
from markupsafe import Markup

from server.access import Access, Door
from server.actions.conferences.papers import PaperCase
from server.http.services import Services
from server.queries.cases import case_actions, cases
from server.queries.cases.case_actions import OwnedAction
from server.queries.conferences import conferences, upcoming, updates
from server.queries.partnership import agencies
from server.queries.partnership.districts import list_districts
from server.web.agency.actions import TODAY, require_own_actions, who_answers
from server.web.agency.agendas import list_typed, open_paper
from server.web.agency.questions import show_waiting
from server.web.agency.waiting import list_for_us
from server.web.layout.page import AnyRequest, page
from shared.model.conference import CaseConference
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.actions import is_done, is_overdue

SOON = timedelta(days=7)
STILL_SHOWN = timedelta(hours=4)
"""So long after it began an agenda still stands here: whoever is late reads it on the way."""
BACK = Markup('<input type="hidden" name="back" value="{}">').format(TODAY)


class Wanted(Value, frozen=True, kw_only=True):
    """A conference to come whose agenda the service was sent. `cases` are those of which it has not said a word."""

    conference: CaseConference
    district: str
    of: int
    cases: tuple[PaperCase, ...]
    typed: Mapping[Id, str]
    apologies: bool
    comes: str


class Known(Value, frozen=True, kw_only=True):
    """Somebody with whom the service works: what it owes them, and when they are discussed next."""

    case_id: Id
    person_id: Id
    known_as: str
    mdt_number: int
    owed: int
    next: CaseConference | None


@get(TODAY, opt={"action": Act.WRITE_UPDATE}, sync_to_thread=True, include_in_schema=False)
def show_today(request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]) -> Response[str]:
    """What is the reader's service's today."""
    with door.open() as access:
        require_own_actions(access)
        for district_id in sorted(access.actor.district_ids):
            access.require_district(Act.WRITE_UPDATE, district_id, purpose="today")
        owed = [
            each
            for each in case_actions.list_agency_actions(access.session, access.actor.agency_id, None)
            if not is_done(each.action)
        ]
        coming = _list_coming(access)
        agency = agencies.find_agency(access.session, access.actor.agency_id)
        access.note_seen(SubjectKind.CASE, sorted({each.action.case_id for each in owed}), purpose="today")
        late = [each for each in owed if is_overdue(each.action, access.today)]
        soon = [each for each in owed if each not in late and each.action.due_on <= access.today + SOON]
        return page(
            request, "agency/today.html", title="Today", section=TODAY, worker=access.worker, now=access.now,
            today=access.today, agency_name=agency.name if agency else "", errors={}, typed={}, own={}, open=True,
            me=access.actor.worker_id, late=late, soon=soon, later=len(owed) - len(late) - len(soon),
            wanted=_list_wanted(access, services, coming), known=_list_known(access, owed, coming),
            reachable=access.list_open_cases({each.action.case_id for each in owed}),
            replies={}, **show_waiting(access), **list_for_us(access), **(who_answers(access, owed) | {"back_field": BACK}),
        )  # fmt: skip


def _list_coming(access: Access) -> list[CaseConference]:
    """The conferences to come whose agenda the reader's service was sent, the earliest first."""
    sent = conferences.list_circulated_to(access.session, access.actor.agency_id, access.actor.district_ids)
    coming = [each for each in sent if each.finished_at is None and each.starts_at + STILL_SHOWN > access.now]
    return sorted(coming, key=lambda each: (each.starts_at, each.id))


def _list_wanted(access: Access, services: Services, coming: list[CaseConference]) -> list[Wanted]:
    names = {each.id: each.name for each in list_districts(access.session)}
    wanted = []
    for conference in coming:
        _, paper = open_paper(access, services.files, conference.id)
        ours = access.actor.agency_id
        answered = {
            each.case_id for each in updates.list_updates(access.session, conference.id) if each.agency_id == ours
        }
        noted = conferences.list_attendance(access.session, conference.id).get(ours)
        wanted.append(
            Wanted(
                conference=conference, district=names.get(conference.district_id, ""), of=len(paper.cases),
                cases=tuple(case for case in paper.cases if case.case_id not in answered),
                typed=list_typed(services, access.actor.worker_id, conference.id),
                apologies=bool(noted and noted.apologies), comes=noted.name if noted else "",
            )
        )  # fmt: skip
    return wanted


def _list_known(access: Access, owed: list[OwnedAction], coming: list[CaseConference]) -> list[Known]:
    """The people discussed in the reader's districts with whom their service works, by name."""
    listed = cases.list_discussed(access.session, access.actor.district_ids)
    theirs = access.list_open_cases([case.id for case, _ in listed])
    shown = [(case, person) for case, person in listed if case.id in theirs]
    access.note_seen(SubjectKind.PERSON, [person.id for _, person in shown], purpose="today")
    following = upcoming.list_next_with(access.session, [case.id for case, _ in shown], {each.id for each in coming})
    return [
        Known(
            case_id=case.id, person_id=person.id, known_as=person.known_as, mdt_number=case.mdt_number,
            owed=sum(each.action.case_id == case.id for each in owed), next=following.get(case.id),
        )
        for case, person in sorted(shown, key=lambda each: (each[1].known_as.casefold(), each[0].id))
    ]  # fmt: skip
