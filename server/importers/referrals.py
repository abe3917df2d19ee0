"""What becomes of reports, whatever their source: alerts kept as they came, and referrals for the teams whose area it is.

Each report is judged before anything is written, so that a bad one never stops the rest; then all is written in one
transaction, with the account. How a source's file is read is in its own folder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.importers.accounting import Account, Importing, close_account
from server.importers.cells import shorten
from server.importers.files import Refusal, show_raw
from server.importers.report import Report
from server.places.districts import DistrictFinder, load_district_finder, load_england_finder, name_of_unlisted
from server.places.postcodes import find_position
from server.queries.partnership.districts import add_district, list_districts
from server.queries.referrals import referrals as queries
from server.queries.referrals.referrals import ReferrerRow, StoredReferral
from server.queries.sync.store import publish
from shared.model.codes import AlertSource, PinSource, ReferralState
from shared.model.district import District
from shared.model.position import Position
from shared.model.referral import Alert, Referral
from shared.model.value import Id
from shared.rules.referral import due_on, normalise_outcome
from sync.authoring import NewChange

REFERRER_KEPT = timedelta(days=90)
"""How long a public reporter's contact details are kept (privacy rule A8)."""
REFERENCE_CHARACTERS = 200
LONG_TEXT_CHARACTERS = 10_000
"""What a phone takes in one text; the raw row holds the rest."""

Reference: TypeAlias = tuple[AlertSource, str]
"""A report by its source and the source's own name for it."""


@dataclass(frozen=True)
class Placed:
    """A report with where it is: its pin and its district, as far as known."""

    report: Report
    position: Position | None
    district_id: Id | None


@dataclass
class Haul:
    """What is to be written."""

    alerts: list[Alert] = field(default_factory=list)
    referrals: list[StoredReferral] = field(default_factory=list)
    referrers: list[ReferrerRow] = field(default_factory=list)
    for_phones: list[Referral] = field(default_factory=list)


def import_referrals(database: Database, run: Importing, rows: Sequence[Report | Refusal], data: Path) -> Account:
    """Bring reports in; a second import of the same file accepts nothing twice. `data` is where postcodes are cached."""
    with database.writing() as session:
        account = Account(read=len(rows), refused=[row for row in rows if isinstance(row, Refusal)])
        reports = [row for row in rows if isinstance(row, Report)]
        new = _set_duplicates_aside(session, reports, account)
        placed = _place(session, new, account, run, data)
        haul = _judge(session, placed, account, run)
        batch_id = run.new_id()
        close_account(session, run, batch_id, account)
        _write(session, haul, batch_id, run)
    return account


def _set_duplicates_aside(session: Session, reports: Sequence[Report], account: Account) -> list[Report]:
    """Only what neither the database nor an earlier row of the file holds already."""
    new: dict[Reference, Report] = {}
    for source in {report.source for report in reports}:
        of_source = [report for report in reports if report.source == source]
        held = queries.find_referral_ids(session, source, [report.reference for report in of_source])
        for report in of_source:
            if len(report.reference) > REFERENCE_CHARACTERS:
                account.refuse(_refuse(report, f"The reference is longer than {REFERENCE_CHARACTERS} characters."))
            elif report.reference in held or (source, report.reference) in new:
                account.duplicates += 1
            else:
                new[source, report.reference] = report
    return list(new.values())


