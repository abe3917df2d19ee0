"""A county's file against the database: what stands, what is applied, and how it is undone as one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from msgspec import Struct, json, structs
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.actions.operation.orders import order_agreement, order_mailbox_moved, order_team, order_worker
from server.actions.partnership.leaving import NOBODY_ADMINISTERS, let_go
from server.actions.partnership.recipients import admit
from server.importers.county.plan import Line, Plan, Verb, join_names, key_of, make_plan, say_code
from server.importers.county.sheets import APART, BY_NAME, SHEETS, County, Row
from server.problems import CONFLICTING, Failure, NotFound
from server.queries.operation import addressees, devices
from server.queries.partnership import agencies, county, districts, recipients, workers
from server.queries.partnership.county import Batch
from server.queries.partnership.workers import Reached
from server.queries.street.alarms import list_open_alarms
from server.queries.street.lone_working import list_on_shift
from server.security.holding import Box
from shared.model.agency import Agency, Agreement, Team
from shared.model.codes import AgencyKind, AgreementKind, Role
from shared.model.district import District
from shared.model.value import Id
from shared.model.worker import Worker, shorten_name
from shared.rules.referral import DUE_WORKING_DAYS
from shared.rules.wording import say_list


def read_standing(session: Session) -> County:
    """What stands, as an export writes it."""
    names = _Names.read(session)
    mailboxes, emails = addressees.list_shared_addresses(session), workers.list_emails(session)
    reached = workers.list_telephones(session)
    roles = workers.list_given_roles(session)
    records: dict[str, list[dict[str, str]]] = {
        "Districts": [
            {
                "Code": each.code, "Name": each.name, "Verified only": _yes(each.verified_only),
                "Answer in days": str(each.answer_days), "From": _day(each.valid_from),
                "Until": _day(each.valid_to), "Id": each.id,
            }
            for each in districts.list_districts(session)
        ],
        "Agencies": [
            {"Name": each.name, "Kind": say_code(str(each.kind)), "Mailbox": mailboxes.get(each.id, ""), "Id": each.id}
            for each in agencies.list_agencies(session)
        ],
        "Teams": [
            {
                "Agency": names.agencies[each.agency_id], "Name": each.name,
                "Districts": join_names(names.districts[one] for one in each.district_ids), "Id": each.id,
            }
            for each in agencies.list_teams(session)
        ],
        "Workers": [
            {
                "E-mail": emails.get(each.id, ""), "Name": each.name, "Agency": names.agencies[each.agency_id],
                "Roles": join_names(say_code(role) for role in roles.get(each.id, ())),
                "Teams": join_names(names.teams[one] for one in each.team_ids),
                "Districts": join_names(names.districts[one] for one in each.district_ids),
                "Trained on": _day(each.trained_on), "Telephone": reached[each.id].telephone,
                "Emergency contact": reached[each.id].emergency_contact, "Active": _yes(each.active), "Id": each.id,
            }
            for each in workers.list_workers(session)
        ],
        "Agreements": [
            {
                "Agency": names.agencies[each.agency_id], "Kind": say_code(str(each.kind)), "Version": each.version,
                "Signed by": each.signatory, "Signed on": _day(each.signed_on), "Last day": _day(each.expires_on),
                "Id": each.id,
            }
            for signed in agencies.list_every_agreement(session).values()
            for each in signed
        ],
    }  # fmt: skip
    return County(
        {name: tuple(Row(n, cells) for n, cells in enumerate(rows, start=2)) for name, rows in records.items()}
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """The words that a file uses for what has an id: a district by its code, a team by its name."""

    districts: Mapping[Id, str]
    agencies: Mapping[Id, str]
    teams: Mapping[Id, str]
    team_ids: Mapping[tuple[Id, str], Id]

    @classmethod
    def read(cls, session: Session) -> "_Names":
        teams = agencies.list_teams(session)
        return cls(
            districts={each.id: each.code for each in sorted(districts.list_districts(session), key=_stands)},
            agencies={each.id: each.name for each in agencies.list_agencies(session)},
            teams={each.id: each.name for each in teams},
            team_ids={(each.agency_id, each.name.casefold()): each.id for each in teams},
        )

    def district_ids(self, text: str) -> tuple[Id, ...]:
        by_code = {code: district_id for district_id, code in self.districts.items()}
        return tuple(_find(by_code, each) for each in text.split(APART) if each)

    def agency_id(self, name: str) -> Id:
        return _find({known.casefold(): agency_id for agency_id, known in self.agencies.items()}, name.casefold())

    def team_ids_of(self, agency_id: Id, text: str) -> tuple[Id, ...]:
        theirs = {name: team_id for (of, name), team_id in self.team_ids.items() if of == agency_id}
        return tuple(_find(theirs, each.casefold()) for each in text.split(APART) if each)


def _stands(district: District) -> bool:
    """Of two that have had one code the one that stands comes last, and is meant."""
    return district.valid_to is None


class Unnamed(Exception):
    """What a row names is called otherwise by now, or is gone."""


def _find(ids: Mapping[str, Id], name: str) -> Id:
    """Raises Unnamed."""
    try:
        return ids[name]
    except KeyError as error:
        raise Unnamed(name) from error


# ------------------------------------------------------------------------------------------------------------- applying
class Kept(Struct):
    """What is held of a file until it is applied: its rows, by sheet."""

    rows: dict[str, list[dict[str, str]]]


def make_box(secret: bytes, *before: bytes) -> Box[Kept]:
    """What seals a county's file until it is applied: it names staff."""
    return Box(secret, "county file", Kept, *before)


