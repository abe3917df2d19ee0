"""Puts one server together: settings, database, keys, clock and ids at one end, pages and sync at the other.

This and the command line are the only places of the server that read the clock or make ids.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.exc import SQLAlchemyError
from uuid_utils import uuid7

from server.access import Door
from server.actions.operation.agency_signin import AgencySignIn
from server.actions.operation.audit_sealing import HEADS_FILE, Sealer
from server.actions.operation.drafts import Drafts
from server.actions.operation.enrolment import Enroller
from server.actions.operation.keyring import join_keyring, read_sealing_keys
from server.actions.operation.orders import open_ledger
from server.actions.operation.signin import SignIn
from server.actions.operation.tokens import TokenIssuer
from server.actions.people.documents import Filing
from server.actions.people.identity import Finder
from server.actions.sync.projection import Projection
from server.actions.sync.sealed import BoxOpener
from server.condition.finding import Grade
from server.condition.running import is_ready, list_findings
from server.database.context import Kind, acting, beyond_reader
from server.database.opening import open_database
from server.http.arrival import Arrival
from server.http.form_guard import FormGuard
from server.http.gate import AuthenticationMiddleware
from server.http.headers import protect
from server.http.just_done import mark_done
from server.http.openapi import describe_api, problems
from server.http.problem_answers import exception_handlers
from server.http.services import Services
from server.importers.refused import Tray
from server.jobs.background import Background
from server.places.districts import CurrentDistricts
from server.problems import CATALOGUE, NOT_SIGNED_IN, Failure, NotFound, Problem, describe
from server.security.documents import load_document_keys
from server.security.drafts import load_draft_key
from server.security.keys import Keys
from server.security.openid import Provider
from server.security.passing import Passing
from server.security.passwords import Passwords
from server.security.scanning import Scanner
from server.security.seeds import Seeds
from server.settings import DOCUMENT_FORM_BYTES, Settings
from server.soundness import Soundness
from server.sync_api.gathered_pushes import GatheredPushes
from server.sync_api.reading_pushes import read_pushes
from server.sync_api.routes import sync_routers
from server.sync_api.visits import Visits
from server.web.layout.assets import asset_url
from server.web.layout.page import page
from server.web.routes import list_routes
from shared.model.value import Id, Value
from shared.policy import Act
from shared.version import VERSION


def utc_now() -> datetime:
    """The time, aware UTC."""
    return datetime.now(UTC)


def make_id() -> Id:
    """A fresh UUIDv7 as text."""
    return str(uuid7())


def create_services(
    settings: Settings, clock: Callable[[], datetime] = utc_now, new_id: Callable[[], Id] = make_id
) -> Services:
    """What a server, or a command, works with. Close its database at the end. Raises ValueError where its keys cannot be read."""
    database, ledger = open_database(settings), open_ledger(settings)
    database.outside = ledger.append
    try:
        with acting(Kind.COMMAND):
            keys = join_keyring(database, settings, clock())
    except ValueError:
        database.close()
        raise
    issuer = TokenIssuer(secret=keys.secret, settings=settings)
    projection = Projection(
        districts=CurrentDistricts(settings.data), new_id=new_id, crs=settings.crs, timezone=settings.timezone
    )
    signin = SignIn(
        database=database, passwords=Passwords(settings.password_cost), settings=settings,
        seeds=Seeds(keys.secret, *keys.secrets_before),
    )  # fmt: skip
    files = load_document_keys(settings)
    return Services(
        settings=settings,
        database=database,
        keys=keys,
        ledger=ledger,
        sealer=Sealer(database, keys.audit, settings.data / HEADS_FILE),
        issuer=issuer,
        enroller=Enroller(database=database, settings=settings, keys=keys, issuer=issuer, ledger=ledger),
        opener=BoxOpener(
            keys=partial(read_sealing_keys, settings=settings),
            project=projection.project,
            account=projection.keep_account,
        ),
        project=beyond_reader(projection.project),
        account=projection.keep_account,
        make_ready=projection.make_ready,
        signin=signin,
        agency_signin=_agency_signin(settings, signin, keys),
        passing=Passing(keys.secret),
        drafts=Drafts(database, load_draft_key(settings)),
        finder=Finder(),
        filing=Filing(database, files, Scanner(settings.scanner, settings.scanner_timeout), settings.documents_bytes),
        tray=Tray(keys.secret, *keys.secrets_before),
        files=files,
        clock=clock,
        new_id=new_id,
    )


def _agency_signin(settings: Settings, signin: SignIn, keys: Keys) -> AgencySignIn | None:
    """The sign-in of an organisation, where one is set."""
    if not settings.openid.issuer:
        return None
    provider = Provider(settings.openid, f"{settings.address}/sign-in/organisation/callback")
    return AgencySignIn(provider, signin, keys.secret)


def create_app(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    new_id: Callable[[], Id] = make_id,
    *,
    jobs: bool = False,
) -> Litestar:
    """The whole server as one ASGI application. The database must have been migrated.

    With `jobs`, what runs by itself runs beside it.
    """
    running = Running(create_services(settings, clock, new_id), jobs=jobs)
    return assemble(lambda: running, settings)


class Running:
    """The parts of one running server that hold something: connections, threads, waiting pushes."""

    def __init__(self, services: Services, *, jobs: bool = False) -> None:
        self.services = services
        self.pushes = GatheredPushes(
            services.database,
            (services.project, services.account),
            partial(read_pushes, services.database),
            services.clock,
        )
        self.visits = Visits(services.database)
        self.soundness = Soundness(services.settings, services.database, services.ledger)
        self._background = Background(services) if jobs else None

    def start(self) -> None:
        """Begin the jobs, where they run here."""
        if self._background:
            self._background.start()

    def stop(self) -> None:
        """End what was begun, and give the connections back."""
        if self._background:
            self._background.stop()
        self.pushes.close()
        self.services.database.close()


def assemble(find: Callable[[], Running], settings: Settings) -> Litestar:
    """The application over whatever server `find` names: its routes cost a third of a second, a server next to nothing."""
    return Litestar(
        route_handlers=[
            check_alive,
            check_health,
            check_ready,
            explain_problem,
            *sync_routers(settings),
            *list_routes(),
        ],
        dependencies={
            "door": Provide(provide_door, sync_to_thread=False),
            "services": Provide(lambda: find().services, sync_to_thread=False),
            "soundness": Provide(lambda: find().soundness, sync_to_thread=False),
            "pushes": Provide(lambda: find().pushes, sync_to_thread=False),
            "visits": Provide(lambda: find().visits, sync_to_thread=False),
        },
        middleware=[
            Arrival(max(settings.page_body_bytes, settings.sync_body_bytes, DOCUMENT_FORM_BYTES)),
            AuthenticationMiddleware(lambda: find().services),
            FormGuard(lambda: find().services),
        ],
        before_send=[protect(https=settings.https), mark_done(is_secure=settings.cookie_is_secure)],
        exception_handlers=exception_handlers(_show_problem),
        openapi_config=describe_api(VERSION, asset_url),
        request_max_body_size=settings.page_body_bytes,
        on_startup=[lambda: find().start()],
        on_shutdown=[lambda: find().stop()],
        logging_config=None,
    )


def provide_door(request: Request[Any, Any, Any]) -> Door:
    """The door that the gate has left for this request."""
    door = request.scope["state"].get("door")
    if not isinstance(door, Door):
        raise Failure(NOT_SIGNED_IN)
    return door


def _show_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    # Advice about members of a body is for programs: whoever filled in a form is told what is wrong, and that they can mend it.
    lines = [*problem.errors, "Go back, mend it, and send it again."] if problem.errors else [problem.detail]
    return page(
        request,
        "errors/problem.html",
        title=problem.title,
        status=problem.status,
        lines=lines,
        link_path="/",
        link_text="Go to the start page",
    )


class Ready(Value, frozen=True, kw_only=True):
    """Whether requests may be sent here, and how each thing is that was looked at: "well", "look" or "unsafe"."""

    status: str
    checks: dict[str, str] = {}


class Health(Value, frozen=True, kw_only=True):
    """The server answers, and so does its database. `trouble` is what keeps it from being trusted with more."""

    status: str
    trouble: tuple[str, ...] = ()


class Alive(Value, frozen=True, kw_only=True):
    """The process answers."""

    status: str


@get("/alive", opt={"action": Act.PUBLIC}, sync_to_thread=False, responses=problems())
def check_alive() -> Alive:
    """Whether this process answers at all. Nothing is asked of the database: a process is restarted for this, and for no more."""
    return Alive(status="alive")


@get("/health", opt={"action": Act.PUBLIC, "kind": Kind.COMMAND}, sync_to_thread=True, responses=problems(503))
def check_health(soundness: NamedDependency[Soundness]) -> Response[Health]:
    """Whether the server can serve, and keep what it is given: 200 and "ok", or 503 with what is wrong."""
    trouble = soundness.list_trouble()
    if trouble:
        return Response(Health(status="trouble", trouble=tuple(trouble)), status_code=503)
    return Response(Health(status="ok"))


@get("/ready", opt={"action": Act.PUBLIC, "kind": Kind.COMMAND}, sync_to_thread=True, responses=problems(503))
def check_ready(services: NamedDependency[Services], soundness: NamedDependency[Soundness]) -> Response[Ready]:
    """Whether requests may be sent to this server: 200, or 503 while its database is away, its disk full, its ledger ahead, or
    its schema another. How jobs, mail, processes and systems are stands beside it; the page “Server” says it in words."""
    try:
        found = list_findings(services.settings, services.database, soundness, services.clock())
    except SQLAlchemyError:
        return Response(Ready(status="not ready", checks={"database": str(Grade.UNSAFE)}), status_code=503)
    checks: dict[str, str] = {}
    for each in found:
        about = each.about.partition(" ")[0]
        checks[about] = max(checks.get(about, ""), str(each.grade), key=GRADES.index)
    if is_ready(found):
        return Response(Ready(status="ready", checks=checks))
    return Response(Ready(status="not ready", checks=checks), status_code=503)


GRADES = ["", *(str(each) for each in Grade)]


@get("/problems/{number:str}", opt={"action": Act.PUBLIC}, sync_to_thread=False, responses=problems(400, 404))
def explain_problem(number: FromPath[str]) -> Problem:
    """What one entry of the catalogue of problems means, and what to do about it."""
    kind = CATALOGUE.get(number)
    if kind is None:
        raise NotFound
    return describe(kind)
