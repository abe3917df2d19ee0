"""Day N - 1 kept, day N gone (privacy rule A8): in every table, in the sync log, for a phone enrolled that day, and after
a restore. Where words or a point could hide, the whole database is read."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import Table, insert, select, update

from server.actions.operation.ledger import replay
from server.actions.people.retention import Keeper, Retained
from server.http.services import Services
from server.jobs.catalogue import JOBS, keeper_of
from server.jobs.runner import run_due
from server.queries.operation import audit, outbox
from server.queries.operation.audit import AuditLine
from server.queries.operation.rate_limits import Limit, count_try
from server.queries.people import retention
from server.queries.people.merges import store_merges
from server.queries.people.people import find_person
from server.queries.referrals.referrals import ReferrerRow, add_referrers
from server.queries.street.contacts import find_contact
from server.queries.sync import store as sync
from server.tables import metadata
from server.tables.operation.session import rate_limit
from server.tables.people.person import person
from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, alert_referrer, alert_version
from server.tables.street.contact import contact, contact_person
from shared.geo.distance import distance_m
from shared.model.mail import Mail, MailKind
from shared.model.person import PersonMerged
from shared.model.position import Position
from tests.conftest import KINDS, Clock
from tests.server.phone import Phone

EXACT = (51.656512, -0.396312)
MOVED = (51.656544, -0.396344)
LAST_EXACT_DAY = datetime(2027, 11, 12, 23, 0, tzinfo=UTC)
LAST_COARSE_DAY = datetime(2028, 11, 12, 23, 0, tzinfo=UTC)
LAST_DAY_OF_A_PERSON = datetime(2033, 11, 12, 23, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def database_kind() -> str:
    """The whole life of a record is lived over both databases; the rest needs one."""
    return "sqlite"


@pytest.fixture
def marek(phone: Phone, new_id: Callable[[], str]) -> dict[str, str]:
    """Marek, met at an exact place at half past nine on 12 November 2026, told of twice, and the site he sleeps at."""
    ids = {name: new_id() for name in ("person", "site", "need", "correction", "friend")}
    pin = {"latitude": EXACT[0], "longitude": EXACT[1], "source": "gps", "accuracy_m": 4.0}
    described = (
        phone.patch("person.patched", ids["person"], name="Marek Zebedee", alias="Mars"),
        phone.patch("site.patched", ids["site"], name="Station stairwell"),
    )
    met = phone.contact(
        person_ids=[ids["person"], ids["friend"]],
        position=pin,
        site_id=ids["site"],
        note="Zygmunt from Lodz, his back hurts",
    )
    corrected = {
        "id": ids["correction"], "contact_id": met["e"], "at": phone.clock().isoformat(), "worker_id": met["p"]["worker_id"],
        "fields": {"position": {**pin, "latitude": MOVED[0], "longitude": MOVED[1]}, "person_ids": [ids["person"]]},
    }  # fmt: skip
    need = {
        "id": ids["need"], "person_id": ids["person"], "need": "alcohol", "at": phone.clock().isoformat(),
        "worker_id": met["p"]["worker_id"],
    }  # fmt: skip
    answer = phone.push(
        *described,
        met,
        phone.make_change("contact.corrected", e=met["e"], p=corrected),
        phone.make_change("need.recorded", e=ids["person"], p=need),
    )
    assert answer.status_code == 200, answer.text
    return {**ids, "contact": met["e"]}


@pytest.fixture
def keep(services: Services) -> Callable[[datetime], Retained]:
    """Runs the job as of a moment."""
    return lambda now: keeper_of(services, now).keep_no_longer()


def find_everywhere(services: Services, *words: str) -> list[str]:
    """Every table and column of the whole database that holds one of these words, bytes and numbers read as text."""
    found = []
    with services.database.reading() as session:
        for table in metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                for name, value in row.items():
                    said = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    found += [f"{table.name}.{name}: {word}" for word in words if word in said]
    return found


def test_an_exact_place_is_kept_for_a_year_and_then_its_square(services, marek, keep, clock: Clock) -> None:
    assert keep(LAST_EXACT_DAY) == Retained()
    assert find_everywhere(services, str(MOVED[0]), str(EXACT[0]))
    done = keep(LAST_EXACT_DAY + DAY)
    assert (done.places_coarsened, done.places_deleted) == (1, 0)
    assert find_everywhere(services, str(MOVED[0]), str(EXACT[0]), str(MOVED[1]), str(EXACT[1])) == []
    with services.database.reading() as session:
        told = find_contact(session, marek["contact"])
    assert told is not None and told.contact.position is not None
    where = told.contact.position
    assert 0 < distance_m(where, Position(latitude=MOVED[0], longitude=MOVED[1])) <= 125 * 2**0.5
    assert (told.contact.site_id, where.accuracy_m, where.source) == (None, None, "coarsened")
    assert told.contact.note, "only the place is past its time"
    assert keep(LAST_EXACT_DAY + DAY) == Retained(), "a second run found more to do"


def test_the_reason_somebody_is_on_the_list_names_their_site_no_longer(services, marek, keep) -> None:
    columns = ("person_verification.reason", "mdt_case.reason", "case_event.reason")
    named = [f"{column}: site 'Station stairwell'" for column in columns]
    assert sorted(find_everywhere(services, "site 'Station stairwell'")) == sorted(named)
    keep(LAST_EXACT_DAY + DAY)
    assert find_everywhere(services, "site 'Station stairwell'") == []


def test_a_coarse_place_is_kept_for_a_second_year_and_then_none(services, marek, keep) -> None:
    keep(LAST_COARSE_DAY)
    with services.database.reading() as session:
        assert session.execute(select(contact.c.latitude, contact.c.cell)).one()[0] is not None
    assert keep(LAST_COARSE_DAY + DAY).places_deleted == 1
    with services.database.reading() as session:
        assert session.execute(select(contact.c.latitude, contact.c.cell)).one() == (None, None)


def test_a_server_that_slept_for_three_years_takes_the_place_from_phones_too(services, marek, keep) -> None:
    done = keep(LAST_COARSE_DAY + 365 * DAY)
    assert (done.places_coarsened, done.places_deleted) == (1, 1)
    assert find_everywhere(services, str(MOVED[0]), str(EXACT[0])) == []


@pytest.mark.parametrize("database_kind", KINDS)
def test_a_person_is_kept_for_seven_years_and_then_gone_everywhere(
    services: Services, marek, keep, phone: Phone, clock: Clock, new_id, issue_code, cast
) -> None:
    names = ("Marek Zebedee", "Mars", "Zygmunt")
    assert keep(LAST_DAY_OF_A_PERSON).people_forgotten == 0
    assert find_everywhere(services, *names)
    clock.now = LAST_DAY_OF_A_PERSON + DAY
    assert keep(clock.now).people_forgotten == 1
    assert find_everywhere(services, *names) == []
    assert {each.split(".")[0] for each in find_everywhere(services, marek["person"])} == {
        # That it was, and that it is over: no word about anybody.
        "audit", "ledger", "sync_change", "sync_write",
    }  # fmt: skip
    sign_again(services, clock)
    fresh = Phone(phone.client, clock, new_id)
    fresh.enrol(issue_code(cast.aisha))
    heard = fresh.pull().text
    assert not [word for word in names if word in heard]
    assert '"erased":true' in heard.replace(" ", "")
    with services.database.reading() as session:
        lines = audit.list_lines(session, subject_kind="person", subject_id=marek["person"])
    assert "erase_person" in {line.action for line in lines}


def sign_again(services: Services, clock: Clock) -> None:
    """Seven years on, agreements stand again and everybody was trained lately."""
    today = clock.now.date()
    with services.database.writing() as session:
        session.execute(metadata.tables["agreement"].update().values(signed_on=today, expires_on=today + 30 * DAY))
        session.execute(metadata.tables["worker"].update().values(trained_on=today))


def test_a_phone_that_had_it_hears_that_it_is_gone(services, marek, keep, phone: Phone) -> None:
    cursors = phone.pull().json()["next"]
    keep(LAST_DAY_OF_A_PERSON + DAY)
    with services.database.reading() as session:
        changes = sync.list_changes(session, marek["person"])
    erased = {row[2] for row in phone.pull(cursors).json()["rows"] if "erase" in row}
    assert {each.id for each in changes} <= erased
    assert changes


def test_an_older_backup_brings_nobody_back(services, marek, keep, clock: Clock, phone: Phone, new_id) -> None:
    """As after a restore: the ledger outside the database is replayed over tables that still hold him."""
    keep(LAST_DAY_OF_A_PERSON + DAY)
    orders = services.ledger.read()
    phone_again = phone.patch("person.patched", marek["person"], name="Marek Zebedee")
    with services.database.writing() as session:
        session.execute(metadata.tables["ledger"].delete())
    phone.push(phone_again)
    assert find_everywhere(services, "Marek Zebedee")
    with services.database.writing() as session:
        replay(session, orders, clock(), services.settings.timezone)
    assert find_everywhere(services, "Marek Zebedee") == []


def test_whoever_was_dealt_with_since_stays(services, marek, keep, phone: Phone, clock: Clock, new_id) -> None:
    from server.queries.people.notes import PersonNote, add_note

    with services.database.writing() as session:
        agency_id = session.scalar(select(metadata.tables["agency"].c.id).limit(1))
        at = LAST_DAY_OF_A_PERSON - 30 * DAY
        note = PersonNote(
            id=new_id(), person_id=marek["person"], agency_id=agency_id, worker_id="w", at=at, text="Rang"
        )
        add_note(session, note)
    assert keep(LAST_DAY_OF_A_PERSON + DAY).people_forgotten == 0


def test_whoever_is_met_while_others_are_forgotten_stays(services, phone: Phone, clock: Clock, new_id) -> None:
    """Who is past their time is found at the beginning; it may be an hour until it is their turn."""
    first, second = sorted((new_id(), new_id()))
    for each in (first, second):
        assert phone.push(phone.patch("person.patched", each, name="Marek")).status_code == 200
    later, turns = clock() + timedelta(days=8 * 365), []

    def meet_the_second() -> None:
        turns.append(1)
        if len(turns) == 2:
            told = make_row(contact_person, {"person_id": second}, later, new_id) | {"seen_at": later}
            with services.database.writing() as session:
                session.execute(insert(contact_person).values(**told))

    keeper = replace(keeper_of(services, later), heartbeat=meet_the_second)
    assert keeper._forget_people() == (1, 0)
    with services.database.reading() as session:
        assert find_person(session, first) is None and find_person(session, second) is not None


def test_many_thousands_who_are_past_their_time_are_found_at_once(services, new_id, now: datetime) -> None:
    """It asked once for each of them, in one transaction, while nobody heard from it."""
    old = now - timedelta(days=9 * 365)
    ids = [f"old-{number:05}" for number in range(6_000)]
    pairs = list(zip(ids[::2], ids[1::2], strict=True))
    with services.database.writing() as session:
        wanted = make_row(person, {}, now, new_id)
        session.execute(insert(person), [wanted | {"id": each, "created_at": old} for each in ids])
        merges = [PersonMerged(id=new_id(), from_id=a, into_id=b, at=old, worker_id="w") for a, b in pairs]
        store_merges(session, merges)
        store_merges(session, [PersonMerged(id=new_id(), from_id=ids[0], into_id="not-here", at=old, worker_id="w")])
    with services.database.reading() as session:
        found = retention.list_people_past(session, now - timedelta(days=8 * 365))
    assert [each for each in found if each[0].startswith("old-")] == [list(pair) for pair in pairs]


def test_a_safeguarding_need_waits_for_somebody_to_decide(services, marek, keep) -> None:
    with services.database.writing() as session:
        need = metadata.tables["person_need"]
        session.execute(need.update().values(need="safeguarding"))
    done = keep(LAST_DAY_OF_A_PERSON + DAY)
    assert (done.people_forgotten, done.for_review) == (0, 1)
    assert find_everywhere(services, "Marek Zebedee")


def test_a_contact_that_met_somebody_else_stays_theirs(services, phone: Phone, keep, clock: Clock, new_id) -> None:
    old, young = new_id(), new_id()
    described = [
        phone.patch("person.patched", old, name="Marek Zebedee"),
        phone.patch("person.patched", young, name="Joan Carter"),
    ]
    together = phone.contact(person_ids=[old, young])
    phone.push(*described, together)
    with services.database.writing() as session:
        links = metadata.tables["contact_person"]
        session.execute(
            insert(links).values(
                contact_id=new_id(),
                person_id=young,
                seen_at=clock.now + 365 * DAY,
                night=clock.now.date(),
                state="bedded_down",
            )
        )
    assert keep(LAST_DAY_OF_A_PERSON + DAY).people_forgotten == 1
    with services.database.reading() as session:
        kept = find_contact(session, together["e"])
    assert kept is not None and kept.contact.person_ids == (young,)
    assert find_everywhere(services, "Joan Carter")


# --------------------------------------------------------------------------------------------- referrers, audit, counts
def add_alert(services: Services, new_id: Callable[[], str], now: datetime) -> str:
    with services.database.writing() as session:
        alert_id = new_id()
        session.execute(
            insert(alert).values(
                id=alert_id, source="streetlink", source_reference="S1", received_at=now, reported_at=now,
                raw='{"where": "Zebedee Road"}', place="Zebedee Road", postcode="WD17 1AA", latitude=EXACT[0], longitude=EXACT[1],
                seen_text="", appearance="Grey beard", concerns="", age_group="", gender="", referrer_type="",
                contact_consent=True, outcome_text="", parent_reference="",
            )
        )  # fmt: skip
        kept_until = (now + timedelta(days=90)).date()
        add_referrers(
            session,
            [
                ReferrerRow(
                    alert_id=alert_id, name="Samuel Quill", email="sam@example.org", telephone="", delete_on=kept_until
                )
            ],
        )
        session.execute(insert(import_batch).values(id="b", kind="referrals", source="streetlink", file_name="f", file_sha256="x",
                                                    started_at=now, imported_by="tom", finished_at=now))  # fmt: skip
        session.execute(insert(refused_row).values(batch_id="b", row_number=1, held="Samuel Quill"))
    return alert_id


def test_columns_that_may_name_whoever_told_us_go_with_their_address(services, keep, new_id, now) -> None:
    alert_id = add_alert(services, new_id, now)
    kept_until = (now + timedelta(days=90)).date()
    with services.database.writing() as session:
        told = '{"reporter": "Zelda Quince"}'
        session.execute(update(alert_referrer).where(alert_referrer.c.alert_id == alert_id).values(extras=told))
        session.execute(
            insert(alert_version).values(
                id="v1", alert_id=alert_id, received_at=now, delete_on=kept_until, extras=told, raw="{}", changes="{}",
                applied="[]", settled_at=now,
            )
        )  # fmt: skip
    keep(now + 90 * DAY)
    assert len(find_everywhere(services, "Zelda Quince")) == 2
    assert keep(now + 91 * DAY).referrers_deleted == 3
    assert find_everywhere(services, "Zelda Quince") == []


def test_how_to_reach_whoever_told_us_is_kept_for_ninety_days(services, keep, new_id, now) -> None:
    add_alert(services, new_id, now)
    keep(now + 90 * DAY)
    assert len(find_everywhere(services, "Samuel Quill")) == 2
    assert keep(now + 91 * DAY).referrers_deleted == 2
    assert find_everywhere(services, "Samuel Quill", "sam@example.org") == []


def test_where_a_report_was_is_kept_as_long_as_where_somebody_was_met(services, keep, new_id, now) -> None:
    add_alert(services, new_id, now)
    keep(LAST_EXACT_DAY)
    assert find_everywhere(services, "Zebedee Road")
    assert keep(LAST_EXACT_DAY + DAY).places_coarsened == 1
    assert find_everywhere(services, "Zebedee Road", "WD17 1AA", str(EXACT[0])) == []
    assert find_everywhere(services, "Grey beard"), "only the place is past its time"


def test_a_newer_version_of_a_report_says_its_place_no_longer_than_the_report(services, keep, new_id, now) -> None:
    alert_id = add_alert(services, new_id, now)
    with services.database.writing() as session:
        session.execute(
            insert(alert_version).values(
                id="v1", alert_id=alert_id, received_at=now, delete_on=now.date(), extras="{}", applied="[]",
                raw='{"where": "Zachary Lane"}', changes='{"place": ["Zebedee Road", "Zachary Lane"]}',
            )
        )  # fmt: skip
    keep(LAST_EXACT_DAY)
    assert len(find_everywhere(services, "Zachary Lane")) == 2
    assert keep(LAST_EXACT_DAY + DAY).places_coarsened == 1
    assert find_everywhere(services, "Zachary Lane", "Zebedee Road") == []


def test_what_was_written_of_nobody_by_name_is_kept_for_seven_years(services, phone: Phone, keep, new_id, now) -> None:
    add_alert(services, new_id, now)
    phone.push(
        phone.contact(note="Zygmunt by the lock"), phone.contact(person_ids=[new_id()], note="Zofia by the lock")
    )
    keep(LAST_DAY_OF_A_PERSON)
    words = ("Zygmunt", "Zofia", "Grey beard")
    assert {each.rsplit(" ", 1)[-1] for each in find_everywhere(services, *words)} == {"Zygmunt", "Zofia", "beard"}
    assert keep(LAST_DAY_OF_A_PERSON + DAY).words_deleted == 3
    assert find_everywhere(services, *words) == []


def test_the_audit_and_the_outbox_are_kept_for_seven_years(services, keep, now, new_id) -> None:
    with services.database.writing() as session:
        audit.add_lines(session, [AuditLine(id=new_id(), at=now, action="see_person", subject_id="canary-7f3a")])
        outbox.add_mails(
            session,
            [Mail(id=new_id(), key="canary-7f3a", kind=MailKind.NEW_ON_LIST, queued_at=now, useful_until=now)],
        )
    keep(LAST_DAY_OF_A_PERSON)
    assert len(find_everywhere(services, "canary-7f3a")) == 2
    assert keep(LAST_DAY_OF_A_PERSON + DAY).lines_deleted >= 2
    assert find_everywhere(services, "canary-7f3a") == []


def test_looking_counts_what_would_be_done_and_does_nothing(services, marek, new_id, now) -> None:
    add_alert(services, new_id, now)
    keeper = keeper_of(services, LAST_DAY_OF_A_PERSON + DAY)
    before = find_everywhere(services, "")
    looked = keeper.look()
    assert find_everywhere(services, "") == before
    done = keeper.keep_no_longer()
    assert looked == done
    assert (done.people_forgotten, done.referrers_deleted, done.places_coarsened) == (1, 2, 2)
    with services.database.reading() as session:
        (line,) = [line for line in audit.list_lines(session) if line.action == "retention"]
    assert "1 people_forgotten" in line.detail
    assert line.at == LAST_DAY_OF_A_PERSON + DAY


def test_a_lease_that_is_lost_stops_it_between_two_pieces(services, marek, monkeypatch) -> None:
    class Lost(Exception):
        """Somebody else runs the jobs now."""

    def beats() -> Iterator[None]:
        yield None
        raise Lost

    turns = beats()
    keeper = keeper_of(services, LAST_DAY_OF_A_PERSON + DAY, lambda: next(turns))
    assert isinstance(keeper, Keeper)
    with pytest.raises(Lost):
        keeper.keep_no_longer()
    assert find_everywhere(services, "Marek Zebedee")
    assert keeper_of(services, LAST_DAY_OF_A_PERSON + DAY).keep_no_longer().people_forgotten == 1


def test_more_than_one_piece_is_coarsened(services, phone: Phone, keep, monkeypatch) -> None:
    import server.actions.people.retention as job

    monkeypatch.setattr(job, "PIECE", 2)
    pin = {"latitude": EXACT[0], "longitude": EXACT[1]}
    phone.push(*(phone.contact(position=pin) for _ in range(5)))
    assert keep(LAST_EXACT_DAY + DAY).places_coarsened == 5


def test_every_table_about_a_case_or_a_person_is_emptied_of_them(services, marek, keep, cast, new_id, now) -> None:
    """A row in every table that names a case or a person, whoever added the table."""
    from server.queries.people.erasure import ABOUT_A_CASE, ABOUT_A_PERSON

    known = {"agency_id": cast.outreach.id, "district_id": cast.watford.id, "to_district_id": cast.watford.id,
             "from_district_id": cast.dacorum.id, "person_id": marek["person"]}  # fmt: skip
    with services.database.writing() as session:
        conference = metadata.tables["case_conference"]
        known["conference_id"] = new_id()
        session.execute(
            insert(conference).values(id=known["conference_id"], district_id=cast.watford.id, starts_at=now)
        )
        known["case_id"] = session.scalar(select(metadata.tables["mdt_case"].c.id))
        of_several = {"batch_id": "caseload_batch", "version_id": "minutes_version", "circulation_id": "circulation"}
        for name, table_name in of_several.items():
            parent = metadata.tables[table_name]
            known[name] = new_id()
            session.execute(insert(parent).values(**make_row(parent, known, now, new_id) | {"id": known[name]}))
        paper = metadata.tables["document"]
        known["document_id"] = new_id()
        session.execute(
            insert(paper).values(**make_row(paper, known, now, new_id) | {"id": known["document_id"], "state": "kept"})
        )
        for table in (*ABOUT_A_CASE, *ABOUT_A_PERSON):
            if session.execute(select(table)).first() is None:
                session.execute(insert(table).values(**make_row(table, known, now, new_id)))
    assert keep(LAST_DAY_OF_A_PERSON + DAY).people_forgotten == 1
    with services.database.reading() as session:
        of_case = [table.name for table in ABOUT_A_CASE if session.execute(select(table)).first()]
        theirs = [table for table in ABOUT_A_PERSON if marek["person"] in session.scalars(select(table.c.person_id))]
    assert (of_case, theirs) == ([], [])
    assert {"case_action", "case_move", "case_lead", "agenda_item", "written_update"} <= {t.name for t in ABOUT_A_CASE}


WANTED: dict[str, dict[str, object]] = {
    "notice": {"kind": "duty_to_refer"}, "home_asked": {"months": 3, "answer": "yes"}, "plan_goal": {"words": "A front door"},
    "own_wish": {"words": "A door"},
}  # fmt: skip
"""What checks ask of a row beyond one column's kind."""


