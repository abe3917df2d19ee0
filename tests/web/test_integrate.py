"""The examples of docs/integrate work against a real server, and whatever a system may send is no fault of ours."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.actions.partnership import systems as acts
from server.actions.partnership.systems import Wanted, hook_secret
from server.app import create_services
from server.database.context import Kind, acting
from server.database.engine import Database
from server.jobs.catalogue import NOTIFYING
from server.jobs.runner import run_due
from server.queries.partnership import systems
from server.settings import Settings
from server.tables.cases.case import case_action
from server.tables.partnership.system import system_notice
from server.tables.referrals.referral import referral
from tests.conftest import Clock, as_application
from tests.paths import ROOT
from tests.server.live import listening
from tests.web import county
from tests.web.test_api import number_contacts

pytestmark = pytest.mark.slow

FILES = ROOT / "docs" / "integrate" / "files"
ALL = tuple(each.value for each in systems.Scope)


@pytest.fixture
def clock() -> Clock:
    """A receiver compares times with its own."""
    return Clock(datetime.now(UTC))


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    with listening(app) as url:
        yield url


def let_in(filled: Database, worker_id: str, clock: Clock, hook_url: str = "") -> tuple[str, str]:
    """A system's id and secret. CGL, which Ruth answers for, owes an action for Stefan."""
    with filled.writing() as session:
        wanted = Wanted(name="Case book", worker_id=worker_id, scopes=ALL, hook_url=hook_url)
        secret = acts.register(session, wanted, {"127.0.0.1"}, clock(), "the-system")
        county.add(session, case_action, {
            "id": "a1", "case_id": "case-stefan", "agency_id": "cgl", "text": "Ring them", "due_on": clock().date(),
            "agreed_at": clock(), "agreed_by": "priya", "mdt_number": 1,
        })  # fmt: skip
    return "the-system", secret


def test_the_case_book_sends_and_follows(address: str, filled: Database, clock: Clock, tmp_path: Path) -> None:
    system_id, secret = let_in(filled, "ruth", clock)
    number_contacts(filled)
    key, book = tmp_path / "key", tmp_path / "book.json"
    key.write_text(secret + "\n")
    named = os.environ | {"LANTERN": address, "LANTERN_ID": system_id, "LANTERN_KEY": str(key)}

    def run(*arguments: str) -> str:
        command = [sys.executable, str(FILES / "case_book.py"), *arguments]
        done = subprocess.run(command, env=named, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    sent = [run("send", "CB-1", "51.6565", "-0.3962", "Red hat"), run("send", "CB-1", "51.6565", "-0.3962", "Red hat")]
    followed = [run("follow", str(book)), run("follow", str(book))]

    assert sent[0] == sent[1]
    assert "We have your report" in sent[0]
    assert followed[0] == followed[1] == f"2 contacts\n{clock().date()} a1 Ring them\n"
    assert {who for each in json.loads(book.read_text())["contacts"] for who in each["person_ids"]} == {"stefan"}
    with filled.reading() as session:
        assert len(session.execute(select(referral.c.id).where(referral.c.source == "partner_system")).all()) == 1


@contextmanager
def hearing(secret: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The example in Node: its address, and the process that hears."""
    node = shutil.which("node") or shutil.which(str(ROOT / ".venv/bin/node"))
    if node is None:
        pytest.skip("Node is not here: `make assets` brings it")
    named = os.environ | {"LANTERN_HOOK_SECRET": secret, "PORT": "0"}
    command = [node, str(FILES / "hear-hooks.mjs")]
    with subprocess.Popen(command, env=named, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            port = running.stdout.readline().split()[1]
            yield f"http://127.0.0.1:{port}/lantern", running
        finally:
            running.kill()


def test_the_receiver_hears_a_hook_and_believes_nobody_else(
    filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> None:
    inside = replace(as_application(settings), hook_hosts=frozenset({"127.0.0.1"}))
    services = create_services(inside, clock, new_id)
    try:
        with hearing(hook_secret(services.keys.secret, "the-system")) as (url, running):
            let_in(filled, "ruth", clock, url)
            forged = {
                "webhook-id": "x",
                "webhook-timestamp": str(int(clock().timestamp())),
                "webhook-signature": "v1,x",
            }
            assert httpx.post(url, json={"type": "action.agreed"}, headers=forged, timeout=60).status_code == 401
            with acting(Kind.JOB):
                ran = run_due(services, NOTIFYING, "a test", names=["new for systems", "hooks"], lease="hooks")
            assert running.stdout is not None
            assert running.stdout.readline() == "action.agreed a1\n"
        assert [each.done for each in ran or []] == [1, 1]
        with filled.reading() as session:
            assert session.scalar(select(system_notice.c.state)) == "sent"
    finally:
        services.database.close()


@pytest.mark.parametrize("who", ["priya", "helen"])
def test_schemathesis_finds_no_fault_behind_a_token(address: str, filled: Database, clock: Clock, who: str) -> None:
    import schemathesis

    system_id, secret = let_in(filled, who, clock)
    form = {"grant_type": "client_credentials", "client_id": system_id, "client_secret": secret}
    token = httpx.post(f"{address}/api/v1/token", data=form, timeout=60).json()["access_token"]
    described = httpx.get(f"{address}/schema/openapi.json", timeout=60).json()
    described["paths"] = {path: each for path, each in described["paths"].items() if path.startswith("/api/")}
    assert len(described["paths"]) >= 12
    statuses: set[int] = set()
    for operation in schemathesis.openapi.from_dict(described).get_all_operations():
        ask_everything(operation.ok(), address, token, statuses)

    assert max(statuses) < 500, statuses
    assert 200 in statuses
    assert len(statuses) >= 3


def ask_everything(operation: Any, address: str, token: str, statuses: set[int]) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings

    @seed(1)
    @settings(
        max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=60)
        statuses.add(answer.status_code)

    ask()
