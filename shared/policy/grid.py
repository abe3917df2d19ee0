"""The permission table: how far each role's reach goes for each action. What is not here is refused."""

from enum import Enum

from shared.model.codes import Role
from shared.policy.actions import Act


class Reach(str, Enum):
    """Whose records an action reaches."""

    ANY = "any"
    """Every record, or no record in particular."""
    PATCH = "patch"
    """Records of the actor's districts or teams, their own, and of people their agency works with."""
    DISTRICT = "district"
    """Records of the actor's districts."""
    WORKING = "working"
    """Records of people the actor's agency works with."""
    DISTRICT_OR_WORKING = "district_or_working"
    """The actor's districts, and people their agency works with wherever they are."""
    AGENCY = "agency"
    """Records that belong to the actor's own agency."""
    TEAM = "team"
    """Records of the actor's own teams or agency."""
    OWN = "own"
    """Records that name the actor: a conference whose minutes they take."""

    def __str__(self) -> str:
        return self.value


Reaches = dict[Act, Reach]

OUTREACH: Reaches = {
    Act.SIGNED_IN: Reach.ANY,
    Act.SEE_LEARNING: Reach.ANY,
    Act.WRITE_ON_BOARD: Reach.ANY,
    Act.TAKE_DOWN: Reach.AGENCY,
    Act.WRITE_CASE_STUDY: Reach.WORKING,
    Act.SYNC: Reach.ANY,
    Act.SEE_PERSON: Reach.PATCH,
    Act.SEE_PERSON_LIST: Reach.PATCH,
    Act.SEE_PLACE: Reach.PATCH,
    Act.SEE_NOTES: Reach.PATCH,
    Act.SEE_DOCUMENT: Reach.WORKING,
    Act.ADD_DOCUMENT: Reach.PATCH,
    Act.EDIT_PERSON: Reach.PATCH,
    Act.SEE_CONSENT: Reach.PATCH,
    Act.RECORD_CONSENT: Reach.PATCH,
    Act.SEE_ASSESSMENT: Reach.PATCH,
    Act.RECORD_ASSESSMENT: Reach.PATCH,
    Act.SEE_PLAN: Reach.PATCH,
    Act.CHANGE_PLAN: Reach.PATCH,
    Act.SEE_WELLBEING: Reach.PATCH,
    Act.RECORD_WELLBEING: Reach.PATCH,
    Act.BREAK_GLASS: Reach.PATCH,
    Act.SEE_OWN_RECORD: Reach.WORKING,
    Act.SEE_HEALTH: Reach.WORKING,
    Act.RECORD_HEALTH: Reach.WORKING,
    Act.RECORD_EQUALITY: Reach.WORKING,
    Act.SEE_DOORS: Reach.PATCH,
    Act.RECORD_AT_DOOR: Reach.PATCH,
    Act.RECORD_CONTACT: Reach.PATCH,
    Act.CORRECT_CONTACT: Reach.PATCH,
    Act.EDIT_SITE: Reach.PATCH,
    Act.SEE_MAP: Reach.PATCH,
    Act.SEE_SHIFTS: Reach.PATCH,
    Act.SEE_REFERRALS: Reach.PATCH,
    Act.SEE_REFERRAL: Reach.PATCH,
    Act.PROGRESS_REFERRAL: Reach.PATCH,
    Act.SEE_RECIPIENTS: Reach.ANY,
    Act.SEE_SERVICES: Reach.ANY,
    Act.EDIT_SERVICES: Reach.ANY,
}