def keep_plan(
    session: Session, box: Box[Kept], file: County, file_name: str, by: Id | None, now: datetime, new_id: Id
) -> Batch:
    """Keep a file until it is applied, sealed, for a day."""
    rows = {sheet.name: [{**row.cells, "": str(row.number)} for row in file.of(sheet.name)] for sheet in SHEETS}
    held = box.seal(new_id, Kept(rows))
    batch = Batch(id=new_id, file_name=file_name[:200], planned_at=now, planned_by=by, county=held)
    county.add_batch(session, batch)
    return batch


def plan_of(session: Session, box: Box[Kept], batch: Batch) -> Plan:
    """The plan of a kept file against what stands now. Raises NotFound for one that another secret sealed."""
    kept = box.open(batch.id, batch.county).rows
    rows = {
        sheet.name: tuple(
            Row(int(cells[""]), {column: cells.get(column, "") for column in sheet.columns})
            for cells in kept.get(sheet.name, ())
        )
        for sheet in SHEETS
    }
    return make_plan(County(rows), read_standing(session))


def digest_of(plan: Plan) -> str:
    """By what a plan is known that somebody was shown."""
    return sha256(json.encode(plan.lines)).hexdigest()


class Otherwise(Exception):
    """What the file would change is not what was shown: somebody has changed the county since."""


def apply(
    session: Session,
    box: Box[Kept],
    batch_id: Id,
    now: datetime,
    new_id: Callable[[], Id],
    shown: str | None = None,
) -> Plan:
    """Carry a kept plan out, without what is refused; `shown` is the digest of the plan that somebody read and agreed to.

    Raises Failure for one applied before, and Otherwise where the same file would do something else by now.
    """
    county.hold_county(session)
    batch = county.find_batch(session, batch_id)
    if batch is None:
        raise NotFound
    if batch.applied_at is not None:
        raise Failure(CONFLICTING, "This file was applied before.")
    plan = plan_of(session, box, batch)
    if shown is not None and shown != digest_of(plan):
        raise Otherwise
    done = [write_line(session, line, now, new_id) for line in plan.lines if line.verb in _DONE]
    if not county.mark_applied(session, batch_id, json.encode(done).decode(), now):
        raise Failure(CONFLICTING, "This file was applied before.")
    return plan


_DONE = (Verb.ADD, Verb.CHANGE)


def write_line(session: Session, line: Line, now: datetime, new_id: Callable[[], Id]) -> Line:
    """Store one row planned without a fault; returns it with its id. Raises Failure where nobody could administer then."""
    had_administrator = workers.has_administrator(session)
    done = line if line.id else structs.replace(line, id=new_id())
    _write(session, done, now, new_id)
    if had_administrator and not workers.has_administrator(session):
        raise Failure(CONFLICTING, NOBODY_ADMINISTERS)
    return done


