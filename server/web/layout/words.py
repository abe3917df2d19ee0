"""Codes, times and distances in words a person would use. Pure: every moment is given, none is read from a clock.

An unknown code from a newer app is shown as its own words rather than hidden.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from server.http.local_time import to_local
from shared.model.codes import (
    AgencyKind,
    AgreementKind,
    AlertSource,
    CaseOutcome,
    CaseState,
    ContactState,
    Destination,
    DeviceStatus,
    DocumentKind,
    EvidenceBasis,
    Gender,
    InstitutionLeft,
    Quality,
    ReceivingSupport,
    ReferralState,
    ReviewStatus,
    Role,
    SiteKind,
    StayKind,
    SupportNeed,
    SupportPhase,
)
from shared.model.health import Discharge, SafeguardingAnswer
from shared.model.mail import MailChoice, MailKind
from shared.model.service import BankHolidays, ServiceOffer, ServiceStatus, ServiceWelcome
from shared.model.telling import ConsentAnswer, GoalEnd, QuestionKind, Reading, Section, Shareable, TryEffect, TryMethod
from shared.rules.wording import upper_first

WORDS: Mapping[Any, str] = {
    Discharge.NOT_YET_PLANNED: "Nothing planned yet",
    Discharge.HOUSING_TOLD: "Housing was told (duty to refer)",
    Discharge.STEP_DOWN_BED: "A step-down bed",
    Discharge.OWN_PLACE: "To a place of their own",
    Discharge.TO_THE_STREET: "Back to the street",
    SafeguardingAnswer.ENQUIRY: "Enquiry (Care Act, section 42)",
    SafeguardingAnswer.PLAN: "Safeguarding plan agreed",
    SafeguardingAnswer.REVIEW_ASKED: "Safeguarding adult review asked for",
    SafeguardingAnswer.REVIEW_AGREED: "Safeguarding adult review agreed",
    SafeguardingAnswer.REVIEW_NOT_HELD: "No safeguarding adult review",
    SafeguardingAnswer.REVIEW_PUBLISHED: "Safeguarding adult review published",
    ServiceStatus.ACTIVE: "Running",
    ServiceStatus.INACTIVE: "Not running",
    ServiceStatus.DEFUNCT: "Closed for good",
    ServiceStatus.TEMPORARILY_CLOSED: "Closed for a time",
    ServiceOffer.EMERGENCY_BED: "Emergency bed",
    ServiceOffer.DAY_CENTRE: "Day centre",
    ServiceOffer.FOOD: "Food",
    ServiceOffer.SHOWER_AND_LAUNDRY: "Shower and laundry",
    ServiceOffer.HOUSING_ADVICE: "Housing advice",
    ServiceOffer.HEALTH_CARE: "Doctor or nurse",
    ServiceOffer.DENTIST: "Dentist",
    ServiceOffer.MENTAL_HEALTH: "Mental health",
    ServiceOffer.SUBSTANCE_USE: "Drugs and alcohol",
    ServiceOffer.DOMESTIC_ABUSE: "Domestic abuse",
    ServiceOffer.MONEY_AND_RIGHTS: "Money and rights",
    ServiceOffer.WORK_AND_LEARNING: "Work and learning",
    ServiceOffer.CARE_FOR_ANIMALS: "Care for animals",
    ServiceWelcome.DOGS: "Takes dogs",
    ServiceWelcome.COUPLES: "Takes couples",
    ServiceWelcome.WOMEN_ONLY: "Women only",
    ServiceWelcome.MEN_ONLY: "Men only",
    ServiceWelcome.STEP_FREE: "Step-free",
    ServiceWelcome.NO_APPOINTMENT: "No appointment needed",
    ServiceWelcome.NO_REFERRAL: "No referral needed",
    ServiceWelcome.NO_LOCAL_CONNECTION: "No local connection asked",
    ServiceWelcome.FREE_OF_CHARGE: "Free",
    BankHolidays.NOT_KNOWN: "Not known",
    BankHolidays.CLOSED: "Closed",
    BankHolidays.AS_USUAL: "As usual",
    ContactState.BEDDED_DOWN: "Bedded down",
    ContactState.ABOUT_TO_BED_DOWN: "About to bed down",
    ContactState.NOT_BEDDED_DOWN: "Up and about",
    ContactState.BEDDING_SEEN_NO_PERSON: "Bedding, nobody there",
    ContactState.NOT_FOUND: "Not found",
    ContactState.DECLINED_CONTACT: "Would rather not talk",
    SiteKind.STREET_DOORWAY: "Street or doorway",
    SiteKind.PARK_OPEN_SPACE: "Park or open space",
    SiteKind.BARN_OR_SHED: "Barn or shed",
    SiteKind.BASH: "Bash",
    SiteKind.TRANSPORT: "Bus or train",
    SiteKind.HEALTHCARE_WAITING_AREA: "Hospital waiting area",
    SiteKind.OPEN_ALL_HOURS_PREMISES: "Open all hours",
    SiteKind.WALKING_ALL_NIGHT: "Walking all night",
    SiteKind.UNKNOWN: "Kind not known",
    EvidenceBasis.SEEN_BY_OUTREACH: "Seen by outreach",
    EvidenceBasis.SEEN_BY_PARTNER_AGENCY: "Seen by a partner agency",
    EvidenceBasis.SELF_REPORT: "The person told us",
    EvidenceBasis.SITE_EVIDENCE: "Bedding or belongings at a site",
    EvidenceBasis.PUBLIC_REFERRAL_ONLY: "A public report only",
    EvidenceBasis.PROFESSIONAL_JUDGEMENT: "Professional judgement",
    ReviewStatus.UNREVIEWED: "Not yet reviewed",
    ReviewStatus.CONFIRMED: "Confirmed",
    ReviewStatus.NOT_CONFIRMED: "Not confirmed",
    ReviewStatus.NOT_REQUIRED: "Review not required",
    Quality.PARTIAL_OR_ALIAS: "Partial, or an alias",
    Quality.DOES_NOT_KNOW: "The person does not know",
    Quality.PREFERS_NOT: "The person prefers not to say",
    Quality.NOT_COLLECTED: "Not asked yet",
    Gender.NOT_KNOWN: "Not known",
    InstitutionLeft.OTHER_JUSTICE_ACCOMMODATION: "Other justice accommodation",
    InstitutionLeft.UK_ARMED_FORCES: "UK armed forces",
    InstitutionLeft.CARE_LEAVER_UNDER_25: "Care, and under 25",
    StayKind.SOCIAL_TENANCY: "Tenancy of a council or housing association",
    StayKind.PRIVATE_TENANCY: "Private tenancy",
    StayKind.HOUSING_FIRST: "Housing First home",
    StayKind.WITH_FAMILY_OR_FRIENDS: "With family or friends, to stay",
    StayKind.TEMPORARY_ACCOMMODATION: "Temporary accommodation, such as bed and breakfast",
    StayKind.NIGHT_SHELTER: "Night shelter or assessment bed",
    Destination.HOME_OF_THEIR_OWN: "A home of their own",
    Destination.SLEEPING_ROUGH: "Back to the street",
    SupportNeed.BUDGETING_DEBT: "Money and debt",
    SupportNeed.CARE_LEAVER: "Care leaver",
    SupportNeed.DRUGS: "Drugs",
    SupportNeed.ALCOHOL: "Alcohol",
    SupportNeed.NONE: "No support needs",
    ReferralState.RECEIVED: "New",
    ReferralState.NEEDS_INFORMATION: "Needs information",
    ReferralState.ASSIGNED: "Assigned",
    ReferralState.LOOKED_FOR: "Looked for",
    ReferralState.FOUND: "Found",
    ReferralState.CLOSED: "Closed",
    ReferralState.DUPLICATE_OF: "Same as another",
    ReferralState.WRONG_AREA: "Another area",
    CaseState.CANDIDATE: "To decide",
    CaseState.LISTED: "On the list",
    CaseState.OPEN: "Open at MDT",
    CaseState.CLOSED: "Closed",
    CaseState.DECLINED: "Not taken on",
    SupportPhase.PRE_CTI: "Before support begins",
    SupportPhase.TRANSITION: "Transition",
    SupportPhase.TRY_OUT: "Try-out",
    SupportPhase.TRANSFER_OF_CARE: "Transfer of care",
    Role.WORKER: "Outreach worker",
    Role.TEAM_LEAD: "Team lead",
    Role.COORDINATOR: "MDT coordinator",
    Role.AGENCY_MEMBER: "Partner agency member",
    AgencyKind.PRIMARY_HEALTH_CARE: "Primary health care",
    AgencyKind.ADULT_CARE_SERVICES: "Adult care services",
    AgreementKind.TERMS_OF_REFERENCE: "Terms of Reference",
    AgreementKind.INFORMATION_SHARING: "Information Sharing Agreement",
    AgreementKind.EXACT_COUNTS: "Agreement on exact counts",
    CaseOutcome.NO_CHANGE: "No change yet",
    CaseOutcome.TEMPORARY_PLACE: "In a temporary place",
    CaseOutcome.LONG_TERM_HOME: "In a home for the long term",
    CaseOutcome.BACK_HOME: "Back with family, or in their home area",
    CaseOutcome.IN_TREATMENT: "In treatment or rehabilitation",
    CaseOutcome.IN_HOSPITAL: "In hospital",
    CaseOutcome.IN_PRISON: "In prison",
    CaseOutcome.MOVED_AWAY: "Moved away",
    CaseOutcome.LOST_TOUCH: "Not found any more",
    CaseOutcome.REFUSED_OFFER: "Refused what was offered",
    CaseOutcome.DIED: "Died",
    CaseOutcome.ANOTHER_OUTCOME: "Something else",
    DocumentKind.CONSENT: "Consent to share",
    DocumentKind.IDENTITY: "Proof of identity",
    DocumentKind.LETTER: "Letter",
    DocumentKind.TENANCY: "Tenancy or licence",
    DocumentKind.PLACE: "Picture of a place",
    AlertSource.STREETLINK: "StreetLink",
    AlertSource.OPEN311: "Open311",
    AlertSource.PARTNER_SYSTEM: "Partner’s system",
    AlertSource.COUNCIL_FORM: "Public form",
    MailKind.CONFERENCE_CIRCULATED: "An agenda is ready",
    MailKind.CONFERENCE_MOVED: "A conference was moved",
    MailKind.CONFERENCE_CALLED_OFF: "A conference was called off",
    MailKind.CONFERENCE_CHANGED: "An agenda has changed since it was sent",
    MailKind.DIGEST: "What you hear of once a day",
    MailKind.QUESTION_ASKED: "Another service asks yours something",
    MailKind.QUESTION_ANSWERED: "An answer to what you asked",
    MailKind.SERVICE_REFERRED: "Somebody was referred to your service",
    MailKind.SERVICE_ANSWERED: "An answer to a referral of yours",
    MailKind.PLANS_REMINDER: "Plans to look at again",
    MailKind.PUT_FORWARD_DECIDED: "A decision on somebody you put forward",
    MailKind.ACTION_RETURNED: "An action that an agency says is not theirs",
    MailKind.CASE_HANDED_OVER: "A case handed over to your district",
    MailKind.CONFERENCE_MINUTES: "Minutes are there, or were corrected",
    MailKind.CONFERENCE_ACTIONS: "Actions agreed at a conference",
    MailKind.CONFERENCE_PREPARE: "What is missing before a conference",
    MailKind.ACTIONS_REMINDER: "Actions due soon or missed",
    MailKind.AGREEMENT_RENEWAL: "Agreements that end, or are not signed",
    MailKind.TRAINING_RENEWAL: "Your training ends",
    MailKind.NEW_ON_LIST: "People new on the case list",
    MailKind.ACCESS_ALERT: "Notes refused or opened in need, or very many records opened",
    MailKind.LONE_WORKER: "A colleague who was not heard",
    MailKind.LONE_WORKER_OVER: "An alarm that is over",
    MailKind.JOB_FAILED: "Something amiss with the server",
    MailKind.REFERRAL_QUESTION: "A question to a referrer",
    MailKind.REFERRAL_OUTCOME: "An outcome for a referrer",
    MailKind.INVITATION: "An invitation to sign in",
    MailKind.REFERRAL_LATE: "An apology to a referrer",
    MailChoice.ON: "By e-mail",
    MailChoice.DAILY: "Once a day, in the morning",
    MailChoice.HOURLY: "Once an hour, when there is something new",
    MailChoice.OFF: "No e-mail",
    DeviceStatus.OK: "Working",
    DeviceStatus.REVOKED: "Revoked",
    DeviceStatus.WIPE_AFTER_PUSH: "To be wiped after sending",
    DeviceStatus.WIPE_NOW: "To be wiped now",
}
WORDS_OF_TELLING: Mapping[Any, str] = {
    Shareable.ASSESSMENT: "The assessment: what you told one service, so that others need not ask again",
    Shareable.PLAN: "The plan: goals, steps and who does what",
    Shareable.WELLBEING: "How you have been, over time",
    Shareable.CONTACTS: "What services write down of an ordinary day",
    Section.HOPES: "What they hope for",
    Section.STRENGTHS: "What they are good at",
    Section.PEOPLE: "People who matter",
    Section.BODY: "Body and health",
    Section.MIND: "Mind and feelings",
    Section.SUBSTANCES: "Drink and drugs",
    Section.MONEY: "Money and rights",
    Section.SKILLS: "Skills for living",
    Section.LAW: "The law",
    QuestionKind.WORDS: "In words",
    QuestionKind.YES_NO: "Yes or no",
    QuestionKind.ONE_OF: "One of several answers",
    QuestionKind.SOME_OF: "Any of several answers",
    QuestionKind.DAY: "A day",
    Reading.SERVICES: "Services that the person agrees to",
    Reading.WHO_ASKED: "Only the service that asked",
    GoalEnd.REACHED: "Reached",
    GoalEnd.LET_GO: "Let go, as they wish",
    TryMethod.KNOCK: "Knocked, or called from outside",
    TryMethod.NOTE: "Left a note",
    TryMethod.CALL: "Rang, or sent a message",
    TryMethod.FOOD_OR_DRINK: "Brought food or a drink",
    TryMethod.FOR_THE_DOG: "Brought something for the dog",
    TryMethod.WITH_SOMEBODY: "Came with somebody they know",
    TryMethod.SITTING_ALONG: "Sat along, without asking anything",
    TryEffect.TALKED: "They talked",
    TryEffect.TOOK_IT: "They took it",
    TryEffect.NO_ANSWER: "No answer",
    TryEffect.TURNED_AWAY: "They turned away",
    ConsentAnswer.REFUSED: "Would rather not",
    ConsentAnswer.WITHDRAWN: "Taken back",
}
"""Apart: codes of two vocabularies that are one text are one key."""
SUPPORT_WORDS = {
    ReceivingSupport.YES: "Receiving support",
    ReceivingSupport.NO: "Not receiving support",
    ReceivingSupport.NOT_KNOWN: "Support not known",
}
BY_CLASS = {(type(code), str(code)): text for words in (WORDS, WORDS_OF_TELLING) for code, text in words.items()}


def say(code: object) -> str:
    """Returns a code in words, with a capital first letter; a code nobody wrote words for is read out plainly."""
    if code is None:
        return "Not known"
    return BY_CLASS.get((type(code), str(code)), str(code).replace("_", " ").capitalize())


def say_support(code: ReceivingSupport) -> str:
    """Returns whether somebody already helps with a need, in words."""
    return SUPPORT_WORDS.get(code, say(code))


def lower_first(text: str) -> str:
    """Returns the text as it reads within a sentence; abbreviations keep their capitals."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def say_day(day: date | datetime | None) -> str:
    """Returns a day such as `14 November 2026`; of a moment, the day that it was here."""
    if isinstance(day, datetime):
        day = to_local(day).date()
    return "Not known" if day is None else f"{day.day} {day:%B %Y}"