LEADING: Reaches = OUTREACH | {
    Act.REVIEW_HARM: Reach.DISTRICT,
    Act.MERGE_PEOPLE: Reach.PATCH,
    Act.HIDE_PERSON: Reach.WORKING,
    Act.PLAN_SHIFT: Reach.PATCH,
    Act.SEE_LIVE_MAP: Reach.PATCH,
    Act.SETTLE_VERSIONS: Reach.PATCH,
    Act.DECIDE_HELD: Reach.PATCH,
    Act.ASSIGN_REFERRAL: Reach.PATCH,
    Act.IMPORT_REFERRALS: Reach.PATCH,
    Act.PUT_FORWARD_CASE: Reach.PATCH,
    Act.SEE_WHO_LOOKED: Reach.WORKING,
    Act.SEE_CASE_LIST: Reach.DISTRICT,
    Act.SEE_CASE: Reach.DISTRICT_OR_WORKING,
    Act.SEE_CONFERENCE: Reach.DISTRICT_OR_WORKING,
    Act.RUN_CONFERENCE: Reach.OWN,
    Act.WRITE_UPDATE: Reach.DISTRICT_OR_WORKING,
    Act.SEE_ACTIONS: Reach.AGENCY,
    Act.ANSWER_ACTION: Reach.AGENCY,
    Act.ASK_SERVICE: Reach.DISTRICT_OR_WORKING,
    Act.ANSWER_QUESTION: Reach.WORKING,
    Act.SEE_DEVICES: Reach.TEAM,
    Act.ENROL_DEVICE: Reach.TEAM,
    Act.WIPE_DEVICE: Reach.TEAM,
    Act.MANAGE_WORKERS: Reach.AGENCY,
}

ATTENDING: Reaches = {
    Act.SIGNED_IN: Reach.ANY,
    Act.SEE_LEARNING: Reach.ANY,
    Act.WRITE_ON_BOARD: Reach.ANY,
    Act.TAKE_DOWN: Reach.AGENCY,
    Act.WRITE_CASE_STUDY: Reach.WORKING,
    Act.SEE_EXACT_COUNTS: Reach.OWN,
    Act.SEE_PERSON: Reach.WORKING,
    Act.SEE_NOTES: Reach.DISTRICT_OR_WORKING,
    Act.SEE_DOCUMENT: Reach.WORKING,
    Act.ADD_DOCUMENT: Reach.WORKING,
    Act.SEE_CONSENT: Reach.WORKING,
    Act.RECORD_CONSENT: Reach.WORKING,
    Act.SEE_ASSESSMENT: Reach.WORKING,
    Act.RECORD_ASSESSMENT: Reach.WORKING,
    Act.SEE_PLAN: Reach.WORKING,
    Act.CHANGE_PLAN: Reach.WORKING,
    Act.SEE_WELLBEING: Reach.WORKING,
    Act.RECORD_WELLBEING: Reach.WORKING,
    Act.SEE_OWN_RECORD: Reach.WORKING,
    Act.SEE_HEALTH: Reach.WORKING,
    Act.RECORD_HEALTH: Reach.WORKING,
    Act.RECORD_EQUALITY: Reach.WORKING,
    Act.SEE_DOORS: Reach.DISTRICT_OR_WORKING,
    Act.RECORD_AT_DOOR: Reach.DISTRICT_OR_WORKING,
    Act.HIDE_PERSON: Reach.WORKING,
    Act.BREAK_GLASS: Reach.DISTRICT_OR_WORKING,
    Act.SEE_CASE_LIST: Reach.DISTRICT,
    Act.SEE_CASE: Reach.DISTRICT_OR_WORKING,
    Act.PUT_FORWARD_CASE: Reach.DISTRICT,
    Act.SEE_CONFERENCE: Reach.DISTRICT_OR_WORKING,
    Act.RUN_CONFERENCE: Reach.OWN,
    Act.WRITE_UPDATE: Reach.DISTRICT_OR_WORKING,
    Act.SEE_ACTIONS: Reach.AGENCY,
    Act.ANSWER_ACTION: Reach.AGENCY,
    Act.ASK_SERVICE: Reach.DISTRICT_OR_WORKING,
    Act.ANSWER_QUESTION: Reach.WORKING,
    Act.SEE_AGREEMENTS: Reach.AGENCY,
    Act.SEE_RECIPIENTS: Reach.ANY,
    Act.SEE_SERVICES: Reach.ANY,
    Act.EDIT_SERVICES: Reach.ANY,
}

