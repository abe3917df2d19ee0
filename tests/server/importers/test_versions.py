"""The same reference with other content: kept, applied where nobody could object, asked where somebody might."""

import json
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import delete, select, update

from server.importers.accounting import Importing
from server.importers.referrals import import_referrals
from server.importers.sources import PARSERS
from server.queries.referrals import referral_steps, versions
from server.tables.operation.mail import mail
from server.tables.referrals.referral import alert, alert_referrer, alert_version, referral, referral_progress
from server.tables.sync.sync import change as sync_change
from shared.model.codes import ReferralState
from shared.model.referral import ReferralProgress
from sync.wire import read_change
from tests.server.importers.conftest import NOW, READING
from tests.server.importers.rows import GOOD, streetlink

NOWHERE = {"geo_latitude": "", "geo_longitude": ""}


@pytest.fixture
def bring_later(county, new_id, tmp_path):
    """Imports a file's bytes an hour after the others."""

    def bring(data, source="streetlink"):
        run = Importing("referrals", source, "file", data, NOW + timedelta(hours=1), new_id)
        return import_referrals(county, run, PARSERS[source](data, READING), tmp_path)

    return bring


def rows(database, table):
    with database.reading() as session:
        return [dict(found) for found in session.execute(select(table)).mappings()]


def test_two_people_under_one_reference_that_excel_shortened_are_two_alerts(bring_in, county):
    data = streetlink(
        {"alert_id": "4.47701E+11", "appearance": "man, red hat"},
        {"alert_id": "4.47701E+11", "appearance": "woman, pregnant, bleeding"},
    )
    account, again = bring_in(data), bring_in(data)

    assert (account.accepted, account.duplicates, again.accepted, again.duplicates) == (2, 0, 0, 2)
    assert {row["number"] for row in rows(county, referral)} == {"4.47701E+11"}


def test_one_reference_that_two_rows_of_a_file_share_is_no_key(bring_in, county):
    data = streetlink({"alert_id": "1"}, {"alert_id": "1", "appearance": "somebody else"})
    account, again = bring_in(data), bring_in(data)

    assert (account.accepted, again.accepted, again.duplicates) == (2, 0, 2)
    assert {row["number"] for row in rows(county, referral)} == {"1"}


def test_a_row_of_such_a_file_that_is_held_already_is_no_second_alert(bring_in):
    bring_in(streetlink({"alert_id": "1"}))
    account = bring_in(streetlink({"alert_id": "1"}, {"alert_id": "1", "appearance": "somebody else"}))

    assert (account.accepted, account.duplicates) == (1, 1)


def test_what_its_source_closed_is_closed_here_and_phones_and_referrer_hear(bring_in, bring_later, county):
    heading = (*GOOD, "referrer_email", "outcome_summary", "closed_date")
    who = {"referrer_email": "ann@example.org"}
    bring_in(streetlink({"alert_id": "1", **who}, heading=heading))
    closing = {
        "status": "Closed",
        "closed_date": "12/11/2026 20:00",
        "outcome_summary": "person found - taken to shelter",
    }
    account = bring_later(streetlink({"alert_id": "1", **who, **closing}, heading=heading))

    assert (account.duplicates, account.newer) == (1, 1)
    (found,) = rows(county, referral)
    assert (found["state"], found["outcome"]) == ("closed", "person found - taken to shelter")
    (version,) = rows(county, alert_version)
    assert (json.loads(version["applied"]), version["settled_at"] is None) == (["closed"], False)
    assert json.loads(version["raw"])["status"] == "Closed"
    assert json.loads(rows(county, alert)[0]["raw"])["status"] == "Open"
    heard = [read_change(row["body"]).t for row in rows(county, sync_change)]
    assert heard == ["referral.received", "referral.received", "referral.progressed"]
    assert [row["kind"] for row in rows(county, mail)] == ["referral_outcome"]


