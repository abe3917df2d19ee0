"""What becomes of reports, whatever their source: alerts kept as they came, and referrals for the teams whose area it is.

Each report is judged before anything is written, so that a bad one never stops the rest; then all is written in one
transaction, with the account. How a source's file is read is in its own folder.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import msgspec
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.importers.accounting import Account, Importing, close_account
from server.importers.cells import shorten
from server.importers.files import Refusal, show_raw
from server.importers.keys import REFERENCE_CHARACTERS, find_original, give_keys, is_the_same, make_own_key
from server.importers.newer import Taking
from server.importers.placing import Placed, place_reports
from server.importers.report import Report
from server.queries.referrals import referrals as queries
from server.queries.referrals.folded import find_head, is_over
from server.queries.referrals.referrals import ReferrerRow, StoredReferral
from server.queries.referrals.versions import Held, find_held
from server.queries.sync.store import publish
from shared.model.codes import AlertSource, ReferralState
from shared.model.referral import Alert, Referral
from shared.model.value import Id
from shared.rules.referral import due_after, normalise_outcome
from sync.authoring import NewChange

REFERRER_KEPT = timedelta(days=90)
"""How long after the report a public reporter's contact details are kept (privacy rule A8)."""
LONG_TEXT_CHARACTERS = 10_000
"""What a phone takes in one text; the raw row holds the rest."""

Reference: TypeAlias = tuple[AlertSource, str]
"""A report by its source and the source's own name for it."""


@dataclass
class Haul:
    """What is to be written."""

    alerts: list[Alert] = field(default_factory=list)
    referrals: list[StoredReferral] = field(default_factory=list)
    referrers: list[ReferrerRow] = field(default_factory=list)
    for_phones: list[Referral] = field(default_factory=list)


@dataclass
class Sorted:
    """Reports by what is held of them: nothing, or an alert with other content."""

    new: list[Report] = field(default_factory=list)
    newer: list[tuple[Report, Held]] = field(default_factory=list)


def import_referrals(database: Database, run: Importing, rows: Sequence[Report | Refusal], data: Path) -> Account:
    """Bring reports in; a second import of the same file accepts nothing twice. `data` is where postcodes are cached."""
    with database.writing() as session:
        return store_reports(session, run, rows, data)


def store_reports(session: Session, run: Importing, rows: Sequence[Report | Refusal], data: Path) -> Account:
    """The same in a transaction that is open already."""
    account = Account(read=len(rows), refused=[row for row in rows if isinstance(row, Refusal)])
    found = _sort(session, give_keys([row for row in rows if isinstance(row, Report)]), account)
    placed = place_reports(session, [*found.new, *(report for report, _ in found.newer)], run, data)
    teams = queries.list_team_of_districts(session)
    batch_id = run.new_id()
    haul = _judge(session, placed[: len(found.new)], account, run, teams)
    close_account(session, run, batch_id, account)
    _write(session, haul, batch_id, run)
    taking = Taking(session, run, batch_id, teams)
    for each, (_, held) in zip(placed[len(found.new) :], found.newer, strict=True):
        taking.take(each, held)
    return account


def _sort(session: Session, reports: Sequence[Report], account: Account) -> Sorted:
    """What the database holds already, and what an earlier row of the file says, counts as a duplicate.

    One that is held with other content is a duplicate too, and a newer version of what is held.
    """
    found, seen = Sorted(), set[Reference]()
    for source in {report.source for report in reports}:
        of_source = [report for report in reports if report.source == source]
        held = find_held(session, source, {each for report in of_source for each in _list_references(report)})
        for report in of_source:
            if len(report.reference) > REFERENCE_CHARACTERS:
                account.refuse(_refuse(report, f"The reference is longer than {REFERENCE_CHARACTERS} characters."))
                continue
            before = held.get(report.reference)
            if (source, report.reference) in seen or find_original(report, held) is not None:
                account.duplicates += 1
            elif before is None:
                found.new.append(report)
            else:
                account.duplicates += 1
                if not is_the_same(report, before):
                    account.newer += 1
                    found.newer.append((report, before))
            seen.add((source, report.reference))
    return found


def _list_references(report: Report) -> Collection[str]:
    return {report.reference, report.shown_reference, make_own_key(report)} - {""}


