"""The vocabularies of the field, as open enumerations.

A code is text, is never deleted, and an unknown code from a newer app survives a round trip: it becomes a member of its
enumeration that answers `is_known = False`. Sources: MHCLG's definition of rough sleeping, the Hertfordshire RS MDT toolkit,
StreetLink's export of 2017-19, and H-CLIC; see the docstring of each class. Judgements about codes belong in `shared.rules`.
"""

import re
from enum import Enum
from typing import Self

CODE_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Code(str, Enum):
    """A word of a vocabulary. Equal to, hashed and serialised as its text."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str) or CODE_PATTERN.fullmatch(value) is None:
            return None
        member = str.__new__(cls, value)
        member._name_ = value.upper()
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """False for a code that only a newer version of Lantern understands."""
        return self.value in type(self)._value2member_map_

    __str__ = str.__str__
    __hash__ = str.__hash__


class ContactState(Code):
    """What the worker met. The first two are rough-sleeping contacts (MHCLG definition, quoted in the RS MDT toolkit)."""

    BEDDED_DOWN = "bedded_down"
    ABOUT_TO_BED_DOWN = "about_to_bed_down"
    NOT_BEDDED_DOWN = "not_bedded_down"
    BEDDING_SEEN_NO_PERSON = "bedding_seen_no_person"
    NOT_FOUND = "not_found"
    DECLINED_CONTACT = "declined_contact"


class PublicationKind(Code):
    """What leaves the partnership as counts, frozen: the quarter's map, the quarter's tables, a month's return."""

    MAP = "map"
    SHARE = "share"
    RETURN = "return"


class PlannedStopKind(Code):
    """Why a shift is to go somewhere: a report to answer, people to see again, people who are likely there, or ground that nobody
    has looked at for long."""

    REFERRAL = "referral"
    FOLLOW_UP = "follow_up"
    LIKELY = "likely"
    NEGLECTED = "neglected"


class SiteKind(Code):
    """The kind of bedding-down place. The last block is not countable on a snapshot night, yet where hidden sleeping happens."""

    STREET_DOORWAY = "street_doorway"
    TENT = "tent"
    PARK_OPEN_SPACE = "park_open_space"
    BUS_SHELTER = "bus_shelter"
    ENCAMPMENT = "encampment"
    STAIRWELL = "stairwell"
    BARN_OR_SHED = "barn_or_shed"
    CAR_PARK = "car_park"
    VEHICLE = "vehicle"
    DERELICT_BOAT = "derelict_boat"
    STATION = "station"
    BASH = "bash"
    DERELICT_BUILDING = "derelict_building"
    WOODLAND = "woodland"
    OTHER = "other"
    UNKNOWN = "unknown"
    TRANSPORT = "transport"
    HEALTHCARE_WAITING_AREA = "healthcare_waiting_area"
    OPEN_ALL_HOURS_PREMISES = "open_all_hours_premises"
    WALKING_ALL_NIGHT = "walking_all_night"


class PinSource(Code):
    """How a position came to be known."""

    GPS = "gps"
    MOVED_BY_WORKER = "moved_by_worker"
    MAP_TAP = "map_tap"
    ADDRESS_LOOKUP = "address_lookup"
    REFERRAL = "referral"
    COARSENED = "coarsened"
    """The middle of the 250 m square it was in: the exact point is past its time (privacy rule A8)."""
    NONE = "none"


class EvidenceBasis(Code):
    """On what evidence someone is held to sleep rough."""

    SEEN_BY_OUTREACH = "seen_by_outreach"
    SEEN_BY_PARTNER_AGENCY = "seen_by_partner_agency"
    SELF_REPORT = "self_report"
    SITE_EVIDENCE = "site_evidence"
    PUBLIC_REFERRAL_ONLY = "public_referral_only"
    PROFESSIONAL_JUDGEMENT = "professional_judgement"


class ReviewStatus(Code):
    """What a coordinator made of the evidence."""

    UNREVIEWED = "unreviewed"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    NOT_REQUIRED = "not_required"


