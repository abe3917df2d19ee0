"""The phones of past nights: each is really enrolled, keeps a log as a real one does, and pushes it through the same door.

What they say is told to them by `nights.py`; the live night of the demo uses the real app instead.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from server.actions.operation.enrolment import make_code, team_scope
from server.actions.sync.validation import validate
from server.http.services import Services
from server.queries.sync import store as sync
from shared.model.device import EnrolmentRequest
from shared.model.value import Id, Value
from shared.version import VERSION
from sync import clock
from sync.authoring import NewChange, number
from sync.reading import decode_batch
from sync.wire import LIMITS, Change, PushRequest, encode


@dataclass
class PastPhone:
    """One worker's phone: its log so far, and what is not yet pushed."""

    number: int
    worker_id: Id
    team_id: Id
    new_id: Callable[[], Id]
    last: Change | None = None
    hlc: int = 0
    acked_id: str = ""
    waiting: list[Change] = field(default_factory=list)

    def say_fact(self, change_type: str, fact: Value, at: datetime, entity: Id | None = None) -> None:
        """Record a fact."""
        payload = msgspec.Raw(msgspec.json.encode(fact))
        self._say(NewChange(id=self.new_id(), type=change_type, scope="", entity=entity, payload=payload), at)

    def say_patch(self, change_type: str, entity: Id, fields: Mapping[str, object], at: datetime) -> None:
        """Describe a person or a place whom nobody has described before."""
        sets = {name: msgspec.to_builtins(value) for name, value in fields.items()}
        self._say(NewChange(id=self.new_id(), type=change_type, scope="", entity=entity, sets=sets), at)

    def push(self, session: Session, project: sync.Project, at: datetime) -> None:
        """Send everything, as at the end of a shift. Raises RuntimeError when the server did not take it all."""
        now_ms = int(at.timestamp() * 1000)
        while self.waiting:
            page, self.waiting = self.waiting[: LIMITS.changes_max], self.waiting[LIMITS.changes_max :]
            events = [msgspec.Raw(encode(change)) for change in page]
            request = PushRequest(
                device=self.number,
                now=now_ms,
                prior=self.acked_id,
                app=VERSION,
                unsent=len(self.waiting),
                events=events,
            )
            batch = decode_batch(encode(request), validate=validate)
            faults = [record.fault for record in batch.records if record.fault]
            if faults:
                raise RuntimeError(f"The demo county says something unsound: {faults[0]}")
            answer = sync.push(session, self.number, batch, now_ms, project)
            if answer.acked != page[-1].n:
                raise RuntimeError(f"The demo county's phone {self.number} was acknowledged only to {answer.acked}.")
            self.acked_id = answer.acked_id

    def _say(self, new: NewChange, at: datetime) -> None:
        at_ms = int(at.timestamp() * 1000)
        self.hlc = clock.tick(self.hlc, at_ms)
        new = msgspec.structs.replace(new, scope=team_scope(self.team_id), who=self.worker_id, at_ms=at_ms)
        self.last = number(new, self.number, self.last.n + 1 if self.last else 1, self.hlc, {})
        self.waiting.append(self.last)


def enrol_past_phone(services: Services, worker_id: Id, team_id: Id, label: str, at: datetime) -> PastPhone:
    """Enrol a phone with a one-time code, as its worker would have done at that moment."""
    with services.database.writing() as session:
        code = make_code(session, worker_id, team_id, services.settings, at, services.new_id)
    request = EnrolmentRequest(code=code.code, label=label, app_version=VERSION, signing_key=_new_key())
    enrolled = services.enroller.enrol(request, at, services.new_id)
    return PastPhone(enrolled.device.number, worker_id, team_id, services.new_id)


def _new_key() -> str:
    """The public half of a key that nobody keeps: a past phone signs no request any more."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