def _place(session: Session, reports: Sequence[Report], account: Account, run: Importing, data: Path) -> list[Placed]:
    """Give each report its pin and district; refuse those whose halves of a point are swapped."""
    positions = [_find_pin(report) for report in reports]
    # An operator who has named no district yet has all of England; the first named one ends that.
    is_england = all(each.name == name_of_unlisted(each.code) for each in list_districts(session))
    finder = load_england_finder(data) if is_england else load_district_finder(session, data, run.now.date())
    found = _find_districts(finder, positions)
    swapped = _find_districts(
        finder, [_swap(each) if area is None else None for each, area in zip(positions, found, strict=True)]
    )
    if is_england:
        opened = _open_districts(session, {code for code in found if code is not None}, run)
        found = [None if code is None else opened[code] for code in found]
    by_name = {district.name.casefold(): district.id for district in list_districts(session)}
    placed = []
    for report, position, district_id, other_way in zip(reports, positions, found, swapped, strict=True):
        if other_way is not None:
            account.refuse(_refuse(report, _say_swapped(position)))
        elif position is None:
            placed.append(Placed(report, None, by_name.get(report.district_name.casefold())))
        else:
            placed.append(Placed(report, position, district_id))
    return placed


def _judge(session: Session, placed: Sequence[Placed], account: Account, run: Importing) -> Haul:
    """Decide what each report becomes, and count it."""
    teams = queries.list_team_of_districts(session)
    referral_ids = {(each.report.source, each.report.reference): run.new_id() for each in placed}
    parents = _find_parents(session, placed, referral_ids)
    haul = Haul()
    for each in placed:
        report = each.report
        parent_id = parents.get((report.source, report.parent_reference)) if report.parent_reference else None
        state = _decide_state(each, parent_id, account)
        alert = _make_alert(each, run)
        referral = _make_referral(
            each, alert, referral_ids[report.source, report.reference], state, parent_id, teams, run
        )
        haul.alerts.append(alert)
        haul.referrals.append(
            StoredReferral(referral=referral, outcome=report.outcome_text, closed_at=report.closed_at)
        )
        if report.referrer is not None:
            delete_on = (run.now + REFERRER_KEPT).date()
            haul.referrers.append(
                ReferrerRow(alert_id=alert.id, delete_on=delete_on, **msgspec.structs.asdict(report.referrer))
            )
        if state is ReferralState.RECEIVED and referral.team_id is not None:
            haul.for_phones.append(referral)
    return haul


def _decide_state(each: Placed, parent_id: Id | None, account: Account) -> ReferralState:
    """The state in which a referral begins; the report is counted by it."""
    if parent_id is not None:
        account.duplicates += 1
        return ReferralState.DUPLICATE_OF
    if each.position is None:
        account.needs_information += 1
        return ReferralState.NEEDS_INFORMATION
    if each.district_id is None:
        account.wrong_area += 1
        return ReferralState.WRONG_AREA
    account.accepted += 1
    if not each.report.closed:
        return ReferralState.RECEIVED
    outcome = normalise_outcome(each.report.outcome_text)
    return outcome.state if outcome else ReferralState.CLOSED


def _write(session: Session, haul: Haul, batch_id: Id, run: Importing) -> None:
    """All rows, and last of all what phones are to hear: from there to the commit this import holds the feed."""
    queries.add_alerts(session, haul.alerts, batch_id)
    queries.add_referrers(session, haul.referrers)
    queries.add_referrals(session, haul.referrals)
    now_ms = int(run.now.timestamp() * 1000)
    changes = [
        NewChange(
            id=run.new_id(),
            type="referral.received",
            scope=f"team:{referral.team_id}",
            entity=referral.id,
            at_ms=now_ms,
            payload=msgspec.Raw(msgspec.json.encode(referral)),
        )
        for referral in haul.for_phones
    ]
    if changes:
        publish(session, changes, now_ms)


def _find_pin(report: Report) -> Position | None:
    if report.point is not None:
        latitude, longitude = report.point
        return Position(latitude=latitude, longitude=longitude, source=PinSource.REFERRAL)
    return find_position(report.postcode) if report.postcode else None


def _find_districts(finder: DistrictFinder, positions: Sequence[Position | None]) -> list[Id | None]:
    """The district of each position; None where there is no position or no district."""
    where = [number for number, position in enumerate(positions) if position is not None]
    known = [position for position in positions if position is not None]
    found: list[Id | None] = [None] * len(positions)
    answers = finder.find_many([each.latitude for each in known], [each.longitude for each in known])
    for number, district_id in zip(where, answers, strict=True):
        found[number] = district_id
    return found


