"""A partner's system reads and writes by the same rules as the worker who answers for it, and by no other."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, update

from server.actions.partnership import systems as acts
from server.actions.partnership.systems import Wanted
from server.cli import main
from server.database.context import Kind, acting
from server.database.engine import Database
from server.queries.operation import audit
from server.queries.partnership import systems
from server.queries.street import contacts
from server.tables.cases.case import case_action
from server.tables.partnership.agency import agreement
from server.tables.partnership.worker import worker
from server.tables.people.hidden import person_hidden, person_hidden_agency
from server.tables.referrals.referral import alert, alert_referrer, referral
from server.tables.street.contact import contact, contact_person
from tests.conftest import Clock
from tests.web import county

BASE = "/api/v1"
ALL = tuple(each.value for each in systems.Scope)


class System:
    """A partner's program: it has an id and a secret, and asks with its token."""

    def __init__(self, client: Any, system_id: str, secret: str) -> None:
        self.client, self.id, self.secret = client, system_id, secret
        self.token = ""

    def ask_token(self, **fields: str) -> Any:
        form = {"grant_type": "client_credentials", "client_id": self.id, "client_secret": self.secret} | fields
        return self.client.post(f"{BASE}/token", data=form)

    def let_in(self) -> "System":
        answer = self.ask_token()
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self

    def get(self, path: str, **params: str | int) -> Any:
        return self.client.get(BASE + path, params=params, headers={"authorization": f"Bearer {self.token}"})

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(BASE + path, json=body, headers={"authorization": f"Bearer {self.token}"})


NUMBERED_AT = datetime(2026, 11, 12, tzinfo=UTC)


def number_contacts(database: Database, now: datetime = NUMBERED_AT) -> int:
    """What a job does each minute."""
    with acting(Kind.JOB), database.writing() as session:
        return contacts.number_new(session, 10_000, now)


@pytest.fixture
def let_in(client: Any, filled: Database, clock: Clock, new_id: Callable[[], str]) -> Callable[..., System]:
    """A system that a worker answers for, with a token."""

    def do(worker_id: str, *scopes: str, name: str = "Its system") -> System:
        with filled.writing() as session:
            system_id = new_id()
            wanted = Wanted(name=name, worker_id=worker_id, scopes=scopes or ALL)
            secret = acts.register(session, wanted, (), clock(), system_id)
        return System(client, system_id, secret).let_in()

    return do


@pytest.fixture
def owed(filled: Database, now: datetime) -> Database:
    """CGL owes an action for Stefan, and one that is late for Joan; Watford Housing owes one for Marek."""
    with filled.writing() as session:
        for action_id, person_id, agency_id, days in (
            ("a1", "stefan", "cgl", 7), ("a2", "joan", "cgl", -3), ("a3", "marek", "watford-housing", 7),
        ):  # fmt: skip
            county.add(session, case_action, {
                "id": action_id, "case_id": f"case-{person_id}", "agency_id": agency_id, "text": "Ring them",
                "due_on": now.date() + timedelta(days=days), "agreed_at": now - timedelta(days=10), "agreed_by": "priya",
                "mdt_number": 1,
            })  # fmt: skip
    assert number_contacts(filled) > 3
    return filled


def hide(database: Database, person_id: str, now: datetime, *agency_ids: str) -> None:
    with database.writing() as session:
        county.add(session, person_hidden, {"id": "h", "person_id": person_id, "at": now, "worker_id": "priya",
                                            "agency_id": "watford-housing", "reason": "threatened"})  # fmt: skip
        county.add(session, person_hidden_agency, *({"hidden_id": "h", "agency_id": each} for each in agency_ids))


# --------------------------------------------------------------------------------------------------------------- way in
def test_id_and_secret_give_a_token_by_form_and_by_basic(let_in: Callable[..., System], client: Any) -> None:
    system = let_in("ruth", "actions", "cases")
    by_form = system.ask_token()
    basic = b64encode(f"{system.id}:{system.secret}".encode()).decode()
    by_basic = client.post(
        f"{BASE}/token", data={"grant_type": "client_credentials"}, headers={"authorization": f"Basic {basic}"}
    )

    for answer in (by_form, by_basic):
        told = answer.json()
        assert (answer.status_code, told["token_type"], told["expires_in"]) == (200, "Bearer", 900)
        assert told["scope"] == "actions cases"
        assert answer.headers["cache-control"] == "no-store"
    assert by_basic.json()["access_token"] == by_form.json()["access_token"]


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "nobody", "client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "a\0b"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_nothing_else_gives_a_token(
    let_in: Callable[..., System], fields: dict[str, str], status: int, error: str
) -> None:
    answer = let_in("ruth").ask_token(**fields)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "access_token" not in answer.json()