class Quality(Code):
    """How good a name or a date of birth is (CHAIN-style data quality)."""

    FULL = "full"
    PARTIAL_OR_ALIAS = "partial_or_alias"
    DOES_NOT_KNOW = "does_not_know"
    PREFERS_NOT = "prefers_not"
    NOT_COLLECTED = "not_collected"


class Gender(Code):
    """As recorded; a person's own words go beside it."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    NOT_KNOWN = "not_known"


class InstitutionLeft(Code):
    """The institution a person left before sleeping rough (national indicator: within 85 days)."""

    PRISON = "prison"
    OTHER_JUSTICE_ACCOMMODATION = "other_justice_accommodation"
    HOSPITAL = "hospital"
    UK_ARMED_FORCES = "uk_armed_forces"
    CARE_LEAVER_UNDER_25 = "care_leaver_under_25"
    NONE = "none"
    NOT_KNOWN = "not_known"


class StayKind(Code):
    """Where somebody stayed off the streets: to stay, for a while, or in an institution (what each counts as is in
    `shared.rules.stays`)."""

    SOCIAL_TENANCY = "social_tenancy"
    PRIVATE_TENANCY = "private_tenancy"
    SUPPORTED_HOUSING = "supported_housing"
    HOUSING_FIRST = "housing_first"
    WITH_FAMILY_OR_FRIENDS = "with_family_or_friends"
    CARE_HOME = "care_home"
    TEMPORARY_ACCOMMODATION = "temporary_accommodation"
    HOSTEL = "hostel"
    NIGHT_SHELTER = "night_shelter"
    PRISON = "prison"
    OTHER_JUSTICE_ACCOMMODATION = "other_justice_accommodation"
    HOSPITAL = "hospital"
    UK_ARMED_FORCES = "uk_armed_forces"


class Destination(Code):
    """Where somebody went when a stay ended: kinds of home, an institution, the street, elsewhere. A death is a fact of its own.

    A list of our own, coarser than CHAIN's destinations on departure and H-CLIC's accommodation secured."""

    HOME_OF_THEIR_OWN = "home_of_their_own"
    WITH_FAMILY_OR_FRIENDS = "with_family_or_friends"
    SUPPORTED_HOUSING = "supported_housing"
    CARE_HOME = "care_home"
    HOSTEL = "hostel"
    TEMPORARY_ACCOMMODATION = "temporary_accommodation"
    NIGHT_SHELTER = "night_shelter"
    HOSPITAL = "hospital"
    PRISON = "prison"
    SLEEPING_ROUGH = "sleeping_rough"
    ANOTHER_AREA = "another_area"
    NOT_KNOWN = "not_known"


class SupportNeed(Code):
    """What a person may need help with (RS MDT tracker; H-CLIC's 24 codes map onto these)."""

    MENTAL_HEALTH = "mental_health"
    DRUGS = "drugs"
    ALCOHOL = "alcohol"
    PHYSICAL_HEALTH = "physical_health"
    OFFENDING = "offending"
    SAFEGUARDING = "safeguarding"
    DOMESTIC_ABUSE = "domestic_abuse"
    LEARNING_DISABILITY = "learning_disability"
    CARE_LEAVER = "care_leaver"
    ARMED_FORCES = "armed_forces"
    BUDGETING_DEBT = "budgeting_debt"
    NONE = "none"
    NOT_KNOWN = "not_known"


class ReceivingSupport(Code):
    """Whether somebody already helps with a need."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


class ReferralState(Code):
    """Where a referral stands."""

    RECEIVED = "received"
    NEEDS_INFORMATION = "needs_information"
    ASSIGNED = "assigned"
    LOOKED_FOR = "looked_for"
    FOUND = "found"
    CLOSED = "closed"
    DUPLICATE_OF = "duplicate_of"
    WRONG_AREA = "wrong_area"


class CaseState(Code):
    """Where a person's case stands on a district's MDT list."""

    CANDIDATE = "candidate"
    LISTED = "listed"
    OPEN = "open"
    CLOSED = "closed"
    DECLINED = "declined"


class CaseStep(Code):
    """What moves a case, or begins one (`shared.rules.case`)."""

    CAME = "came"
    RETURNED = "returned"
    PUT_FORWARD = "put_forward"
    LISTED = "listed"
    DECLINED = "declined"
    SAME_PERSON = "same_person"
    APART = "apart"
    DISCUSSED = "discussed"
    CLOSED = "closed"
    MOVED = "moved"
    DIED = "died"


class IdentityWord(Code):
    """What somebody said of two records: one person, two people, or no longer one after having been joined."""

    SAME = "same"
    DIFFERENT = "different"
    PARTED = "parted"


class SupportPhase(Code):
    """The phases of Critical Time Intervention: before it begins, then three of three months each."""

    PRE_CTI = "pre_cti"
    TRANSITION = "transition"
    TRY_OUT = "try_out"
    TRANSFER_OF_CARE = "transfer_of_care"


class SyncState(Code):
    """What a worker is told about one record on the phone."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"


class CaseOutcome(Code):
    """What a conference made of a case, in a word beside the words (RS MDT toolkit, Outcomes Summary; CHAIN's key outcomes)."""

    NO_CHANGE = "no_change"
    TEMPORARY_PLACE = "temporary_place"
    LONG_TERM_HOME = "long_term_home"
    BACK_HOME = "back_home"
    IN_TREATMENT = "in_treatment"
    IN_HOSPITAL = "in_hospital"
    IN_PRISON = "in_prison"
    MOVED_AWAY = "moved_away"
    LOST_TOUCH = "lost_touch"
    REFUSED_OFFER = "refused_offer"
    DIED = "died"
    ANOTHER_OUTCOME = "another_outcome"


class DocumentKind(Code):
    """What a document on somebody's record is. What tells of immigration status has no kind: it is not kept."""

    CONSENT = "consent"
    IDENTITY = "identity"
    LETTER = "letter"
    TENANCY = "tenancy"
    PLACE = "place"
    """A picture of a place, with nobody on it."""


class DocumentState(Code):
    """Where a document stands. One that was announced waits for its bytes; one that is refused has none."""

    WAITING = "waiting"
    KEPT = "kept"
    REFUSED = "refused"


class Role(Code):
    """Few roles, named actions: what a worker is to the system."""

    WORKER = "worker"
    TEAM_LEAD = "team_lead"
    COORDINATOR = "coordinator"
    AGENCY_MEMBER = "agency_member"
    COMMISSIONER = "commissioner"
    ADMINISTRATOR = "administrator"


class AgencyKind(Code):
    """The seat an agency takes at the MDT (RS MDT toolkit, key agencies)."""

    OUTREACH = "outreach"
    HOUSING = "housing"
    MENTAL_HEALTH = "mental_health"
    SUBSTANCE_USE = "substance_use"
    PROBATION = "probation"
    PRIMARY_HEALTH_CARE = "primary_health_care"
    ADULT_CARE_SERVICES = "adult_care_services"
    PUBLIC_HEALTH = "public_health"
    VOLUNTARY_SECTOR = "voluntary_sector"
    OTHER = "other"


class AgreementKind(Code):
    """What an agency must have signed before it sees a person (RS MDT toolkit: Terms of Reference, Information Sharing), and
    what lets its named analyst read exact counts."""

    TERMS_OF_REFERENCE = "terms_of_reference"
    INFORMATION_SHARING = "information_sharing"
    EXACT_COUNTS = "exact_counts"


class AlertSource(Code):
    """Where an alert came from."""

    STREETLINK = "streetlink"
    OPEN311 = "open311"
    SPREADSHEET = "spreadsheet"
    COUNCIL_FORM = "council_form"
    EMAIL = "email"
    PARTNER_SYSTEM = "partner_system"


class DeviceStatus(Code):
    """Whether a device may work with the server."""

    OK = "ok"
    REVOKED = "revoked"
    WIPE_AFTER_PUSH = "wipe_after_push"
    WIPE_NOW = "wipe_now"