def _judge(
    session: Session, placed: Sequence[Placed], account: Account, run: Importing, teams: Mapping[Id, Id]
) -> Haul:
    """Decide what each report becomes, and count it."""
    referral_ids = {(each.report.source, each.report.reference): run.new_id() for each in placed}
    parents, over = _find_parents(session, placed, referral_ids)
    haul = Haul()
    for found in placed:
        report = found.report
        repeated = (report.source, report.parent_reference)
        parent_id = parents.get(repeated) if report.parent_reference else None
        each = found
        if parent_id is not None and repeated in over and not report.closed:
            each, parent_id = _ask_about_parent(found), None
        state = _decide_state(each, parent_id, account)
        alert = _make_alert(each, run)
        referral = _make_referral(
            each, alert, referral_ids[report.source, report.reference], state, parent_id, teams, run
        )
        haul.alerts.append(alert)
        haul.referrals.append(
            StoredReferral(referral=referral, outcome=report.outcome_text, closed_at=_when_closed(report, run))
        )
        referrer = _make_referrer(report, alert.id, run)
        if referrer is not None:
            haul.referrers.append(referrer)
        if state is ReferralState.RECEIVED and referral.team_id is not None:
            haul.for_phones.append(referral)
    return haul


def _decide_state(each: Placed, parent_id: Id | None, account: Account) -> ReferralState:
    """The state in which a referral begins; the report is counted by it."""
    if parent_id is not None:
        account.duplicates += 1
        return ReferralState.DUPLICATE_OF
    if each.report.closed:
        account.accepted += 1
        outcome = normalise_outcome(each.report.outcome_text)
        return outcome.state if outcome and outcome.state is ReferralState.WRONG_AREA else ReferralState.CLOSED
    if each.position is None:
        account.needs_information += 1
        return ReferralState.NEEDS_INFORMATION
    if each.district_id is None:
        account.wrong_area += 1
        return ReferralState.WRONG_AREA
    account.accepted += 1
    return ReferralState.RECEIVED


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


def _ask_about_parent(each: Placed) -> Placed:
    """Nobody would go there for a report that is folded into one that is over: a person says whether it is the same."""
    said = f"Its source says that it repeats {shorten(each.report.parent_reference, 60)}, which is closed: is it the same night?"
    return replace(each, guesses=(*each.guesses, said))


def _find_parents(
    session: Session, placed: Sequence[Placed], referral_ids: Mapping[Reference, Id]
) -> tuple[dict[Reference, Id], set[Reference]]:
    """The referral of each alert that another repeats by its source's own word, here or in the file; and which are over.

    One that itself repeats another is no parent: else two could each wait for the other.
    """
    wanted = {(each.report.source, each.report.parent_reference) for each in placed if each.report.parent_reference}
    repeats = {(each.report.source, each.report.reference) for each in placed if each.report.parent_reference}
    parents = {key: referral_ids[key] for key in wanted if key in referral_ids and key not in repeats}
    over = {(each.report.source, each.report.reference) for each in placed if each.report.closed} & wanted
    for source in {source for source, _ in wanted}:
        held = queries.find_referral_ids(session, source, [reference for owner, reference in wanted if owner == source])
        known = {(source, reference): found for reference, found in held.items() if found is not None}
        over |= {key for key, found in known.items() if is_over(session, find_head(session, found))}
        parents.update(known)
    return parents, over


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
        district_name=report.district_name,
        guesses=(*report.guesses, *each.guesses),
    )


def _make_referrer(report: Report, alert_id: Id, run: Importing) -> ReferrerRow | None:
    """Who reported, with every column that may say so; None where the row says nothing of it."""
    if report.referrer is None and not report.extras:
        return None
    who = {} if report.referrer is None else msgspec.structs.asdict(report.referrer)
    return ReferrerRow(
        alert_id=alert_id,
        delete_on=((report.reported_at or run.now) + REFERRER_KEPT).date(),
        extras=report.extras,
        **who,
    )


def _when_closed(report: Report, run: Importing) -> datetime | None:
    """When it was over at its source; now, where the source does not say."""
    return (report.closed_at or run.now) if report.closed else None


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
        number=report.shown_reference or report.reference,
        alert_id=alert.id,
        source=report.source,
        reported_at=reported_at,
        due_on=due_after(reported_at, run.zone),
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


def _cut(text: str) -> str:
    return shorten(text, LONG_TEXT_CHARACTERS)


def _refuse(report: Report, reason: str) -> Refusal:
    cells = {**report.raw, **report.extras}
    return Refusal(report.number, reason, show_raw(cells.values()), cells)
