"""One conference held, and the next one called, in the demo county: through the same actions as the pages use."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from server.access import Access
from server.actions.cases import answers
from server.actions.cases.caseload import set_lead
from server.actions.conferences import attendance, conferences, discussion
from server.actions.conferences.circulating import circulate
from server.actions.conferences.discussion import CaseEnd
from server.queries.conferences import conferences as stored
from server.queries.partnership import agencies
from server.security.documents import DocumentKeys
from shared.model.codes import SupportPhase
from shared.model.conference import CaseConference
from shared.model.value import Id

LONDON = ZoneInfo("Europe/London")
DISCUSSED = (
    # what was typed, the outcome, then each action: owner, words, days after the conference, what became of it
    ("• Says the shelter is too loud\n• Will meet CGL if Aisha comes along", "Engaging", (
        ("CGL Spectrum", "assessment, with Aisha there", 3, "missed"),
        ("Watford Housing", "viewing of the quiet room", 4, "done"),
    )),
    ("• Foot seen by the nurse\n• Wants his papers first", "Health looked after", (
        ("Community health", "dressing twice a week", 12, ""),
        ("Adult Care Services", "care needs assessment", 3, "explained"),
    )),
    ("• Sister found, they have spoken", "In touch with family", (("Watford Housing", "reconnection offer", 16, ""),)),
    ("• Not seen since Tuesday", "", (("HPFT mental health", "joint visit with outreach", 10, ""),)),
)  # fmt: skip
LEADS = (
    ("Lantern Outreach", SupportPhase.TRANSITION), ("Watford Housing", SupportPhase.TRY_OUT),
    ("Lantern Outreach", SupportPhase.PRE_CTI), ("CGL Spectrum", SupportPhase.TRANSFER_OF_CARE),
)  # fmt: skip
DONE_NOTE = "Viewed on Thursday; he would like to move in."
EXPLANATION = "Nobody could find him on the day. A new date is agreed for next week."


def hold_conference(access: Access, files: DocumentKeys, district_id: Id, minute_taker_id: Id) -> CaseConference:
    """Call, hold and end a conference at `access.now`: four cases discussed, the others carried over."""
    conference = conferences.schedule_conference(
        access, district_id, access.now, "Town Hall, room 2", access.actor.worker_id, minute_taker_id
    )
    circulate(access, files, conference.id)
    items = stored.list_items(access.session, conference.id)
    owners = {agency.name: agency.id for agency in agencies.list_agencies(access.session)}
    for item, (notes, outcome, agreed) in zip(items, DISCUSSED, strict=False):
        discussion.save_note(access, conference.id, item.id, base="", notes=notes)
        discussion.save_outcome(access, conference.id, item.id, based_on=0, outcome=outcome)
        for owner, words, days, _ in agreed:
            discussion.agree_action(
                access, conference.id, item.id,
                text=words, agency_id=owners[owner], due_on=access.today + timedelta(days=days),
            )  # fmt: skip
    for item, (owner, phase) in zip(items, LEADS, strict=False):
        set_lead(access, item.case_id, owners[owner], None, phase)
    for name in ("CGL Spectrum", "HPFT mental health", "Watford Housing"):
        attendance.note_attendance(access, conference.id, owners[name], attended=True, apologies=False, name="")
    attendance.note_attendance(
        access, conference.id, owners["Adult Care Services"], attended=False, apologies=True, name=""
    )
    not_reached = {item.case_id: CaseEnd.NOT_REACHED for item in items[len(DISCUSSED) :]}
    return discussion.finish_conference(access, conference.id, not_reached)


def answer_actions(access: Access, case_actions: list[tuple[Id, str]]) -> None:
    """Some agencies have answered since: `case_actions` are ids with the words that were agreed."""
    fate = {words: became for _, _, agreed in DISCUSSED for _, words, _, became in agreed}
    for action_id, words in case_actions:
        if fate.get(words) == "done":
            answers.finish_action(access, action_id, DONE_NOTE)
        elif fate.get(words) == "explained":
            answers.explain_action(access, action_id, EXPLANATION)


def call_next(access: Access, files: DocumentKeys, held: CaseConference, minute_taker_id: Id) -> CaseConference:
    """Call the next conference, four weeks after the one that was held, and circulate its agenda."""
    day: date = held.starts_at.astimezone(LONDON).date() + timedelta(weeks=4)
    starts_at = datetime.combine(day, held.starts_at.astimezone(LONDON).time(), LONDON)
    called = conferences.schedule_conference(
        access, held.district_id, starts_at, "Town Hall, room 2", access.actor.worker_id, minute_taker_id
    )
    circulate(access, files, called.id)
    return called
