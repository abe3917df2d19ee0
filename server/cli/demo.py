"""`lantern demo`: the county filled, one night lived through a real phone and a real sync, then served with a sign-in each.

A composition root: it reads the clock, starts the server and prints. What is shown is in `server.demo`.
"""

import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import uvicorn
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError

from server.app import create_app, create_services
from server.cli.setting_out import UNUSABLE, load_settings, renew_schema, stop
from server.database.opening import open_database
from server.demo import county
from server.demo.fill import County
from server.demo.held import NotFilled, is_filled, is_somebody_elses
from server.demo.road import Road, RoadBroken, list_sign_ins
from server.http.services import Services
from server.settings import Settings

SEED = 2026
BIG = 26
"""The snapshot of autumn 2024 counted 1,318 people in London, 26 times the demo county's 51. Source: MHCLG (OGL v3.0)."""
START_TIMEOUT_S = 30.0
console = Console(highlight=False, soft_wrap=True)


@click.command()
@click.option(
    "--serve/--no-serve", "keep_serving", default=True, show_default=True, help="Serve when the night is over."
)
@click.option(
    "--seed", type=int, default=SEED, show_default=True, help="The invented people and nights follow from it."
)
@click.option("--fresh", is_flag=True, help="Remove the embedded database first; asks for nothing else.")
@click.option(
    "--big", is_flag=True, help="As many people as sleep rough in London, in the same districts: takes minutes."
)
@click.option("--port", type=click.IntRange(0, 65_535), help="The port (default: LANTERN_PORT, 8000).")
def demo(keep_serving: bool, seed: int, fresh: bool, big: bool, port: int | None) -> None:
    """Fill Hertfordshire's ten districts with invented people, live one night, and serve it on this machine.

    An existing demo county is kept, and another night is lived in it. Exit codes: 0 done, 1 a step of the road failed,
    2 unusable settings.
    """
    settings = load_settings()
    _refuse_a_county(settings)
    if fresh:
        _remove_embedded(settings)
    chosen = settings.port if port is None else port
    listening = _listen(settings.host, chosen if keep_serving or port is not None else 0)
    settings = replace(settings, port=listening.getsockname()[1], second_factor=False)
    began = datetime.now(UTC)
    renew_schema(settings)
    services = create_services(settings)
    try:
        _fill(services, seed, BIG if big else 1)
        with _serving(settings, listening) as (url, thread):
            console.print(f"[bold]The night[/], through a real phone store and a real sync with {url}")
            folder = settings.data / "demo" / f"{began:%Y%m%d-%H%M%S}"
            Road(services, url, folder, _tell).walk()
            console.print(f"[green]The road holds, {(datetime.now(UTC) - began).seconds} s after it began.[/]")
            _show_sign_ins(url)
            if keep_serving:
                console.print("Serving. Press Ctrl+C to stop.")
                thread.join()
    except (RoadBroken, NotFilled) as error:
        console.print(f"[red]The road is broken.[/] {error}", markup=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped.")
    finally:
        services.database.close()


def _fill(services: Services, seed: int, times: int) -> None:
    with services.database.reading() as session:
        filled_before = is_filled(session)
    if filled_before:
        console.print("The demo county is here already (--fresh begins anew): another night is lived in it.")
        return
    console.print("[bold]Filling the demo county[/]: Hertfordshire's ten districts, invented people")
    filled = County(services, datetime.now(UTC), seed, _tell, times).fill()
    _tell(
        f"{filled.people} people, {filled.rounds} rounds walked, {filled.alerts.read} alerts read "
        f"({filled.alerts.accepted} accepted, {filled.alerts.wrong_area} of another area, "
        f"{filled.alerts.needs_information} short of information)"
    )
    if filled.people_shown is not None:
        _tell(
            f"The commissioner's map of the last quarter shows {filled.people_shown} people, rounded to 5, and no fewer than 10"
        )


def _tell(words: str) -> None:
    console.print(f"  [green]✓[/] {words}")


def _show_sign_ins(url: str) -> None:
    table = Table(
        "Role", "Who", "Sign in as", title=f"{url}  ·  password for each: {county.PASSWORD}", title_justify="left"
    )
    for role, name, email in list_sign_ins():
        table.add_row(role, name, email)
    console.print(table)


def _listen(host: str, port: int) -> socket.socket:
    """The address, taken before anything else is done. Ends the command when somebody else has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        stop(f"{host}:{port} cannot be used ({error.strerror}): stop what listens there, or choose another --port.")
    return listening


@contextmanager
def _serving(settings: Settings, listening: socket.socket) -> Iterator[tuple[str, threading.Thread]]:
    """The server on its own thread, until the block ends."""
    config = uvicorn.Config(
        create_app(settings, jobs=True), log_level="warning", server_header=False, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    ready = threading.Event()
    waited = 0.0
    while not server.started and thread.is_alive() and waited < START_TIMEOUT_S:
        ready.wait(0.05)
        waited += 0.05
    if not server.started:
        raise RoadBroken("The server did not start; what it said is above.")
    try:
        yield f"http://{settings.host}:{settings.port}", thread
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _refuse_a_county(settings: Settings) -> None:
    """Nothing invented is ever put among real people, and no real county is removed."""
    if settings.database.startswith("sqlite:///") and not Path(settings.database.removeprefix("sqlite:///")).exists():
        return
    database = open_database(settings)
    try:
        if is_somebody_elses(database):
            stop(
                "This database holds a county that is not the demo's, so nothing was touched. "
                "Choose another folder for the demo: LANTERN_DATA=./.lantern-demo lantern demo"
            )
    except OperationalError:
        pass  # a database that is not there, or cannot be reached: what follows says so
    finally:
        database.close()


def _remove_embedded(settings: Settings) -> None:
    """Forget the embedded database and the demo's phones. Never touches another database."""
    path = Path(settings.database.removeprefix("sqlite:///"))
    if not settings.database.startswith("sqlite:///") or settings.data not in path.parents:
        click.echo("--fresh removes the embedded database only, and LANTERN_DATABASE names another.", err=True)
        sys.exit(UNUSABLE)
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    (settings.data / "ledger.jsonl").unlink(missing_ok=True)
    shutil.rmtree(settings.data / "demo", ignore_errors=True)
