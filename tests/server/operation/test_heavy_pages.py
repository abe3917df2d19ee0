"""The first page that draws a map or writes a workbook waits for no library: all are read before a process serves."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from server.database.engine import Database
from tests.conftest import ROOT
from tests.server.cast import PASSWORD, Cast
from tests.server.live import serving

ASK = """
import asyncio, os, sys
from datetime import UTC, datetime
from litestar.testing import TestClient
from server.app import make_id
from server.cli.serve import create
from server.database.engine import Database
from tests.server.cast import email_of, make_cast
from tests.server.conftest import post_sign_in

async def make():
    return create()

app = asyncio.run(make())
cast = make_cast(Database(os.environ["LANTERN_DATABASE"]), datetime.now(UTC), make_id)
with TestClient(app, base_url="http://127.0.0.1:8000") as client:
    there = set(sys.modules)
    for who, pages in ((cast.tom, ["/tonight"]), (cast.helen, ["/hotspots"]), (cast.priya, ["/cases", "/tracker", "/caseload"])):
        client.cookies.clear()
        assert post_sign_in(client, email_of(who), "the night is long").status_code in (200, 303)
        for page in pages:
            answer = client.get(page, headers={"accept": "text/html"}, follow_redirects=False)
            assert answer.status_code == 200, (page, answer.status_code)
late = {name.split(".")[0] for name in set(sys.modules) - there} - set(sys.stdlib_module_names) - {"server", "shared"}
print(sorted(late))
"""


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_page_reads_a_library_that_was_not_there_before(database_url: str, tmp_path: Path) -> None:
    environment = {"LANTERN_DATABASE": database_url, "LANTERN_DATA": str(tmp_path), "LANTERN_SECOND_FACTOR": "off"}
    script = ASK.replace("the night is long", PASSWORD)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_two_processes_both_live_through_their_first_heavy_page(
    database_url: str, database: Database, cast: Cast, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path, workers=2) as address:
        for _ in range(4):  # each on a connection of its own: either process may take it
            with httpx.Client(base_url=address, timeout=60, headers={"accept": "text/html"}) as browser:
                browser.get("/sign-in")
                form = {"email": "tom@example.org", "password": PASSWORD, "code": "", "next": "/tonight"}
                form["_csrf_token"] = browser.cookies["lantern-form"]
                assert browser.post("/sign-in", data=form).status_code in {200, 303}
                assert browser.get("/tonight").status_code == 200
    assert "died" not in (tmp_path / "serve.log").read_text()
