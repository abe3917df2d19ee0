"""E-mails that the server sends: what each is about, to whom, and the few facts it may be told. No mail names
a person who sleeps rough.

A mail is kept as facts, never as text: numbers, days, ids and the name of a district. Nothing that somebody typed about
anybody has a field to stand in.
"""

from datetime import date, datetime
from enum import Enum

from shared.model.value import Id, Value


class MailKind(str, Enum):
    """What a mail is about: one template each."""

    CONFERENCE_CIRCULATED = "conference_circulated"
    CONFERENCE_MOVED = "conference_moved"
    CONFERENCE_CALLED_OFF = "conference_called_off"
    CONFERENCE_CHANGED = "conference_changed"
    PUT_FORWARD_DECIDED = "put_forward_decided"
    ACTION_RETURNED = "action_returned"
    DIGEST = "digest"
    QUESTION_ASKED = "question_asked"
    QUESTION_ANSWERED = "question_answered"
    SERVICE_REFERRED = "service_referred"
    SERVICE_ANSWERED = "service_answered"
    PLANS_REMINDER = "plans_reminder"
    CASE_HANDED_OVER = "case_handed_over"
    CONFERENCE_MINUTES = "conference_minutes"
    CONFERENCE_ACTIONS = "conference_actions"
    CONFERENCE_PREPARE = "conference_prepare"
    ACTIONS_REMINDER = "actions_reminder"
    AGREEMENT_RENEWAL = "agreement_renewal"
    TRAINING_RENEWAL = "training_renewal"
    NEW_ON_LIST = "new_on_list"
    ACCESS_ALERT = "access_alert"
    REFERRAL_QUESTION = "referral_question"
    REFERRAL_OUTCOME = "referral_outcome"
    INVITATION = "invitation"
    REFERRAL_LATE = "referral_late"
    LONE_WORKER = "lone_worker"
    LONE_WORKER_OVER = "lone_worker_over"
    JOB_FAILED = "job_failed"

    def __str__(self) -> str:
        return self.value


class MailState(str, Enum):
    """Where a mail stands. One that waits has been tried as often as `attempts` says."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"

    def __str__(self) -> str:
        return self.value


class MailChoice(str, Enum):
    """Whether, or how often, somebody wants to hear of something."""

    ON = "on"
    DAILY = "daily"
    HOURLY = "hourly"
    OFF = "off"

    def __str__(self) -> str:
        return self.value


class MailFacts(Value, frozen=True, kw_only=True):
    """Everything that a template may be told.

    `count` and `late` are how many; `positions` are places on an agenda with the day something is due. `outcome` is the
    code of one of the 26 outcomes, `reference` the one that a reporter was given by our own form, in whose `language` it is
    written (empty: English). `first_name` is a
    worker's, who was not heard from or `asks_help` (`is_silent`: nobody about them may notice; `is_put_back`: the server was
    restored since, and may say it for the second time); `job` what is amiss with
    the server: a job by its name, the disk. `people` is of how many people one worker opened the records. `again`: a paper
    that was circulated before; how many of its cases are new, gone or say something else since, `was_at` when the
    conference was to be before it was moved, `elsewhere` that its place is another, `let_go` that it is held without its
    reader, `lapsed` that its reader may open nothing of it until agreements are signed. `version` is that of minutes,
    `sequence` what a calendar knows a newer invitation by. `lines` are what a digest gathers.
    """

    count: int = 0
    late: int = 0
    positions: tuple[tuple[int, date], ...] = ()
    day: date | None = None
    starts_at: datetime | None = None
    district: str = ""
    conference_id: Id = ""
    outcome: str = ""
    reference: str = ""
    language: str = ""
    first_name: str = ""
    alarm_id: Id = ""
    asks_help: bool = False
    is_silent: bool = False
    is_put_back: bool = False
    job: str = ""
    people: int = 0
    again: bool = False
    put_on: int = 0
    taken_off: int = 0
    changed: int = 0
    was_at: datetime | None = None
    elsewhere: bool = False
    let_go: bool = False
    lapsed: bool = False
    version: int = 0
    sequence: int = 0
    lines: tuple["DigestLine", ...] = ()


class DigestLine(Value, frozen=True):
    """What happened so often since the last digest: which mail each would have been, and in which district."""

    kind: MailKind
    district: str
    count: int


class Mail(Value, frozen=True, kw_only=True):
    """One mail to one address. `key` is what it is about: two mails never have the same.

    Whose address it goes to is looked up when it is sent: an agency's shared one, a worker's, or that of whoever raised
    an alert. After `useful_until` it is not sent any more.
    """

    id: Id
    key: str
    kind: MailKind
    queued_at: datetime
    useful_until: datetime
    facts: MailFacts = MailFacts()
    about_id: Id | None = None
    agency_id: Id | None = None
    worker_id: Id | None = None
    alert_id: Id | None = None