def test_a_token_ends_after_a_quarter_of_an_hour(let_in: Callable[..., System], clock: Clock) -> None:
    system = let_in("ruth")
    clock.advance(minutes=14, seconds=59)
    assert system.get("/actions").status_code == 200
    clock.advance(seconds=2)
    answer = system.get("/actions")

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/401.8")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("how", ["id", "end", "proof", "nothing", "cookie"])
def test_a_token_that_was_changed_is_none(let_in: Callable[..., System], client: Any, how: str) -> None:
    system, other = let_in("ruth"), let_in("priya")
    system_id, ends, proof = system.token.split(".")
    tampered = {
        "id": f"{other.id}.{ends}.{proof}", "end": f"{system_id}.{int(ends) + 60}.{proof}",
        "proof": f"{system_id}.{ends}.{proof[:-1]}{'A' if proof[-1] != 'A' else 'B'}", "nothing": "", "cookie": "",
    }[how]  # fmt: skip
    if how == "cookie":
        client.cookies.set("lantern-session", system.token)
    system.token = tampered

    assert system.get("/actions").status_code == 401


def test_another_secret_and_an_end_hold_at_once(
    let_in: Callable[..., System], filled: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    renewed, ended = let_in("ruth"), let_in("ruth")
    with filled.writing() as session:
        fresh = acts.renew_secret(session, renewed.id, clock(), new_id())
        assert systems.end_system(session, ended.id, clock())

    assert renewed.get("/actions").status_code == 401
    assert ended.get("/actions").status_code == 401
    assert renewed.ask_token().status_code == 401
    assert ended.ask_token().status_code == 401
    assert renewed.ask_token(client_secret=fresh).status_code == 200


def test_nobody_who_guesses_goes_on_for_ever(let_in: Callable[..., System]) -> None:
    system = let_in("ruth")
    statuses = [system.ask_token(client_secret="guess").status_code for _ in range(60)]
    answer = system.ask_token()

    assert set(statuses[:59]) == {401}
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_a_system_asks_no_more_than_it_may(let_in: Callable[..., System], monkeypatch: pytest.MonkeyPatch) -> None:
    from server.http import systems as http
    from server.queries.operation.rate_limits import Limit

    monkeypatch.setattr(http, "OF_A_SYSTEM", Limit(purpose="system", tries=3, window=timedelta(minutes=1)))
    system, other = let_in("ruth"), let_in("ruth")
    assert [system.get("/actions").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert other.get("/actions").status_code == 200


# --------------------------------------------------------------------------------------------------- whose rules it has
def list_asked(client: Any) -> list[tuple[str, str, str]]:
    """Every address for systems: its method, its path, its scope."""
    found = set()
    for route in client.app.routes:
        for method, (handler, *_) in getattr(route, "route_handler_map", {}).items():
            if "scope" in handler.opt and method != "OPTIONS":
                path = route.path.replace("{action_id:str}", "a1").replace("{case_id:str}", "case-stefan")
                found.add((str(method), path.replace("{reference:str}", "r"), str(handler.opt["scope"])))
    return sorted(found)


def test_no_address_is_open_without_a_token_or_without_its_scope(let_in: Callable[..., System], client: Any) -> None:
    asked = list_asked(client)
    assert len(asked) >= 12
    assert {scope for _, _, scope in asked} == set(ALL)
    for method, path, _ in asked:
        body = {"json": {}} if method == "POST" else {}
        assert client.request(method, path, **body).status_code == 401, path
    lacking = {scope: let_in("ruth", *(each for each in ALL if each != scope)) for scope in ALL}
    for method, path, scope in asked:
        headers = {"authorization": f"Bearer {lacking[scope].token}"}
        answer = client.request(method, path, json={}, headers=headers)
        assert (answer.status_code, scope in answer.json()["detail"]) == (403, True), path


def test_the_worker_who_answers_lacks_the_role_so_the_system_does(
    let_in: Callable[..., System], owed: Database
) -> None:
    helen, ruth = let_in("helen"), let_in("ruth")

    assert helen.get("/figures").status_code == 200
    assert helen.get("/cases").status_code == 403
    assert ruth.get("/cases").status_code == 200
    assert ruth.get("/figures").status_code == 403


@pytest.mark.parametrize("what", ["left", "moved", "agreement", "training"])
def test_who_answers_leaves_or_a_paper_runs_out_and_the_system_sees_nobody(
    let_in: Callable[..., System], owed: Database, now: datetime, what: str
) -> None:
    system = let_in("ruth")
    assert system.get("/cases").json()["cases"]
    changes = {
        "left": update(worker).where(worker.c.id == "ruth").values(active=False),
        "moved": update(worker).where(worker.c.id == "ruth").values(agency_id="beacon"),
        "agreement": update(agreement)
        .where(agreement.c.agency_id == "cgl")
        .values(signed_on=date(2026, 1, 1), expires_on=now.date() - timedelta(days=1)),
        "training": update(worker).where(worker.c.id == "ruth").values(trained_on=date(2020, 1, 1)),
    }
    with owed.writing() as session:
        session.execute(changes[what])

    for path in ("/cases", "/actions", "/contacts"):
        assert system.get(path).status_code == 403, path
        assert system.get(path, after="no\0mark").status_code == 403, path
    why = system.get("/cases").json()["detail"]
    assert ("Nobody of that agency answers" in why) is (what in {"left", "moved"}), why


# ------------------------------------------------------------------------------------------------------------ own cases
def test_cases_are_those_of_people_whom_the_agency_works_with(let_in: Callable[..., System], owed: Database) -> None:
    told = let_in("ruth").get("/cases").json()

    assert [each["id"] for each in told["cases"]] == ["case-joan", "case-stefan"]
    joan = told["cases"][0]
    assert (joan["state"], joan["district_code"], joan["mdt_number"]) == ("open", "E07000103", 2)
    assert (joan["person"]["name"], joan["person"]["date_of_birth"]) == ("Joan Carter", "1979-04-02")
    assert told["after"] is None


def test_a_coordinator_answers_and_the_system_still_reads_its_own_agencys_alone(
    let_in: Callable[..., System], owed: Database
) -> None:
    system = let_in("priya")

    assert [each["id"] for each in system.get("/cases").json()["cases"]] == ["case-marek"]
    assert system.get("/cases/case-stefan").status_code == 404


def test_a_partner_hears_of_a_case_when_it_is_on_the_list(let_in: Callable[..., System], owed: Database) -> None:
    with owed.writing() as session:
        county.add(session, case_action, {
            "id": "a4", "case_id": "case-red", "agency_id": "cgl", "text": "Ring", "due_on": date(2026, 12, 1),
            "agreed_at": datetime.fromisoformat("2026-11-01T12:00:00+00:00"), "agreed_by": "priya", "mdt_number": 1,
        })  # fmt: skip

    assert "case-red" not in [each["id"] for each in let_in("ruth").get("/cases").json()["cases"]]
    assert let_in("ruth").get("/cases/case-red").status_code == 404
    assert "case-red" in [each["id"] for each in let_in("tom").get("/cases").json()["cases"]]


def test_nothing_says_where_or_how_somebody_would_be_known(let_in: Callable[..., System], owed: Database) -> None:
    system = let_in("tom")
    said = "".join(system.get(path).text for path in ("/cases", "/contacts", "/actions"))

    for secret in (
        "51.66",
        "stairwell",
        "Station",
        "shelter",
        "grey beard",
        "Red hat",
        "latitude",
        "site_id",
        "Foot sore",
    ):
        assert secret not in said, secret
    assert "Marek" in said


def test_pages_leave_nothing_out_and_nothing_twice(let_in: Callable[..., System], owed: Database) -> None:
    system = let_in("tom")
    whole = [each["id"] for each in system.get("/cases").json()["cases"]]
    found: list[str] = []
    after = ""
    while True:
        page = system.get("/cases", limit=2, after=after).json()
        assert len(page["cases"]) <= 2
        found += [each["id"] for each in page["cases"]]
        if page["after"] is None:
            break
        after = page["after"]

    assert found == whole
    assert len(whole) == 4


@pytest.mark.parametrize("limit", [0, -1, 201, 10**20])
@pytest.mark.parametrize("path", ["/cases", "/contacts", "/actions"])
def test_a_page_is_of_one_to_two_hundred(let_in: Callable[..., System], path: str, limit: int) -> None:
    assert let_in("ruth").get(path, limit=limit).status_code == 400


def test_somebody_hidden_is_nobodys_but_of_who_may_know(
    let_in: Callable[..., System], owed: Database, now: datetime
) -> None:
    ruth, priya = let_in("ruth"), let_in("priya")
    hide(owed, "stefan", now, "watford-housing")
    hidden = [ruth.get(path) for path in ("/cases/case-stefan", "/actions/a1")]

    assert [each["id"] for each in ruth.get("/cases").json()["cases"]] == ["case-joan"]
    assert [each["id"] for each in ruth.get("/actions").json()["actions"]] == ["a2"]
    assert {each.status_code for each in hidden} == {404}
    assert hidden[0].content == ruth.get("/cases/no-such-case").content
    assert ruth.post("/actions/a1/done", {"text": "Rang"}).status_code == 404
    assert not {"stefan"} & {who for each in ruth.get("/contacts").json()["contacts"] for who in each["person_ids"]}
    assert priya.get("/cases").status_code == 200


def test_every_person_told_of_is_in_the_audit_as_read_by_the_system(
    let_in: Callable[..., System], owed: Database
) -> None:
    let_in("ruth", name="Case book").get("/cases")
    with owed.reading() as session:
        lines = [each for each in audit.list_lines(session) if each.subject_kind == "person"]

    assert sorted(each.subject_id for each in lines) == ["joan", "stefan"]
    assert {(each.actor_id, each.agency_id) for each in lines} == {("ruth", "cgl")}
    assert {each.purpose for each in lines} == {"system Case book: own cases"}


# --------------------------------------------------------------------------------------------------------- own contacts
def test_contacts_come_in_the_order_in_which_they_were_received(let_in: Callable[..., System], owed: Database) -> None:
    system = let_in("ruth")
    whole = system.get("/contacts").json()
    received = [each["received_at"] for each in whole["contacts"]]
    first = system.get("/contacts", limit=3).json()
    rest = system.get("/contacts", after=first["after"]).json()

    assert received == sorted(received)
    assert {who for each in whole["contacts"] for who in each["person_ids"]} == {"joan", "stefan"}
    assert first["is_more"] and not rest["is_more"]
    assert [each["id"] for each in first["contacts"] + rest["contacts"]] == [each["id"] for each in whole["contacts"]]
    assert system.get("/contacts", after=rest["after"]).json() == {
        "contacts": [], "after": rest["after"], "is_more": False,
    }  # fmt: skip
    assert whole["contacts"][-1]["team"] == "Beacon Watford"


def test_a_contact_that_was_stored_late_is_not_passed_over(
    let_in: Callable[..., System], owed: Database, now: datetime
) -> None:
    """Two pushes at once: the one that was received first is stored last, after a system has read the other."""
    system = let_in("ruth")
    read = system.get("/contacts").json()
    with owed.writing() as session:
        first = dict(session.execute(select(contact).where(contact.c.id == "contact-stefan-0")).mappings().one())
        met = dict(
            session.execute(select(contact_person).where(contact_person.c.contact_id == "contact-stefan-0"))
            .mappings()
            .one()
        )
        county.add(
            session, contact, first | {"id": "late", "told_number": None, "received_at": now - timedelta(days=900)}
        )
        county.add(session, contact_person, met | {"contact_id": "late"})
    assert system.get("/contacts", after=read["after"]).json()["contacts"] == []
    assert number_contacts(owed) == 1
    more = system.get("/contacts", after=read["after"]).json()

    assert [each["id"] for each in more["contacts"]] == ["late"]
    assert number_contacts(owed) == 0
    assert system.get("/contacts", after=more["after"]).json()["contacts"] == []


def test_what_is_not_committed_yet_gets_no_number(let_in: Callable[..., System], owed: Database, now: datetime) -> None:
    if owed.is_sqlite:
        pytest.skip("SQLite has one writer")
    system = let_in("ruth")
    with acting(Kind.JOB), owed.writing() as session:
        row = dict(session.execute(select(contact).where(contact.c.id == "contact-stefan-0")).mappings().one())
        met = dict(
            session.execute(select(contact_person).where(contact_person.c.contact_id == "contact-stefan-0"))
            .mappings()
            .one()
        )
        county.add(session, contact, row | {"id": "slow", "told_number": None, "received_at": now - timedelta(days=1)})
        county.add(session, contact_person, met | {"contact_id": "slow"})
        with owed.writing() as other:
            county.add(other, contact, row | {"id": "swift", "told_number": None, "received_at": now})
            county.add(other, contact_person, met | {"contact_id": "swift"})
        assert number_contacts(owed) == 1
        after = system.get("/contacts").json()["after"]
    number_contacts(owed)

    assert [each["id"] for each in system.get("/contacts", after=after).json()["contacts"]] == ["slow"]


def test_after_a_restore_contacts_are_told_again_rather_than_missed(
    let_in: Callable[..., System], owed: Database
) -> None:
    system = let_in("ruth")
    whole = system.get("/contacts").json()
    with owed.writing() as session:  # as it was before some were numbered; phones have sent them anew, in another order
        kept = whole["contacts"][0]["id"]
        session.execute(update(contact).where(contact.c.id != kept).values(told_number=None))
    number_contacts(owed, NUMBERED_AT + timedelta(hours=1))
    again = system.get("/contacts", after=whole["after"]).json()

    assert {each["id"] for each in again["contacts"]} == {each["id"] for each in whole["contacts"][1:]}


def test_after_a_restore_nothing_is_missed_where_the_newest_is_given_its_place_again(
    let_in: Callable[..., System], owed: Database, now: datetime
) -> None:
    """A phone brings one that nobody had brought, before the last that was told; another comes after it, not before as it was."""
    system = let_in("ruth")
    whole = system.get("/contacts").json()
    first, last = whole["contacts"][0]["id"], whole["contacts"][-1]["id"]
    with owed.writing() as session:
        row = dict(session.execute(select(contact).where(contact.c.id == last)).mappings().one())
        met = dict(
            session.execute(select(contact_person).where(contact_person.c.contact_id == last)).mappings().first() or {}
        )
        session.execute(update(contact).values(told_number=None))
        session.execute(update(contact).where(contact.c.id == first).values(received_at=now + timedelta(days=1)))
        new = {"id": "brought", "told_number": None, "received_at": now - timedelta(days=900)}
        county.add(session, contact, row | new)
        county.add(session, contact_person, met | {"contact_id": "brought"})
    number_contacts(owed, NUMBERED_AT + timedelta(hours=1))
    again = system.get("/contacts", after=whole["after"]).json()

    assert "brought" in {each["id"] for each in again["contacts"]}


def test_a_mark_whose_contact_was_erased_is_read_on_from(let_in: Callable[..., System], owed: Database) -> None:
    system = let_in("ruth")
    first = system.get("/contacts", limit=1).json()
    whole = system.get("/contacts").json()["contacts"]
    with owed.writing() as session:
        gone = first["contacts"][0]["id"]
        session.execute(delete(contact_person).where(contact_person.c.contact_id == gone))
        session.execute(delete(contact).where(contact.c.id == gone))

    assert system.get("/contacts", after=first["after"]).json()["contacts"] == whole[1:]


def test_needs_of_a_contact_are_told_where_all_who_were_met_are_known(
    let_in: Callable[..., System], owed: Database
) -> None:
    system = let_in("ruth")
    needs = {each["id"]: each["needs"] for each in system.get("/contacts").json()["contacts"]}
    assert needs["contact-stefan-0"] == [{"need": "physical_health", "receiving_support": "yes"}]
    with owed.writing() as session:
        known = session.execute(
            select(contact_person).where(contact_person.c.contact_id == "contact-stefan-0")
        ).mappings().one()  # fmt: skip
        county.add(session, contact_person, dict(known) | {"person_id": "marek"})
    (shown,) = [each for each in system.get("/contacts").json()["contacts"] if each["id"] == "contact-stefan-0"]

    assert (shown["person_ids"], shown["needs"]) == (["stefan"], [])


@pytest.mark.parametrize("who", ["hidden", "nobody could say"])
def test_needs_are_not_told_of_a_contact_in_which_somebody_was_who_is_not_to_be_known(
    let_in: Callable[..., System], owed: Database, now: datetime, who: str
) -> None:
    """Whom the reader may not know of was there all the same, on PostgreSQL too."""
    with owed.writing() as session:
        if who == "hidden":
            known = session.execute(
                select(contact_person).where(contact_person.c.contact_id == "contact-stefan-0")
            ).mappings().one()  # fmt: skip
            county.add(session, contact_person, dict(known) | {"person_id": "marek"})
        else:
            session.execute(update(contact).where(contact.c.id == "contact-stefan-0").values(unidentified_people=1))
    hide(owed, "marek", now, "watford-housing")
    told = {each["id"]: each for each in let_in("ruth").get("/contacts").json()["contacts"]}

    assert (told["contact-stefan-0"]["person_ids"], told["contact-stefan-0"]["needs"]) == (["stefan"], [])


@pytest.mark.parametrize("after", ["x", "2026-11-12", "12", "~x", "-1~x", "²~x", "9" * 19 + "~x", "1~a\0b", "a\0~b"])
def test_a_mark_that_is_none_of_ours_is_refused(let_in: Callable[..., System], after: str) -> None:
    assert let_in("ruth").get("/contacts", after=after).status_code == 400


# ---------------------------------------------------------------------------------------------------------- own actions
def test_what_is_owed_is_read_and_answered(let_in: Callable[..., System], owed: Database) -> None:
    system = let_in("ruth")
    told = {each["id"]: each for each in system.get("/actions").json()["actions"]}
    done = system.post("/actions/a1/done", {"text": "Rang on Monday"})
    explained = system.post("/actions/a2/explain", {"text": "Their phone was off"})

    assert {each: one["is_overdue"] for each, one in told.items()} == {"a1": False, "a2": True}
    assert (done.status_code, done.json()["done_note"]) == (200, "Rang on Monday")
    assert explained.json()["explained"] == "Their phone was off"
    assert system.post("/actions/a1/done", {"text": "Again"}).status_code == 409
    assert system.post("/actions/a1/reopen").json()["done_at"] is None
    assert system.post("/actions/a2/explain", {"text": " "}).status_code == 400
    assert system.post("/actions/a2/not-ours", {"text": "It is Housing’s"}).json()["refused"] == "It is Housing’s"
    with owed.reading() as session:
        rows = {row.id: row for row in session.execute(select(case_action))}
        purposes = {line.purpose for line in audit.list_lines(session) if line.action == "answer_action"}
    assert (rows["a1"].done_at, rows["a2"].explained) == (None, "Their phone was off")
    assert purposes == {"system Its system: actions"}


def test_another_agencys_action_is_as_none(let_in: Callable[..., System], owed: Database) -> None:
    system = let_in("ruth")
    missing = system.get("/actions/no-such-action")

    assert system.get("/actions/a3").content == missing.content
    assert system.post("/actions/a3/done", {"text": "Rang"}).status_code == 404


def test_a_coordinators_system_answers_for_its_own_agency_alone(let_in: Callable[..., System], owed: Database) -> None:
    system = let_in("priya")

    assert [each["id"] for each in system.get("/actions").json()["actions"]] == ["a3"]
    assert system.get("/actions/a1").status_code == 404
    assert system.post("/actions/a1/done", {"text": "Rang"}).status_code == 404


# -------------------------------------------------------------------------------------------------------- referrals in
SENT = {"reference": "CB/2026-11", "position": {"latitude": 51.6565, "longitude": -0.3962}, "appearance": "Red hat",
        "seen": "about 9pm", "people": 2, "email": "sam@example.org", "name": "Sam"}  # fmt: skip


def test_a_referral_reaches_the_inbox_and_its_sender_hears_of_it(
    let_in: Callable[..., System], filled: Database
) -> None:
    system, other = let_in("ruth"), let_in("ruth")
    answer = system.post("/referrals", SENT)
    told = answer.json()

    assert answer.status_code == 201, answer.text
    assert (told["reference"], told["is_open"], told["district"]) == ("CB/2026-11", True, "Watford")
    with filled.reading() as session:
        row = session.execute(select(referral).where(referral.c.number == told["number"])).mappings().one()
        kept = session.execute(select(alert).where(alert.c.id == row["alert_id"])).mappings().one()
        who = session.execute(select(alert_referrer)).mappings().one()
    assert (row["source"], row["state"], row["team_id"]) == ("partner_system", "received", "watford-outreach")
    assert (kept["people_count"], kept["seen_text"]) == (2, "about 9pm")
    assert (who["email"], who["name"]) == ("sam@example.org", "Sam")
    assert "sam" not in kept["raw"].lower()
    path = "/referrals/CB%2F2026-11"
    assert system.get(path).json() == told, (
        "a reference with a slash was answered with 404, and its sender heard nothing"
    )
    assert other.get(path).status_code == system.get("/referrals/CB").status_code == 404


def test_the_same_reference_again_is_the_same_referral(let_in: Callable[..., System], filled: Database) -> None:
    system, other = let_in("ruth"), let_in("ruth")
    sent = SENT | {"reference": "CB-1"}
    first, again = system.post("/referrals", sent).json(), system.post("/referrals", sent | {"seen": "later"}).json()

    assert again == first == system.get("/referrals/CB-1").json()
    assert other.post("/referrals", sent).json()["number"] != first["number"]
    with filled.reading() as session:
        assert len(session.execute(select(referral.c.id).where(referral.c.source == "partner_system")).all()) == 2


def test_a_referral_is_taken_though_a_paper_has_run_out(let_in: Callable[..., System], filled: Database) -> None:
    system = let_in("ruth")
    with filled.writing() as session:
        ended = {"signed_on": date(2025, 1, 1), "expires_on": date(2026, 1, 1)}
        session.execute(update(agreement).where(agreement.c.agency_id == "cgl").values(**ended))

    assert system.post("/referrals", SENT).status_code == 201


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"position": None}, "place"),
        ({"reference": ""}, "reference"),
        ({"reference": "a b"}, "reference"),
        ({"reference": "a//b"}, "reference"),
        ({"postcode": "ZZ99 9ZZ"}, "postcode"),
        ({"email": "sam"}, "email"),
        ({"people": 0}, "people"),
        ({"position": {"latitude": 91, "longitude": 0}}, "latitude"),
        ({"appearance": "a\0b"}, "NUL"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_kept(
    let_in: Callable[..., System], filled: Database, change: dict[str, Any], words: str
) -> None:
    answer = let_in("ruth").post("/referrals", SENT | change)

    assert answer.status_code == 400
    assert words in str(answer.json())
    with filled.reading() as session:
        assert session.execute(select(referral.c.id).where(referral.c.source == "partner_system")).all() == []


def test_a_place_that_nobody_knows_waits_and_its_sender_is_told(
    let_in: Callable[..., System], filled: Database
) -> None:
    system = let_in("ruth")
    told = system.post("/referrals", {"reference": "v", "place": "behind the shops"}).json()

    assert (told["district"], told["is_open"]) == ("", True)
    assert "could not find the place" in told["answer"]


# -------------------------------------------------------------------------------------------------------------- figures
def test_figures_are_those_of_the_commissioners_page(
    let_in: Callable[..., System], filled: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        county.publish_quarters(session, clock.now, new_id)
    told = let_in("helen").get("/figures").json()["quarters"]

    assert [each["first"] for each in told] == sorted(each["first"] for each in told)
    assert len(told) >= 2
    assert all(isinstance(each["people_met"], str) for each in told)


# ----------------------------------------------------------------------------------------------------------- by command
def test_a_system_is_let_in_listed_and_ended_at_a_terminal(
    filled: Database, settings: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANTERN_DATABASE", settings.database)
    monkeypatch.setenv("LANTERN_DATA", str(settings.data))
    runner = CliRunner()
    added = runner.invoke(
        main, ["system", "add", "Case book", "--answers", "ruth@example.org", "--scope", "actions", "--hook", "https://x.example/h"]
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    told = dict(line.rsplit(maxsplit=1) for line in added.output.splitlines())
    listed = runner.invoke(main, ["system", "list"]).output
    refused = runner.invoke(
        main, ["system", "add", "Other", "--answers", "ruth@example.org", "--scope", "cases", "--hook", "http://10.0.0.1/h"]
    )  # fmt: skip
    hooked = runner.invoke(main, ["system", "hook", told["client_id"], "https://y.example/h"])
    fresh = runner.invoke(main, ["system", "secret", told["client_id"]]).output.strip()

    assert "CGL Spectrum: Case book  Ruth A; actions; hooks" in listed
    assert refused.exit_code == 2 and "LANTERN_HOOK_HOSTS" in refused.output
    assert hooked.output.strip() == told["hook secret"]
    assert fresh != told["client_secret"] and len(fresh) == 43
    assert runner.invoke(main, ["system", "end", told["client_id"]]).exit_code == 0
    assert runner.invoke(main, ["system", "end", told["client_id"]]).exit_code == 2
    assert "ended" in runner.invoke(main, ["system", "list"]).output
    with filled.reading() as session:
        done = [line.action for line in audit.list_lines(session) if line.subject_kind == "partner_system"]
    assert sorted(done) == ["add_system", "end_system", "renew_system_secret", "set_system_hook"]
