"""The page of the meeting room: every case of the agenda on one page that outlives the network, each field saved alone.

`static/room.js` shows one case at a time and sends what is typed; without scripts the cases stand one below the other, and each
leads to its own page with buttons (`discussion`).
"""

from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Door
from server.actions.conferences import room
from server.actions.conferences.room import FieldSaved, RoomNews
from server.actions.people.plans import list_reaching
from server.http.services import Services
from server.queries.cases.priorities import GENERAL_FIELDS
from server.queries.conferences import conferences
from server.web.coordinator.conferences import SECTION
from server.web.coordinator.discussion import CASE, list_withheld, refuse_words_of_another
from server.web.coordinator.priorities import GENERAL_WORDS
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import say
from shared.model.codes import CaseOutcome, ReceivingSupport, SupportNeed, SupportPhase
from shared.model.value import Id
from shared.policy import Act

ROOM = SECTION + "/{conference_id:str}/room"
SUPPORT = (
    ("", "Not said"),
    (str(ReceivingSupport.YES), "Receiving support"),
    (str(ReceivingSupport.NO), "Not receiving support"),
    (str(ReceivingSupport.NOT_KNOWN), "Needs it; support not known"),
)


class FieldForm(Form, frozen=True, kw_only=True):
    """One field as typed, what the screen showed of it, and who typed."""

    field: str = ""
    value: str = ""
    was: str = ""
    typed_by: str = ""


@get(ROOM, opt={"action": Act.RUN_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def show_room(request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[str]:
    """The room, with every case of the agenda."""
    with door.open() as access:
        found = room.open_room(access, conference_id)
        conference = found.sitting.conference
        zone = ZoneInfo(access.zone.key)
        return page(
            request, "coordinator/room.html", title="Meeting", section=SECTION, worker=access.worker, room=found,
            conference=conference, district_name=found.sitting.district_name, today=access.today, now=access.now,
            worker_id=access.actor.worker_id, path=f"{SECTION}/{conference_id}",
            reaching=list_reaching(access, [each.case.person_id for each in found.cases if each.case is not None]),
            withheld=list_withheld(access, conference), started_at=conference.starts_at.isoformat(),
            may_prepare=access.allows(Act.PREPARE_CONFERENCE, conferences.subject_of(conference)),
            outcomes=[("", "No outcome yet"), *((str(each), say(each)) for each in CaseOutcome)],
            needs=[(str(each), say(each)) for each in SupportNeed], support=SUPPORT,
            general=[(name, GENERAL_WORDS[name]) for name in GENERAL_FIELDS],
            agencies=[("", "Choose"), *((each.id, each.name) for each in found.seated)],
            phases=[(str(each), say(each)) for each in SupportPhase],
            came=[
                (each.name, record, f"{record.leaves_at.astimezone(zone):%H:%M}" if record.leaves_at else "")
                for each in found.seated if (record := found.attendance.get(each.id)) is not None
            ],
        )  # fmt: skip


@get(ROOM + "/news", opt={"action": Act.RUN_CONFERENCE, "polls": True}, sync_to_thread=True, include_in_schema=False)
def tell_room(door: NamedDependency[Door], conference_id: FromPath[Id], item: FromQuery[Id] = "") -> Response[RoomNews]:
    """What is new since a screen asked last; it shows `item`."""
    with door.open() as access:
        return Response(room.read_news(access, conference_id, item))


@post(
    CASE + "/field", opt={"action": Act.RUN_CONFERENCE}, status_code=200, sync_to_thread=True, include_in_schema=False
)
def save_field(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    conference_id: FromPath[Id],
    item_id: FromPath[Id],
    data: URLEncodedBody[FieldForm],
) -> Response[FieldSaved]:
    """Writes one field; one that somebody else changed meanwhile is answered, never written over."""
    with door.open() as access:
        refuse_words_of_another(access, data.typed_by)
        saved = room.save_field(access, services.project, conference_id, item_id, data.field, data.value, data.was)
    return Response(saved)
