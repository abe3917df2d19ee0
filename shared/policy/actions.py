"""Every action that the system knows by name. A route, a command and a screen name one of these; deciding is
elsewhere."""

from enum import Enum


class Act(str, Enum):
    """A named action. Seeing a person, seeing where they sleep and seeing notes about them are three different ones."""

    PUBLIC = "public"
    """Open to anyone, signed in or not: sign-in itself, the public report form, static files, health."""
    SIGNED_IN = "signed_in"
    """Open to anyone signed in: the start page, one's own account and sessions."""

    OURS_ALONE = "ours_alone"
    """What the server writes by itself, after a page asked for another action: no role has it, so no phone may."""

    # People and what is known of them
    SEE_PERSON = "see_person"
    SEE_PERSON_LIST = "see_person_list"
    SEE_PLACE = "see_place"
    SEE_NOTES = "see_notes"
    SEE_DOCUMENT = "see_document"
    ADD_DOCUMENT = "add_document"
    EDIT_PERSON = "edit_person"
    SEE_HEALTH = "see_health"
    RECORD_HEALTH = "record_health"
    REVIEW_HARM = "review_harm"
    RECORD_EQUALITY = "record_equality"
    SEE_DOORS = "see_doors"
    RECORD_AT_DOOR = "record_at_door"
    SEE_CONSENT = "see_consent"
    RECORD_CONSENT = "record_consent"
    STATE_BASIS = "state_basis"
    """Saying that something is shared on another lawful basis than consent."""
    SEE_ASSESSMENT = "see_assessment"
    RECORD_ASSESSMENT = "record_assessment"
    SEE_PLAN = "see_plan"
    CHANGE_PLAN = "change_plan"
    SEE_WELLBEING = "see_wellbeing"
    RECORD_WELLBEING = "record_wellbeing"
    MERGE_PEOPLE = "merge_people"
    HIDE_PERSON = "hide_person"
    BREAK_GLASS = "break_glass"
    SEE_WHO_LOOKED = "see_who_looked"
    SEE_OWN_RECORD = "see_own_record"
    EXPORT_PERSON = "export_person"

    # On the street
    RECORD_CONTACT = "record_contact"
    CORRECT_CONTACT = "correct_contact"
    EDIT_SITE = "edit_site"
    SEE_MAP = "see_map"
    SEE_LIVE_MAP = "see_live_map"
    SEE_SHIFTS = "see_shifts"
    PLAN_SHIFT = "plan_shift"
    SETTLE_VERSIONS = "settle_versions"
    DECIDE_HELD = "decide_held"
    SYNC = "sync"

    # Referrals
    SEE_REFERRALS = "see_referrals"
    SEE_REFERRAL = "see_referral"
    PROGRESS_REFERRAL = "progress_referral"
    ASSIGN_REFERRAL = "assign_referral"
    IMPORT_REFERRALS = "import_referrals"

    # The district's list
    SEE_CASE_LIST = "see_case_list"
    SEE_CASE = "see_case"
    JUDGE_VERIFICATION = "judge_verification"
    PUT_FORWARD_CASE = "put_forward_case"
    CHANGE_CASE = "change_case"
    OVERRIDE_PRIORITY = "override_priority"

    # The conference
    SEE_CONFERENCE = "see_conference"
    PREPARE_CONFERENCE = "prepare_conference"
    RUN_CONFERENCE = "run_conference"
    WRITE_UPDATE = "write_update"
    SEE_ACTIONS = "see_actions"
    ANSWER_ACTION = "answer_action"
    CHASE_ACTION = "chase_action"
    ASK_SERVICE = "ask_service"
    ANSWER_QUESTION = "answer_question"
    SHARE_TRACKER = "share_tracker"

    # Learning from cases
    WRITE_CASE_STUDY = "write_case_study"
    SEE_LEARNING = "see_learning"
    """The shelf of case studies and the notice board of those who work with one another."""
    WRITE_ON_BOARD = "write_on_board"
    TAKE_DOWN = "take_down"
    SEE_EXACT_COUNTS = "see_exact_counts"
    """A quarter's share with every number as it is: of nobody by name, and behind an agreement of its own."""

    # Counts and maps without people
    SEE_HOTSPOTS = "see_hotspots"
    SEE_RECIPIENTS = "see_recipients"
    SEE_SERVICES = "see_services"
    EDIT_SERVICES = "edit_services"
    APPROVE_PUBLICATION = "approve_publication"

    # Running the system
    SEE_DEVICES = "see_devices"
    ENROL_DEVICE = "enrol_device"
    WIPE_DEVICE = "wipe_device"
    SEE_AGREEMENTS = "see_agreements"
    MANAGE_AGREEMENTS = "manage_agreements"
    MANAGE_QUESTIONS = "manage_questions"
    MANAGE_WORKERS = "manage_workers"
    MANAGE_DISTRICTS = "manage_districts"
    REVIEW_ACCESS = "review_access"
    SEE_OUTBOX = "see_outbox"
    APPROVE_RECIPIENT = "approve_recipient"

    def __str__(self) -> str:
        return self.value


IMPERSONAL_ACTS = frozenset(
    {
        Act.PUBLIC, Act.SIGNED_IN, Act.SYNC, Act.SEE_HOTSPOTS, Act.SEE_RECIPIENTS, Act.SEE_EXACT_COUNTS,
        Act.SEE_SERVICES, Act.EDIT_SERVICES,
        Act.APPROVE_PUBLICATION, Act.APPROVE_RECIPIENT, Act.SEE_DEVICES, Act.ENROL_DEVICE, Act.WIPE_DEVICE,
        Act.SEE_AGREEMENTS, Act.MANAGE_AGREEMENTS, Act.MANAGE_QUESTIONS, Act.MANAGE_WORKERS, Act.MANAGE_DISTRICTS,
        Act.SEE_OUTBOX,
    }
)  # fmt: skip
"""Actions that show no personal data. Every other one, a new one too, stands behind the agreement gate (privacy rule
A2).

A phone may always push what it holds (SYNC): a contact is never lost because a paper ran out. Whether it counts is asked of
every change (`shared.policy.changes`): what is not allowed today is held until somebody decides."""


def is_seeing(action: Act) -> bool:
    """Does this action show what is there, and change nothing?"""
    return action.value.startswith("see_")


def is_personal(action: Act) -> bool:
    """Does this action show or change what is known of a person?"""
    return action not in IMPERSONAL_ACTS
