"""What Tom does with a referral, and what the team's phones then hear."""

from collections.abc import Callable
from datetime import datetime

import msgspec
import pytest
from sqlalchemy import select

from server.access import Access, Door
from server.actions.referrals.referrals import (
    assign_referral,
    close_referral,
    offer_referral,
    progress_referral,
    reopen_referral,
)
from server.database.engine import Database
from server.problems import Forbidden, Invalid, NotFound
from server.queries.partnership import workers
from server.queries.referrals import inbox
from server.queries.sync.store import list_changes
from server.tables.referrals.referral import referral
from server.tables.sync.sync import feed
from shared.model.codes import ReferralState
from tests.web import county


@pytest.fixture
def door(filled: Database, now: datetime, new_id: Callable[[], str]) -> Callable[[str], Door]:
    def make(worker_id: str) -> Door:
        with filled.reading() as session:
            return Door(filled, workers.get_worker(session, worker_id), now, new_id, may_change=True)

    return make


def types_heard(access: Access, referral_id: str) -> list[str]:
    return [each.change.t for each in list_changes(access.session, referral_id) if each.change is not None]


def live_scopes(access: Access) -> set[str]:
    return set(access.session.scalars(select(feed.c.scope).where(feed.c.live.is_(True), feed.c.op == "put")))


def test_an_assigned_referral_is_the_workers_and_reaches_the_teams_phones(door: Callable[[str], Door]) -> None:
    with door("tom").open() as access:
        assign_referral(access, "r1", "watford-outreach", "aisha")
        row = inbox.find_inbox_row(access.session, "r1")
        assert row is not None
        assert (row.referral.state, row.team_name, row.assigned_to) == (
            ReferralState.ASSIGNED,
            "Beacon Watford",
            "Aisha N",
        )
        assert types_heard(access, "r1") == ["referral.received", "referral.progressed", "referral.patched"]
        assert live_scopes(access) == {"team:watford-outreach"}


def test_a_referral_already_on_phones_is_not_sent_whole_again(door: Callable[[str], Door]) -> None:
    with door("tom").open() as access:
        assign_referral(access, "r1", "watford-outreach")
        assign_referral(access, "r1", "watford-outreach", "dean")
        assert types_heard(access, "r1").count("referral.received") == 1


def test_one_that_is_opened_again_is_sent_whole_as_phones_let_it_go_meanwhile(door: Callable[[str], Door]) -> None:
    with door("tom").open() as access:
        assign_referral(access, "r1", "watford-outreach")
        close_referral(access, "r1", "person_found_taken_to_shelter")
        heard = types_heard(access, "r1")
        reopen_referral(access, "r1")
        assert types_heard(access, "r1") == [*heard, "referral.received", "referral.progressed"]


def test_a_team_that_does_not_walk_there_cannot_be_given_it(door: Callable[[str], Door]) -> None:
    with pytest.raises(Invalid), door("tom").open() as access:
        assign_referral(access, "r1", "another-team")


def test_a_state_that_may_not_follow_is_refused_in_words(door: Callable[[str], Door]) -> None:
    with door("tom").open() as access:
        close_referral(access, "r1", "person_found_taken_to_shelter")
    with pytest.raises(Invalid) as refused, door("tom").open() as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION)
    assert "It is over already" in refused.value.errors[0]


def test_an_outcome_closes_it_with_streetlinks_words(door: Callable[[str], Door], filled: Database) -> None:
    with door("tom").open() as access:
        close_referral(access, "r5", "person_found_engaging_with_services", "Met at the shelter")
    with filled.reading() as session:
        row = inbox.find_inbox_row(session, "r5")
        steps = inbox.list_steps(session, "r5")
    assert row is not None
    assert (row.referral.state, row.outcome) == (ReferralState.CLOSED, "person found - engaging with services")
    assert [(step.state, step.by, step.note) for step in steps] == [
        (ReferralState.CLOSED, "Tom E", "Met at the shelter")
    ]


def test_two_reports_of_one_doorway_become_one(door: Callable[[str], Door]) -> None:
    with door("tom").open() as access:
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1")
        row = inbox.find_inbox_row(access.session, "r2")
    assert row is not None
    assert row.referral.duplicate_of == "r1"


def test_a_referral_offered_to_another_district_leaves_the_teams_phones(door: Callable[[str], Door]) -> None:
    with door("tom").open() as access:
        assign_referral(access, "r4", "watford-outreach")
        offer_referral(access, "r4", county.THREE_RIVERS)
        row = inbox.find_inbox_row(access.session, "r4")
        assert live_scopes(access) <= {"team:"}, "no phone follows the scope of no team"
    assert row is not None
    assert (row.district_name, row.referral.state, row.referral.team_id) == (
        "Three Rivers",
        ReferralState.RECEIVED,
        None,
    )
    with pytest.raises(NotFound), door("tom").open() as access:
        progress_referral(access, "r4", ReferralState.NEEDS_INFORMATION)


def test_each_step_leaves_an_audit_line(door: Callable[[str], Door], filled: Database) -> None:
    from server.queries.operation.audit import list_lines

    with door("tom").open() as access:
        assign_referral(access, "r1", "watford-outreach")
    with filled.reading() as session:
        (line,) = list_lines(session, subject_kind="referral", subject_id="r1")
    assert (line.actor_id, line.action, line.allowed) == ("tom", "assign_referral", True)


@pytest.mark.parametrize(("who", "answer"), [("aisha", Forbidden), ("helen", Forbidden), ("rowan", NotFound)])
def test_others_cannot_assign(door: Callable[[str], Door], who: str, answer: type[Exception]) -> None:
    with pytest.raises(answer), door(who).open() as access:
        assign_referral(access, "r1", "watford-outreach")


def test_the_change_carries_the_step_as_a_phone_reads_it(door: Callable[[str], Door]) -> None:
    from shared.model.referral import ReferralProgress

    with door("tom").open() as access:
        progress_referral(access, "r5", ReferralState.LOOKED_FOR, note="Shelter empty at eleven")
        (_, fact) = list_changes(access.session, "r5")
    assert fact.change is not None
    step = msgspec.json.decode(fact.change.p, type=ReferralProgress)
    assert (step.referral_id, step.note, step.worker_id) == ("r5", "Shelter empty at eleven", "tom")
    assert fact.change.dev == 0


def test_nothing_is_kept_of_a_step_that_fails(door: Callable[[str], Door], filled: Database) -> None:
    with pytest.raises(Invalid), door("tom").open() as access:
        offer_referral(access, "r1", county.WATFORD)
    with filled.reading() as session:
        assert session.scalar(select(referral.c.state).where(referral.c.id == "r1")) == "received"