COORDINATING: Reaches = {
    Act.SIGNED_IN: Reach.ANY,
    Act.SEE_LEARNING: Reach.ANY,
    Act.WRITE_ON_BOARD: Reach.ANY,
    Act.TAKE_DOWN: Reach.ANY,
    Act.WRITE_CASE_STUDY: Reach.DISTRICT_OR_WORKING,
    Act.SEE_EXACT_COUNTS: Reach.OWN,
    Act.SEE_PERSON: Reach.DISTRICT_OR_WORKING,
    Act.SEE_PERSON_LIST: Reach.DISTRICT_OR_WORKING,
    Act.SEE_PLACE: Reach.DISTRICT_OR_WORKING,
    Act.SEE_NOTES: Reach.DISTRICT_OR_WORKING,
    Act.SEE_DOCUMENT: Reach.DISTRICT_OR_WORKING,
    Act.ADD_DOCUMENT: Reach.DISTRICT_OR_WORKING,
    Act.EDIT_PERSON: Reach.DISTRICT_OR_WORKING,
    Act.SEE_CONSENT: Reach.DISTRICT_OR_WORKING,
    Act.RECORD_CONSENT: Reach.DISTRICT_OR_WORKING,
    Act.STATE_BASIS: Reach.DISTRICT_OR_WORKING,
    Act.SEE_ASSESSMENT: Reach.DISTRICT_OR_WORKING,
    Act.RECORD_ASSESSMENT: Reach.DISTRICT_OR_WORKING,
    Act.SEE_PLAN: Reach.DISTRICT_OR_WORKING,
    Act.CHANGE_PLAN: Reach.DISTRICT_OR_WORKING,
    Act.SEE_WELLBEING: Reach.DISTRICT_OR_WORKING,
    Act.RECORD_WELLBEING: Reach.DISTRICT_OR_WORKING,
    Act.MERGE_PEOPLE: Reach.DISTRICT,
    Act.HIDE_PERSON: Reach.DISTRICT_OR_WORKING,
    Act.BREAK_GLASS: Reach.DISTRICT_OR_WORKING,
    Act.SEE_WHO_LOOKED: Reach.DISTRICT_OR_WORKING,
    Act.SEE_OWN_RECORD: Reach.DISTRICT_OR_WORKING,
    Act.SEE_HEALTH: Reach.DISTRICT_OR_WORKING,
    Act.RECORD_HEALTH: Reach.DISTRICT_OR_WORKING,
    Act.REVIEW_HARM: Reach.DISTRICT,
    Act.RECORD_EQUALITY: Reach.WORKING,
    Act.SEE_DOORS: Reach.DISTRICT_OR_WORKING,
    Act.RECORD_AT_DOOR: Reach.DISTRICT_OR_WORKING,
    Act.EXPORT_PERSON: Reach.DISTRICT,
    Act.RECORD_CONTACT: Reach.DISTRICT,
    Act.CORRECT_CONTACT: Reach.DISTRICT,
    Act.EDIT_SITE: Reach.DISTRICT,
    Act.SETTLE_VERSIONS: Reach.DISTRICT,
    Act.SEE_MAP: Reach.DISTRICT,
    Act.SEE_LIVE_MAP: Reach.DISTRICT,
    Act.SEE_SHIFTS: Reach.DISTRICT,
    Act.DECIDE_HELD: Reach.DISTRICT,
    Act.SEE_REFERRALS: Reach.DISTRICT,
    Act.SEE_REFERRAL: Reach.DISTRICT,
    Act.ASSIGN_REFERRAL: Reach.DISTRICT,
    Act.PROGRESS_REFERRAL: Reach.DISTRICT,
    Act.IMPORT_REFERRALS: Reach.DISTRICT,
    Act.SEE_CASE_LIST: Reach.DISTRICT,
    Act.SEE_CASE: Reach.DISTRICT_OR_WORKING,
    Act.JUDGE_VERIFICATION: Reach.DISTRICT,
    Act.PUT_FORWARD_CASE: Reach.DISTRICT,
    Act.CHANGE_CASE: Reach.DISTRICT,
    Act.OVERRIDE_PRIORITY: Reach.DISTRICT,
    Act.SEE_CONFERENCE: Reach.DISTRICT,
    Act.PREPARE_CONFERENCE: Reach.DISTRICT,
    Act.RUN_CONFERENCE: Reach.DISTRICT,
    Act.WRITE_UPDATE: Reach.DISTRICT,
    Act.SEE_ACTIONS: Reach.DISTRICT,
    Act.CHASE_ACTION: Reach.DISTRICT,
    Act.ANSWER_ACTION: Reach.AGENCY,
    Act.ASK_SERVICE: Reach.DISTRICT_OR_WORKING,
    Act.ANSWER_QUESTION: Reach.DISTRICT_OR_WORKING,
    Act.SHARE_TRACKER: Reach.DISTRICT,
    Act.SEE_RECIPIENTS: Reach.ANY,
    Act.SEE_SERVICES: Reach.ANY,
    Act.EDIT_SERVICES: Reach.ANY,
    Act.SEE_DEVICES: Reach.DISTRICT,
    Act.ENROL_DEVICE: Reach.DISTRICT,
    Act.WIPE_DEVICE: Reach.DISTRICT,
    Act.MANAGE_WORKERS: Reach.DISTRICT,
    Act.SEE_AGREEMENTS: Reach.ANY,
    Act.MANAGE_AGREEMENTS: Reach.ANY,
    Act.MANAGE_QUESTIONS: Reach.ANY,
    Act.APPROVE_RECIPIENT: Reach.ANY,
    Act.APPROVE_PUBLICATION: Reach.ANY,
}

