"""The promise, kept before one's eyes: one night of a real phone against the real server, step by step.

The phone is a process of its own (`python -m mobile`), as it is in the field: nothing is shared but the address and a
one-time code. Each step is checked against the database, and the first that does not hold ends the road.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from server.actions.operation.enrolment import make_code
from server.demo import county
from server.demo.alerts import make_row, to_csv
from server.demo.held import Held, Square, find_held, find_square
from server.http.services import Services
from server.importers.accounting import Importing
from server.importers.referrals import import_referrals
from server.importers.report import Reading
from server.importers.streetlink.parse import parse
from server.queries.cases.case_list import CaseListView, list_cases
from server.queries.people.verification import find_status
from shared.geo.night import outreach_night
from shared.model.position import Position

PHONE_TIMEOUT_S = 120


class RoadBroken(Exception):
    """A step of the road did not hold. The message says which, and what was found instead."""


@dataclass
class Road:
    """One night: `url` is where the server listens, `folder` where the phone keeps its files."""

    services: Services
    url: str
    folder: Path
    tell: Callable[[str], None]

    def walk(self) -> None:
        """Every step in its order. Raises RoadBroken."""
        now = self.services.clock()
        with self.services.database.writing() as session:
            held = find_held(session)
            code = make_code(session, held.aisha_id, held.team_id, self.services.settings, now, self.services.new_id)
            before = self._square(session, held)
            is_first = self._check_unverified(session, held)
        contact = self._record(held, code.code, is_first)
        self._show_on_the_list(held, contact, is_first)
        self._show_on_the_map(held, before)
        self._bring_a_referral_to_the_phone(held)

    # --------------------------------------------------------------------------------------------------- the contact

    def _record(self, held: Held, code: str, is_first: bool) -> Mapping[str, Any]:
        """Offline, Aisha logs that somebody has bedded down; then the network is back."""
        whom = {"person": held.marek_id} if is_first else {"new_person": NEW_PERSON}
        position = {"latitude": held.site.latitude, "longitude": held.site.longitude}
        steps: list[dict[str, Any]] = [
            {"do": "place", **position, "accuracy_m": 9.0},
            {"do": "start_shift", "area": "Town centre"},
            {"do": "offline"},
            {"do": "contact", "as": "met", "state": "bedded_down", "site": held.site_id, **whom, "needs": NEEDS},
            {"do": "tell"},
        ]
        told = self._phone(["--server", self.url, "--code", code, "--label", "Aisha's phone"], steps)
        contact = _step(told, "contact")
        unsent = _step(told, "tell")["unsent"]
        if not contact.get("id") or not unsent:
            raise RoadBroken(f"The contact was not kept on the phone: {contact}")
        name = "Marek" if is_first else NEW_PERSON["alias"]
        self.tell(
            f"Aisha, no signal: [bold]{name}[/] bedded down at {held.site_name}. {unsent} not yet sent, safe on the phone."
        )
        if told.get("unsent"):
            raise RoadBroken(f"After the sync {told['unsent']} are still unsent: {told.get('last_sync')}")
        self.tell(f"Signal is back: all sent, {told['last_sync']['sent']} changes accepted by {self.url}.")
        return contact

    def _phone(self, arguments: list[str], steps: list[dict[str, Any]]) -> dict[str, Any]:
        """Run the phone through a script; what it says at the end."""
        script = self.folder / "script.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        script.write_text(json.dumps({"steps": steps}))
        command = [sys.executable, "-m", "mobile", "shift", "--data", str(self.folder / "phone"), *arguments]
        try:
            done = subprocess.run(
                [*command, "--script", str(script)],
                capture_output=True,
                text=True,
                timeout=PHONE_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RoadBroken(f"The phone did not finish within {PHONE_TIMEOUT_S} seconds.") from error
        try:
            told: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise RoadBroken(f"The phone ended with {done.returncode}: {done.stderr.strip()[-800:]}") from None
        refused = [step for step in told.get("steps", ()) if "error" in step]
        if refused or done.returncode != 0:
            raise RoadBroken(f"The phone ended with {done.returncode}: {refused or told} {done.stderr.strip()[-400:]}")
        return told

    # ----------------------------------------------------------------------------------------- the list and the map

    def _check_unverified(self, session: Session, held: Held) -> bool:
        """Is this the county's first live night, with Marek still unverified?"""
        status = find_status(session, held.marek_id)
        return status is None or not status.verified

    def _show_on_the_list(self, held: Held, contact: Mapping[str, Any], is_first: bool) -> None:
        """The person is verified, and Watford's list has them, with the reason, by itself."""
        (person_id,) = contact["person_ids"]
        with self.services.database.reading() as session:
            status = find_status(session, person_id)
            rows = list_cases(session, held.watford_id, CaseListView(), today=self._tonight(), limit=1_000)
        if status is None or not status.verified:
            raise RoadBroken(f"The person is not verified: {status}")
        self.tell(f"{status.reason[:1].upper()}{status.reason[1:]}.")
        row = next((row for row in rows if row.person_id == person_id), None)
        if row is None:
            raise RoadBroken("The person is not on Watford's MDT list.")
        missing = "; date of birth missing" if row.date_of_birth_missing else ""
        self.tell(f"On Watford's MDT list by itself, as {row.state}: [bold]{row.known_as}[/] ({row.reason}{missing}).")

    def _show_on_the_map(self, held: Held, before: Square) -> None:
        """Tonight's contact moves the teams' map at once; the published map stays as it was."""
        with self.services.database.reading() as session:
            after = self._square(session, held)
        if after.times_met != before.times_met + 1 or after.expected == before.expected:
            raise RoadBroken(f"The map did not change as it should: {before} before, {after} now.")
        self.tell(
            f"The teams' hotspot map changed at {held.site_name}: people met there {before.times_met} times in a year "
            f"before, {after.times_met} now; its forecast went from {before.expected:.2f} to {after.expected:.2f}."
        )

    def _square(self, session: Session, held: Held) -> Square:
        return find_square(session, held.watford_id, held.site, self._tonight(), self.services.settings.crs)

    # --------------------------------------------------------------------------------------------------- the referral

    def _bring_a_referral_to_the_phone(self, held: Held) -> None:
        """A StreetLink alert comes in through the importer, and the phone has it at its next sync."""
        now = self.services.clock()
        number = f"SL-{now:%Y%m%d-%H%M%S}"
        near = Position(latitude=held.site.latitude + 0.0011, longitude=held.site.longitude - 0.0006)
        row = make_row(
            number, now - timedelta(minutes=25), near, local_authority_name=county.WATFORD, time_seen="9pm",
            location_details="bench by the taxi rank", appearance="man in a thin jacket, no blanket",
        )  # fmt: skip
        data, zone = to_csv([row]), self.services.settings.timezone
        run = Importing(
            "referrals",
            "streetlink",
            "streetlink-tonight.csv",
            data,
            now,
            self.services.new_id,
            zone,
            tray=self.services.tray,
        )
        rows = parse(data, Reading(zone, now))
        account = import_referrals(self.services.database, run, rows, self.services.settings.data)
        if account.accepted != 1:
            raise RoadBroken(f"The alert was not accepted: {account.as_json()}")
        self.tell(f"StreetLink alert {number} came in and became a referral of {county.WATFORD_TEAM}.")
        told = self._phone([], [{"do": "referral", "referral": number, "state": "assigned"}])
        arrived = _step(told, "referral")
        if not arrived.get("id"):
            raise RoadBroken(f"The referral did not reach the phone: {told.get('tonight')}")
        self.tell("The referral reached Aisha's phone, and she has taken it on.")

    def _tonight(self) -> date:
        return outreach_night(self.services.clock(), self.services.settings.timezone)


NEW_PERSON = {"alias": "Red", "description": "red hat, Irish, small dog", "as": "red"}
NEEDS = [
    {"need": "alcohol", "receiving_support": "no"},
    {"need": "physical_health", "receiving_support": "no"},
]


def _step(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What the phone says of its first step of this kind."""
    found: Mapping[str, Any] = next((step for step in told.get("steps", ()) if step.get("do") == name), {})
    return found


def list_sign_ins() -> Iterator[tuple[str, str, str]]:
    """Role, name and address of each shown worker; they share `county.PASSWORD`."""
    for worker in county.WORKERS:
        if worker.shown:
            yield str(worker.role).replace("_", " "), worker.name, worker.email