def make_row(table: Table, known: dict[str, str], now: datetime, new_id: Callable[[], str]) -> dict[str, object]:
    """What a table wants at least: known ids, else something of the column's kind."""
    row: dict[str, object] = {}
    for column in table.columns:
        if column.name in WANTED.get(str(table.name), {}):
            row[column.name] = WANTED[str(table.name)][column.name]
        elif column.name in known:
            row[column.name] = known[column.name]
        elif column.name in {"reason", "text", "words"}:
            row[column.name] = "a reason in ten letters"
        elif column.nullable or column.default is not None:
            continue
        elif column.name == "ends_at":
            row[column.name] = now + DAY
        else:
            kinds = {
                "UTCDateTime": now,
                "Date": now.date(),
                "Integer": 1,
                "Float": 1.0,
                "Boolean": False,
                "LargeBinary": b"x",
            }
            row[column.name] = kinds.get(type(column.type).__name__, new_id())
    return row


def test_every_column_with_a_point_is_among_the_places() -> None:
    """A new table with a position must say how long it is kept. Sites and counts of nobody in particular stay."""
    placed = {table.name for table in metadata.sorted_tables if "latitude" in table.c}
    known = {places.table.name for places in retention.PLACES}
    assert placed - known == {"site", "sighting", "gazetteer_place"} & placed


