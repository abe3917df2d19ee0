"""No alert without an owner: whatever came in is in a tray that somebody reads, from the first moment until it is seen to."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal_column, select, update

from server.access import Door
from server.actions.referrals.desk import undo
from server.actions.referrals.referrals import close_referral, offer_referral, progress_referral, reopen_referral
from server.database.engine import Database
from server.importers.accounting import Importing
from server.importers.referrals import import_referrals
from server.importers.refused import Tray, WaitingRow
from server.importers.report import Reading
from server.importers.sources import PARSERS
from server.importers.undoing import undo as undo_file
from server.problems import Invalid, NotFound
from server.queries.partnership import workers
from server.queries.referrals import duty, imports, inbox
from server.queries.referrals.versions import count_open_versions
from server.queries.sync.store import find_scopes
from server.tables.partnership.agency import agreement
from server.tables.partnership.recipient import recipient
from server.tables.partnership.worker import worker, worker_role, worker_team
from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, alert_version, referral
from server.web.lead.trays import PAGE_LENGTH
from shared.model.codes import ReferralState
from shared.policy import Act
from tests.server.importers.rows import streetlink
from tests.web import county
from tests.web.conftest import Browser
from tests.web.test_pages import plain

LONDON = {"geo_latitude": "51.501", "geo_longitude": "-0.1419", "local_authority_name": "London"}
NOWHERE = {"geo_latitude": "", "geo_longitude": "", "postcode": "", "local_authority_name": ""}
IN_WATFORD = {"geo_latitude": "51.6565", "geo_longitude": "-0.3962"}


@pytest.fixture
def tray(app: Any) -> Tray:
    """What the server seals refused rows with."""
    found: Tray = app.dependencies["services"].dependency().tray
    return found


@pytest.fixture
def bring(filled: Database, tray: Tray, now: datetime, new_id: Callable[[], str], tmp_path: Path) -> Callable[..., Any]:
    """Imports StreetLink rows, each a dict of changed cells."""

    def import_rows(*changes: dict[str, str]) -> Any:
        data = streetlink(*changes)
        run = Importing("referrals", "streetlink", "monday.csv", data, now, new_id, tray=tray)
        return import_referrals(filled, run, PARSERS["streetlink"](data, Reading("Europe/London", now)), tmp_path)

    return import_rows


@pytest.fixture
def door(filled: Database, now: datetime, new_id: Callable[[], str]) -> Callable[[str], Door]:
    def make(worker_id: str) -> Door:
        with filled.reading() as session:
            return Door(filled, workers.get_worker(session, worker_id), now, new_id)

    return make


def id_of(filled: Database, number: str) -> str:
    with filled.reading() as session:
        found = session.scalar(select(referral.c.id).where(referral.c.number == number))
    assert found is not None
    return str(found)


def state_of(filled: Database, number: str) -> tuple[str, str | None]:
    with filled.reading() as session:
        row = session.execute(select(referral.c.state, referral.c.district_id).where(referral.c.number == number)).one()
    return row.state, row.district_id


def visible_to(door: Callable[[str], Door], *readers: str) -> set[str]:
    """Every referral that any of these leads and coordinators finds in their tabs or in the duty tray."""
    seen = set()
    for worker_id in readers:
        with door(worker_id).open() as access:
            mine, teams = access.actor.district_ids, access.teams_within(Act.SEE_REFERRAL)
            rows = inbox.list_inbox(access.session, mine, teams, list(ReferralState), limit=10_000)
            tray = duty.list_duty(access.session, limit=10_000)
        seen |= {row.referral.id for row in rows} | {each.row.referral.id for each in tray}
    return seen


PLACES_USED = [
    LONDON, NOWHERE, IN_WATFORD, {**NOWHERE, "local_authority_name": "Watford Borough Council"},
    {**NOWHERE, "local_authority_name": "Barnet"}, {**NOWHERE, "postcode": "SW1A 0AA"},
    {"geo_latitude": "51.6565", "geo_longitude": "0.3962"}, {"geo_latitude": "0", "geo_longitude": "0"},
]  # fmt: skip
PLACES = st.sampled_from(PLACES_USED)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PLACES, min_size=1, max_size=6), st.booleans())
def test_no_accepted_alert_is_invisible_to_everybody(
    filled: Database,
    bring: Callable[..., Any],
    door: Callable[[str], Door],
    places: list[dict[str, str]],
    has_lead: bool,
) -> None:
    bring(*({"alert_id": f"P{number}-{PLACES_USED.index(place)}", **place} for number, place in enumerate(places)))
    readers = ("tom", "priya", "rowan") if has_lead else ("rowan",)
    with filled.writing() as session:
        session.execute(update(worker).where(worker.c.id.in_(["tom", "priya"])).values(active=has_lead))
        everything = set(session.scalars(select(referral.c.id).where(referral.c.closed_at.is_(None))))
    assert everything <= visible_to(door, *readers)


@pytest.mark.parametrize(
    "where",
    [{"postcode": "SW1A 0AA"}, {"point": "51.5, -0.12"}, {"point": "48.85, 2.35"}, {"district": county.WATFORD},
     {"district": county.THREE_RIVERS}, {"postcode": "WD17 1EU"}],
)  # fmt: skip
@pytest.mark.parametrize("has_lead", [True, False])
def test_no_public_report_is_invisible_to_everybody(
    filled: Database,
    browse: Callable[[str], Browser],
    door: Callable[[str], Door],
    where: dict[str, str],
    has_lead: bool,
) -> None:
    sender = browse("rowan")
    sender.get("/report")
    page = sender.send("/report", key="k", place="By the arch", **where)
    assert page.status_code == 200
    with filled.writing() as session:
        session.execute(update(worker).where(worker.c.id.in_(["tom", "priya"])).values(active=has_lead))
        (kept,) = session.scalars(select(referral.c.id).where(referral.c.place == "By the arch"))
    assert kept in visible_to(door, *(("tom", "priya", "rowan") if has_lead else ("rowan",)))


def test_a_district_that_nobody_leads_is_the_duty_trays(filled: Database, bring: Callable[..., Any]) -> None:
    bring({"alert_id": "W1", **IN_WATFORD})
    with filled.writing() as session:
        assert duty.count_duty(session) == 0
        session.execute(update(worker).where(worker.c.id.in_(["tom", "priya"])).values(active=False))
        assert id_of(filled, "W1") in {each.row.referral.id for each in duty.list_duty(session, limit=100)}


def test_what_a_team_has_that_nobody_leads_is_the_duty_trays(
    filled: Database, door: Callable[[str], Door], now: datetime
) -> None:
    """Rowan coordinates Three Rivers and is on a team that has a report of Watford, which nobody leads any more."""
    with filled.writing() as session:
        session.execute(update(worker).where(worker.c.id.in_(["tom", "priya"])).values(active=False))
        county.add_team(session, "canal", county.THREE_RIVERS)
        county.add(session, worker_team, {"worker_id": "rowan", "team_id": "canal"})
        county.put_referral(session, now, "far", hours=3, state="assigned", place="Arch", team_id="canal")
    assert "far" in visible_to(door, "rowan")
    with filled.writing() as session:
        assert duty.is_nobodys(session, "far")
        county.add(session, worker_role, {"worker_id": "rowan", "role": "team_lead"})
        assert duty.is_nobodys(session, "far"), "a role that nobody agreed to is none"
        county.add(session, recipient, {"id": "tr-lead", "agency_id": "three-rivers-housing", "role": "team_lead",
                                        "founding": True, "proposed_at": now})  # fmt: skip
        assert not duty.is_nobodys(session, "far")


LAPSED = {
    "agreement": update(agreement).where(
        agreement.c.id == "agreement-0-information_sharing", agreement.c.agency_id == "beacon"
    ),
    "training": update(worker).where(worker.c.id == "tom"),
}


@pytest.mark.parametrize("what", sorted(LAPSED))
def test_a_district_whose_only_lead_may_see_nobody_today_is_the_duty_trays(
    filled: Database, bring: Callable[..., Any], browse: Callable[[str], Browser], now: datetime, what: str
) -> None:
    """Nobody opens Watford's inbox while the agreement, or the lead's training, has lapsed."""
    bring({"alert_id": "W1", **IN_WATFORD})
    last_day = now.date()
    values = {"agreement": {"expires_on": last_day}, "training": {"trained_on": last_day - timedelta(days=730)}}[what]
    with filled.writing() as session:
        session.execute(update(worker).where(worker.c.id == "priya").values(active=False))
        assert len(session.execute(LAPSED[what].values(values).returning(literal_column("1"))).all()) == 1
    number = id_of(filled, "W1")
    assert browse("tom").get(f"/referrals/{number}").status_code == 200
    rowan = browse("rowan")
    assert "W1" not in plain(rowan.get("/referrals/duty").text)
    assert rowan.get(f"/referrals/{number}").status_code == 404

    one_day_less = {each: day - timedelta(days=1) for each, day in values.items()}
    with filled.writing() as session:
        session.execute(LAPSED[what].values(one_day_less))
    assert browse("tom").get(f"/referrals/{number}").status_code == 403
    rowan = browse("rowan")
    assert "W1" in plain(rowan.get("/referrals/duty").text)
    assert rowan.get(f"/referrals/{number}").status_code == 200


@pytest.mark.parametrize("who", ["tom", "priya", "rowan"])
def test_every_lead_and_coordinator_sees_the_tray_and_its_count(
    bring: Callable[..., Any], browse: Callable[[str], Browser], who: str
) -> None:
    bring({"alert_id": "L1", **LONDON}, {"alert_id": "L2", **NOWHERE})
    browser = browse(who)
    assert "Duty tray (2)" in browser.get("/referrals").text
    page = browser.get("/referrals/duty")
    assert "L1" in page.text and "L2" in page.text
    assert "The place is in none of our districts." in plain(page.text)
    assert browser.get(re.search(r'/referrals/[0-9a-f-]{8,}"', page.text)[0].rstrip('"')).status_code == 200  # type: ignore[index]


def test_a_guess_is_accepted_with_one_press_and_is_new_in_that_district(
    filled: Database, bring: Callable[..., Any], browse: Callable[[str], Browser]
) -> None:
    bring({"alert_id": "L1", **NOWHERE, "local_authority_name": "Watfrod"})
    browser = browse("rowan")
    page = browser.get("/referrals/duty")
    assert "Give it to Watford" in page.text and "A guess: “Watfrod” looks like it" in plain(page.text)
    answer = browser.send(f"/referrals/duty/{id_of(filled, 'L1')}/take", district=county.WATFORD)
    assert "Nothing here" in answer.text
    assert state_of(filled, "L1") == ("received", county.WATFORD)


@pytest.mark.parametrize("row", [{**NOWHERE}, {**LONDON}])
def test_what_was_given_to_a_district_from_the_tray_is_in_it_again_when_that_is_undone(
    filled: Database, bring: Callable[..., Any], browse: Callable[[str], Browser], row: dict[str, str]
) -> None:
    bring({"alert_id": "L1", **row})
    stood, found = state_of(filled, "L1"), id_of(filled, "L1")
    browser = browse("rowan")
    page = browser.send(f"/referrals/duty/{found}/take", district=county.WATFORD)
    assert "Nothing here" in page.text and f"/referrals/duty/{found}/undo" in page.text
    page = browser.send(f"/referrals/duty/{found}/undo")
    assert "L1" in page.text and state_of(filled, "L1") == stood
    with filled.reading() as session:
        assert duty.count_duty(session) == 1
        assert find_scopes(session, found) <= {"team:"}
    assert "more than ten minutes ago" in browse("tom").send(f"/referrals/duty/{found}/undo").text


def test_what_is_no_place_of_ours_leaves_the_tray_and_can_be_opened_again(
    filled: Database, bring: Callable[..., Any], browse: Callable[[str], Browser], door: Callable[[str], Door]
) -> None:
    bring({"alert_id": "L1", **LONDON})
    answer = browse("tom").send(f"/referrals/duty/{id_of(filled, 'L1')}/elsewhere")
    assert "Nothing here" in answer.text
    assert state_of(filled, "L1")[0] == "wrong_area"
    with door("tom").open() as access:
        reopen_referral(access, id_of(filled, "L1"))
        assert duty.count_duty(access.session) == 1


def test_a_worker_has_no_tray(browse: Callable[[str], Browser]) -> None:
    assert browse("aisha").get("/referrals/duty").status_code == 403
    assert browse("ruth").get("/referrals/refused").status_code == 403


def test_a_refused_row_is_mended_in_place(
    filled: Database, tray: Tray, bring: Callable[..., Any], browse: Callable[[str], Browser]
) -> None:
    bring({"alert_id": "R1", "datetime_opened": "31/11/2026 10:00", **IN_WATFORD})
    browser = browse("tom")
    page = browser.get("/referrals/refused")
    assert "Refused rows (1)" in page.text and "31/11/2026" in page.text
    with filled.reading() as session:
        (row,) = (tray.open(each) for each in imports.list_refused(session, limit=5))
    path = f"/referrals/refused/{row.batch_id}/{row.row_number}"
    still_wrong = send_cells(browser, path, {**row.cells, "datetime_opened": "32/10/2026"})
    assert still_wrong.status_code == 422
    assert "32/10/2026" in still_wrong.text and "no date" in still_wrong.text
    mended = send_cells(browser, path, {**row.cells, "datetime_opened": "31/10/2026 10:00"})
    assert "Nothing here" in mended.text
    assert state_of(filled, "R1") == ("received", county.WATFORD)
    assert send_cells(browser, path, row.cells).status_code == 404


def send_cells(browser: Browser, path: str, cells: dict[str, str]) -> Any:
    form = {"heading": list(cells), "text": list(cells.values()), "_csrf_token": browser.client.cookies["lantern-form"]}
    return browser.client.post(path, data=form, headers={"accept": "text/html"})


def test_a_row_that_is_no_report_is_left_out_and_kept(
    filled: Database, tray: Tray, bring: Callable[..., Any], browse: Callable[[str], Browser]
) -> None:
    bring({"alert_id": "Total", "datetime_opened": "17 rows"})
    browser = browse("priya")
    browser.get("/referrals/refused")
    with filled.reading() as session:
        (row,) = (tray.open(each) for each in imports.list_refused(session, limit=5))
    browser.send(f"/referrals/refused/{row.batch_id}/{row.row_number}/leave-out")
    with filled.reading() as session:
        assert imports.count_refused(session) == 0
        kept = session.execute(select(refused_row)).mappings().one()
    assert (kept["settled_by"], kept["held"]) == ("priya", ""), "what was seen to leaves no word behind"


def test_a_report_from_elsewhere_says_at_once_that_no_team_has_it(client: Any, filled: Database) -> None:
    browser = Browser(client)
    key = re.search(r'name="key" value="([^"]+)"', browser.get("/report").text)
    assert key is not None
    page = browser.send("/report", key=key[1], place="Parliament Square", postcode="SW1A 0AA", tell="no")
    assert "no team has it yet" in plain(page.text)
    assert "reached the outreach team" not in page.text
    with filled.reading() as session:
        assert duty.count_duty(session) == 1


def test_a_report_from_here_says_whose_it_is(client: Any) -> None:
    browser = Browser(client)
    key = re.search(r'name="key" value="([^"]+)"', browser.get("/report").text)
    assert key is not None
    page = browser.send("/report", key=key[1], place="By the chemist", district=county.WATFORD, tell="no")
    assert "those who look after Watford" in plain(page.text)


def test_a_fold_onto_a_closed_one_asks_first(door: Callable[[str], Door]) -> None:
    with door("tom").open() as access:
        close_referral(access, "r1", "person_found_taken_to_shelter")
    with pytest.raises(Invalid) as asked, door("tom").open() as access:
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1")
    assert "is closed: nobody would go there" in asked.value.errors[0]
    with door("tom").open() as access:
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1", confirmed=True)
        row = inbox.find_inbox_row(access.session, "r2")
        assert row is not None and row.referral.state is ReferralState.DUPLICATE_OF


def test_a_chain_follows_its_head_and_never_bites_its_tail(door: Callable[[str], Door]) -> None:
    with door("tom").open() as access:
        progress_referral(access, "r1", ReferralState.DUPLICATE_OF, duplicate_of="r2")
        progress_referral(access, "r4", ReferralState.DUPLICATE_OF, duplicate_of="r1")
        row = inbox.find_inbox_row(access.session, "r4")
        assert row is not None and row.referral.duplicate_of == "r2"
    with pytest.raises(Invalid) as refused, door("tom").open() as access:
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r4")
    assert "already" in refused.value.errors[0]


def test_everything_can_be_opened_again_from_its_page(
    filled: Database, door: Callable[[str], Door], browse: Callable[[str], Browser]
) -> None:
    with door("tom").open() as access:
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1")
        close_referral(access, "r5", "person_found_taken_to_shelter")
    browser = browse("tom")
    page = browser.get("/referrals/r2")
    assert "Folded into" in page.text and "/referrals/r1" in page.text
    for referral_id in ("r2", "r5"):
        assert "Open it again" in browser.get(f"/referrals/{referral_id}").text
        browser.send(f"/referrals/{referral_id}/reopen")
        with filled.reading() as session:
            row = inbox.find_inbox_row(session, referral_id)
        assert row is not None and (row.referral.state, row.outcome) == (ReferralState.RECEIVED, "")


def test_the_clock_stands_still_while_more_is_asked(filled: Database, now: datetime, new_id: Callable[[], str]) -> None:
    with filled.reading() as session:
        tom = workers.get_worker(session, "tom")
        before = inbox.find_inbox_row(session, "r1")
    assert before is not None
    with Door(filled, tom, now, new_id).open() as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION)
    with Door(filled, tom, now + timedelta(days=7), new_id).open() as access:
        progress_referral(access, "r1", ReferralState.RECEIVED)
        after = inbox.find_inbox_row(access.session, "r1")
    assert after is not None
    assert (after.referral.due_on - before.referral.due_on).days == 7


@pytest.mark.parametrize("ends", [ReferralState.RECEIVED, ReferralState.CLOSED])
def test_a_second_question_and_a_closing_count_from_the_first(
    filled: Database, now: datetime, new_id: Callable[[], str], ends: ReferralState
) -> None:
    with filled.reading() as session:
        tom, before = workers.get_worker(session, "tom"), inbox.find_inbox_row(session, "r1")
    assert before is not None
    for day, words in ((0, "Which door?"), (4, "Which side of the church?")):
        with Door(filled, tom, now + timedelta(days=day), new_id).open() as access:
            progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION, note=words)
    with Door(filled, tom, now + timedelta(days=7), new_id).open() as access:
        progress_referral(access, "r1", ends)
        after = inbox.find_inbox_row(access.session, "r1")
    assert after is not None
    assert (after.referral.due_on - before.referral.due_on).days == 7


def test_a_closing_that_is_taken_back_leaves_the_clock_as_it_stood(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.reading() as session:
        tom, before = workers.get_worker(session, "tom"), inbox.find_inbox_row(session, "r1")
    assert before is not None
    with Door(filled, tom, now, new_id).open() as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION)
    with Door(filled, tom, now + timedelta(days=7), new_id).open() as access:
        close_referral(access, "r1", "no_alert_other")
    with Door(filled, tom, now + timedelta(days=7, minutes=1), new_id).open() as access:
        undo(access, "r1")
    with Door(filled, tom, now + timedelta(days=14), new_id).open() as access:
        progress_referral(access, "r1", ReferralState.RECEIVED)
        after = inbox.find_inbox_row(access.session, "r1")
    assert after is not None
    assert (after.referral.due_on - before.referral.due_on).days == 14


def test_a_newer_version_and_a_guess_are_shown_and_decided(
    filled: Database, bring: Callable[..., Any], browse: Callable[[str], Browser]
) -> None:
    bring({"alert_id": "V1", **NOWHERE, "local_authority_name": "Watford Borough Council"})
    bring({"alert_id": "V1", **NOWHERE, "local_authority_name": "Watford Borough Council", "appearance": "blue tent"})
    number = id_of(filled, "V1")
    browser = browse("tom")
    page = browser.get(f"/referrals/{number}")
    assert "was taken for Watford" in page.text and "<ins>blue tent</ins>" in page.text and "alert_origin" in page.text
    browser.send(f"/referrals/{number}/guesses")
    with filled.reading() as session:
        version_id = session.scalar(select(alert_version.c.id))
    browser.send(f"/referrals/{number}/versions/{version_id}", take="yes")
    page = browser.get(f"/referrals/{number}")
    assert "Confirmed" in page.text and "“blue tent”" in page.text
    assert browser.send(f"/referrals/{number}/versions/{version_id}", take="no").status_code == 404


def test_what_a_folded_report_says_anew_is_asked_where_it_is_worked_on(
    filled: Database, bring: Callable[..., Any], browse: Callable[[str], Browser], door: Callable[[str], Door]
) -> None:
    twin = {"alert_id": "V2", **IN_WATFORD, "immediate_concerns_about_client": ""}
    bring({"alert_id": "V1", **IN_WATFORD}, twin)
    head, folded = id_of(filled, "V1"), id_of(filled, "V2")
    with door("tom").open() as access:
        progress_referral(access, folded, ReferralState.DUPLICATE_OF, duplicate_of=head)
    bring({**twin, "immediate_concerns_about_client": "a child is with them"})
    bring({**twin, "immediate_concerns_about_client": "a child is with them"})

    with filled.reading() as session:
        assert count_open_versions(session, [head]) == {head: 1}
        version_id = session.scalar(select(alert_version.c.id))
    tom = browse("tom")
    page = tom.get(f"/referrals/{head}").text
    assert "folded into this one: its source says something else now" in page
    assert "<ins>a child is with them</ins>" in page
    assert f'action="/referrals/{folded}/versions/{version_id}"' in tom.get(f"/referrals/{folded}").text
    tom.send(f"/referrals/{folded}/versions/{version_id}", take="yes")
    with filled.reading() as session:
        assert count_open_versions(session, [head]) == {}
    with door("tom").open() as access:
        close_referral(access, head, "person_found_taken_to_shelter")
    bring({**twin, "immediate_concerns_about_client": "two children"})
    with filled.reading() as session:
        assert count_open_versions(session, [head, folded]) == {}, "what is over asks nobody"


def test_another_districts_coordinator_still_does_not_see_what_a_district_has(
    filled: Database, bring: Callable[..., Any], door: Callable[[str], Door]
) -> None:
    bring({"alert_id": "W1", **IN_WATFORD})
    with pytest.raises(NotFound), door("rowan").open() as access:
        offer_referral(access, id_of(filled, "W1"), county.THREE_RIVERS)


def test_a_mended_row_is_undone_alone_and_waits_again_as_it_came(
    filled: Database, tray: Tray, bring: Callable[..., Any], browse: Callable[[str], Browser]
) -> None:
    bring({"alert_id": "R1", "datetime_opened": "31/11/2026 10:00", **IN_WATFORD})
    tom = browse("tom")
    (row,) = waiting(filled, tray)
    tom.get("/referrals/refused")
    send_cells(
        tom,
        f"/referrals/refused/{row.batch_id}/{row.row_number}",
        {**row.cells, "datetime_opened": "31/10/2026 10:00"},
    )
    assert state_of(filled, "R1") == ("received", county.WATFORD)
    shown = tom.get("/imports").text
    undo_path = re.findall(r'action="(/imports/[^"]+/undo)"', shown)
    assert "monday.csv, row 2" in shown and len(undo_path) == 1
    undone = tom.send(undo_path[0])

    assert "Undone" in undone.text
    with filled.reading() as session:
        assert session.scalar(select(referral.c.id).where(referral.c.number == "R1")) is None
    assert waiting(filled, tray) == [row], "as it came"


def test_a_file_that_is_undone_takes_its_mended_rows_along(
    filled: Database,
    tray: Tray,
    bring: Callable[..., Any],
    browse: Callable[[str], Browser],
    door: Callable[[str], Door],
) -> None:
    bring({"alert_id": "R0", **IN_WATFORD}, {"alert_id": "R1", "datetime_opened": "31/11/2026 10:00", **IN_WATFORD})
    (row,) = waiting(filled, tray)
    priya = browse("priya")
    priya.get("/referrals/refused")
    path = f"/referrals/refused/{row.batch_id}/{row.row_number}"
    send_cells(priya, path, {**row.cells, "datetime_opened": "31/10/2026 10:00"})
    with filled.writing() as session:
        session.execute(update(import_batch).where(import_batch.c.id == row.batch_id).values(imported_by="tom"))

    assert undo_file(door("tom"), row.batch_id) == []
    with filled.reading() as session:
        assert session.scalars(select(referral.c.number).where(referral.c.number.in_(["R0", "R1"]))).all() == []
    assert waiting(filled, tray) == []


def test_a_mended_row_that_somebody_works_with_stays_and_waits_no_more_and_one_that_is_undone_is_not_undone_twice(
    filled: Database,
    tray: Tray,
    bring: Callable[..., Any],
    browse: Callable[[str], Browser],
    door: Callable[[str], Door],
) -> None:
    bring(*({"alert_id": number, "datetime_opened": "31/11/2026 10:00", **IN_WATFORD} for number in ("R1", "R2")))
    tom = browse("tom")
    tom.get("/referrals/refused")
    for row in waiting(filled, tray):
        path = f"/referrals/refused/{row.batch_id}/{row.row_number}"
        send_cells(tom, path, {**row.cells, "datetime_opened": "31/10/2026 10:00"})
    with door("tom").open() as access:
        close_referral(access, id_of(filled, "R1"), "person_found_taken_to_shelter")
    with filled.writing() as session:
        session.execute(update(import_batch).values(imported_by="tom"))
        parts = {each.part_row: each.id for each in imports.list_parts(session, row.batch_id)}

    assert undo_file(door("tom"), parts[2]) == ["R1"]
    assert waiting(filled, tray) == [], "its report stays"
    assert undo_file(door("tom"), parts[3]) == []
    assert [each.row_number for each in waiting(filled, tray)] == [3]
    assert undo_file(door("tom"), row.batch_id) == [], "what was undone alone is passed over"


def test_what_is_mended_is_sealed_anew_with_what_waits(
    filled: Database, tray: Tray, bring: Callable[..., Any], browse: Callable[[str], Browser]
) -> None:
    bring({"alert_id": "R1", "datetime_opened": "31/11/2026 10:00", **IN_WATFORD})
    tom = browse("tom")
    (row,) = waiting(filled, tray)
    tom.get("/referrals/refused")
    path = f"/referrals/refused/{row.batch_id}/{row.row_number}"
    send_cells(tom, path, {**row.cells, "datetime_opened": "31/10/2026 10:00"})
    newer = b"another secret of the suite, of thirty-two"
    with filled.writing() as session:
        assert Tray(newer, *tray._secrets).seal_anew(session) == 1
        imports.let_wait_again(session, row.batch_id, row.row_number)
    assert waiting(filled, Tray(newer)) == [row]


def test_lines_and_length_of_a_cell_outlive_its_mending_and_what_was_typed_is_shown_from_any_page(
    filled: Database, tray: Tray, bring: Callable[..., Any], browse: Callable[[str], Browser]
) -> None:
    words = "blue tent\nby the lock\n" + "behind the shed. " * 800
    bring(
        *({"alert_id": f"R{number}", "datetime_opened": "soon", **IN_WATFORD} for number in range(PAGE_LENGTH)),
        {"alert_id": "R99", "datetime_opened": "31/11/2026 10:00", "appearance": words, **IN_WATFORD},
    )
    tom = browse("tom")
    page = tom.get("/referrals/refused?page_number=2").text
    assert re.search(r'<textarea[^>]*name="text"[^>]*>\nblue tent\nby the lock', page), "a line has no breaks"
    row = waiting(filled, tray)[-1]
    path = f"/referrals/refused/{row.batch_id}/{row.row_number}"
    sent = {name: text.replace("\n", "\r\n") for name, text in row.cells.items()}
    wrong = send_cells(tom, path, {**sent, "datetime_opened": "32/10/2026"})
    assert wrong.text.count("32/10/2026") >= 2, "typed and told, though it stands on the second page"
    send_cells(tom, path, {**sent, "datetime_opened": "31/10/2026 10:00"})

    with filled.reading() as session:
        raw = session.scalar(select(alert.c.raw).where(alert.c.source_reference == "R99"))
    assert json.loads(raw or "{}")["appearance"] == words.strip()


def waiting(filled: Database, tray: Tray) -> list[WaitingRow]:
    with filled.reading() as session:
        return [tray.open(each) for each in imports.list_refused(session, limit=50)]