def say_short_day(day: date | datetime | None) -> str:
    """Returns a day such as `14 Nov 2026`, for tables; of a moment, the day that it was here."""
    if isinstance(day, datetime):
        day = to_local(day).date()
    return "Not known" if day is None else f"{day.day} {day:%b %Y}"


def say_moment(moment: datetime | None, now: datetime | None = None) -> str:
    """Returns a moment in local time such as `14 Nov 02:11`, with its year where that is not this year's."""
    if moment is None:
        return "Not known"
    local = to_local(moment)
    year = "" if now is None or to_local(now).year == local.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def say_dated_moment(moment: datetime) -> str:
    """A moment with its year, for a heading that is read in another one: 23 Dec 2026 10:00."""
    local = to_local(moment)
    return f"{local.day} {local:%b %Y %H:%M}"


def say_ago(moment: datetime | None, now: datetime) -> str:
    """Returns how long ago something was, counted in calendar days beyond this one: `today`, `2 days ago`."""
    if moment is None:
        return "Never"
    days = (to_local(now).date() - to_local(moment).date()).days
    if days <= 0:
        return "Today"
    return "Yesterday" if days == 1 else f"{days} days ago"


def say_distance(distance_m: float) -> str:
    """Returns a distance in metres rounded to ten below a kilometre, else in kilometres."""
    if distance_m < 1000:
        return f"{max(10, round(distance_m / 10) * 10)} m"
    return f"{distance_m / 1000:.1f} km"


def count(number: int, one: str, many: str | None = None) -> str:
    """Returns a number with its noun: `1 night`, `3 nights`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def say_promise(minutes: int) -> str:
    """Returns how long a check-in may promise: `45 minutes`, `2 hours`."""
    return count(minutes, "minute") if minutes < 120 else f"{minutes // 60} hours"


FILTERS: dict[str, Callable[..., Any]] = {
    "outcome_words": lambda code: say(CaseOutcome(code)),
    "written_day": lambda day: f"{day.day} {day:%B %Y}",
    "need_pair": lambda need: (str(need.need), str(need.receiving_support)),
    "say": say,
    "support": say_support,
    "lower_first": lower_first,
    "upper_first": upper_first,
    "day": say_day,
    "short_day": say_short_day,
    "moment": say_moment,
    "dated_moment": say_dated_moment,
    "ago": say_ago,
    "distance": say_distance,
    "count": count,
}