def test_the_command_counts_and_then_does_it(services: Services, monkeypatch) -> None:
    from server.cli import main

    monkeypatch.setenv("LANTERN_DATABASE", services.settings.database)
    monkeypatch.setenv("LANTERN_DATA", str(services.settings.data))
    counted = CliRunner().invoke(main, ["retention", "--dry-run", "--json"])
    assert json.loads(counted.stdout) == {
        "dry_run": True, "places_coarsened": 0, "places_deleted": 0, "pictures_deleted": 0,
        "people_forgotten": 0, "words_deleted": 0, "for_review": 0,
        "referrers_deleted": 0, "lines_deleted": 0,
    }  # fmt: skip
    assert CliRunner().invoke(main, ["retention"]).exit_code == 0


def test_the_nightly_job_forgets_counts_of_tries_that_limit_nobody(services: Services) -> None:
    limit = Limit(purpose="sign-in", tries=3, window=timedelta(minutes=15))
    at_ms = int(services.clock().timestamp() * 1000)
    with services.database.writing() as session:
        count_try(session, limit, "old", at_ms - 3_600_000)
        count_try(session, limit, "fresh", at_ms)

    run_due(services, JOBS, "this process", names=["retention"])

    with services.database.reading() as session:
        assert session.execute(select(rate_limit.c.subject)).scalars().all() == ["fresh"]
