"""The canary scan (rule B8): unique words and places in every field, every flow, then `kill -9`; no file and no log
may hold one.

Looked for as UTF-8, UTF-16, hex, base64, and, for places, as decimal text and as 8- and 4-byte numbers of either
order.
"""

import base64
import json
import logging
import multiprocessing
import os
import signal
import struct
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from mobile.field.views import ContactDraft, PersonDraft, SiteDraft, VisitDraft
from shared.model.codes import ContactState, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.position import Position
from tests.mobile.rig import PIN, Rig

LATITUDE, LONGITUDE = 51.66371973, -0.39604417
WORDS = (
    "name", "alias", "description", "language", "wants", "strengths", "safety", "note", "better", "offered", "given",
    "next", "siteName", "access", "hazards", "visit", "area", "summary", "search", "duplicate", "pinned", "refused",
)  # fmt: skip


def canary(word: str) -> str:
    return f"Zq7{word}Vx9"


def do_everything(directory: Path, told: Connection) -> None:
    """Every flow that takes words or places in, then wait to be killed."""
    logging.basicConfig(filename=str(directory / "phone.log"), level=logging.DEBUG, force=True)
    rig = Rig(directory)
    field = rig.enrol()
    field.listen()
    rig.location.fix(LATITUDE, LONGITUDE, at=rig.clocks.now())
    field.start_shift(canary("area"))
    place = Position(latitude=LATITUDE, longitude=LONGITUDE)
    contact_id = field.record_contact(
        ContactDraft(
            state=ContactState.BEDDED_DOWN,
            new_people=(PersonDraft(name=canary("name"), alias=canary("alias"), description=canary("description")),),
            new_site=SiteDraft(
                name=canary("siteName"), position=place, access_notes=canary("access"), hazards=canary("hazards")
            ),
            needs=(NeedSeen(need=SupportNeed.ALCOHOL),),
            offered=(canary("offered"),),
            given=(canary("given"),),
            safety_needs=canary("safety"),
            strengths=canary("strengths"),
            next_step=canary("next"),
            note=canary("note"),
        )
    )
    field.refine_contact(contact_id, {"note": canary("better")}, reason=canary("refused"))
    person_id = field.contact(contact_id).contact.person_ids[0]
    field.patch_person(person_id, {"language": canary("language"), "wants_first": canary("wants")})
    field.record_visit(VisitDraft(position=place, note=canary("visit")))
    field.search_people(canary("search"))
    field.possible_duplicates(PersonDraft(description=canary("duplicate")))
    field.note_prompt(canary("pinned"))
    field.person(person_id)
    field.check_in()
    field.sync_tray()
    field.tonight()
    field.end_shift(canary("summary"))
    field.sync_once()
    for bad in ({"note": canary("note") * 2_000}, {canary("refused"): 1}):
        try:
            field.refine_contact(contact_id, bad)
        except ValueError:
            logging.getLogger("test").info("refused")
    field.lock()
    field.unlock("999123")
    field.unlock(PIN)
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, note=canary("note")))
    told.send([str(request.url) for request in rig.server.requests])
    signal.pause()


def needles() -> dict[str, bytes]:
    """Everything that must not be found, by what it is."""
    found: dict[str, bytes] = {}
    for word in WORDS:
        text = canary(word)
        found |= {
            f"{word} utf-8": text.encode(),
            f"{word} utf-16": text.encode("utf-16-le"),
            f"{word} hex": text.encode().hex().encode(),
            f"{word} base64": base64.b64encode(text.encode())[:-4],
        }
    for name, value in (("latitude", LATITUDE), ("longitude", LONGITUDE)):
        found[f"{name} text"] = f"{value:.5f}".lstrip("-0").encode()
        for order in "<>":
            found[f"{name} double {order}"] = struct.pack(f"{order}d", value)
            found[f"{name} float {order}"] = struct.pack(f"{order}f", value)
    return found


def scan(directory: Path, keystore: Path) -> Iterator[str]:
    """Where a needle lies, file by file, names included."""
    wanted = needles()
    for path in sorted(directory.rglob("*")):
        if not path.is_file() or keystore in path.parents:
            continue
        raw = path.read_bytes() + path.name.encode()
        yield from (f"{path.name}: {what}" for what, needle in wanted.items() if needle in raw)


def test_no_file_no_log_and_no_address_holds_a_canary_after_a_kill(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    mine, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=do_everything, args=(tmp_path, theirs), daemon=True)
    child.start()
    assert mine.poll(30), "the flows did not end"
    urls = mine.recv()
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join(60)
    scanned = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"store.db", "sealed.box", "vault.json", "phone.log"} <= {path.name for path in scanned}
    assert list(scan(tmp_path, tmp_path / "keystore")) == []
    assert not [url for url in urls for needle in needles().values() if needle in url.encode()]


def test_the_scan_would_find_them(tmp_path: Path) -> None:
    leaks = {
        "a.log": f"found {canary('note')}".encode(),
        "b.bin": b"\x00" + struct.pack("<d", LATITUDE) + b"\x00",
        "c.json": json.dumps({"at": LONGITUDE}).encode(),
        "d.cache": canary("name").encode("utf-16-le"),
        f"{canary('alias')}.tmp": b"",
    }
    for name, raw in leaks.items():
        (tmp_path / name).write_bytes(raw)
    found = {line.partition(":")[0] for line in scan(tmp_path, tmp_path / "keystore")}
    assert found == set(leaks)


def test_the_pin_is_nowhere(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.enrol()
    rig.field.lock()
    rig.field.unlock(PIN)
    rig.field.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PIN.encode() not in path.read_bytes(), path
