"""A case conference from its first date to its minutes, through the one door, on both databases."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from server.access import Access
from server.actions.cases import answers, chasing, priorities
from server.actions.conferences import attendance, circulating, conferences, discussion
from server.actions.conferences.discussion import CaseEnd
from server.actions.conferences.minutes import compose_minutes
from server.actions.conferences.papers import compose_paper
from server.problems import Failure, Forbidden, Invalid, NotFound
from server.queries.cases import case_actions, case_list, cases
from server.queries.conferences import conferences as stored
from server.queries.conferences import discussion as meeting
from server.queries.conferences import seats
from server.queries.operation import audit, outbox
from server.queries.partnership.agencies import find_agency
from server.tables.people.person import person_merge, person_need
from shared.model.agency import Agency
from shared.model.codes import CaseState, SupportNeed
from shared.model.conference import CaseConference
from shared.model.mail import MailKind
from shared.policy import Act
from tests.server.conferences.conftest import FILES, item_at
from tests.web import county

IN_FOUR_WEEKS = timedelta(days=28)


def call(access: Access, starts_at: datetime | None = None) -> CaseConference:
    return conferences.schedule_conference(
        access, county.WATFORD, starts_at or access.now + IN_FOUR_WEEKS, "Town Hall", "priya", "tom"
    )


def agenda_of(access: Access, conference_id: str) -> list[str]:
    return [item.case_id for item in stored.list_items(access.session, conference_id)]


# ------------------------------------------------------------------------------------------------------------ preparing
def test_an_agenda_is_chosen_by_rule_carried_over_first(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        items = stored.list_items(access.session, conference.id)
        left_out = stored.list_left_out(access.session, conference.id)
    assert len(items) == 15
    assert (items[0].case_id, items[0].carried_over) == ("case-joan", True)
    assert items[1].case_id == "case-p01"
    assert {each.case_id for each in left_out} == {"case-p15", "case-p16", "case-stefan"}
    assert all(each.reason.startswith("The agenda holds 15 cases") for each in left_out)


def test_a_need_that_a_joined_record_tells_of_counts_for_the_order(enter, watford: Any, now: datetime) -> None:
    with enter("priya") as access:
        before, _ = priorities.rank_district(access, county.WATFORD)
    with watford.writing() as session:
        merge = {"id": "m1", "from_id": "p09", "into_id": "p12", "at": now, "worker_id": "priya"}
        county.add(session, person_merge, merge)
        told = {"person_id": "p09", "need": "alcohol", "worker_id": "aisha", "contact_id": None}
        for hours, said in ((2, "yes"), (1, "no")):
            at = now - timedelta(hours=hours)
            county.add(session, person_need, {**told, "id": f"n{hours}", "receiving_support": said, "at": at})
        older = {**told, "id": "own", "person_id": "p12", "need": "drugs", "receiving_support": "no"}
        county.add(session, person_need, {**older, "at": now - timedelta(hours=3)})
        helped = {**told, "id": "helped", "need": "drugs", "receiving_support": "yes"}
        county.add(session, person_need, {**helped, "at": now - timedelta(hours=2)})
    with enter("priya") as access:
        after, listed = priorities.rank_district(access, county.WATFORD)
        found = {
            need: [
                each.case_id for each in case_list.list_cases(access.session, county.WATFORD, view, today=access.today)
            ]
            for need in (SupportNeed.ALCOHOL, SupportNeed.DRUGS)
            for view in [case_list.CaseListView(need=need)]
        }
    assert [each.need for each in listed["case-p12"].needs] == ["alcohol", "drugs"]
    assert [each.value for each in listed["case-p12"].row.unsupported_needs] == ["alcohol"]
    assert "case-p12" in found[SupportNeed.ALCOHOL]
    assert "case-p12" not in found[SupportNeed.DRUGS]
    first, then = (next(each.rank for each in ranked if each.case_id == "case-p12") for ranked in (before, after))
    assert then < first


def test_somebody_only_put_forward_is_not_on_the_agenda_yet(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        every = set(agenda_of(access, conference.id)) | {
            each.case_id for each in stored.list_left_out(access.session, conference.id)
        }
    assert not every & {"case-marek", "case-red", "case-kay", "case-lee", "case-noor"}


def test_chair_and_minute_taker_must_be_two_people(enter) -> None:
    with enter("priya") as access, pytest.raises(Invalid) as refused:
        conferences.schedule_conference(access, county.WATFORD, access.now, "", "priya", "priya")
    assert "different people" in refused.value.errors[0]


def test_a_swap_is_kept_with_its_reason(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        conferences.swap_cases(access, conference.id, "case-p14", "case-stefan", "leaves hospital on Friday")
        item = next(i for i in stored.list_items(access.session, conference.id) if i.case_id == "case-stefan")
        out = next(o for o in stored.list_left_out(access.session, conference.id) if o.case_id == "case-p14")
    assert item.reason == "Put on by the coordinator: leaves hospital on Friday"
    assert out.reason == "Taken off by the coordinator: leaves hospital on Friday"


def test_a_swap_without_a_reason_is_refused(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        with pytest.raises(Invalid):
            conferences.swap_cases(access, conference.id, "case-p14", "case-stefan", " ")


def test_a_place_given_by_the_coordinator_holds_and_can_be_lifted(enter) -> None:
    with enter("priya") as access:
        priorities.place_case(access, "case-p16", 1, "in hospital, leaves Friday")
        ranked, _ = priorities.rank_district(access, county.WATFORD)
        assert (ranked[0].case_id, ranked[0].override.rank) == ("case-p16", 1)
        assert ranked[0].grounds[0].startswith("Priya S placed this at 1")
        priorities.lift_place(access, "case-p16")
        ranked, _ = priorities.rank_district(access, county.WATFORD)
    assert ranked[0].case_id != "case-p16"


def test_general_data_counts_in_the_order(enter) -> None:
    with enter("priya") as access:
        priorities.change_general(access, "case-p16", {"evicted": True})
        priorities.change_general(access, "case-p16", {"evicted": False, "eviction_risk": True})
        ranked, cases = priorities.rank_district(access, county.WATFORD)
    assert (
        "At risk of eviction or on a final warning, not receiving support"
        in next(r for r in ranked if r.case_id == "case-p16").grounds
    )
    assert not cases["case-p16"].general.evicted


# ---------------------------------------------------------------------------------------------------------- circulating
def test_three_days_before_is_in_time_and_later_is_kept_as_a_warning(enter) -> None:
    with enter("priya") as access:
        in_time = circulating.circulate(access, FILES, call(access, access.now + timedelta(days=3)).id)
        late = circulating.circulate(access, FILES, call(access, access.now + timedelta(days=2)).id)
    assert {row.warning for row in in_time} == {""}
    assert all(row.warning.startswith("Circulated 2 days before.") for row in late)


def test_an_agency_whose_agreement_expired_is_sent_nothing(enter) -> None:
    with enter("priya") as access:
        sent = {row.agency_id: row for row in circulating.circulate(access, FILES, call(access).id)}
    assert set(sent) == {"beacon", "cgl", "probation", "watford-housing"}
    assert sent["probation"].withheld.startswith("Probation's agreement expired on 1 November 2026.")
    assert (sent["probation"].cases, sent["cgl"].cases) == (0, 15)


def agency_of(access: Any, agency_id: str) -> Agency:
    found = find_agency(access.session, agency_id)
    assert found is not None
    return found


def test_a_partner_reads_who_and_when_and_never_where(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        conferences.swap_cases(access, conference.id, "case-p14", "case-stefan", "station stairwell is being fenced")
        paper = compose_paper(access, conference, agency_of(access, "cgl"))
        own = compose_paper(access, conference, agency_of(access, "beacon"))
    text = repr(paper).casefold()
    assert len(paper.cases) == 15
    assert "stairwell" not in text
    assert "stairwell" in repr(own).casefold()
    assert all(case.works_with for case in own.cases)
    assert not any(case.works_with for case in paper.cases)


def test_an_expired_agency_gets_an_empty_paper(enter) -> None:
    with enter("priya") as access:
        paper = compose_paper(access, call(access), agency_of(access, "probation"))
    assert paper.cases == ()
    assert "until it is signed" in paper.withheld


def test_public_health_and_other_districts_have_no_seat(enter) -> None:
    with enter("priya") as access:
        names = [agency.id for agency in seats.list_seats(access.session, county.WATFORD)]
        chairs = dict(seats.list_people_at_the_table(access.session, county.WATFORD))
    assert "county" not in names
    assert "three-rivers-housing" not in names
    assert {"priya", "tom", "ruth"} <= set(chairs)
    assert not {"rowan", "helen", "omar"} & set(chairs)


# ---------------------------------------------------------------------------------------------------------- discussing
def test_two_people_type_about_one_case_and_no_line_is_lost(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        first = discussion.save_note(
            access, conference.id, item_at(access, conference.id, 1), base="", notes="Foot sore"
        )
    with enter("tom") as access:
        other = discussion.save_note(
            access, conference.id, item_at(access, conference.id, 1), base="Foot sore", notes="Foot sore\nGP booked"
        )
    with enter("priya") as access:
        last = discussion.save_note(
            access, conference.id, item_at(access, conference.id, 1), base="Foot sore", notes="Foot sore\nCGL to ring"
        )
    assert (first.version, other.version, last.version) == (1, 2, 3)
    assert last.notes == "Foot sore\nGP booked\nCGL to ring"
    assert last.merged


def test_eight_people_type_at_the_same_moment_and_no_line_is_lost(enter) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with enter("priya") as access:
        conference_id = call(access).id

    def type_line(number: int) -> int:
        with enter("priya") as access:
            line = f"line {number}"
            return discussion.save_note(
                access, conference_id, item_at(access, conference_id, 1), base="", notes=line
            ).version

    with ThreadPoolExecutor(max_workers=8) as people:
        versions = sorted(people.map(type_line, range(8)))
    with enter("priya") as access:
        item = stored.list_items(access.session, conference_id)[0]
        note = stored.find_note(access.session, item.id)
    assert sorted(note.notes.split("\n")) == [f"line {number}" for number in range(8)]
    assert versions == list(range(1, 9))


def test_sending_the_same_text_twice_stores_it_once(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        once = discussion.save_note(access, conference.id, item_at(access, conference.id, 2), base="", notes="a\r\nb")
        again = discussion.save_note(access, conference.id, item_at(access, conference.id, 2), base="", notes="a\nb")
    assert again.version == once.version == 1
    assert again.notes == "a\nb"


def test_too_long_a_note_is_refused_and_what_was_stored_stays(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        discussion.save_note(access, conference.id, item_at(access, conference.id, 1), base="", notes="kept")
        with pytest.raises(Invalid):
            discussion.save_note(
                access, conference.id, item_at(access, conference.id, 1), base="kept", notes="x" * 20_001
            )
        items = stored.list_items(access.session, conference.id)
        assert stored.find_note(access.session, items[0].id).notes == "kept"


def test_an_action_needs_words_an_owner_and_a_day_to_come(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        with pytest.raises(Invalid) as refused:
            discussion.agree_action(
                access,
                conference.id,
                item_at(access, conference.id, 1),
                text=" ",
                agency_id=None,
                due_on=access.today - timedelta(days=1),
            )
    assert len(refused.value.errors) == 3


def test_a_mistyped_action_can_be_taken_back_until_the_end(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        due = access.today + timedelta(days=14)
        action = discussion.agree_action(
            access, conference.id, item_at(access, conference.id, 1), text="asessment", agency_id="cgl", due_on=due
        )
        discussion.take_back_action(access, conference.id, action.id)
        assert case_actions.list_actions(access.session, ["case-joan"]) == []
        with pytest.raises(NotFound):
            discussion.take_back_action(access, conference.id, action.id)


# -------------------------------------------------------------------------------------------------------------- ending
def test_at_the_end_each_case_moves_on_and_the_minutes_say_what_was_agreed(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        due = date(2026, 11, 28)
        discussion.save_note(access, conference.id, item_at(access, conference.id, 1), base="", notes="Doing well")
        discussion.save_outcome(access, conference.id, item_at(access, conference.id, 1), based_on=0, outcome="Settled")
        discussion.agree_action(
            access, conference.id, item_at(access, conference.id, 1), text="assessment", agency_id="cgl", due_on=due
        )
        discussion.agree_action(
            access,
            conference.id,
            item_at(access, conference.id, 2),
            text="viewing",
            agency_id="watford-housing",
            due_on=due,
        )
        attendance.note_attendance(access, conference.id, "cgl", attended=True, apologies=True, name="Ruth Adeyemi")
        attendance.note_attendance(access, conference.id, "probation", attended=False, apologies=True, name="")
        ends = {"case-p02": CaseEnd.NOT_REACHED, "case-p03": CaseEnd.CLOSE}
        finished = discussion.finish_conference(access, conference.id, ends)
        minutes = compose_minutes(access, finished)
        after = {c.id: c for c in cases.list_cases_by_id(access.session, agenda_of(access, conference.id))}
    assert (after["case-joan"].mdt_number, after["case-joan"].state) == (3, CaseState.OPEN)
    assert (after["case-p01"].mdt_number, after["case-p01"].state) == (2, CaseState.OPEN)
    assert (after["case-p02"].mdt_number, after["case-p02"].state) == (1, CaseState.LISTED)
    assert (after["case-p03"].state, after["case-p03"].closed_at) == (CaseState.CLOSED, finished.finished_at)
    assert (minutes.cases[0].mdt_number, minutes.cases[0].notes) == (2, "Doing well")
    assert [case.reached for case in minutes.cases][:4] == [True, True, False, True]
    assert [(each.name, each.paste) for each in minutes.by_agency] == [
        ("CGL Spectrum", "• Case 1 on the agenda: assessment by 28 Nov"),
        ("Watford Housing", "• Case 2 on the agenda: viewing by 28 Nov"),
    ]
    assert minutes.present == ("CGL Spectrum (Ruth Adeyemi)",)
    assert minutes.apologies == ("Probation",)


def test_no_name_is_in_what_goes_into_an_email(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        discussion.agree_action(
            access,
            conference.id,
            item_at(access, conference.id, 1),
            text="assessment",
            agency_id="cgl",
            due_on=access.today,
        )
        minutes = compose_minutes(access, conference)
    assert "Joan" in minutes.cases[0].known_as
    assert not any("Joan" in each.paste for each in minutes.by_agency)


def test_ending_twice_moves_nobody_twice_and_nothing_more_is_typed(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        discussion.finish_conference(access, conference.id, {})
        discussion.finish_conference(access, conference.id, {})
        assert cases.get_case(access.session, "case-joan").mdt_number == 3
        with pytest.raises(Failure):
            discussion.save_note(access, conference.id, item_at(access, conference.id, 1), base="", notes="late")
        with pytest.raises(Failure):
            circulating.circulate(access, FILES, conference.id)


def test_an_agency_is_told_at_the_end_of_what_it_still_owes_alone(enter, watford: Any) -> None:
    with enter("priya") as access:
        made = call(access)
        due = access.today + timedelta(days=5)
        item = item_at(access, made.id, 2)
        first = discussion.agree_action(access, made.id, item, text="Ring her", agency_id="cgl", due_on=due)
        discussion.agree_action(access, made.id, item, text="Visit her", agency_id="cgl", due_on=due)
        third = discussion.agree_action(access, made.id, item, text="Find her a bed", agency_id="beacon", due_on=due)
    with enter("ruth") as access:
        answers.finish_action(access, first.id, "Rang her on Monday")
    with enter("priya") as access:
        chasing.finish_for(access, third.id, "Tom, on the telephone", "")
        discussion.finish_conference(access, made.id, {})
        told = {
            each.mail.agency_id: each.mail.facts.count
            for each in outbox.list_posted(access.session)
            if each.mail.kind is MailKind.CONFERENCE_ACTIONS
        }
    assert told == {"cgl": 1}


def test_what_was_agreed_between_two_conferences_is_no_word_about_a_case(enter) -> None:
    with enter("priya") as access:
        made = call(access)
        due = access.today + timedelta(days=40)
        chasing.add_between(access, county.WATFORD, "case-p01", text="Visit her", agency_id="cgl", due_on=due)

    def spoken_of() -> set[str]:
        _, endings, _ = discussion.list_endings(access, made.id)
        return {each.case.id for each in endings if each.has_words}

    with enter("priya", IN_FOUR_WEEKS) as access:
        assert spoken_of() == set()
        item = item_at(access, made.id, 3)
        discussion.agree_action(access, made.id, item, text="Ring him", agency_id="cgl", due_on=due)
        assert spoken_of() == {"case-p02"}


def test_an_outcome_in_a_word_alone_is_said_of_its_case_and_stands_in_the_minutes(enter) -> None:
    with enter("priya") as access:
        made = call(access)
        item = item_at(access, made.id, 2)
        discussion.save_outcome(access, made.id, item, based_on=0, outcome="", code="long_term_home")
        _, endings, _ = discussion.list_endings(access, made.id)
        spoken_of = {each.case.id: each.has_words for each in endings}
        discussion.finish_conference(access, made.id, {})
        minutes = compose_minutes(access, made)
    assert (spoken_of["case-p01"], spoken_of["case-p02"]) == (True, False)
    assert [each.outcome_code for each in minutes.cases if each.case_id == "case-p01"] == ["long_term_home"]


def test_those_not_reached_come_first_next_time(enter) -> None:
    with enter("priya") as access:
        first = call(access, access.now)
        discussion.finish_conference(access, first.id, {"case-p05": CaseEnd.NOT_REACHED})
    with enter("priya", timedelta(days=28)) as access:
        second = call(access)
        items = stored.list_items(access.session, second.id)
    carried = [item.case_id for item in items if item.carried_over]
    assert "case-p05" in carried
    assert [item.carried_over for item in items] == [True] * 12 + [False] * 3  # three places are for people new to it


# --------------------------------------------------------------------------------------------------------- who may what
def test_another_districts_coordinator_finds_no_such_conference(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
    with enter("rowan") as access, pytest.raises(NotFound):
        conferences.open_conference(access, conference.id, Act.SEE_CONFERENCE)
    with enter("rowan") as access, pytest.raises(NotFound):
        conferences.open_conference(access, "no-such-thing", Act.SEE_CONFERENCE)


def test_a_commissioner_and_a_partner_may_not_prepare_one(enter) -> None:
    for worker_id in ("helen", "ruth", "omar", "aisha"):
        with enter(worker_id) as access, pytest.raises(Forbidden):
            call(access)


def test_a_partner_answers_its_own_actions_and_nobody_elses(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        due = access.today + timedelta(days=2)
        ours = discussion.agree_action(
            access, conference.id, item_at(access, conference.id, 1), text="assessment", agency_id="cgl", due_on=due
        )
        theirs = discussion.agree_action(
            access,
            conference.id,
            item_at(access, conference.id, 1),
            text="viewing",
            agency_id="watford-housing",
            due_on=due,
        )
    with enter("ruth") as access:
        done = answers.finish_action(access, ours.id, "seen on Tuesday")
        assert (done.done_by, done.done_note) == ("ruth", "seen on Tuesday")
        with pytest.raises(Failure):
            answers.finish_action(access, ours.id, "again")
    with enter("ruth") as access, pytest.raises(NotFound):
        answers.explain_action(access, theirs.id, "not ours")


def test_a_missed_action_is_red_for_all_until_it_is_explained(enter) -> None:
    from shared.rules.actions import is_red_flag

    with enter("priya") as access:
        conference = call(access)
        action = discussion.agree_action(
            access, conference.id, item_at(access, conference.id, 1), text="a", agency_id="cgl", due_on=access.today
        )
    with enter("ruth", timedelta(days=1)) as access:
        (missed,) = case_actions.list_missed(access.session, [county.WATFORD], access.today)
        assert (missed.action.id, missed.agency_name, missed.known_as) == (action.id, "CGL Spectrum", "Joan Carter")
        assert is_red_flag(missed.action, access.today)
        with pytest.raises(Invalid):
            answers.explain_action(access, action.id, "")
        explained = answers.explain_action(access, action.id, "he moved to Luton")
        assert not is_red_flag(explained, access.today)


def test_a_written_update_reaches_the_minutes(enter) -> None:
    with enter("priya") as access:
        conference = call(access)
    with enter("ruth") as access:
        answers.write_update(access, conference.id, "case-joan", "Script restarted on Monday.")
        with pytest.raises(NotFound):
            answers.write_update(access, conference.id, "case-noor", "x")
        with pytest.raises(Invalid):
            answers.write_update(access, conference.id, "case-joan", " ")
    with enter("priya") as access:
        minutes = compose_minutes(access, conference)
    assert minutes.cases[0].updates == (("CGL Spectrum", "Script restarted on Monday."),)


def test_the_meeting_reads_of_a_case_just_what_was_written_of_it(enter) -> None:
    with enter("priya") as access:
        conference = call(access, access.now)
        discussion.save_note(access, conference.id, item_at(access, conference.id, 1), base="", notes="Doing well")
        discussion.save_outcome(access, conference.id, item_at(access, conference.id, 1), based_on=0, outcome="Flat")
        discussion.save_note(access, conference.id, item_at(access, conference.id, 2), base="", notes="Another case")
    with enter("ruth") as access:
        for text in ("Script restarted on Monday.", "And kept."):
            answers.write_update(access, conference.id, "case-joan", text)
    with enter("priya") as access:
        discussion.finish_conference(access, conference.id, {})
        first, second = (
            discussion.open_item(access, conference.id, item_at(access, conference.id, position))[1]
            for position in (1, 2)
        )
        written = meeting.find_written(access.session, first)
        assert written.note == stored.look_at_note(access.session, first.id)
        assert written.updates == (("CGL Spectrum", "Script restarted on Monday."), ("CGL Spectrum", "And kept."))
        assert list(written.reviews) == stored.list_reviews(access.session, [first.case_id])[first.case_id]
        assert (written.note.notes, written.reviews[-1].notes) == ("Doing well", "Doing well")
        assert meeting.find_written(access.session, second).updates == ()


def test_every_step_leaves_its_audit_line(enter, watford) -> None:
    with enter("priya") as access:
        conference = call(access)
        circulating.circulate(access, FILES, conference.id)
    with watford.reading() as session:
        lines = audit.list_lines(session, subject_kind="conference", subject_id=conference.id)
    assert {(line.actor_id, line.action) for line in lines} == {("priya", "prepare_conference")}
