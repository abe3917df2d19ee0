"""Monday's export is brought in from a page: looked at, matched, mended, brought in and undone, and by the command just so."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from server.access import Door
from server.actions.referrals.place import set_place
from server.actions.referrals.referrals import assign_referral
from server.cli import main
from server.database.engine import Database
from server.importers.accounting import Importing
from server.importers.referrals import import_referrals
from server.importers.refused import Tray
from server.importers.report import Reading
from server.importers.sources import PARSERS
from server.queries.partnership import workers
from server.queries.referrals import imports
from server.queries.sync.store import find_scopes, list_changes
from server.tables.operation.mail import mail
from server.tables.referrals.imports import held_file, import_batch, refused_row
from server.tables.referrals.referral import alert, alert_referrer, alert_version, referral
from server.tables.sync.sync import change as sync_change
from server.tables.sync.sync import feed as sync_feed
from shared.model.codes import ReferralState
from tests.server.importers.rows import GOOD, streetlink

IN_WATFORD = {"geo_latitude": "51.6565", "geo_longitude": "-0.3962"}
LOG = (
    b"Outreach log,,,,\n"
    b"Day,Clock,Spot,What we heard,Who rang\n"
    b"10/31/2025,21:40,WD17 1EU,blue tent,Ann Brown\n"
    b"11/05/2025,22:15,WD17 1EU,grey coat,Bob Lee\n"
    b"soon,22:15,WD17 1EU,red hat,Cat Fox\n"
)
MATCHED = {
    "column-1": "opened", "column-2": "opened_time", "column-3": "details", "column-4": "appearance", "column-5": "contact_name",
    "source": "spreadsheet", "heading_row": "2", "mapping_name": "Night line",
}  # fmt: skip


def bring(browser: Any, data: bytes, name: str = "monday.csv") -> Any:
    token = browser.client.cookies.get("lantern-form", "")
    return browser.client.post(
        "/imports", data={"_csrf_token": token}, files={"data": (name, data)}, headers={"accept": "text/html"}
    )


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def batches(database: Database, worker: str = "tom") -> list[imports.ImportBatch]:
    with database.reading() as session:
        return imports.list_batches(session, worker, limit=9)


def last_heard(session: Any, entity: str) -> set[str]:
    """What phones of the team heard last of each change about something."""
    of_it = select(sync_change.c.id).where(sync_change.c.entity == entity)
    query = (
        select(sync_feed.c.change_id, sync_feed.c.op).where(sync_feed.c.change_id.in_(of_it)).order_by(sync_feed.c.seq)
    )
    return set(dict(session.execute(query).all()).values())


def find(database: Database, number: str) -> Any:
    with database.reading() as session:
        return session.execute(select(referral).where(referral.c.number == number)).mappings().first()


def test_a_file_is_looked_at_before_anything_of_it_is_stored(browse: Callable[[str], Any], filled: Database) -> None:
    before = count(filled, alert)
    shown = bring(browse("tom"), streetlink(IN_WATFORD, {"alert_id": "SL-2", "datetime_opened": "soon"}))

    assert shown.status_code == 200
    assert shown.url.path.startswith("/imports/")
    assert "2 rows: 1 to accept" in shown.text
    assert "1 that cannot be read" in shown.text
    assert "which is no date" in shown.text
    assert "grey sleeping bag, red hat" in shown.text
    assert count(filled, alert) == before
    with filled.reading() as session:
        (held,) = session.execute(select(held_file)).mappings()
    assert "sleeping" not in held["held"]
    assert count(filled, import_batch) == len(batches(filled)) + count_other(filled)


def count_other(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(import_batch.c.imported_by != "tom")) or 0


def test_a_cell_is_mended_in_place_and_the_file_brought_in_and_gone(
    browse: Callable[[str], Any], filled: Database
) -> None:
    tom = browse("tom")
    shown = bring(tom, streetlink(IN_WATFORD, {"alert_id": "SL-2", **IN_WATFORD, "datetime_opened": "soon"}))
    path = shown.url.path
    place = re.search(r'name="of-(3-\d+)" value="datetime_opened"', shown.text)
    assert place is not None

    fields = {f"mend-{place[1]}": "10/11/2026 20:00", f"was-{place[1]}": "soon", f"of-{place[1]}": "datetime_opened"}
    mended = tom.send(path, press="keep", **fields)
    assert "2 rows: 2 to accept" in mended.text
    done = tom.send(path, press="apply")

    assert "Brought in." in done.text
    assert find(filled, "SL-2")["reported_at"].isoformat() == "2026-11-10T20:00:00+00:00"
    assert count(filled, held_file) == 0
    (batch,) = batches(filled)
    assert (batch.file_name, batch.accepted, batch.refused) == ("monday.csv", 2, 0)


def test_any_table_is_matched_by_hand_once_and_known_again(browse: Callable[[str], Any], filled: Database) -> None:
    tom = browse("tom")
    first = bring(tom, LOG, "log.csv")
    assert "The heading lacks" in first.text
    path = first.url.path
    anew = tom.send(path, press="keep", source="spreadsheet", heading_row="2")
    assert "Who rang" in anew.text

    read = tom.send(path, press="keep", **MATCHED)
    assert "3 rows: 2 to accept" in read.text
    assert "31 Oct" in read.text
    assert "blue tent" in read.text
    tom.send(path, press="apply", **MATCHED)

    with filled.reading() as session:
        found = session.execute(
            select(alert, alert_referrer.c.name).join(alert_referrer, alert_referrer.c.alert_id == alert.c.id)
            .where(alert.c.appearance == "grey coat")
        ).mappings().one()  # fmt: skip
    assert found["reported_at"].isoformat() == "2025-11-05T22:15:00+00:00"
    assert found["name"] == "Bob Lee"
    assert "Bob" not in found["raw"]
    again = bring(tom, LOG.replace(b"Outreach log,,,,\n", b""), "log2.csv")
    assert "3 rows: 0 to accept, 2 known already" in again.text
    assert 'value="Night line"' in again.text


def test_a_refused_row_of_a_matched_table_is_mended_in_the_tray(
    browse: Callable[[str], Any], filled: Database, app: Any
) -> None:
    tom = browse("tom")
    path = bring(tom, LOG, "log.csv").url.path
    tom.send(path, press="keep", source="spreadsheet", heading_row="2")
    tom.send(path, press="apply", **MATCHED)
    tray: Tray = app.dependencies["services"].dependency().tray
    with filled.reading() as session:
        row = tray.open(*imports.list_refused(session, limit=5))
    cells = {name: "31/10/2025" if text == "soon" else text for name, text in row.cells.items()}

    form = {"heading": list(cells), "text": list(cells.values()), "_csrf_token": tom.client.cookies["lantern-form"]}
    mended = tom.client.post(f"/referrals/refused/{row.batch_id}/{row.row_number}", data=form)

    assert "Nothing here" in mended.text
    with filled.reading() as session:
        found = session.execute(
            select(alert, alert_referrer.c.name).join(alert_referrer, alert_referrer.c.alert_id == alert.c.id)
            .where(alert.c.appearance == "red hat")
        ).mappings().one()  # fmt: skip
    assert (found["reported_at"].isoformat(), found["postcode"]) == ("2025-10-31T22:15:00+00:00", "WD17 1EU")
    assert found["name"] == "Cat Fox"
    assert "Cat" not in found["raw"]


def test_nobody_else_sees_a_file_that_waits_and_nobody_else_undoes_it(
    browse: Callable[[str], Any], filled: Database
) -> None:
    path = bring(browse("tom"), streetlink(IN_WATFORD)).url.path

    rowan = browse("rowan")
    assert rowan.get(path).status_code == 404
    assert rowan.send(f"{path}/drop").status_code == 404
    assert browse("aisha").get("/imports").status_code == 403
    browse("tom").send(path, press="apply")
    (batch,) = batches(filled)
    assert browse("rowan").send(f"/imports/{batch.id}/undo").status_code == 404
    assert find(filled, "SL-1") is not None


def test_a_file_is_undone_as_one_here_and_on_phones(browse: Callable[[str], Any], filled: Database) -> None:
    tom = browse("tom")
    before = count(filled, referral)
    twin = {"alert_id": "SL-2", "parent_alert_id": "SL-1", "duplication_status": "duplicate", **IN_WATFORD}
    bad = {"alert_id": "SL-3", "datetime_opened": "soon"}
    tom.send(bring(tom, streetlink(IN_WATFORD, twin, bad)).url.path, press="apply")
    known = find(filled, "SL-1")["id"]
    with filled.reading() as session:
        assert last_heard(session, known) == {"put"}
    (batch,) = batches(filled)

    done = tom.send(f"/imports/{batch.id}/undo")

    assert "Nothing of the file is left" in done.text
    assert count(filled, referral) == before
    assert find(filled, "SL-1") is None
    with filled.reading() as session:
        bodies = [str(each) for each in list_changes(session, known)]
        assert bodies
        assert not any("sleeping" in body for body in bodies)
        assert last_heard(session, known) <= {"evict", "erase"}
        assert session.scalar(select(func.count()).where(refused_row.c.batch_id == batch.id)) == 0
    assert "undone before" in tom.send(f"/imports/{batch.id}/undo").text


def test_what_somebody_has_worked_with_stays_and_is_named(
    browse: Callable[[str], Any], filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    tom = browse("tom")
    tom.send(bring(tom, streetlink(IN_WATFORD, {"alert_id": "SL-2", **IN_WATFORD})).url.path, press="apply")
    found = find(filled, "SL-2")
    with filled.reading() as session:
        door = Door(filled, workers.get_worker(session, "tom"), now, new_id)
    with door.open() as access:
        assign_referral(access, found["id"], found["team_id"])
    (batch,) = batches(filled)

    done = tom.send(f"/imports/{batch.id}/undo")

    assert "SL-2" in done.text
    assert find(filled, "SL-1") is None
    assert find(filled, "SL-2")["state"] == ReferralState.ASSIGNED.value


def test_what_a_newer_export_changed_is_put_back(
    browse: Callable[[str], Any], filled: Database, now: datetime, new_id: Callable[[], str], tmp_path: Path
) -> None:
    data = streetlink({**IN_WATFORD, "age_group": ""})
    run = Importing("referrals", "streetlink", "first.csv", data, now, new_id)
    import_referrals(filled, run, PARSERS["streetlink"](data, Reading("Europe/London", now)), tmp_path)
    tom = browse("tom")
    closed = {**IN_WATFORD, "status": "Closed", "closed_date": "12/11/2026 10:00", "age_group": "over 50"}
    tom.send(bring(tom, streetlink(closed)).url.path, press="apply")
    assert find(filled, "SL-1")["state"] == ReferralState.CLOSED.value
    (batch,) = batches(filled)

    done = tom.send(f"/imports/{batch.id}/undo")

    assert "Nothing of the file is left" in done.text
    assert find(filled, "SL-1")["state"] == ReferralState.RECEIVED.value
    assert count(filled, alert_version) == 0
    with filled.reading() as session:
        assert session.scalar(select(alert.c.age_group).where(alert.c.source_reference == "SL-1")) == ""


def test_a_district_that_a_newer_export_gave_goes_with_it(
    browse: Callable[[str], Any], filled: Database, now: datetime, new_id: Callable[[], str], tmp_path: Path
) -> None:
    """Also from the phones of the team that had it meanwhile; and what was asked before is asked again."""
    nowhere = {**IN_WATFORD, "geo_latitude": "", "geo_longitude": "", "local_authority_name": ""}
    said = (streetlink(nowhere), streetlink({**nowhere, "appearance": "blue tent"}))
    for data, at in zip(said, (now - timedelta(hours=2), now - timedelta(hours=1)), strict=True):
        run = Importing("referrals", "streetlink", "first.csv", data, at, new_id)
        import_referrals(filled, run, PARSERS["streetlink"](data, Reading("Europe/London", now)), tmp_path)
    before = find(filled, "SL-1")
    assert before["district_id"] is None
    tom = browse("tom")
    tom.send(bring(tom, streetlink(IN_WATFORD)).url.path, press="apply")
    assert find(filled, "SL-1")["district_id"] is not None
    (batch,) = [each for each in batches(filled) if each.imported_by]

    tom.send(f"/imports/{batch.id}/undo")

    after = find(filled, "SL-1")
    stood = ("state", "district_id", "team_id", "latitude")
    assert [after[name] for name in stood] == [before[name] for name in stood]
    with filled.reading() as session:
        assert find_scopes(session, after["id"]) == {"team:"}
        assert list(session.scalars(select(alert_version.c.settled_at))) == [None]


def test_a_closing_and_a_reopening_of_a_newer_export_are_put_back_as_they_stood_and_phones_hear(
    browse: Callable[[str], Any], filled: Database, now: datetime, new_id: Callable[[], str], tmp_path: Path
) -> None:
    heading = (*GOOD, "outcome_summary", "closed_date")
    closing = {"status": "Closed", "closed_date": "12/11/2026 10:00", "outcome_summary": "no alert - other"}
    said = [
        streetlink({**IN_WATFORD, "alert_id": "SL-8"}, {**IN_WATFORD, **closing, "alert_id": "SL-9"}, heading=heading)
    ]
    for data in said:
        run = Importing("referrals", "streetlink", "first.csv", data, now - timedelta(hours=2), new_id)
        import_referrals(filled, run, PARSERS["streetlink"](data, Reading("Europe/London", now)), tmp_path)
    with filled.reading() as session:
        door = Door(filled, workers.get_worker(session, "tom"), now - timedelta(hours=1), new_id)
    with door.open() as access:
        assign_referral(access, find(filled, "SL-8")["id"], find(filled, "SL-8")["team_id"], "aisha")
    before = {number: find(filled, number) for number in ("SL-8", "SL-9")}
    tom = browse("tom")
    newer = streetlink(
        {**IN_WATFORD, **closing, "alert_id": "SL-8"}, {**IN_WATFORD, "alert_id": "SL-9"}, heading=heading
    )
    tom.send(bring(tom, newer).url.path, press="apply")
    assert [find(filled, number)["state"] for number in before] == ["closed", "received"]
    (batch,) = [each for each in batches(filled) if each.imported_by]

    tom.send(f"/imports/{batch.id}/undo")

    for number, stood in before.items():
        after = find(filled, number)
        assert [after[name] for name in ("state", "outcome", "assigned_worker_id")] == [
            stood[name] for name in ("state", "outcome", "assigned_worker_id")
        ]
    with filled.reading() as session:
        changes = [each.change for each in list_changes(session, before["SL-8"]["id"])]
    steps = [json.loads(bytes(each.p)) for each in changes if each is not None and each.t == "referral.progressed"]
    assert steps[-1]["state"] == "assigned"


def test_what_somebody_put_on_the_map_is_not_undone_with_its_file(
    browse: Callable[[str], Any], filled: Database, now: datetime, new_id: Callable[[], str], tmp_path: Path
) -> None:
    """Neither a report that the file brought, nor the pin of one that it placed."""
    nowhere = {"geo_latitude": "", "geo_longitude": "", "alert_id": "SL-9"}
    data = streetlink(nowhere)
    run = Importing("referrals", "streetlink", "first.csv", data, now, new_id)
    import_referrals(filled, run, PARSERS["streetlink"](data, Reading("Europe/London", now)), tmp_path)
    tom = browse("tom")
    tom.send(bring(tom, streetlink(IN_WATFORD, {**IN_WATFORD, "alert_id": "SL-9"})).url.path, press="apply")
    assert find(filled, "SL-9")["state"] == ReferralState.RECEIVED.value
    with filled.reading() as session:
        door = Door(filled, workers.get_worker(session, "tom"), now, new_id)
    with door.open() as access:
        for number in ("SL-1", "SL-9"):
            set_place(access, find(filled, number)["id"], 51.66, -0.4, None)
    (batch,) = batches(filled)

    done = tom.send(f"/imports/{batch.id}/undo")

    assert "SL-1" in done.text and "SL-9" in done.text
    assert [find(filled, number)["latitude"] for number in ("SL-1", "SL-9")] == [51.66, 51.66]


def test_an_answer_that_waits_goes_with_the_closing_that_is_undone(
    browse: Callable[[str], Any], filled: Database, now: datetime, new_id: Callable[[], str], tmp_path: Path
) -> None:
    heading = (*GOOD, "referrer_email", "outcome_summary", "closed_date")
    who = {**IN_WATFORD, "referrer_email": "ann@example.org"}
    data = streetlink(who, heading=heading)
    run = Importing("referrals", "streetlink", "first.csv", data, now, new_id)
    import_referrals(filled, run, PARSERS["streetlink"](data, Reading("Europe/London", now)), tmp_path)
    tom = browse("tom")
    closed = {
        "status": "Closed",
        "closed_date": "12/11/2026 20:00",
        "outcome_summary": "person found - taken to shelter",
    }
    tom.send(bring(tom, streetlink({**who, **closed}, heading=heading)).url.path, press="apply")
    assert count(filled, mail) == 1
    (batch,) = batches(filled)

    tom.send(f"/imports/{batch.id}/undo")

    assert (find(filled, "SL-1")["state"], count(filled, mail)) == (ReferralState.RECEIVED.value, 0)


def test_a_file_that_cannot_be_used_says_why_and_one_that_nobody_finished_is_forgotten(
    browse: Callable[[str], Any], filled: Database, now: datetime
) -> None:
    tom = browse("tom")
    assert "Choose a file." in bring(tom, b"").text
    assert "PDF" in bring(tom, b"%PDF-1.7").text
    bring(tom, streetlink(IN_WATFORD))
    with filled.writing() as session:
        session.execute(update(held_file).values(begun_at=now - timedelta(days=15)))
        assert imports.forget_held(session, now) == 1
    assert count(filled, held_file) == 0


@pytest.fixture
def run(filled: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("LANTERN_DATABASE", database_url)
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path))

    def command(*arguments: str) -> Any:
        return CliRunner().invoke(main, ["import", *arguments])

    return command


def test_the_command_takes_the_same_steps(
    run: Callable[..., Any], filled: Database, tmp_path: Path, browse: Callable[[str], Any]
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(LOG)
    steps = (
        "--format", "spreadsheet", "--heading", "2", "--means", "Day=opened", "--means", "Clock=opened_time", "--means",
        "Spot=details", "--means", "What we heard=appearance", "--mend", "5:Day=11/06/2025",
    )  # fmt: skip
    before = count(filled, alert)

    looked = run("referrals", str(path), *steps, "--look")
    assert "Read 3: accepted 3" in looked.stdout, looked.output
    assert "Nothing is stored yet." in looked.stdout
    assert count(filled, alert) == before
    done = run("referrals", str(path), *steps, "--keep-as", "Night line", "--as", "tom@example.org")
    assert "Read 3: accepted 3" in done.stdout, done.output
    again = run("referrals", str(path), "--format", "spreadsheet", "--heading", "2", "--mapping", "Night line")
    assert "duplicates 2" in again.stdout, again.output
    (batch,) = batches(filled)
    undone = run("undo", batch.id, "--as", "tom@example.org")

    assert undone.stdout.strip() == "Undone."
    assert count(filled, alert) == before
    assert run("referrals", str(path), "--mapping", "None such").exit_code == 2
    assert (
        run("referrals", str(path), "--format", "spreadsheet", "--heading", "2", "--means", "Day=nonsense").exit_code
        == 2
    )


def test_a_closing_is_not_put_back_where_a_later_file_closed_it_again(
    browse: Callable[[str], Any], filled: Database, now: datetime, new_id: Callable[[], str], tmp_path: Path
) -> None:
    heading = (*GOOD, "outcome_summary", "closed_date")
    closing = {"status": "Closed", "closed_date": "12/11/2026 10:00", "outcome_summary": "no alert - other"}
    opened, closed = (streetlink({**IN_WATFORD, **each}, heading=heading) for each in ({}, closing))
    by = ("", "tom", "", "")
    for hours, (data, who) in enumerate(zip((opened, closed, opened, closed), by, strict=True)):
        at = now - timedelta(hours=9 - hours)
        run = Importing("referrals", "streetlink", "file.csv", data, at, new_id, by=who)
        import_referrals(filled, run, PARSERS["streetlink"](data, Reading("Europe/London", at)), tmp_path)
    assert find(filled, "SL-1")["state"] == "closed"
    (batch,) = batches(filled)

    page = browse("tom").send(f"/imports/{batch.id}/undo")

    assert "SL-1" in page.text and find(filled, "SL-1")["state"] == "closed"


def test_a_cell_that_nobody_mended_keeps_its_lines_and_its_length(
    browse: Callable[[str], Any], filled: Database
) -> None:
    words = "blue tent\nby the lock\n" + "behind the shed. " * 800
    tom = browse("tom")
    shown = bring(tom, streetlink({"alert_id": "SL-2", **IN_WATFORD, "datetime_opened": "soon", "appearance": words}))
    places = dict(re.findall(r'name="of-(2-\d+)" value="(datetime_opened|appearance)"', shown.text))
    sent = {"datetime_opened": ("10/11/2026 20:00", "soon"), "appearance": (words.strip().replace("\n", "\r\n"),) * 2}
    fields = {
        f"{part}-{key}": text
        for key, name in places.items()
        for part, text in (("of", name), ("mend", sent[name][0]), ("was", sent[name][1]))
    }
    tom.send(shown.url.path, press="keep", **fields)
    tom.send(shown.url.path, press="apply")

    assert find(filled, "SL-2")["description"][:22] == "blue tent\nby the lock\n"
    with filled.reading() as session:
        raw = session.scalar(select(alert.c.raw).where(alert.c.source_reference == "SL-2"))
    assert json.loads(raw or "{}")["appearance"] == words.strip()
