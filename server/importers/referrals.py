"""What becomes of reports, whatever their source: alerts kept as they came, and referrals for the teams whose area it is.

Each report is judged before anything is written, so that a bad one never stops the rest. A file is stored piece by piece, each
in a transaction with the account so far: however long it is, nobody else waits for long, and no more of it is held than a piece.
How a source's file is read is in its own folder.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.importers.accounting import Account, Importing, add_to_account, end_account, open_account
from server.importers.cells import shorten
from server.importers.files import Refusal, show_raw
from server.importers.keys import REFERENCE_CHARACTERS, find_original, give_keys, is_the_same, make_own_key
from server.importers.newer import Taking
from server.importers.placing import Placed, Placer
from server.importers.report import Report
from server.importers.reports import Keys, Reports, listed
from server.queries.partnership.districts import list_districts
from server.queries.referrals import referrals as queries
from server.queries.referrals.folded import find_head, is_over
from server.queries.referrals.referrals import ReferrerRow, StoredReferral
from server.queries.referrals.versions import Held, find_held
from server.queries.sync.store import publish
from shared.model.codes import AlertSource, ReferralState
from shared.model.referral import Alert, Referral
from shared.model.value import Id
from shared.rules.referral import DUE_WORKING_DAYS, due_after, normalise_outcome
from sync.authoring import NewChange

ROWS_AT_ONCE = 1_000
LONGEST_CHAIN = 8
"""A repeats B repeats C: so many are followed one after another."""
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


def import_referrals(
    database: Database, run: Importing, rows: Sequence[Report | Refusal] | Reports, data: Path, *,
    rows_at_once: int = ROWS_AT_ONCE,
) -> Account:  # fmt: skip
    """Bring reports in, so many in a transaction; a second import of the same file accepts nothing twice.

    `data` is where postcodes are cached. What was stored before an import was cut off stays, and its account says so.
    """
    reports = listed(rows) if isinstance(rows, Sequence) else rows
    with database.writing() as session:
        intake = Intake(session, run, data)
        open_account(session, run, intake.batch_id)
    account = Account()
    for piece in _list_pieces(reports, rows_at_once):
        account = _take_piece(database, intake, piece, reports.keys, account)
    with database.writing() as session:
        end_account(session, run, intake.batch_id)
    return account


def _take_piece(
    database: Database, intake: "Intake", piece: Sequence[Report | Refusal], keys: Keys, account: Account
) -> Account:
    """Store a piece; once more, if another import has stored some of it in the meantime."""
    for is_last in (False, True):
        try:
            with database.writing() as session:
                return intake.take(session, piece, keys, account)
        except IntegrityError:
            if is_last:
                raise
    raise AssertionError("unreachable")


def _list_pieces(reports: Reports, rows_at_once: int) -> Iterator[Sequence[Report | Refusal]]:
    """All rows, so many at once: first those that repeat none that comes after them, then the others, each after its own.

    What repeats itself in a ring, or down a chain longer than anybody writes, comes last, as reports of their own.
    """
    waiting = dict(reports.keys.waiting)
    yield from _cut_up((each for each in reports if each.number not in waiting), rows_at_once)
    for _ in range(LONGEST_CHAIN):
        unready = {own for own, _ in waiting.values()}
        ready = {number for number, (_, parent) in waiting.items() if parent not in unready}
        if not ready:
            break
        yield from _cut_up(reports.pick(ready), rows_at_once)
        waiting = {number: each for number, each in waiting.items() if number not in ready}
    if waiting:
        yield from _cut_up((_stand_alone(each) for each in reports.pick(waiting)), rows_at_once)


def _cut_up(rows: Iterable[Report | Refusal], rows_at_once: int) -> Iterator[Sequence[Report | Refusal]]:
    every = iter(rows)
    while piece := list(islice(every, rows_at_once)):
        yield piece


def _stand_alone(each: Report | Refusal) -> Report | Refusal:
    if isinstance(each, Refusal):
        return each
    said = f"Its source says that it repeats {shorten(each.parent_reference, 60)}, which repeats others in a ring."
    return msgspec.structs.replace(each, parent_reference="", guesses=(*each.guesses, said))


def store_reports(session: Session, run: Importing, rows: Sequence[Report | Refusal], data: Path) -> Account:
    """A few reports in a transaction that is open already, all at once."""
    intake = Intake(session, run, data)
    open_account(session, run, intake.batch_id)
    account = intake.take(session, rows, listed(rows).keys, Account())
    end_account(session, run, intake.batch_id)
    return account


class Intake:
    """What one import needs from its beginning to its end."""

    def __init__(self, session: Session, run: Importing, data: Path) -> None:
        self.run, self.batch_id = run, run.new_id()
        self._placer = Placer(session, run, data)
        self._teams = queries.list_team_of_districts(session)
        self._answer_days = {each.id: each.answer_days for each in list_districts(session)}

    def take(self, session: Session, rows: Sequence[Report | Refusal], keys: Keys, before: Account) -> Account:
        """Judge and store some rows; returns the account of them and of all before them."""
        found, haul, here, placed = self._judge(session, rows, keys)
        account = Account()
        account.add(before)
        account.add(here)
        waiting = [replace(each, cells=self.run.in_own_words(each.cells)) for each in here.refused]
        add_to_account(session, self.batch_id, account, waiting, self.run.tray)
        _write(session, haul, self.batch_id, self.run)
        taking = Taking(session, self.run, self.batch_id, self._teams)
        for each, (_, held) in zip(placed[len(found.new) :], found.newer, strict=True):
            taking.take(each, held)
        return account

    def forecast(self, session: Session, rows: Sequence[Report | Refusal], keys: Keys) -> tuple[Account, Haul]:
        """What would become of these rows. Writes nothing."""
        _, haul, account, _ = self._judge(session, rows, keys, may_open=False)
        return account, haul

    def _judge(
        self, session: Session, rows: Sequence[Report | Refusal], keys: Keys, *, may_open: bool = True
    ) -> tuple[Sorted, Haul, Account, list[Placed]]:
        account = Account(read=len(rows), refused=[row for row in rows if isinstance(row, Refusal)])
        found = _sort(session, give_keys([row for row in rows if isinstance(row, Report)], keys), account, self.run)
        reports = [*found.new, *(report for report, _ in found.newer)]
        placed = self._placer.place(session, reports, may_open=may_open)
        haul = _judge(session, placed[: len(found.new)], account, self.run, self._teams, self._answer_days)
        return found, haul, account, placed


def _sort(session: Session, reports: Sequence[Report], account: Account, run: Importing) -> Sorted:
    """What the database holds already, and what an earlier row of the file says, counts as a duplicate.

    One that is held with other content is a duplicate too, and a newer version of what is held.
    """
    found, seen = Sorted(), set[Reference]()
    for source in {report.source for report in reports}:
        of_source = [report for report in reports if report.source == source]
        own_keys = [make_own_key(report) for report in of_source]
        named = {each for report in of_source for each in (report.reference, report.shown_reference)}
        held = find_held(session, source, (named | set(own_keys)) - {""}, run.day_of(run.now))
        for report, own_key in zip(of_source, own_keys, strict=True):
            if len(report.reference) > REFERENCE_CHARACTERS:
                account.refuse(_refuse(report, f"The reference is longer than {REFERENCE_CHARACTERS} characters."))
                continue
            before = held.get(report.reference)
            if (source, report.reference) in seen or find_original(report, own_key, held) is not None:
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


def _judge(
    session: Session,
    placed: Sequence[Placed],
    account: Account,
    run: Importing,
    teams: Mapping[Id, Id],
    answer_days: Mapping[Id, int],
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
            each, alert, referral_ids[report.source, report.reference], state, parent_id, teams, run, answer_days
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

    A row comes here after the one that it repeats (`_list_pieces`): none can wait for another that waits for it.
    """
    wanted = {(each.report.source, each.report.parent_reference) for each in placed if each.report.parent_reference}
    parents = {key: referral_ids[key] for key in wanted if key in referral_ids}
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
        delete_on=run.day_of((report.reported_at or run.now) + REFERRER_KEPT),
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
    answer_days: Mapping[Id, int],
) -> Referral:
    report = each.report
    reported_at = report.reported_at or run.now
    return Referral(
        id=referral_id,
        number=report.shown_reference or report.reference,
        alert_id=alert.id,
        source=report.source,
        reported_at=reported_at,
        due_on=due_after(reported_at, run.zone, answer_days.get(each.district_id or "", DUE_WORKING_DAYS)),
        state=state,
        seen_at=report.seen_at,
        seen_text=report.seen_text,
        position=each.position,
        place=alert.place,
        description=alert.appearance,
        concerns=alert.concerns,
        age_group=report.age_group,
        gender=report.gender,
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
