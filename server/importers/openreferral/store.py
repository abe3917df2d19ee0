"""Services brought in: new ones, changed ones, those that stand already, and those that were changed here since and stay."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.importers.accounting import Importing
from server.importers.files import Refusal
from server.importers.openreferral.parse import Read
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.partnership import services
from server.queries.partnership.services import Kept


@dataclass
class ServiceAccount:
    """What became of each: `new`, `changed`, `same`, `kept` as it was changed here, or refused. `remarks` are of those taken;
    `gone` are those that came from this source once, and that it no longer names."""

    new: int = 0
    changed: int = 0
    same: int = 0
    kept: int = 0
    gone: int = 0
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[Refusal] = field(default_factory=list)

    @property
    def read(self) -> int:
        """How many services the file told of."""
        return self.new + self.changed + self.same + self.kept + len(self.refused)

    def as_json(self) -> dict[str, object]:
        """The account as `--json` prints it."""
        return {
            "read": self.read,
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "kept": self.kept,
            "gone": self.gone,
            "refused": [{"row": each.number, "reason": each.reason} for each in self.refused],
            "remarks": [{"row": each.number, "reason": each.reason} for each in self.remarks],
        }


def import_services(
    database: Database, run: Importing, rows: Sequence[Read | Refusal], named: frozenset[str] | None = None
) -> ServiceAccount:
    """Store services in one transaction; the same feed again changes nothing. `named` are the ids in a whole directory: what came
    from it once and is not among them is said to have left it. One that names nothing tells of none: it is broken rather."""
    account = ServiceAccount(refused=[each for each in rows if isinstance(each, Refusal)])
    with database.writing() as session:
        held = services.list_of_source(session, run.source, to_change=True)
        read = _take_once([each for each in rows if isinstance(each, Read)], account)
        taken = services.find_taken_ids(session, [each.service.id for each in read if each.reference not in held])
        new = []
        for each in read:
            account.remarks += [Refusal(each.number, f"{each.service.name}: {remark}", "") for remark in each.remarks]
            before = held.get(each.reference)
            if before is None and each.service.id in taken:
                account.refused.append(Refusal(each.number, f"{each.service.name}: its id is another service’s.", ""))
            elif before is None:
                account.new += 1
                new.append(_kept(run, each))
            elif _is_same(run, before, each):
                account.same += 1
            elif before.edited_at is not None and not _is_newer(each, before.edited_at):
                account.kept += 1
                _come_back(session, run, before)
            else:
                account.changed += 1
                services.change_service(session, _changed(run, each, before), run.now)
        services.add_services(session, new, run.now)
        if named:
            account.gone = _say_gone(session, run, [each for key, each in held.items() if key not in named])
        line = AuditLine(
            id=run.new_id(), at=run.now, action="import_services", purpose=run.source, actor_id=run.by or None
        )
        audit.add_lines(session, [line])
    account.refused.sort(key=lambda each: each.number)
    return account


def _take_once(read: list[Read], account: ServiceAccount) -> list[Read]:
    """Each id once: the second of a file is refused, since nobody knows which of the two is right."""
    seen: set[str] = set()
    first = []
    for each in read:
        if {each.reference, each.service.id} & seen:
            account.refused.append(Refusal(each.number, f"{each.service.name}: its id stands twice in the file.", ""))
        else:
            first.append(each)
        seen |= {each.reference, each.service.id}
    return first


def _say_gone(session: Session, run: Importing, gone: Sequence[Kept]) -> int:
    """It stays, for whoever was sent there, and is no longer told as if it ran: nobody knows. Returns how many are gone."""
    today = run.day_of(run.now)
    for each in gone:
        if each.service.left_feed_on is None:
            services.change_service(session, replace(each, service=replace(each.service, left_feed_on=today)), run.now)
    return len(gone)


def _come_back(session: Session, run: Importing, before: Kept) -> None:
    if before.service.left_feed_on is not None:
        back = replace(before, service=replace(before.service, left_feed_on=None))
        services.change_service(session, back, run.now)


def _kept(run: Importing, read: Read) -> Kept:
    came_with = msgspec.json.encode(read.came_with).decode()
    service = replace(read.service, changed_at=read.service.changed_at or run.now)
    return Kept(service=service, source=run.source, reference=read.reference, came_with=came_with)


def _changed(run: Importing, read: Read, before: Kept) -> Kept:
    """What only we say of a service stays: whether its address is secret, who receives referrals, and our marks where the feed
    has none of them."""
    kept, ours = _kept(run, read), before.service
    service = replace(
        kept.service,
        is_secret_address=ours.is_secret_address,
        offers=kept.service.offers or ours.offers,
        welcomes=kept.service.welcomes or ours.welcomes,
    )
    return replace(kept, service=service, agency_id=before.agency_id)


def _is_same(run: Importing, before: Kept, read: Read) -> bool:
    """Would taking it over change nothing that anybody sees?"""
    fresh = _changed(run, read, before)
    return fresh.came_with == before.came_with and replace(fresh.service, changed_at=None) == replace(
        before.service, changed_at=None
    )


def _is_newer(read: Read, edited_at: datetime) -> bool:
    return read.service.changed_at is not None and read.service.changed_at > edited_at
