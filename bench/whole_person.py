"""What the assessment costs: its page beside its own statements, the phone's short form beside a bare insert.

    python -m bench.whole_person [--page]

The page (SQLite, the demo county, every question answered three times): CPU milliseconds of this process for a request through
the whole application, beside the same statements sent by hand. The short form: saving an answer (the change, the read tables,
the commit with `synchronous=FULL`, the seal) beside a bare encrypted insert, taking turns; and a frame of its screen while
somebody types. Bars: 3 x the statements or 5 ms; 3 x the insert; 2 ms a frame. Medians. Run it where a disk is (TMPDIR): in
memory a bare insert waits for nothing.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert, select
from sqlalchemy.engine import Engine
from uuid_utils import uuid7

from bench.asking import Asker, settle
from bench.field import NOTE, _encrypted
from server.actions.operation.signin import Attempt
from server.app import create_app, create_services
from server.demo import county
from server.demo.fill import County
from server.http.cookies import session_cookie_name
from server.http.services import Services
from server.migrate import upgrade
from server.settings import Settings
from server.tables.cases.case import mdt_case
from server.tables.partnership.worker import worker, worker_district
from server.tables.people.assessment import assessment_answer
from shared.model.codes import ContactState
from shared.rules.questions import STANDARD, choose_current
from tests.mobile.glass import HEIGHT, WIDTH, prepare
from tests.mobile.rig import Rig

RESULT = Path(__file__).parent / "results" / "whole_person.json"
TIMES, SEED, FRAMES = 40, 2026, 200
PRIYA = f"priya@{county.EMAIL_HOST}"
LEAST = "/account"


def main() -> None:
    """Measure, print, and keep the page's beside what was kept of the form."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--page", action="store_true", help="the page alone")
    given.add_argument("--out", type=Path, default=RESULT)
    asked = given.parse_args()
    told = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        told["page"] = measure_page(Path(folder))
        if not asked.page:
            prepare()
            told |= measure_form(Path(folder))
    asked.out.write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps(told, indent=1))


def measure_page(folder: Path) -> dict[str, Any]:
    """The page, its statements by hand, and the least of a signed-in page in the same harness."""
    settings = Settings(data=folder, database=f"sqlite:///{folder}/bench.sqlite")
    upgrade(settings.database)
    services = create_services(settings)
    County(services, datetime.now(UTC), SEED, lambda words: None).fill()
    person = _answer_everything(services)
    attempt = Attempt(email=PRIYA, password=county.PASSWORD, address="127.0.0.1")
    token = services.signin.sign_in(attempt, services.clock(), services.new_id).token
    services.database.close()
    headers = {"cookie": f"{session_cookie_name(settings)}={token}", "accept": "text/html"}
    sent: list[str] = []
    event.listen(Engine, "connect", lambda connection, _: connection.set_trace_callback(sent.append))
    path = f"/people/{person}/assessment"
    priya = Asker(create_app(settings), headers)
    priya.get(path)
    sent.clear()
    priya.get(path)
    statements = [each for each in sent if each.lstrip()[:6].upper() in {"SELECT", "WITH R"} or each.startswith("WITH")]
    settle()
    page, least, nothing = (round(priya.median_ms(where), 2) for where in (path, LEAST, "/alive"))
    priya.close()
    with sqlite3.connect(folder / "bench.sqlite") as connection:
        by_hand = _median(lambda: [connection.execute(each).fetchall() for each in statements])
    return {
        "page_ms": page, "statements": len(statements), "statements_by_hand_ms": by_hand,
        "times_its_statements": round(page / by_hand, 1), "beyond_least_page_ms": round(page - least, 2),
        "least_signed_in_page_ms": least, "least_answer_ms": nothing, "bar_ms": round(max(3 * by_hand, 5), 2),
        "loaded": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _answer_everything(services: Services) -> str:
    """Somebody on Priya's list, of whom every question was asked three times."""
    with services.database.writing() as session:
        (priya, agency) = session.execute(select(worker.c.id, worker.c.agency_id).where(worker.c.email == PRIYA)).one()
        priyas = select(worker_district.c.district_id).where(worker_district.c.worker_id == priya)
        person = session.scalars(
            select(mdt_case.c.person_id).where(mdt_case.c.state == "listed", mdt_case.c.district_id.in_(priyas))
        ).first()
        rows = [
            {
                "id": str(uuid7()), "person_id": person, "question": each.key, "version": each.version, "state": "answered",
                "value": "", "words": "In a few words of theirs, as they said them", "note": "", "via": "desk", "place": "",
                "at": services.clock() - timedelta(days=days), "worker_id": "w", "agency_id": agency,
            }
            for each in choose_current(STANDARD)
            for days in (10, 400, 800)
        ]  # fmt: skip
        session.execute(insert(assessment_answer), rows)
    return str(person)


def measure_form(folder: Path) -> dict[str, Any]:
    """Saving an answer and a bare insert, in turn; then frames while somebody types."""
    rig = Rig(folder / "phone")
    rig.enrol()
    from mobile.field.views import ContactDraft, PersonDraft

    red = rig.field.add_person(PersonDraft(alias="Red", description="red hat")).id
    bare = _encrypted(folder / "encrypted.db")
    draft = ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(red,), note=NOTE)
    ways: dict[str, Callable[[], object]] = {
        "contact": lambda: rig.field.record_contact(draft),
        "answer": lambda: rig.field.give_answer(red, "wants_first", words="A tent, and somewhere for the dog"),
        "bare": bare,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(300):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            times[name].append((time.perf_counter() - begun) * 1000)
            rig.clocks.pass_(seconds=1)
    contact, answer, insert_ms = (round(statistics.median(times[name]), 3) for name in ways)
    fresh = rig.field.add_person(PersonDraft(alias="Joe", description="green coat")).id
    frames = _type(rig, fresh)
    rig.field.close()
    return {
        "save": {
            "answer_ms": answer,
            "contact_ms": contact,
            "bare_encrypted_insert_ms": insert_ms,
            "times": round(answer / insert_ms, 2),
            "times_a_contact": round(answer / contact, 2),
            "bar": 3,
        },
        "frame": frames | {"bar_ms": 2},
    }


def _type(rig: Rig, person: str) -> dict[str, float]:
    from mobile.app import LanternApp
    from tests.mobile.driver import run_app
    from tests.mobile.rehearsal import SilentCues

    costs: dict[str, list[float]] = {"still": [], "typing": []}

    async def story(driver: Any) -> None:
        from kivy.base import EventLoop
        from kivy.core.window import Window

        driver.app.go("asking", {"person_id": person})
        await driver.settle()
        for frame in range(FRAMES):
            for name, taken in costs.items():
                begun = time.thread_time()
                if name == "typing":
                    driver.screen.typed("A tent for the dog"[: frame % 18 + 1])
                Window.canvas.ask_update()
                EventLoop.idle()
                taken.append((time.thread_time() - begun) * 1000)

    asyncio.run(run_app(LanternApp(rig.field, SilentCues()), story, (WIDTH, HEIGHT)))
    return {f"{name}_cpu_ms": round(statistics.median(taken), 3) for name, taken in costs.items()}


def _median(do: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        begun = time.process_time()
        do()
        taken.append((time.process_time() - begun) * 1000)
    return round(statistics.median(taken), 2)


if __name__ == "__main__":
    main()