def _write(session: Session, line: Line, now: datetime, new_id: Callable[[], Id]) -> None:
    adds = line.verb is Verb.ADD
    names = _Names.read(session)
    match line.sheet:
        case "Districts":
            (districts.add_district if adds else districts.change_district)(session, _district(line))
        case "Agencies":
            agency = Agency(id=line.id, name=line.cells["Name"], kind=AgencyKind(_code(line.cells["Kind"])))
            (agencies.add_agency if adds else agencies.change_agency)(session, agency)
            is_moved = any(each.column == "Mailbox" for each in line.changes)
            if adds or is_moved:
                addressees.set_shared_address(session, line.id, line.cells["Mailbox"] or None)
            if is_moved:
                order_mailbox_moved(session, line.id, now, new_id())
        case "Teams":
            _write_team(session, line, names, now, new_id, adds=adds)
        case "Workers":
            _write_worker(session, line, names, now, new_id, adds=adds)
        case "Agreements":
            signed = _agreement(line, names)
            (agencies.add_agreement if adds else agencies.change_agreement)(session, signed)
            if not adds:
                order_agreement(session, line.id, signed.expires_on, now, new_id())


def _write_team(
    session: Session, line: Line, names: _Names, now: datetime, new_id: Callable[[], Id], *, adds: bool
) -> None:
    walked = names.district_ids(line.cells["Districts"])
    if adds:
        agency_id = names.agency_id(line.cells["Agency"])
        agencies.add_team(session, Team(id=line.id, agency_id=agency_id, name=line.cells["Name"], district_ids=walked))
    else:
        if not walked and any(each.column == "Districts" for each in line.changes):
            _refuse_while_out(session, line)
        agencies.rename_team(session, line.id, line.cells["Name"])
        agencies.set_team_districts(session, line.id, walked)
    order_team(session, line.id, walked, now, new_id())


def _refuse_while_out(session: Session, line: Line) -> None:
    """A team that walks nowhere has no coordinator who hears of an alarm: it keeps its districts while anybody of it is out.

    Raises Failure.
    """
    out = [each.name for each in list_on_shift(session, [line.id])]
    if out or any(each.team_id == line.id for each in list_open_alarms(session)):
        who = f"{say_list(out)} {'is' if len(out) == 1 else 'are'}" if out else "Somebody is"
        raise Failure(CONFLICTING, f"{who} out with {line.cells['Name']}: let it walk nowhere once everybody is home.")


def _write_worker(
    session: Session, line: Line, names: _Names, now: datetime, new_id: Callable[[], Id], *, adds: bool
) -> None:
    cells = line.cells
    agency_id = names.agency_id(cells["Agency"])
    changed = Worker(
        id=line.id, name=cells["Name"], short_name=shorten_name(cells["Name"]), agency_id=agency_id,
        roles=frozenset(Role(_code(role)) for role in cells["Roles"].split(APART) if role),
        team_ids=names.team_ids_of(agency_id, cells["Teams"]),
        district_ids=names.district_ids(cells["Districts"]),
        trained_on=_read_day(cells["Trained on"]), active=cells["Active"] == "yes",
    )  # fmt: skip
    if adds:
        workers.add_worker(session, changed, email=cells["E-mail"] or None, now=now)
    else:
        workers.change_worker(session, changed, email=cells["E-mail"] or None)
    workers.set_telephone(session, line.id, Reached(cells["Telephone"], cells["Emergency contact"]))
    for role in sorted(changed.roles):
        admit(session, agency_id, role, now, new_id)
    if changed.active:
        order_worker(session, line.id, now, new_id())
    else:
        let_go(session, line.id, now, new_id)


def _district(line: Line) -> District:
    cells = line.cells
    return District(
        id=line.id, code=cells["Code"], name=cells["Name"], verified_only=cells["Verified only"] == "yes",
        answer_days=int(cells.get("Answer in days") or DUE_WORKING_DAYS),
        valid_from=_read_day(cells["From"]), valid_to=_read_day(cells["Until"]),
    )  # fmt: skip


