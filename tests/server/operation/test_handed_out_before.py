"""What was handed out before somebody left, or lost the role, opens nothing afterwards: codes for phones, invitations, sign-ins
under way."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from litestar.testing import TestClient

from server.access import Door
from server.actions.operation.account import Proof, change_own_password, make_recovery_codes
from server.actions.operation.enrolment import issue_code as issue_by_policy
from server.actions.operation.invitations import find_invited, invite, mail_invitation, path_of, still_invites
from server.actions.operation.signin import Attempt, set_password
from server.actions.partnership.leaving import let_go
from server.database.context import Kind, acting
from server.database.engine import Database
from server.http.services import Services
from server.jobs.runner import Moment
from server.jobs.sending import send_with
from server.problems import WRONG_PASSWORD, Failure, Invalid, NotFound
from server.queries.operation import devices, outbox, sessions
from server.queries.partnership import workers
from server.security import totp
from server.tables.partnership.agency import team_district
from server.tables.partnership.worker import worker_role, worker_team
from shared.model.mail import MailKind
from shared.model.worker import Worker
from tests.conftest import Clock
from tests.server.cast import PASSWORD, Cast, email_of
from tests.server.conferences.test_at_once import while_held
from tests.server.phone import Phone

NEW = "wet heron under lamplight"
Change = Callable[[Any, Cast, Services], None]


@pytest.fixture
def fresh(client: TestClient[Any], clock: Clock, new_id: Callable[[], str]) -> Phone:
    return Phone(client, clock, new_id)


def carrier_leaves(session: Any, cast: Cast, services: Services) -> None:
    let_go(session, cast.aisha.id, services.clock(), services.new_id)


def carrier_leaves_and_comes_back(session: Any, cast: Cast, services: Services) -> None:
    carrier_leaves(session, cast, services)
    workers.set_active(session, cast.aisha.id, True)


def carrier_loses_the_role(session: Any, cast: Cast, services: Services) -> None:
    session.execute(worker_role.delete().where(worker_role.c.worker_id == cast.aisha.id))


def carrier_walks_with_another_team(session: Any, cast: Cast, services: Services) -> None:
    theirs = worker_team.c.worker_id == cast.aisha.id
    session.execute(worker_team.update().where(theirs).values(team_id=cast.other_team.id))


def maker_leaves(session: Any, cast: Cast, services: Services) -> None:
    let_go(session, cast.tom.id, services.clock(), services.new_id)


def maker_leaves_and_comes_back(session: Any, cast: Cast, services: Services) -> None:
    maker_leaves(session, cast, services)
    workers.set_active(session, cast.tom.id, True)


def maker_loses_the_role(session: Any, cast: Cast, services: Services) -> None:
    session.execute(worker_role.delete().where(worker_role.c.worker_id == cast.tom.id))


def nothing(session: Any, cast: Cast, services: Services) -> None: ...


def the_team_walks_elsewhere(session: Any, cast: Cast, services: Services) -> None:
    """Its ground is called otherwise, or goes to another district: the code is for the team, and stays good."""
    session.execute(team_district.delete().where(team_district.c.team_id == cast.team.id))


@pytest.mark.parametrize(
    ("change", "enrols"),
    [
        (nothing, True), (the_team_walks_elsewhere, True), (carrier_leaves, False), (carrier_leaves_and_comes_back, False),
        (carrier_loses_the_role, False), (carrier_walks_with_another_team, False), (maker_leaves, False),
        (maker_leaves_and_comes_back, False), (maker_loses_the_role, False),
    ],
)  # fmt: skip
def test_a_code_enrols_only_whom_its_maker_could_enrol_today(
    change: Change, enrols: bool, fresh: Phone, services: Services, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    with Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
        code = issue_by_policy(access, cast.aisha.id, cast.team.id, services.settings).code
    with services.database.writing() as session:
        change(session, cast, services)
    answer = fresh.try_enrol(code)
    assert answer.status_code == (201 if enrols else 410), answer.text
    if not enrols:
        assert "Ask for a new one" in answer.json()["detail"]
        with services.database.reading() as session:
            assert devices.list_working_phones(session, cast.aisha.id) == []


def test_the_page_of_a_code_that_ended_says_that_it_is_over(
    services: Services, cast: Cast, sign_in: Any, clock: Clock, new_id: Callable[[], str]
) -> None:
    with Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
        issued = issue_by_policy(access, cast.aisha.id, cast.team.id, services.settings)
    client, page = sign_in(cast.tom), f"/devices/enrol/{issued.id}"
    before = client.get(page, headers={"accept": "text/html"}).text
    with services.database.writing() as session:
        carrier_leaves(session, cast, services)
    after = client.get(page, headers={"accept": "text/html"})
    assert after.status_code == 200 and after.text != before and "over" in after.text


def invite_dean(services: Services, cast: Cast, by: Worker | None) -> str:
    with services.database.writing() as session:
        made = invite(session, cast.dean, by.id if by else None, services.clock(), services.new_id)
        mail_invitation(session, made, cast.dean.agency_id, services.clock(), services.new_id)
    return path_of(made.id, services.keys.secret).removeprefix("/invitations/")


def opens(services: Services, token: str) -> bool:
    with services.database.reading() as session:
        (mail,) = [each.mail for each in outbox.list_posted(session) if each.mail.kind is MailKind.INVITATION]
        stands = still_invites(session, mail, services.clock())
        try:
            find_invited(session, token, services.keys.secret, services.clock())
        except NotFound:
            assert not stands, "a mail with a dead link goes out"
            return False
        assert stands
        return True


def dean_leaves_and_comes_back(session: Any, cast: Cast, services: Services) -> None:
    let_go(session, cast.dean.id, services.clock(), services.new_id)
    workers.set_active(session, cast.dean.id, True)


def administrator_leaves(session: Any, cast: Cast, services: Services) -> None:
    let_go(session, cast.olu.id, services.clock(), services.new_id)


def administrator_leaves_and_comes_back(session: Any, cast: Cast, services: Services) -> None:
    administrator_leaves(session, cast, services)
    workers.set_active(session, cast.olu.id, True)


def administrator_loses_the_role(session: Any, cast: Cast, services: Services) -> None:
    session.execute(worker_role.delete().where(worker_role.c.worker_id == cast.olu.id))


@pytest.mark.parametrize(
    ("change", "is_open"),
    [
        (nothing, True), (carrier_leaves, True), (dean_leaves_and_comes_back, False), (administrator_leaves, False),
        (administrator_leaves_and_comes_back, False), (administrator_loses_the_role, False),
    ],
)  # fmt: skip
def test_an_invitation_sets_only_a_password_that_its_maker_could_let_set_today(
    change: Change, is_open: bool, services: Services, cast: Cast
) -> None:
    """Whoever invites sees to whom; with a link kept back they would take over the account once they are gone."""
    token = invite_dean(services, cast, cast.olu)
    with services.database.writing() as session:
        change(session, cast, services)
    assert opens(services, token) is is_open


def test_an_invitation_from_the_terminal_asks_for_no_maker(services: Services, cast: Cast) -> None:
    assert opens(services, invite_dean(services, cast, None))


class While:
    """Passwords of which something happens while one of them is checked."""

    def __init__(self, services: Services, happens: Callable[[], None]) -> None:
        self._passwords, self._happens = services.signin.passwords, happens

    def matches(self, kept: str | None, password: str) -> bool:
        found = self._passwords.matches(kept, password)
        happens, self._happens = self._happens, lambda: None
        happens()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._passwords, name)


def meanwhile(services: Services, happens: Callable[[Any], None]) -> Any:
    from dataclasses import replace

    def do() -> None:
        with services.database.writing() as session:
            happens(session)

    checking: Any = While(services, do)
    return replace(services.signin, passwords=checking)


@pytest.mark.parametrize("what", ["password", "leaves"])
def test_a_sign_in_under_way_with_what_is_good_no_more_opens_no_session(
    what: str, services: Services, cast: Cast, database: Database
) -> None:
    """Every session ended the moment the password changed; one that was being opened with the old one is none of later."""

    def happens(session: Any) -> None:
        if what == "leaves":
            let_go(session, cast.dean.id, services.clock(), services.new_id)
        else:
            set_password(session, services.signin.passwords, cast.dean.id, NEW, services.clock())

    signin = meanwhile(services, happens)
    with pytest.raises(Failure) as refused:
        signin.sign_in(Attempt(email=email_of(cast.dean), password=PASSWORD), services.clock(), services.new_id)
    assert refused.value.kind is WRONG_PASSWORD
    with database.reading() as session:
        assert sessions.list_sessions_of(session, cast.dean.id) == []
    if what == "password":
        assert services.signin.sign_in(
            Attempt(email=email_of(cast.dean), password=NEW), services.clock(), services.new_id
        ).worker == cast.dean  # fmt: skip


def test_a_session_that_is_opened_while_the_password_changes_ends_with_the_others(
    services: Services, cast: Cast, database: Database
) -> None:
    """Whoever changes it waits for a sign-in that holds it, and ends its session, too."""
    if database.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")

    def change_it() -> None:
        with acting(Kind.COMMAND), services.database.writing() as other:
            set_password(other, services.signin.passwords, cast.dean.id, NEW, services.clock())

    with database.writing() as session:
        sessions.find_credential(session, cast.dean.id, to_change=True)
        thread = while_held(database, change_it)
        services.signin.start(session, cast.dean, "", services.clock())
    thread.join(60)
    with database.reading() as session:
        assert sessions.list_sessions_of(session, cast.dean.id) == []


def change(signin: Any, cast: Cast, proof: Proof, services: Services) -> None:
    change_own_password(signin, cast.dean, proof, "a third heron under the bridge", services.clock(), services.new_id)


def make_codes(signin: Any, cast: Cast, proof: Proof, services: Services) -> None:
    make_recovery_codes(signin, cast.dean, proof, services.clock(), services.new_id)


@pytest.mark.parametrize("act", [change, make_codes])
def test_a_password_that_is_changed_while_it_is_checked_proves_nothing(
    act: Callable[..., None], services: Services, cast: Cast, database: Database
) -> None:
    with database.writing() as session:
        seed = services.signin.seeds.seal(cast.dean.id, totp.new_secret())
        sessions.set_second_factor(session, cast.dean.id, seed, services.clock())

    def happens(session: Any) -> None:
        set_password(session, services.signin.passwords, cast.dean.id, NEW, services.clock())

    proof = Proof(password=PASSWORD, token="t", address="")
    with pytest.raises(Invalid) as refused:
        act(meanwhile(services, happens), cast, proof, services)
    assert refused.value.errors == ("This is not your password now.",)
    with database.reading() as session:
        kept = sessions.find_credential(session, cast.dean.id)
        assert kept is not None and services.signin.passwords.matches(kept.password_hash, NEW)
        assert sessions.count_recovery_codes(session, cast.dean.id) == 0


@pytest.mark.parametrize("leaves", [False, True])
def test_no_mail_goes_out_with_a_link_that_is_dead(leaves: bool, services: Services, cast: Cast) -> None:
    invite_dean(services, cast, cast.olu)
    if leaves:
        with services.database.writing() as session:
            administrator_leaves(session, cast, services)
    sent: list[str] = []

    class Mailer:
        def send(self, message: Any, address: str) -> None:
            sent.append(address)

    mailer: Any = Mailer()
    moment = Moment(
        now=services.clock(), since=services.clock(), zone=ZoneInfo("Europe/London"), heartbeat=lambda: None
    )
    assert send_with(mailer, services, moment) == (0 if leaves else 1)
    assert sent == ([] if leaves else [email_of(cast.dean)])