COMMISSIONING: Reaches = {
    Act.SIGNED_IN: Reach.ANY,
    Act.SEE_EXACT_COUNTS: Reach.OWN,
    Act.SEE_HOTSPOTS: Reach.ANY,
    Act.SEE_RECIPIENTS: Reach.ANY,
    Act.SEE_SERVICES: Reach.ANY,
    Act.SEE_AGREEMENTS: Reach.AGENCY,
    Act.APPROVE_RECIPIENT: Reach.ANY,
    Act.APPROVE_PUBLICATION: Reach.ANY,
}

ADMINISTERING: Reaches = {
    Act.SIGNED_IN: Reach.ANY,
    Act.SEE_RECIPIENTS: Reach.ANY,
    Act.SEE_SERVICES: Reach.ANY,
    Act.EDIT_SERVICES: Reach.ANY,
    Act.SEE_DEVICES: Reach.ANY,
    Act.ENROL_DEVICE: Reach.ANY,
    Act.WIPE_DEVICE: Reach.ANY,
    Act.SEE_AGREEMENTS: Reach.ANY,
    Act.MANAGE_AGREEMENTS: Reach.ANY,
    Act.MANAGE_WORKERS: Reach.ANY,
    Act.MANAGE_DISTRICTS: Reach.ANY,
    Act.REVIEW_ACCESS: Reach.ANY,
    Act.SEE_OUTBOX: Reach.ANY,
}

GRID: dict[Role, Reaches] = {
    Role.WORKER: OUTREACH,
    Role.TEAM_LEAD: LEADING,
    Role.COORDINATOR: COORDINATING,
    Role.AGENCY_MEMBER: ATTENDING,
    Role.COMMISSIONER: COMMISSIONING,
    Role.ADMINISTRATOR: ADMINISTERING,
}
"""An unknown role from a newer version may do nothing."""