def test_an_open311_request_that_was_closed_is_closed_here(bring_in, bring_later, county):
    request = {
        "service_request_id": "J80", "status": "open", "requested_datetime": "2026-11-10T21:40:00Z", "lat": 51.66,
        "long": -0.396, "description": "man in doorway",
    }  # fmt: skip
    bring_in(json.dumps([request]).encode(), "open311")
    closed = {"status": "closed", "status_notes": "Visited, nobody there", "updated_datetime": "2026-11-11T10:00:00Z"}
    bring_later(json.dumps([request | closed]).encode(), "open311")

    (found,) = rows(county, referral)
    assert (found["state"], found["outcome"]) == ("closed", "Visited, nobody there")


def test_a_place_that_is_known_now_makes_it_work_for_its_team(bring_in, bring_later, county):
    bring_in(streetlink({"alert_id": "1", "local_authority_name": "", **NOWHERE}))
    assert rows(county, referral)[0]["state"] == "needs_information"

    bring_later(streetlink({"alert_id": "1", "local_authority_name": ""}))

    (found,) = rows(county, referral)
    assert (found["state"], found["latitude"], found["team_id"]) == ("received", 51.66, "team-1")
    assert [step["state"] for step in rows(county, referral_progress)] == ["received"]
    assert {read_change(row["body"]).s for row in rows(county, sync_change)} == {"team:team-1"}


def test_a_place_that_comes_after_we_asked_lets_the_clock_go_on_from_there(bring_in, bring_later, county, new_id):
    bring_in(streetlink({"alert_id": "1", "local_authority_name": "", **NOWHERE}))
    (before,) = rows(county, referral)
    with county.writing() as session:
        asked = ReferralProgress(
            id=new_id(), referral_id=before["id"], state=ReferralState.NEEDS_INFORMATION, at=NOW - timedelta(days=7),
            worker_id="tom",
        )  # fmt: skip
        referral_steps.add_step(session, asked)

    bring_later(streetlink({"alert_id": "1", "local_authority_name": ""}))

    (found,) = rows(county, referral)
    assert (found["state"], (found["due_on"] - before["due_on"]).days) == ("received", 7)


def test_words_where_nothing_was_said_are_taken_and_other_words_wait_for_a_person(bring_in, bring_later, county):
    bring_in(streetlink({"alert_id": "1", "immediate_concerns_about_client": ""}))
    newer = {"alert_id": "1", "immediate_concerns_about_client": "coughing blood", "appearance": "blue tent"}
    bring_later(streetlink(newer))

    (found,) = rows(county, referral)
    assert (found["concerns"], found["description"]) == ("coughing blood", GOOD["appearance"])
    with county.writing() as session:
        (version,) = versions.list_versions(session, found["id"])
        assert version.settled_at is None
        assert version.changes["appearance"] == (GOOD["appearance"], "blue tent")
        assert versions.count_open_versions(session, [found["id"]]) == {found["id"]: 1}


def test_a_version_that_goes_back_to_an_earlier_word_is_a_new_version(bring_in, bring_later, county):
    first, second = streetlink({"alert_id": "1"}), streetlink({"alert_id": "1", "appearance": "blue tent"})
    bring_in(first)
    accounts = [bring_later(each) for each in (second, second, first, first, second)]

    assert [account.newer for account in accounts] == [1, 0, 1, 0, 1]
    assert len(rows(county, alert_version)) == 3


def test_what_its_source_opens_again_in_the_very_words_of_before_is_open_again(bring_in, bring_later, county):
    heading = (*GOOD, "outcome_summary", "closed_date")
    opened = streetlink({"alert_id": "1"}, heading=heading)
    closing = {"status": "Closed", "closed_date": "12/11/2026 20:00", "outcome_summary": "no alert - other"}
    bring_in(opened)
    bring_later(streetlink({"alert_id": "1", **closing}, heading=heading))
    assert rows(county, referral)[0]["state"] == "closed"

    bring_later(opened)

    assert rows(county, referral)[0]["state"] == "received"
    changes = [read_change(row["body"]) for row in rows(county, sync_change)]
    steps = [json.loads(bytes(each.p)) for each in changes if each.t == "referral.progressed"]
    assert [each["state"] for each in steps] == ["closed", "received"], "a phone knows it by its newest step"


