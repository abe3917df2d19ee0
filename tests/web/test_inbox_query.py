"""What the referral inbox asks of the database, on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta

from server.database.engine import Database
from server.queries.referrals import inbox
from server.tables.referrals.referral import referral
from shared.model.codes import ReferralState
from shared.rules.duplicates import likely_duplicates
from tests.web import county
from tests.web.conftest import Browser

NEW = [ReferralState.RECEIVED]


def test_the_inbox_holds_the_districts_referrals_first_due_first(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        rows = inbox.list_inbox(session, [county.WATFORD], [], NEW)
        none = inbox.list_inbox(session, [], [], NEW)
    assert [row.referral.id for row in rows] == ["r1", "r2", "r4"]
    assert none == []


def test_a_teams_referral_is_there_with_its_names(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        session.execute(referral.update().where(referral.c.id == "r5").values(assigned_worker_id="aisha"))
        rows = inbox.list_inbox(session, [], ["watford-outreach"], [ReferralState.ASSIGNED])
    assert [(row.referral.id, row.team_name, row.assigned_to, row.district_name) for row in rows] == [
        ("r5", "Beacon Watford", "Aisha N", "Watford")
    ]


def test_counts_are_by_state(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        assert inbox.count_by_state(session, [county.WATFORD], []) == {
            "received": 3,
            "needs_information": 1,
            "assigned": 1,
        }


def test_a_known_site_near_by_says_who_was_last_seen_there(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        near = inbox.list_near_sites(session, ["r1", "r3", "r4", "r5"])
    assert [(each.referral_id, each.site_id, each.known_as) for each in near] == [
        ("r1", "stairwell", "Marek"),
        ("r5", "shelter", "Red"),
    ]
    assert near[0].distance_m < 50
    assert near[0].last_seen_at == now.replace(hour=2, minute=11)


def test_reports_of_one_doorway_are_found_as_likely_duplicates(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        first = inbox.find_inbox_row(session, "r1")
        assert first is not None
        near = inbox.list_near_referrals(session, [first.referral])
    (likely,) = likely_duplicates(first.referral, near["r1"])
    assert likely.referral_id == "r2"
    assert "35 minutes apart" in likely.reasons


def test_an_old_report_of_the_same_place_is_not_compared(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        county.put_referral(session, now - timedelta(days=40), "r9", at=(51.66385, -0.39610))
        first = inbox.find_inbox_row(session, "r1")
        assert first is not None
        near = inbox.list_near_referrals(session, [first.referral])
    assert [each.id for each in near["r1"] if each.position] == ["r2"]


def test_a_referral_without_a_point_is_compared_with_all_of_these_days(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        county.put_referral(session, now, "r8", hours=3, description="homeless man near Tesco again")
        third = inbox.find_inbox_row(session, "r3")
        assert third is not None
        near = inbox.list_near_referrals(session, [third.referral])
    assert [each.id for each in near["r3"]] == ["r8", "r4", "r2", "r1", "r5"]


def test_teams_come_with_their_workers(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        assignees = inbox.list_assignees(session, county.WATFORD)
    assert [each.worker_name for each in assignees] == ["", "Aisha N", "Dean R", "Tom E"]


def test_what_is_over_stands_the_last_first_and_is_not_late(
    filled: Database, now: datetime, browse: Callable[[str], Browser]
) -> None:
    with filled.writing() as session:
        for name, hours, ended in (("o1", 2000, 900), ("o2", 1500, 100), ("o3", 1200, 500)):
            county.put_referral(session, now, name, hours=hours, state="closed")
            ended_at = {"closed_at": now - timedelta(hours=ended)}
            session.execute(referral.update().where(referral.c.id == name).values(**ended_at))
        over = [ReferralState.CLOSED, ReferralState.DUPLICATE_OF, ReferralState.WRONG_AREA]
        rows = inbox.list_inbox(session, [county.WATFORD], [], over)
    assert [row.referral.id for row in rows if row.referral.id.startswith("o")] == ["o2", "o3", "o1"]
    page = browse("tom").get("/referrals?show=closed").text
    assert "was due" not in page and "late" not in page.partition("<h2")[0].partition("<h1")[2]


def test_the_inbox_counts_late_ones_of_all_pages(
    filled: Database, now: datetime, browse: Callable[[str], Browser]
) -> None:
    with filled.writing() as session:
        for number in range(40):
            county.put_referral(session, now, f"l{number}", hours=1000 + number)
    with filled.reading() as session:
        late = inbox.count_late(session, [county.WATFORD], [], now.date())
    assert late >= 40
    tom = browse("tom")
    assert all(f"{late} late" in tom.get(f"/referrals?show=new&page_number={page}").text for page in (1, 2))
