"""`lantern field`: the phone app in a window on this desktop, enrolled with the local server.

The phone is a process of its own, as in the field. A server that does not answer yet is started, and ended with the app.
"""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from server.actions.operation.enrolment import make_code
from server.cli.setting_out import load_settings, stop, working
from server.demo.road import list_sign_ins
from server.queries.partnership import workers
from server.settings import Settings
from shared.model.codes import Role

PIN = "294175"
"""Six digits for a phone that holds invented people. A real phone's worker chooses their own."""
ANSWER_TIMEOUT_S = 2.0
START_TRIES = 150
START_PAUSE_S = 0.2
ENROL_TIMEOUT_S = 120


@click.command()
@click.option("--as", "email", help="Whose phone it is (default: the demo county's outreach worker).")
@click.option("--pin", default=PIN, show_default=True, help="The PIN that the phone is enrolled with.")
@click.option("--link", help="Open a phone of its own at an enrolment page's link, as its camera would.")
@click.option("--window/--no-window", default=True, help="Open the app, or only enrol the phone.")
def field(email: str | None, pin: str, link: str | None, window: bool) -> None:
    """Open the phone app on this desktop, enrolled with the local server."""
    settings = load_settings()
    if link is not None:
        _open(settings.data / "field" / "linked", "--link", link)
        return
    chosen = email or next(address for role, _, address in list_sign_ins() if role == Role.WORKER)
    data = settings.data / "field" / chosen
    with _server_answering(settings) as url:
        _enrol(data, url, _code_for(chosen), pin)
        click.echo(f"{chosen}'s phone, in {data}. The PIN is {pin}.")
        if window:
            _open(data)


def _open(data: Path, *arguments: str) -> None:
    """The phone whose files lie in `data`, in a window, until it is closed."""
    subprocess.run([sys.executable, "-m", "mobile", "--data", str(data), *arguments], check=False)


def _code_for(email: str) -> str:
    with working() as services, services.database.writing() as session:
        found = workers.find_worker_by_email(session, email)
        if found is None or not found.team_ids:
            stop(
                f"Nobody who walks with a team signs in as {email}. Run `make demo` first, or name somebody with --as."
            )
        issued = make_code(session, found.id, found.team_ids[0], services.settings, services.clock(), services.new_id)
        return str(issued.code)


def _enrol(data: Path, url: str, code: str, pin: str) -> None:
    """Enrol the phone, or see that it opens with this PIN when it was enrolled before (the code then stays unused)."""
    command = [sys.executable, "-m", "mobile", "enrol", "--data", str(data), "--server", url, "--code", code]
    done = subprocess.run(
        [*command, "--pin", pin], capture_output=True, text=True, check=False, timeout=ENROL_TIMEOUT_S
    )
    if done.returncode != 0:
        stop(f"The phone in {data} could not be enrolled. It said: {done.stdout or done.stderr}")


@contextmanager
def _server_answering(settings: Settings) -> Iterator[str]:
    """The local server's address; a server of our own is started for as long as none answers there."""
    url = f"http://{settings.host}:{settings.port}"
    if _answers(url):
        yield url
        return
    served = subprocess.Popen([sys.executable, "-c", "from server.cli import main; main()", "serve"])
    try:
        _wait_for(url, served)
        yield url
    finally:
        served.terminate()
        served.wait(timeout=20)


def _wait_for(url: str, served: "subprocess.Popen[bytes]") -> None:
    for _ in range(START_TRIES):
        if _answers(url):
            return
        try:
            served.wait(timeout=START_PAUSE_S)
        except subprocess.TimeoutExpired:
            continue
        break
    stop("The local server did not start; what it said is above.")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=ANSWER_TIMEOUT_S):
            return True
    except (urllib.error.URLError, OSError):
        return False
