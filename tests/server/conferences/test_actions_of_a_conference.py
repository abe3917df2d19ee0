"""An action knows the conference at which it was agreed: it is told once, minuted there, and ends with no other."""

from datetime import timedelta
from typing import Any

import pytest

from server.actions.cases import chasing
from server.actions.conferences import circulating, conferences, discussion, kept, versions
from server.actions.conferences.discussion import CaseEnd
from server.actions.conferences.minutes import MinutedCase, compose_minutes
from server.actions.people import health
from server.problems import Failure, Invalid
from server.queries.cases import case_actions
from server.queries.conferences import conferences as stored
from server.queries.operation import outbox
from shared.model.conference import CaseConference
from shared.model.health import HealthFact, HealthKind
from shared.model.mail import MailFacts, MailKind
from tests.server.conferences.conftest import FILES, item_at
from tests.web import county


def call(access: Any, days: int) -> CaseConference:
    starts_at = access.now + timedelta(days=days)
    return conferences.schedule_conference(access, county.WATFORD, starts_at, "Town Hall", "priya", "tom")


def agree(access: Any, conference: CaseConference, text: str, position: int = 1) -> str:
    item = item_at(access, conference.id, position)
    due = access.today + timedelta(days=60)
    return discussion.agree_action(access, conference.id, item, text=text, agency_id="cgl", due_on=due).id


def told(access: Any, conference: CaseConference) -> list[MailFacts]:
    every = [each.mail for each in outbox.list_posted(access.session)]
    return [
        each.facts
        for each in every
        if each.kind is MailKind.CONFERENCE_ACTIONS and each.facts.conference_id == conference.id
    ]


def minuted(access: Any, conference: CaseConference) -> list[str]:
    return [each.action.text for case in compose_minutes(access, conference).cases for each in case.actions]


def test_an_action_of_a_case_that_was_not_reached_is_told_and_minuted_once(enter) -> None:
    with enter("priya") as access:
        first, second = call(access, 7), call(access, 14)
        agree(access, first, "Ring her")
        ended = discussion.finish_conference(access, first.id, {"case-joan": CaseEnd.NOT_REACHED})
        assert [each.count for each in told(access, first)] == [1]
        agree(access, second, "Visit her")
        last = discussion.finish_conference(access, second.id, {})
        assert [each.count for each in told(access, second)] == [1]
        assert (minuted(access, ended), minuted(access, last)) == (["Ring her"], ["Visit her"])


def test_an_action_between_two_conferences_was_told_then_and_belongs_to_neither(enter) -> None:
    with enter("priya") as access:
        conference = call(access, 7)
        between = chasing.add_between(
            access, county.WATFORD, "case-joan", text="Ring her", agency_id="cgl", due_on=access.today
        )
        with pytest.raises(Failure):
            discussion.take_back_action(access, conference.id, between.id)
        ended = discussion.finish_conference(access, conference.id, {})
        assert (told(access, conference), minuted(access, ended)) == ([], [])


def test_an_action_for_a_case_that_has_left_the_agenda_is_told(enter) -> None:
    with enter("priya") as access:
        conference = call(access, 7)
        agree(access, conference, "Ring her")
        agree(access, conference, "Visit him", 2)
        conferences.take_off_agenda(access, conference.id, "case-joan", "In hospital")
        discussion.finish_conference(access, conference.id, {})
        facts = told(access, conference)
        assert [[position for position, _ in each.positions] for each in facts] == [[0, 1]]


def test_a_conference_at_which_something_was_agreed_is_neither_called_off_nor_taken_away(enter) -> None:
    with enter("priya") as access:
        conference = call(access, 7)
        action = agree(access, conference, "Ring her")
        for end in (conferences.call_off, conferences.remove_conference):
            with pytest.raises(Invalid):
                end(access, conference.id)
        discussion.take_back_action(access, conference.id, action)
        assert conferences.call_off(access, conference.id).called_off_at
        assert stored.find_conference(access.session, conference.id) is not None


def test_what_was_agreed_when_a_case_was_closed_is_owed_still_and_what_was_agreed_before_is_not(enter) -> None:
    with enter("priya") as access:
        first, last = call(access, 7), call(access, 14)
        agree(access, first, "Ring her")
        discussion.finish_conference(access, first.id, {})
        agree(access, last, "See that she has settled")
        discussion.finish_conference(access, last.id, {"case-joan": CaseEnd.CLOSE})
        board = [each.action.text for each in chasing.list_board(access, county.WATFORD)]
        theirs = [each.action.text for each in case_actions.list_agency_actions(access.session, "cgl", None)]
        (late,) = case_actions.list_missed(access.session, [county.WATFORD], access.today + timedelta(days=90))
    assert board == theirs == [late.action.text] == ["See that she has settled"]


def test_what_was_agreed_when_a_case_was_closed_is_owed_for_nobody_who_died_since(enter, services) -> None:
    with enter("priya") as access:
        made = call(access, 7)
        agree(access, made, "See that she has settled")
        discussion.finish_conference(access, made.id, {"case-joan": CaseEnd.CLOSE})
        assert len(chasing.list_board(access, county.WATFORD)) == 1
    with enter("tom") as access:
        told = HealthFact(
            id="", person_id="joan", kind=HealthKind.DEATH, on=access.today, agency_id="", recorded_at=access.now,
            recorded_by="",
        )  # fmt: skip
        health.record_fact(access, services.project, told)
    with enter("priya") as access:
        assert chasing.list_board(access, county.WATFORD) == []
        assert case_actions.list_agency_actions(access.session, "cgl", None) == []
        assert case_actions.list_missed(access.session, [county.WATFORD], access.today + timedelta(days=90)) == []


def test_a_service_without_an_agreement_is_told_nothing_of_what_it_owes(enter) -> None:
    with enter("priya") as access:
        for agency_id in ("probation", "cgl"):
            chasing.add_between(
                access, county.WATFORD, "case-joan", text="Ring her", agency_id=agency_id, due_on=access.today
            )
        told = {each.mail.agency_id for each in outbox.list_posted(access.session)}
    assert told == {"cgl"}


def test_whoever_reads_the_minutes_reads_of_the_case_that_was_closed(enter) -> None:
    with enter("priya") as access:
        made = call(access, 7)
        circulating.circulate(access, FILES, made.id)
        discussion.save_outcome(access, made.id, item_at(access, made.id, 1), based_on=0, outcome="Housed")
        discussion.finish_conference(access, made.id, {"case-joan": CaseEnd.CLOSE})
        versions.check_minutes(access, made.id, 1)
        versions.circulate_minutes(access, FILES, made.id)
        (row,) = [
            each for each in stored.list_circulated(access.session, made.id, "minutes") if each.agency_id == "cgl"
        ]
        told = kept.open_kept(access.session, FILES, [row.id], MinutedCase)[row.id]
    assert "case-joan" in {each.case_id for each in told.cases}