def _agreement(line: Line, names: _Names) -> Agreement:
    cells = line.cells
    return Agreement(
        id=line.id, agency_id=names.agency_id(cells["Agency"]), kind=AgreementKind(_code(cells["Kind"])),
        version=cells["Version"], signatory=cells["Signed by"],
        signed_on=date.fromisoformat(cells["Signed on"]), expires_on=date.fromisoformat(cells["Last day"]),
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------------------- undoing
def undo(session: Session, batch_id: Id, now: datetime, new_id: Callable[[], Id]) -> list[str]:
    """Put everything back as it stood before a file, the last row first.

    Returns sentences about what could not be: a row that somebody changed since stays changed, what is in use by now stays, a
    worker without access, and a phone that was revoked stays so. Raises NotFound, and Failure for one undone before.
    """
    county.hold_county(session)
    batch = county.find_batch(session, batch_id)
    if batch is None or batch.applied_at is None:
        raise NotFound
    if not county.mark_undone(session, batch_id, now):
        raise Failure(CONFLICTING, "This file was undone before.")
    had_administrator = workers.has_administrator(session)
    left = list(_undo_lines(session, json.decode(batch.lines, type=list[Line]), now, new_id))
    if had_administrator and not workers.has_administrator(session):
        raise Failure(CONFLICTING, NOBODY_ADMINISTERS)
    return left


def _undo_lines(session: Session, lines: list[Line], now: datetime, new_id: Callable[[], Id]) -> Iterator[str]:
    county_now = read_standing(session)
    standing = {row.cells["Id"]: row.cells for rows in county_now.rows.values() for row in rows}
    own = {line.id for line in lines}
    taken = {
        (name, key_of(BY_NAME[name], row.cells)) for name, rows in county_now.rows.items() for row in rows
        if row.cells["Id"] not in own
    }  # fmt: skip
    for line in reversed(lines):
        stands = standing.get(line.id)
        if stands is None:
            yield f"{line.label} is gone already."
        elif any(stands[column] != text for column, text in line.cells.items()):
            yield f"{line.label} was changed since: it stays as it is."
        elif line.verb is Verb.CHANGE:
            before = dict(line.cells) | {change.column: change.before for change in line.changes}
            is_taken = (line.sheet, key_of(BY_NAME[line.sheet], before)) in taken
            if is_taken or not _put_back(session, structs.replace(line, cells=before), now, new_id):
                yield f"{line.label} stays as it is: what stood before is taken, or called otherwise, by now."
            elif line.cells.get("Active") == "no" != before["Active"] and devices.has_phone(session, line.id):
                yield f"{line.label} works here again. Their phones stay revoked: enrol them anew."
        elif not _take_away(session, line, now, new_id):
            yield f"{line.label} is in use by now: it stays{' without access' if line.sheet == 'Workers' else ''}."


def _put_back(session: Session, line: Line, now: datetime, new_id: Callable[[], Id]) -> bool:
    """Write a row as it stood before; False where another has its name by now, or what it named is gone."""
    with suppress(IntegrityError, Unnamed), session.begin_nested():
        _write(session, line, now, new_id)
        return True
    return False


def _take_away(session: Session, line: Line, now: datetime, new_id: Callable[[], Id]) -> bool:
    if line.sheet == "Workers":
        let_go(session, line.id, now, new_id)  # a backup may know them
    if line.sheet == "Agreements":
        order_agreement(session, line.id, None, now, new_id())
    remove = {
        "Districts": districts.delete_district, "Agencies": agencies.delete_agency, "Teams": agencies.delete_team,
        "Workers": workers.delete_worker, "Agreements": agencies.delete_agreement,
    }[line.sheet]  # fmt: skip
    if line.sheet != "Workers" or not workers.has_begun(session, line.id):
        with suppress(IntegrityError), session.begin_nested():
            if line.sheet == "Agencies":
                recipients.forget_founding(session, line.id)
            remove(session, line.id)
            return True
    return False


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _read_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _code(words: str) -> str:
    return words.replace(" ", "_")