def test_a_word_that_its_source_took_back_asks_nobody_any_more(bring_in, bring_later, county):
    first, second = streetlink({"alert_id": "1"}), streetlink({"alert_id": "1", "appearance": "blue tent"})
    bring_in(first)
    bring_later(second)
    assert [row["settled_at"] is None for row in rows(county, alert_version)] == [True]

    bring_later(first)

    assert [row["settled_at"] is None for row in rows(county, alert_version)] == [False, False]


def test_columns_that_may_name_who_reported_stand_apart_until_ninety_days_after_the_report(bring_in, county):
    bring_in(streetlink({"alert_id": "1", "reporter": "Ann"}, heading=(*GOOD, "reporter")))

    assert "Ann" not in rows(county, alert)[0]["raw"]
    (kept,) = rows(county, alert_referrer)
    assert (msgspec.json.decode(kept["extras"]), str(kept["delete_on"])) == ({"reporter": "Ann"}, "2027-02-09")


def test_a_closed_alert_without_a_place_is_history_and_no_work(bring_in, county):
    account = bring_in(streetlink({"alert_id": "1", "closed_date": "12/11/2026 09:00", **NOWHERE}))

    assert (account.accepted, account.needs_information) == (1, 0)
    assert rows(county, referral)[0]["state"] == "closed"


def test_a_council_written_otherwise_is_taken_for_ours_and_marked(bring_in, county):
    bring_in(streetlink({"alert_id": "1", "local_authority_name": "Watford Borough Council", **NOWHERE}))

    (found,) = rows(county, referral)
    assert found["team_id"] == "team-1"
    assert "was taken for Watford" in json.loads(rows(county, alert)[0]["guesses"])[0]


def test_a_column_that_we_have_no_name_for_is_part_of_what_a_report_says_while_it_is_kept(
    bring_in, bring_later, county
):
    heading = (*GOOD, "access_notes")
    first, second = (
        streetlink({"alert_id": "1", "access_notes": words}, heading=heading) for words in ("gate B", "gate C, ask")
    )
    bring_in(first)
    accounts = [bring_later(each) for each in (first, second, second, first)]

    assert [each.newer for each in accounts] == [0, 1, 0, 1]
    kept = [json.loads(row["extras"])["access_notes"] for row in rows(county, alert_version)]
    assert sorted(kept) == ["gate B", "gate C, ask"]

    with county.writing() as session:
        session.execute(delete(alert_referrer))
        session.execute(update(alert_version).values(extras="{}", delete_on=NOW.date() - timedelta(days=1)))
    assert bring_later(second).newer == 0, "what is forgotten is not asked for"


def test_of_rows_that_share_a_reference_one_is_not_the_other_because_of_a_column_without_a_name(bring_in):
    heading = (*GOOD, "access_notes")
    bring_in(streetlink({"alert_id": "1", "access_notes": "a man"}, heading=heading))
    both = streetlink(
        {"alert_id": "1", "access_notes": "a man"}, {"alert_id": "1", "access_notes": "a child"}, heading=heading
    )
    account = bring_in(both)

    assert (account.accepted, account.duplicates) == (1, 1)


def test_a_column_without_a_name_that_first_says_something_later_is_a_newer_version(bring_in, bring_later):
    bring_in(streetlink({"alert_id": "1"}))
    assert (
        bring_later(streetlink({"alert_id": "1", "access_notes": "gate B"}, heading=(*GOOD, "access_notes"))).newer == 1
    )
