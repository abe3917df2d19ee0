"""What becomes of reports: each row in exactly one place, nothing twice, nothing lost, and the phones told."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from server.importers.accounting import Account, Importing, close_account
from server.importers.files import Refusal
from server.importers.refused import Tray
from server.importers.streetlink.parse import parse
from server.queries.referrals import imports
from server.tables.operation.audit import audit
from server.tables.partnership.district import district
from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, alert_referrer, referral
from server.tables.sync.sync import change as sync_change
from shared.model.referral import Referral
from sync.wire import read_change
from tests.server.importers.conftest import NOW, READING
from tests.server.importers.rows import GOOD, SECRET, TRAY, streetlink

WATFORD = {"geo_latitude": "51.6600", "geo_longitude": "-0.3960"}
LEEDS = {"geo_latitude": "53.8000", "geo_longitude": "-1.5500"}
NOWHERE = {"geo_latitude": "", "geo_longitude": "", "street": "", "location_details": "homeless man near Tesco"}


def column(database, column, **where):
    with database.reading() as session:
        query = select(column)
        for name, value in where.items():
            query = query.where(column.table.c[name] == value)
        return list(session.scalars(query.order_by(column)))


def count(database, table):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_every_row_stands_in_exactly_one_place(bring_in):
    account = bring_in(
        streetlink(
            {"alert_id": "1"},
            {"alert_id": "2"} | LEEDS,
            {"alert_id": "3"} | NOWHERE,
            {"alert_id": "1"},
            {"alert_id": "4", "datetime_opened": "31/02/2026 10:00"},
        )
    )

    assert account.as_json() | {"refused": len(account.refused)} == {
        "read": 5, "accepted": 1, "duplicates": 1, "wrong_area": 1, "needs_information": 1, "newer": 0, "refused": 1,
    }  # fmt: skip
    assert account.is_whole


def test_a_second_import_of_the_same_file_accepts_nothing_twice(bring_in, county):
    data = streetlink({"alert_id": "1"}, {"alert_id": "2"} | LEEDS, {"alert_id": "3"} | NOWHERE)
    bring_in(data)
    kept = count(county, alert), count(county, referral), count(county, sync_change)

    again = bring_in(data)

    assert (again.accepted, again.duplicates) == (0, 3)
    assert (count(county, alert), count(county, referral), count(county, sync_change)) == kept


def test_the_alert_is_kept_as_it_was_received(bring_in, county):
    bring_in(streetlink({"alert_id": "1", "alert_origin": "  app  "}))

    (raw,) = column(county, alert.c.raw)
    expected = {name: text.strip() for name, text in (GOOD | {"alert_id": "1", "alert_origin": "app"}).items()}
    assert json.loads(raw) == expected


def test_an_accepted_report_becomes_a_referral_that_its_team_hears_of(bring_in, county):
    bring_in(streetlink({"alert_id": "1"}))

    with county.reading() as session:
        stored = session.execute(select(referral)).mappings().one()
        (body,) = session.scalars(select(sync_change.c.body).where(sync_change.c.type == "referral.received"))
    heard = read_change(body)
    sent = heard_referral(heard)
    assert heard.s == "team:team-1"
    assert sent.id == stored["id"]
    assert (sent.state, str(sent.due_on), sent.place) == (
        "received",
        "2026-11-25",
        "doorway by the station, Clarendon Road",
    )
    assert sent.position.latitude == 51.66
    assert (sent.age_group, sent.gender, sent.concerns) == ("25 - 50 years old", "male", "no coat")
    assert sent.seen_at.isoformat() == "2026-11-11T21:00:00+00:00"


def heard_referral(change):
    import msgspec

    return msgspec.json.decode(bytes(change.p), type=Referral)


def test_what_phones_hear_says_nothing_of_who_reported(bring_in, county):
    heading = (*GOOD, "referrer_name", "referrer_email", "referrer_phone")
    who = {"referrer_name": "Sam Canary", "referrer_email": "sam@canary.example", "referrer_phone": "07700 900123"}
    bring_in(streetlink({"alert_id": "1"} | who, heading=heading))

    with county.reading() as session:
        told = b"".join(session.scalars(select(sync_change.c.body)))
        raw = session.scalar(select(alert.c.raw))
        kept = session.execute(select(alert_referrer)).mappings().one()
    assert b"anary" not in told
    assert "anary" not in raw
    assert (kept["name"], kept["email"], str(kept["delete_on"])) == ("Sam Canary", "sam@canary.example", "2027-02-09")


def test_a_report_outside_every_district_is_of_the_wrong_area_and_no_phone_hears_it(bring_in, county):
    account = bring_in(streetlink({"alert_id": "1"} | LEEDS))

    assert account.wrong_area == 1
    assert column(county, referral.c.state) == ["wrong_area"]
    assert count(county, sync_change) == 0


def test_a_report_with_no_place_needs_information_and_waits_in_the_named_districts_inbox(bring_in, county):
    account = bring_in(
        streetlink({"alert_id": "1"} | NOWHERE, {"alert_id": "2", "geo_latitude": "0", "geo_longitude": "0.0"})
    )

    assert account.needs_information == 2
    with county.reading() as session:
        rows = session.execute(select(referral.c.state, referral.c.team_id, referral.c.latitude)).all()
    assert rows == [("needs_information", "team-1", None)] * 2


def test_a_report_without_a_pin_is_placed_by_its_postcode(bring_in, county):
    account = bring_in(streetlink({"alert_id": "1", "geo_latitude": "", "geo_longitude": "", "postcode": "wd172ad"}))

    assert account.accepted == 1
    assert column(county, referral.c.pin_source) == ["address_lookup"]


def test_halves_of_a_point_that_only_fit_when_exchanged_are_exchanged_and_marked(bring_in, county):
    account = bring_in(
        streetlink(
            {"alert_id": "1", "geo_latitude": "-0.3960", "geo_longitude": "51.66"},
            {"alert_id": "2", "geo_latitude": "-118.24", "geo_longitude": "34.05"},
            {"alert_id": "3"},
        )
    )

    assert account.accepted == 2
    assert [refusal.number for refusal in account.refused] == [3]
    assert "swapped" in account.refused[0].reason
    assert column(county, referral.c.latitude) == [51.66, 51.66]
    assert "exchanged" in column(county, alert.c.guesses, source_reference="1")[0]


def test_a_refused_row_is_kept_sealed_with_its_text_and_reason(bring_in, county):
    bring_in(streetlink({"alert_id": "9", "datetime_opened": "31/02/2026 10:00", "appearance": "Bo, red coat"}))

    with county.reading() as session:
        stored = str(dict(session.execute(select(refused_row)).mappings().one()))
        (row,) = imports.list_refused(session, limit=5)
    kept = TRAY.open(row)
    assert "31/02/2026" in kept.raw and "no date" in kept.reason and kept.cells["appearance"] == "Bo, red coat"
    assert not any(words in stored for words in ("31/02", "red coat", "no date"))
    stranger = Tray(b"the secret of another server, copied from nowhere").open(row)
    assert (stranger.raw, stranger.cells) == ("", {}) and "sealed with a secret" in stranger.reason
    moved = TRAY.open(msgspec.structs.replace(row, row_number=9))
    assert moved.raw == "", "a row is bound to its place"


def test_rows_that_no_page_mends_are_counted_and_kept_nowhere(county, new_id):
    run = Importing("boundaries", "geojson", "county.geojson", b"", NOW, new_id)
    with county.writing() as session:
        close_account(session, run, new_id(), Account(read=1, refused=[Refusal(1, "no polygon", "Bo Lee")]))
    with county.reading() as session:
        assert session.scalar(select(func.count()).select_from(refused_row)) == 0


def test_what_waits_unsealed_or_sealed_with_the_secret_before_is_sealed_with_todays(bring_in, county):
    bad = {"datetime_opened": "31/02/2026 10:00"}
    bring_in(streetlink({"alert_id": "9", **bad}, {"alert_id": "10", **bad}))
    before = '{"reason": "no date", "raw": "Bo Lee", "cells": {"who": "Bo Lee"}}'
    with county.writing() as session:
        session.execute(update(refused_row).where(refused_row.c.row_number == 2).values(held=before, mark=""))
        today = Tray(b"the secret of today, thirty-two bytes and more", SECRET)
        assert next(today.open(row).raw for row in imports.list_refused(session, limit=5)) == "Bo Lee"
        assert (today.seal_anew(session), today.seal_anew(session)) == (2, 0)
        alone = Tray(b"the secret of today, thirty-two bytes and more")
        first, second = (alone.open(row) for row in imports.list_refused(session, limit=5))
    assert first.cells == {"who": "Bo Lee"} and first.reason == "no date" and "31/02/2026" in second.raw


def test_a_bad_row_never_blocks_the_rest(bring_in):
    bad = [{"alert_id": f"bad-{n}", "geo_latitude": "north"} for n in range(5)]
    good = [{"alert_id": f"good-{n}"} for n in range(5)]

    account = bring_in(streetlink(*(row for pair in zip(bad, good, strict=True) for row in pair)))

    assert (account.accepted, len(account.refused)) == (5, 5)


def test_an_alert_that_its_source_calls_a_repetition_counts_as_one_and_opens_no_work(bring_in, county):
    account = bring_in(
        streetlink(
            {"alert_id": "2", "duplication_status": "Duplicate", "parent_alert_id": "1"},
            {"alert_id": "1", "duplication_status": "Parent"},
            {"alert_id": "3", "duplication_status": "Duplicate", "parent_alert_id": "never held"},
        )
    )

    assert (account.accepted, account.duplicates) == (2, 1)
    with county.reading() as session:
        repeated = session.execute(select(referral).where(referral.c.state == "duplicate_of")).mappings().one()
        parent = session.scalar(select(referral.c.id).where(referral.c.number == "1"))
    assert repeated["duplicate_of"] == parent


def test_a_closed_alert_is_history_and_opens_no_work(bring_in, county):
    outcome = "Person Found \u2013 Engaging with  services"
    account = bring_in(streetlink({"alert_id": "1", "closed_date": "12/11/2026 09:00", "outcome_summary": outcome}))

    assert account.accepted == 1
    with county.reading() as session:
        stored = session.execute(select(referral)).mappings().one()
    assert (stored["state"], stored["outcome"]) == ("closed", "person found - engaging with services")
    assert count(county, sync_change) == 0


def test_the_account_and_its_audit_line_are_written_with_the_rows(bring_in, county):
    bring_in(streetlink({"alert_id": "1"}, {"alert_id": "2", "geo_latitude": "north"}))

    with county.reading() as session:
        batch = session.execute(select(import_batch).where(import_batch.c.kind == "referrals")).mappings().one()
        line = session.execute(select(audit).where(audit.c.action == "import_referrals")).mappings().one()
    assert (batch["rows_read"], batch["accepted"], batch["refused"]) == (2, 1, 1)
    assert line["detail"] == batch["id"]


def test_england_stays_known_until_a_district_is_named(database, new_id, tmp_path_factory):
    from server.importers.accounting import Importing
    from server.importers.referrals import import_referrals
    from server.queries.maps.boundaries import rename_district
    from server.queries.partnership.districts import list_districts

    def bring(number, place):
        data = streetlink({"alert_id": str(number)} | place)
        run = Importing("referrals", "streetlink", "file", data, READING.now, new_id)
        return import_referrals(database, run, parse(data, READING), tmp_path_factory.getbasetemp())

    assert [bring(1, WATFORD).accepted, bring(2, LEEDS).accepted, bring(3, LEEDS).accepted] == [1, 1, 1]
    with database.writing() as session:
        named = list_districts(session)
        rename_district(session, named[0].id, "Watford")
    assert len(named) == 2
    assert bring(4, {"geo_latitude": "51.5074", "geo_longitude": "-0.1278"}).wrong_area == 1


def test_a_database_that_knows_no_district_knows_england(database, new_id, tmp_path_factory):
    from server.importers.accounting import Importing
    from server.importers.referrals import import_referrals
    from server.queries.partnership.districts import list_districts

    data = streetlink(
        {"alert_id": "1"},
        {"alert_id": "2"} | LEEDS,
        {"alert_id": "3", "geo_latitude": "48.85", "geo_longitude": "2.35"},
    )
    run = Importing("referrals", "streetlink", "file", data, READING.now, new_id)

    account = import_referrals(database, run, parse(data, READING), tmp_path_factory.getbasetemp())

    assert (account.accepted, account.wrong_area) == (2, 1)
    with database.reading() as session:
        assert {district.code for district in list_districts(session)} == {"E07000103", "E08000035"}


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30)


@given(st.lists(st.dictionaries(st.sampled_from(list(GOOD)), CELL), max_size=6))
def test_any_cells_at_all_are_understood_or_refused_never_an_error(changes):
    rows = parse(streetlink(*changes), READING)

    assert len(rows) <= len(changes) + sum(value.count("\n") for change in changes for value in change.values())


def test_each_district_promises_its_own_number_of_days(bring_in, county):
    with county.writing() as session:
        session.execute(update(district).where(district.c.name == "Watford").values(answer_days=3))
    bring_in(streetlink({"alert_id": "1"}, {"alert_id": "2", "geo_longitude": "-0.5"}))

    with county.reading() as session:
        due = dict(session.execute(select(referral.c.number, referral.c.due_on)).all())
    assert {number: str(day) for number, day in due.items()} == {"1": "2026-11-16", "2": "2026-11-25"}
