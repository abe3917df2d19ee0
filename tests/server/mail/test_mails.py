"""What causes a mail, whom it reaches, what it says, and that no mail says a word about anybody."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest
from sqlalchemy import Table, insert, select, update

from server.access import Access
from server.actions.cases import questions
from server.actions.cases.answers import refuse_action
from server.actions.cases.cases import decline_case
from server.actions.cases.moves import hand_over
from server.actions.conferences import circulating, conferences, discussion, versions
from server.actions.conferences.discussion import CaseEnd
from server.actions.operation import reminders
from server.actions.operation.invitations import invite, mail_invitation
from server.actions.operation.outbox import Outbox
from server.actions.people import doors, notes, plans
from server.actions.referrals import public_reports
from server.actions.referrals.referrals import assign_referral, close_referral, progress_referral
from server.places.districts import DistrictFinder
from server.problems import Forbidden
from server.queries.cases import case_actions
from server.queries.conferences import conferences as stored
from server.queries.operation import addressees, audit, jobs, outbox
from server.queries.operation.audit import AuditLine
from server.queries.partnership import services as directory
from server.queries.partnership import workers
from server.queries.people.doors import list_facts
from server.queries.referrals.referrals import ReferrerRow, add_referrers
from server.queries.sync.store import list_changes
from server.tables.cases import case
from server.tables.conferences import conference
from server.tables.partnership import agency as agencies
from server.tables.partnership import worker
from server.tables.people import door, note, person, person_plan
from server.tables.referrals import referral
from server.tables.street import contact, shift, site
from shared.model.codes import ReferralState
from shared.model.conference import CaseConference
from shared.model.door import DoorFact, DoorKind
from shared.model.mail import MailChoice, MailFacts, MailKind
from shared.model.service import Service
from tests.conftest import KINDS, Clock
from tests.server.conferences.conftest import FILES, item_at
from tests.server.mail.conftest import PAGES
from tests.server.mail.postbox import Postbox
from tests.web import county


@pytest.fixture
def database_kind() -> str:
    """Every kind of mail is written and sent over both databases in one test; the others need one."""
    return "sqlite"


REASON = "He is unconscious at A&E and they ask for his medicines"


def call(access: Access, days: int = 28) -> CaseConference:
    starts_at = (access.now + timedelta(days=days)).replace(hour=10, minute=0)
    return conferences.schedule_conference(access, county.WATFORD, starts_at, "Zebedee House", "priya", "tom")


def circulate(enter: Any, days: int = 28) -> CaseConference:
    with enter("priya") as access:
        made = call(access, days)
        circulating.circulate(access, FILES, made.id)
    return made


def agree(enter: Any, made: CaseConference, *due: date, agency_id: str = "cgl") -> None:
    with enter("priya") as access:
        for position, due_on in enumerate(due, start=1):
            discussion.agree_action(
                access,
                made.id,
                item_at(access, made.id, position),
                text="Visit Zygmunt at the stairwell",
                agency_id=agency_id,
                due_on=due_on,
            )
        discussion.finish_conference(access, made.id, {})


def leave_address(session: Any, now: datetime, referral_id: str) -> None:
    until = (now + timedelta(days=90)).date()
    row = ReferrerRow(
        alert_id=f"alert-{referral_id}", name="Samuel Quill", email="sam@example.org", telephone="", delete_on=until
    )
    add_referrers(session, [row])


# --------------------------------------------------------------------------------------------------------- conferences
def test_a_circulated_conference_reaches_each_agency_whose_agreements_hold(enter, run, postbox: Postbox) -> None:
    made = circulate(enter)
    run("mail")
    assert postbox.addresses == ["priya@example.org", "ruth@example.org", "tom@example.org"]
    (text,) = postbox.texts("ruth@example.org")
    assert text.startswith("Watford case conference, 10 December: the agenda is ready\n")
    assert "It has 15 cases." in text
    assert f"{PAGES}/agendas/{made.id}\n" in text
    with enter("priya") as access:
        (probation,) = [row for row in stored.list_circulated(access.session, made.id) if row.agency_id == "probation"]
    assert probation.withheld, "Probation's agreement has ended, so it must hear nothing"


def test_the_invitation_says_when_and_leaves_where_behind_the_sign_in(enter, run, postbox: Postbox) -> None:
    made = circulate(enter)
    run("mail")
    (invitation,) = postbox.kept[0][1].iter_attachments()
    lines = invitation.get_content().replace("\r\n ", "").splitlines()
    assert invitation.get_content_type() == "text/calendar"
    assert "DTSTART:20261210T100000Z" in lines
    assert f"LOCATION:{PAGES}/agendas/{made.id}" in lines
    assert "Zebedee" not in invitation.get_content()


def test_circulating_again_tells_again_and_a_shared_mailbox_stands_for_its_members(
    enter, run, postbox, watford
) -> None:
    with watford.writing() as session:
        addressees.set_shared_address(session, "cgl", "mdt@cgl.example")
    made = circulate(enter)
    with enter("priya") as access:
        circulating.circulate(access, FILES, made.id)
    run("mail")
    assert [address for address in postbox.addresses if "cgl" in address or "ruth" in address] == [
        "mdt@cgl.example"
    ] * 2


def test_an_agency_with_nobody_to_write_to_is_listed_with_why_not(enter, run, postbox, watford) -> None:
    with watford.writing() as session:
        session.execute(update(worker.worker).where(worker.worker.c.id == "ruth").values(email=None))
    circulate(enter)
    run("mail")
    with watford.reading() as session:
        (failed,) = outbox.list_unsent(session)
    assert (failed.mail.agency_id, failed.last_error) == ("cgl", "There is no address to send it to.")


def test_after_a_conference_each_agency_hears_its_numbers_and_days_and_nothing_else(enter, run, postbox, now) -> None:
    made = circulate(enter)
    agree(enter, made, now.date() + timedelta(days=3), now.date() + timedelta(days=16))
    run("mail")
    (text,) = [text for text in postbox.texts("ruth@example.org") if "took on" in text]
    assert text.startswith("Watford case conference, 10 December: 2 actions for your service\n")
    assert (
        "  - case 1 on the agenda, by Sunday 15 November\n  - case 2 on the agenda, by Saturday 28 November\n" in text
    )
    assert f"{PAGES}/actions" in text
    assert not any("took on" in text for text in postbox.texts("tom@example.org"))


def test_what_is_missing_is_said_ten_and_four_days_before(enter, run, postbox: Postbox, clock: Clock, watford) -> None:
    with watford.writing() as session:
        session.execute(
            agencies.agency.update().where(agencies.agency.c.id == "probation").values(mail_address="p@p.example")
        )
    with enter("priya") as access:
        call(access, days=10)
    run("reminders", "mail")
    (text,) = postbox.texts("priya@example.org")
    assert text.startswith("Watford case conference, 22 November: not circulated yet\n")
    assert "- 1 agency has no valid Terms of Reference and Information Sharing Agreement" in text
    (asked,) = postbox.texts("p@p.example")
    assert asked.startswith("Your agreements have ended: your service sees nobody\n")
    assert "The next case conference is on Sunday 22 November at 10:00." in asked
    clock.advance(days=1)
    run("reminders", "mail")
    assert len(postbox.kept) == 2
    clock.advance(days=5)
    run("reminders", "mail")
    assert len(postbox.texts("priya@example.org")) == 2


# ------------------------------------------------------------------------------------------------------------- actions
def test_actions_are_remembered_three_days_before_the_day_after_and_weekly_until_explained(
    enter, run, postbox: Postbox, clock: Clock, watford, now
) -> None:
    made = circulate(enter)
    agree(enter, made, now.date() + timedelta(days=4))
    run("mail")
    postbox.kept.clear()
    heard = []
    for day in (1, 2, 5, 6, 12, 19):
        clock.now = now.replace(hour=9) + timedelta(days=day)
        if day == 19:
            with watford.writing() as session:
                session.execute(update(case.case_action).values(explained="Waits for a bed"))
        run("reminders", "mail")
        heard += [(day, text.splitlines()[0]) for text in postbox.texts("ruth@example.org")]
        postbox.kept.clear()
    assert heard == [
        (1, "1 action of your service due soon"),
        (5, "1 action of your service missed"),
        (12, "1 action of your service missed"),
    ]


def test_reminders_asked_for_again_on_the_same_day_write_nothing(enter, run, now) -> None:
    made = circulate(enter)
    agree(enter, made, now.date() + timedelta(days=3))
    assert run("reminders") == {"reminders": 1}
    assert run("reminders") == {"reminders": 0}


def test_what_was_due_on_mornings_without_a_server_is_sent_once_when_it_wakes(
    enter, run, postbox: Postbox, clock: Clock, watford, now
) -> None:
    """Off from the morning of day 52 to that of day 55; an action, an agreement and a training were due to be said on day 53."""
    made = circulate(enter)
    agree(enter, made, now.date() + timedelta(days=53 + 3))
    ends = now.date() + timedelta(days=53 + 7)
    with watford.writing() as session:
        session.execute(
            update(agencies.agreement).where(agencies.agreement.c.agency_id == "cgl").values(expires_on=ends)
        )
        given = {"trained_on": ends - timedelta(days=730)}
        session.execute(update(worker.worker).where(worker.worker.c.id == "ruth").values(given))
    heard = {}
    for day in (52, 55, 56):
        clock.now = now.replace(hour=9) + timedelta(days=day)
        run("reminders", "mail")
        heard[day] = sorted(text.splitlines()[0] for text in postbox.texts("ruth@example.org"))
        postbox.kept.clear()
    assert (heard[52], heard[56]) == ([], [])
    action, agreements, training = heard[55]
    assert action == "1 action of your service due soon"
    assert agreements.startswith("Your agreements end on") and "training" in training


def test_what_is_missing_for_a_conference_is_said_when_the_server_wakes(
    enter, run, postbox: Postbox, clock: Clock
) -> None:
    with enter("priya") as access:
        call(access, days=11)
    run("reminders", "mail")
    assert postbox.texts("priya@example.org") == []
    clock.advance(days=3)
    run("reminders", "mail")
    (text,) = postbox.texts("priya@example.org")
    assert text.startswith("Watford case conference, 23 November: not circulated yet\n")


# ---------------------------------------------------------------------------------------------------------- agreements
def test_agreements_are_renewed_in_time(run, postbox: Postbox, clock: Clock, watford, now) -> None:
    with watford.writing() as session:
        session.execute(
            update(agencies.agreement)
            .where(agencies.agreement.c.agency_id == "cgl")
            .values(expires_on=date(2027, 1, 11))
        )
    heard = []
    for day in (0, 1, 53, 60, 61):
        clock.now = now.replace(hour=9) + timedelta(days=day)
        run("reminders", "mail")
        heard += [(day, text.splitlines()[0]) for text in postbox.texts("ruth@example.org")]
        postbox.kept.clear()
    assert heard == [(day, "Your agreements end on Monday 11 January") for day in (0, 53)] + [
        (61, "Your agreements have ended: your service sees nobody")
    ]


def test_who_has_to_train_again_hears_it_in_time(run, postbox: Postbox, clock: Clock, watford, now) -> None:
    lasts = date(2027, 1, 11)
    with watford.writing() as session:
        given = {"trained_on": lasts - timedelta(days=730)}
        session.execute(update(worker.worker).where(worker.worker.c.id.in_(["ruth", "rowan"])).values(given))
        session.execute(update(worker.worker).where(worker.worker.c.id == "rowan").values(active=False))
    heard = []
    for day in (0, 1, 30, 53, 60, 61):
        clock.now = now.replace(hour=9) + timedelta(days=day)
        run("reminders", "mail")
        run("reminders", "mail")
        heard += [(day, text.splitlines()[0]) for text in postbox.texts("ruth@example.org") if "training" in text]
        assert not any("training" in text for text in postbox.texts("rowan@example.org")), "who has left hears nothing"
        postbox.kept.clear()
    with watford.reading() as session:
        assert outbox.list_unsent(session) == [], "nor does a mail to them wait that nobody can send"
    ends = "Your data protection training ends on Monday 11 January"
    assert heard == [
        (0, ends),
        (30, ends),
        (53, ends),
        (61, "Your data protection training has ended: you see nobody’s record"),
    ]


# -------------------------------------------------------------------------------------------------------------- digest
def come_onto_the_list(session: Any, at: datetime, number: int, put_forward_by: str | None = None) -> None:
    session.execute(
        insert(case.mdt_case).values(
            id=f"new-{number}", person_id=f"p{number:02}", district_id=county.THREE_RIVERS, state="candidate", since=at,
            reason="verified: seen by Aisha N", put_forward_by=put_forward_by, mdt_number=1, outcome="",
        )
    )  # fmt: skip


def test_a_coordinator_hears_each_morning_how_many_are_new_and_never_who(
    run, postbox, clock: Clock, watford, now
) -> None:
    clock.now = datetime(2026, 11, 13, 8, 1, tzinfo=UTC)
    with watford.writing() as session:
        for number, at in enumerate(
            [
                datetime(2026, 11, 12, 7, 59, tzinfo=UTC),  # told of yesterday
                datetime(2026, 11, 12, 8, 0, tzinfo=UTC),
                datetime(2026, 11, 13, 7, 59, tzinfo=UTC),
                datetime(2026, 11, 13, 8, 0, tzinfo=UTC),  # tomorrow's
            ],
            start=1,
        ):
            come_onto_the_list(session, at, number)
        come_onto_the_list(session, datetime(2026, 11, 13, 1, 0, tzinfo=UTC), 9, put_forward_by="rowan")
    run("digests", "mail")
    run("digests", "mail")
    (text,) = postbox.texts("rowan@example.org")
    # Noor is Three Rivers' own candidate, since yesterday evening.
    assert text.startswith("3 people are new on your case list\n")
    assert f"{PAGES}/cases\n" in text
    assert "Noor" not in text


def test_whoever_was_off_hears_of_the_days_between(run, postbox: Postbox, clock: Clock, watford) -> None:
    clock.now = datetime(2026, 11, 14, 8, 1, tzinfo=UTC)
    run("digests", "mail")
    before = len(postbox.texts("rowan@example.org"))
    with watford.writing() as session:
        for day in (14, 15, 16):
            come_onto_the_list(session, datetime(2026, 11, day, 12, tzinfo=UTC), day)
    clock.now = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
    run("digests", "mail")
    run("digests", "mail")
    (text,) = postbox.texts("rowan@example.org")[before:]
    assert text.startswith("3 people are new on your case list\n")


def test_nobody_without_training_is_mailed_what_they_could_not_open(run, postbox: Postbox, watford, enter) -> None:
    with watford.writing() as session:
        lapsed = {"trained_on": date(2020, 1, 1)}
        session.execute(update(worker.worker).where(worker.worker.c.id == "ruth").values(lapsed))
    with enter("priya") as access:
        made = call(access)
        circulating.circulate(access, FILES, made.id)
        theirs = [each.mail for each in outbox.list_posted(access.session) if each.mail.agency_id == "cgl"]
    assert theirs and all(each.worker_id is None for each in theirs), "an administrator sees that nobody could be told"
    run("mail")
    assert postbox.texts("ruth@example.org") == []


def test_whoever_chose_so_hears_each_hour_or_nothing(run, postbox: Postbox, clock: Clock, watford, now) -> None:
    run("digests")  # a server that never looked before looks back a day
    with watford.writing() as session:
        outbox.set_choices(session, "rowan", {MailKind.NEW_ON_LIST: MailChoice.HOURLY})
        outbox.set_choices(session, "priya", {MailKind.NEW_ON_LIST: MailChoice.OFF})
        come_onto_the_list(session, now, 1)
    run("digests", "mail")
    clock.advance(minutes=30)
    run("digests", "mail")
    clock.advance(minutes=30)
    run("digests", "mail")
    assert [text.splitlines()[0] for text in postbox.texts()] == ["1 person is new on your case list"]
    assert postbox.addresses == ["rowan@example.org"]


def test_what_can_wait_comes_in_one_mail_a_day_to_whoever_chose_so(
    run, postbox: Postbox, clock: Clock, watford, enter, now
) -> None:
    with watford.writing() as session:
        outbox.set_choices(session, "rowan", dict.fromkeys([MailKind.CASE_HANDED_OVER], MailChoice.DAILY))
    for number in (1, 2):
        with enter("priya") as access:
            hand_over(access, f"case-p{number:02}", county.THREE_RIVERS, "Sleeps by the canal in Rickmansworth")
    run("mail", "digests")
    assert postbox.texts("rowan@example.org") == []
    clock.advance(days=1)
    run("digests", "mail")
    run("digests", "mail")
    (text,) = [
        each for each in postbox.texts("rowan@example.org") if "since you were last told" in each.splitlines()[0]
    ]
    assert text.startswith("Lantern: 2 things since you were last told\n")
    assert "- 2 cases handed over to you, Three Rivers\n" in text
    with watford.writing() as session:
        outbox.set_choices(session, "rowan", {})
    with enter("priya") as access:
        hand_over(access, "case-p03", county.THREE_RIVERS, "Sleeps by the canal in Rickmansworth")
    run("mail")
    assert any("handed over" in each for each in postbox.texts("rowan@example.org"))


def test_a_line_that_is_stored_after_the_morning_mail_comes_in_another_and_is_not_lost(
    run, postbox: Postbox, clock: Clock, watford, now
) -> None:
    lines = [
        outbox.Line(
            key=f"handed/{n}/rowan", worker_id="rowan", kind=MailKind.CASE_HANDED_OVER, district="Three Rivers", at=now
        )
        for n in (1, 2)
    ]
    with watford.writing() as session:
        outbox.add_lines(session, lines[:1])
    clock.advance(days=1)
    run("digests", "mail")
    late = msgspec.structs.replace(lines[1], at=now + timedelta(seconds=1))
    with watford.writing() as session:
        outbox.add_lines(session, [late])
    run("digests", "mail")
    run("digests", "mail")
    told = [each for each in postbox.texts("rowan@example.org") if "since you were last told" in each.splitlines()[0]]
    assert [each.splitlines()[0] for each in told] == ["Lantern: 1 thing since you were last told"] * 2


def test_one_press_chooses_it_for_all_that_can_wait_and_nothing_that_a_calendar_follows(browser, watford) -> None:
    from shared.policy.mail import GATHERED

    browser.sign_in("ruth").post("/notifications", together="yes", conference_moved="on", actions_reminder="off")
    with watford.reading() as session:
        chosen = outbox.find_choices(session, "ruth")
    assert chosen[MailKind.CONFERENCE_MOVED] is MailChoice.ON
    assert chosen[MailKind.ACTIONS_REMINDER] is MailChoice.DAILY
    assert {kind for kind, choice in chosen.items() if choice is MailChoice.DAILY} <= GATHERED
    assert MailKind.CONFERENCE_CIRCULATED not in GATHERED


# -------------------------------------------------------------------------------------------------------------- access
def test_a_flagged_look_and_a_broken_glass_reach_the_reviewer_within_a_minute(
    enter, run, postbox, clock: Clock
) -> None:
    with enter("tom") as access:
        notes.write_note(access, "joan", "Takes insulin, keeps it in the blue bag")
    run()
    for _ in range(2):
        with pytest.raises(Forbidden), enter("priya") as access:
            notes.read_notes(access, "joan")
    with enter("ruth") as access:
        notes.break_the_glass(access, "joan", "medical_emergency", REASON)
    for _ in range(4):  # as the server does, every quarter of a minute
        clock.advance(seconds=15)
        run()
    alerts = [text for text in postbox.texts("omar@example.org") if "Notes of a service" in text]
    assert [text.splitlines()[0] for text in alerts] == ["Notes of a service: 2 refused looks, 1 opening in need"]
    assert f"{PAGES}/access-reviews" in alerts[0]


@pytest.mark.parametrize(("people", "told"), [(100, 0), (101, 1)])
def test_whoever_opens_more_than_a_hundred_people_in_an_hour_is_told_of_once(
    watford, run, postbox, clock: Clock, people: int, told: int
) -> None:
    run()
    opened = [
        AuditLine(
            id=f"look-{number}", at=clock.now - timedelta(minutes=number % 19), actor_id="priya", action="see_person",
            subject_kind="person", subject_id=f"person-{number}",
        )
        for number in range(people)
    ]  # fmt: skip
    with watford.writing() as session:
        audit.add_lines(session, opened)
    for _ in range(3):
        clock.advance(seconds=15)
        run()
    alerts = [text for text in postbox.texts("omar@example.org") if "in an hour" in text]
    assert len(alerts) == told
    assert all("One worker opened the records of 101 people in an hour" in text for text in alerts)
    assert all(f"{PAGES}/audit" in text and "riya" not in text for text in alerts)


def test_nobody_can_switch_that_off(watford, enter, run, postbox: Postbox, clock: Clock) -> None:
    with watford.writing() as session:
        outbox.set_choices(session, "omar", {MailKind.NEW_ON_LIST: MailChoice.OFF})
    run()
    with enter("ruth") as access:
        notes.break_the_glass(access, "joan", "medical_emergency", REASON)
    clock.advance(seconds=45)
    run()
    assert postbox.texts("omar@example.org")


# ----------------------------------------------------------------------------------------------------------- referrers
@pytest.fixture
def send_answers(run: Any, clock: Clock) -> Callable[[], None]:
    """Sends what waits, when the steps that gave it to say can be undone no more."""

    def send() -> None:
        clock.advance(minutes=10)
        run("mail")

    return send


def test_a_referrer_who_agreed_is_asked_for_more(enter, watford, send_answers, postbox: Postbox, now) -> None:
    with watford.writing() as session:
        leave_address(session, now, "r1")
    with enter("tom") as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION, note="Which Tesco?")
        progress_referral(access, "r2", ReferralState.NEEDS_INFORMATION)
    send_answers()
    (text,) = postbox.texts()
    assert text.startswith("Thank you for telling us. Can you say a little more?\n")
    assert f"{PAGES}/report/answer/alert-r1." in text
    assert "Tesco" not in text


def test_a_referrer_who_agreed_hears_the_outcome_once_and_nothing_more(
    enter, watford, send_answers, postbox, now
) -> None:
    with watford.writing() as session:
        leave_address(session, now, "r1")
        leave_address(session, now, "r2")
    with enter("tom") as access:
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1")
        close_referral(access, "r1", "person_found_engaging_with_services", "Marek, by the lock")
        progress_referral(access, "r1", ReferralState.RECEIVED)
        close_referral(access, "r1", "person_found_engaging_with_services")
    send_answers()
    # Whoever reported the same is told as well.
    assert postbox.addresses == ["sam@example.org"] * 2
    text, other = postbox.texts()
    # Each has a link of their own.
    assert re.sub(r"alert-r[12].\S+", "", text) == re.sub(r"alert-r[12].\S+", "", other)
    assert text != other
    assert "Thank you. Our team found the person you told us about. We can’t share more, to protect them.\n" in text
    assert not any(word in text for word in ("engaging", "Marek", "lock", "Tom"))


def test_a_promised_day_that_passes_is_apologised_for_once(enter, watford, send_answers, postbox: Postbox, now) -> None:
    yesterday = now.date() - timedelta(days=1)
    with watford.writing() as session:
        leave_address(session, now, "r1")
        leave_address(session, now, "r2")
        session.execute(update(referral.referral).values(due_on=yesterday))
    with enter("tom") as access:
        progress_referral(access, "r2", ReferralState.NEEDS_INFORMATION)
        outbox = Outbox(access.session, access.now, access.new_id)
        for _ in range(2):
            reminders.apologise_to_referrers(outbox, now.date())
    send_answers()
    late = [text for text in postbox.texts() if "are late" in text]
    assert len(late) == 1
    assert f"by {yesterday.day} {yesterday:%B}" in late[0]


def test_each_who_told_of_the_same_was_promised_a_day_of_their_own(
    enter, watford, send_answers, postbox: Postbox, now
) -> None:
    days = {"r1": now.date() - timedelta(days=20), "r2": now.date() + timedelta(days=2)}
    with watford.writing() as session:
        for referral_id, day in days.items():
            leave_address(session, now, referral_id)
            session.execute(update(referral.referral).where(referral.referral.c.id == referral_id).values(due_on=day))
    with enter("tom") as access:
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1")
        for _ in range(2):
            for day in (days["r1"] + timedelta(days=1), days["r2"] + timedelta(days=1)):
                reminders.apologise_to_referrers(Outbox(access.session, access.now, access.new_id), day)
    send_answers()
    late = [text for text in postbox.texts() if "are late" in text]
    assert len(late) == 2
    for name, day in days.items():
        (text,) = [each for each in late if f"alert-{name}." in each]
        assert f"by {day.day} {day:%B}" in text


def test_every_referrer_of_a_chain_hears_and_one_folded_onto_a_closed_one_at_once(
    enter, watford, send_answers, postbox: Postbox, now
) -> None:
    with watford.writing() as session:
        for referral_id in ("r1", "r2", "r4", "r5"):
            leave_address(session, now, referral_id)
    with enter("tom") as access:
        progress_referral(access, "r1", ReferralState.DUPLICATE_OF, duplicate_of="r2")
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r4")
        close_referral(access, "r4", "person_found_engaging_with_services")
    send_answers()
    assert len(postbox.kept) == 3
    with enter("tom") as access:
        progress_referral(access, "r5", ReferralState.DUPLICATE_OF, duplicate_of="r4", confirmed=True)
    send_answers()
    assert len(postbox.kept) == 4


def test_a_referrer_who_did_not_agree_hears_nothing(enter, watford, send_answers, postbox: Postbox, now) -> None:
    with watford.writing() as session:
        leave_address(session, now, "r1")
        session.execute(update(referral.alert).values(contact_consent=False))
    with enter("tom") as access:
        close_referral(access, "r1", "person_found_engaging_with_services")
    send_answers()
    assert postbox.kept == []


def test_consent_taken_back_before_it_is_sent_counts(enter, watford, send_answers, postbox: Postbox, now) -> None:
    with watford.writing() as session:
        leave_address(session, now, "r1")
    with enter("tom") as access:
        close_referral(access, "r1", "person_found_engaging_with_services")
    with watford.writing() as session:
        session.execute(update(referral.alert).values(contact_consent=False))
    send_answers()
    assert postbox.kept == []


def test_a_report_by_our_own_form_is_answered_with_its_reference(watford, services, run, postbox, now, new_id) -> None:
    report = public_reports.PublicReport(
        key="k", place="Zebedee underpass", district_id=county.WATFORD, email="sam@example.org"
    )
    with watford.writing() as session:
        # The area was chosen in the form, so nobody asks where a point lies.
        reference = public_reports.receive_report(session, report, cast(DistrictFinder, None), now, new_id).reference
        found = public_reports.find_report(session, reference)
    assert found is not None
    # The phone says how it ended, so the answer comes with the push.
    services_project_step(services, found.referral.id, now)
    run("mail")
    (text,) = postbox.texts()
    assert f"The reference of your report is {reference}." in text
    assert "Zebedee" not in text


def test_a_promised_day_that_a_phones_step_moves_is_heard_by_phones(enter, watford, services, now) -> None:
    with enter("tom") as access:
        assign_referral(access, "r1", "watford-outreach")
    with enter("tom") as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION)
    services_project_step(services, "r1", now + timedelta(days=7))
    with watford.reading() as session:
        due_on = session.scalar(select(referral.referral.c.due_on).where(referral.referral.c.id == "r1"))
        changes = [each.change for each in list_changes(session, "r1")]
    told = [json.loads(bytes(each.p))["due_on"] for each in changes if each and each.t == "referral.received"]
    assert told[-1] == due_on.isoformat() and told[-1] != told[0]


def services_project_step(services: Any, referral_id: str, now: datetime) -> None:
    """A step as a phone sends it: published into the feed, and projected."""
    import msgspec

    from server.queries.sync.store import publish
    from shared.model.referral import ReferralProgress
    from sync.authoring import NewChange
    from sync.server import AcceptedChange

    step = ReferralProgress(
        id=services.new_id(), referral_id=referral_id, state=ReferralState.CLOSED, at=now, worker_id="aisha",
        outcome="person found - taken to shelter",
    )  # fmt: skip
    new = NewChange(
        id=services.new_id(), type="referral.progressed", scope="team:watford-outreach", entity=referral_id, who="aisha",
        at_ms=int(now.timestamp() * 1000), payload=msgspec.Raw(msgspec.json.encode(step)),
    )  # fmt: skip
    with services.database.writing() as session:
        (change,) = publish(session, [new], new.at_ms)
        services.project(session, [AcceptedChange(change, change.hlc, new.at_ms, 0)])


# ------------------------------------------------------------------------------------------------------------ canaries
TYPED: dict[Table, tuple[str, ...]] = {
    person.person: ("name", "alias", "description", "language", "wants_first", "strengths", "safety_needs"),
    site.site: ("name", "access_notes", "hazards"),
    contact.contact: ("note", "next_step", "offered"),
    case.mdt_case: ("reason", "outcome"),
    case.case_action: ("text", "done_note", "explained"),
    note.person_note: ("text",),
    note.break_glass: ("reason",),
    door.door_fact: ("words", "service"),
    person_plan.plan_review: ("words",),
    referral.alert: ("place", "appearance", "concerns", "seen_text"),
    referral.referral: ("place", "description", "concerns"),
    referral.alert_referrer: ("name",),
    worker.worker: ("name", "short_name"),
    conference.case_conference: ("place",),
    conference.conference_note: ("notes", "outcome"),
    conference.written_update: ("text",),
}


def list_canaries(session: Any) -> set[str]:
    """Every word that somebody typed, or that names anybody, in any table about people."""
    return {
        str(value)
        for table, columns in TYPED.items()
        for row in session.execute(select(*(table.c[name] for name in columns)))
        for value in row
        if value and value != "[]"
    }


def refer(person_id: str, kind: DoorKind, now: datetime, **more: Any) -> DoorFact:
    """A step as a page sends it."""
    return DoorFact(
        id="", person_id=person_id, kind=kind, on=now.date(), agency_id="", recorded_at=now, recorded_by="", **more
    )


def forget_somebody_on_the_street(database, run, clock: Clock) -> None:
    """Tom goes out, is not heard, and comes home; and a job of the server fails."""
    with database.writing() as session:
        (team_id,) = session.scalars(
            select(worker.worker_team.c.team_id).where(worker.worker_team.c.worker_id == "tom")
        )
        began = clock.now - timedelta(hours=2)
        row = {"id": "out", "team_id": team_id, "worker_id": "tom", "started_at": began, "night": began.date()}
        session.execute(shift.shift.insert().values(**row, area="", summary=""))
        session.execute(shift.shift_worker.insert().values(shift_id="out", worker_id="tom", joined_at=began))
    run("watch", "mail")
    with database.writing() as session:
        session.execute(shift.shift_worker.update().values(ended_at=clock.now))
        jobs.set_run(session, jobs.JobRun(name="retention", started_at=clock.now, error="KeyError"))
    run("watch")


@pytest.mark.parametrize("database_kind", KINDS)
def test_no_mail_of_any_kind_holds_a_word_about_anybody(
    enter, watford, run, postbox: Postbox, clock: Clock, now, new_id
) -> None:
    with watford.writing() as session:
        leave_address(session, now, "r1")
        leave_address(session, now, "r5")
        leave_address(session, now, "r4")
        yesterday = now.date() - timedelta(days=1)
        session.execute(update(referral.referral).where(referral.referral.c.id == "r4").values(due_on=yesterday))
        come_onto_the_list(session, now - timedelta(days=1, hours=12), 1)
        expired = agencies.agreement.c.agency_id == "probation"
        session.execute(update(agencies.agreement).where(expired).values(expires_on=now.date() - timedelta(days=1)))
        addressees.set_shared_address(session, "probation", "mdt@probation.example")
        put_forward = {"state": "candidate", "put_forward_by": "ruth"}
        session.execute(update(case.mdt_case).where(case.mdt_case.c.id == "case-p14").values(**put_forward))
    with enter("priya") as access:
        decline_case(access, "case-p14", "Zygmunt moved in with his sister")
        hand_over(access, "case-p15", county.THREE_RIVERS, "Zygmunt sleeps by the canal now")
    run()
    made = circulate(enter, days=4)
    with enter("priya") as access:
        discussion.save_note(
            access, made.id, item_at(access, made.id, 1), base="", notes="Zygmunt cried about his mother"
        )
        discussion.save_outcome(access, made.id, item_at(access, made.id, 1), based_on=0, outcome="Zimmer frame")
        call(access, days=10)
        other = call(access, days=12)
        circulating.circulate(access, FILES, other.id)
        conferences.take_off_agenda(access, other.id, "case-p02", "Zygmunt died on Sunday")
        later = other.starts_at + timedelta(days=1)
        conferences.change_conference(access, other.id, later, "Zebedee House, room 2", "priya", "tom")
        conferences.call_off(access, other.id)
    with enter("tom") as access:
        notes.write_note(access, "joan", "Takes insulin, keeps it in the blue bag")
        progress_referral(access, "r5", ReferralState.NEEDS_INFORMATION, note="Zoe at number 4 knows")
        close_referral(access, "r1", "person_found_taken_to_shelter", "Zygmunt, by the lock")
    with enter("ruth") as access:
        notes.break_the_glass(access, "joan", "medical_emergency", REASON)
    with enter("priya") as access:
        discussion.agree_action(
            access,
            made.id,
            item_at(access, made.id, 1),
            text="Visit Zygmunt",
            agency_id="cgl",
            due_on=now.date() + timedelta(days=3),
        )
        discussion.agree_action(
            access,
            made.id,
            item_at(access, made.id, 1),
            text="Ring Zygmunt",
            agency_id="cgl",
            due_on=now.date() + timedelta(days=3),
        )
        discussion.finish_conference(access, made.id, {"case-p01": CaseEnd.CLOSE})
        owed = case_actions.list_agency_actions(access.session, "cgl", None)[0].action.id
        versions.check_minutes(access, made.id, 1)
        versions.circulate_minutes(access, FILES, made.id)
    with enter("ruth") as access:
        refuse_action(access, owed, "Zygmunt is not open to us")
    with watford.writing() as session:
        ends_soon = {"trained_on": now.date() - timedelta(days=700)}
        session.execute(update(worker.worker).where(worker.worker.c.id == "ruth").values(ends_soon))
        outbox.set_choices(session, "priya", {MailKind.QUESTION_ANSWERED: MailChoice.DAILY})
        invited = workers.get_worker(session, "rowan")
        made_for = invite(session, invited, "omar", clock.now, new_id)
        mail_invitation(session, made_for, invited.agency_id, clock.now, new_id)
    for asker in ("ruth", "priya"):
        with enter(asker) as access:
            asked = questions.ask(access, "p05", "Has Zygmunt a nurse?")
        with enter("tom") as access:
            questions.answer(access, asked.id, "Zygmunt has one")
    with watford.writing() as session:
        bed = Service(id="bed", name="Bed for a week")
        kept = directory.Kept(service=bed, source="", reference="bed", came_with="{}", agency_id="cgl")
        directory.add_services(session, [kept], clock.now)
    with enter("tom") as access:
        doors.record(access, refer("joan", DoorKind.REFERRED, now, service_id="bed", words="Zygmunt needs a bed"))
        referred = list_facts(access.session, ["joan"])[0].id
        plans.review_plan(access, "joan", "Zygmunt says it goes well", access.today + timedelta(days=3))
    with enter("ruth") as access:
        doors.record(access, refer("joan", DoorKind.ANSWERED, now, about_id=referred, code="accepted"))
    clock.advance(minutes=1)
    forget_somebody_on_the_street(watford, run, clock)
    run("alerts", "reminders", "digests", "failures", "mail")
    clock.advance(days=1)
    run("digests", "mail")
    with watford.reading() as session:
        sent = {each.mail.kind for each in outbox.list_posted(session) if each.sent_at}
        canaries = list_canaries(session)
    assert sent == set(MailKind), f"never sent: {set(MailKind) - sent}"
    assert {"Joan Carter", "Marek", "Ruth Adeyemi", "Zebedee House", "Visit Zygmunt", REASON} <= canaries
    told = ["\n".join(str(part) for part in message.walk()) for _, message in postbox.kept]
    found = [(word, text) for text in told for word in canaries if re.search(rf"\b{re.escape(word)}\b", text)]
    assert found == []


def test_a_mail_has_no_field_that_somebody_could_type_into() -> None:
    """`district` is the name of one of the partnership's districts, `outcome` a code, `reference` made by the server;
    `language` one of the three in which we answer, `first_name` a worker's, `job` one of the server's own."""
    kinds = {name: MailFacts.__annotations__[name] for name in MailFacts.__struct_fields__}
    words = {name for name, kind in kinds.items() if "str" in str(kind) or "Id" in str(kind)}
    assert words == {"district", "conference_id", "outcome", "reference", "language", "first_name", "alarm_id", "job"}


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_has_its_words_whatever_it_is_told(kind: MailKind) -> None:
    from zoneinfo import ZoneInfo

    from server.mail.words import write_words

    zone = ZoneInfo("Europe/London")
    for count, late in ((0, 1), (1, 0), (2, 3)):
        facts = MailFacts(
            count=count, late=late, starts_at=datetime(2026, 6, 1, 9, tzinfo=UTC), day=date(2026, 6, 2), district="Watford",
            conference_id="c", outcome="no_response", positions=((1, date(2026, 6, 3)),),
        )  # fmt: skip
        words = write_words(kind, facts, PAGES, zone)
        assert words.subject
        assert "\n" not in words.subject
        assert PAGES in words.body or kind is MailKind.REFERRAL_OUTCOME
        assert "  " not in words.subject
        assert "\n\n\n" not in words.body, words.body
        assert not words.body.startswith("\n")