def _swap(position: Position | None) -> Position | None:
    """The point with its halves exchanged, where that is a point at all."""
    if position is None or abs(position.longitude) > 90 or position.source is not PinSource.REFERRAL:
        return None
    return Position(latitude=position.longitude, longitude=position.latitude)


def _say_swapped(position: Position | None) -> str:
    where = f"{position.latitude}, {position.longitude}" if position else ""
    return (
        f"The point {where} is in none of our districts, and the other way round it is in one: "
        "latitude and longitude look swapped. Swap the columns."
    )


def _open_districts(session: Session, codes: set[str], run: Importing) -> dict[str, Id]:
    """The district of each code, opened where there is none yet; a boundary file will give them their names."""
    known = {each.code: each.id for each in list_districts(session)}
    opened = {code: run.new_id() for code in sorted(codes - known.keys())}
    for code, district_id in opened.items():
        add_district(session, District(id=district_id, code=code, name=name_of_unlisted(code)))
    return known | opened


def _find_parents(
    session: Session, placed: Sequence[Placed], referral_ids: Mapping[Reference, Id]
) -> dict[Reference, Id]:
    """The referral of each alert that another repeats by its source's own word, here or in the file.

    One that itself repeats another is no parent: else two could each wait for the other.
    """
    wanted = {(each.report.source, each.report.parent_reference) for each in placed if each.report.parent_reference}
    repeats = {(each.report.source, each.report.reference) for each in placed if each.report.parent_reference}
    parents = {key: referral_ids[key] for key in wanted if key in referral_ids and key not in repeats}
    for source in {source for source, _ in wanted}:
        held = queries.find_referral_ids(session, source, [reference for owner, reference in wanted if owner == source])
        parents.update({(source, reference): found for reference, found in held.items() if found is not None})
    return parents


def _make_alert(each: Placed, run: Importing) -> Alert:
    report = each.report
    return Alert(
        id=run.new_id(),
        source=report.source,
        source_reference=report.reference,
        received_at=run.now,
        raw=dict(report.raw),
        reported_at=report.reported_at,
        seen_at=report.seen_at,
        seen_text=report.seen_text,
        position=each.position,
        postcode=report.postcode,
        place=_cut(report.place),
        appearance=_cut(report.appearance),
        concerns=_cut(report.concerns),
        age_group=report.age_group,
        gender=report.gender,
        people_count=report.people_count,
        referrer_type=report.referrer_type,
        contact_consent=report.contact_consent,
        outcome_text=report.outcome_text,
        parent_reference=report.parent_reference,
    )


def _make_referral(
    each: Placed,
    alert: Alert,
    referral_id: Id,
    state: ReferralState,
    parent_id: Id | None,
    teams: Mapping[Id, Id],
    run: Importing,
) -> Referral:
    report = each.report
    reported_at = report.reported_at or run.now
    return Referral(
        id=referral_id,
        number=report.reference,
        alert_id=alert.id,
        source=report.source,
        reported_at=reported_at,
        due_on=_due_on(reported_at.astimezone(ZoneInfo(run.zone)).date()),
        state=state,
        seen_at=report.seen_at,
        seen_text=report.seen_text,
        position=each.position,
        place=alert.place,
        description=alert.appearance,
        concerns=alert.concerns,
        people_count=report.people_count,
        district_id=each.district_id,
        team_id=teams.get(each.district_id) if each.district_id else None,
        duplicate_of=parent_id,
    )


@lru_cache(maxsize=1024)
def _due_on(reported_on: date) -> date:
    """Many reports of a file are of the same day."""
    return due_on(reported_on)


def _cut(text: str) -> str:
    return shorten(text, LONG_TEXT_CHARACTERS)


def _refuse(report: Report, reason: str) -> Refusal:
    return Refusal(report.number, reason, show_raw(report.raw.values()))
