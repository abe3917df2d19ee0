"""A report from a member of the public, through our own form: kept as an alert, opened as a referral for the team whose area
it is, and answered later by its reference. Who reported stands apart, on the server only, for ninety days (privacy rule A8).
"""

import hashlib
from base64 import b32encode
from collections.abc import Callable
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy.orm import Session

from server.access import day_of
from server.actions.referrals.clock import promise, resumed_due
from server.places.districts import DistrictFinder
from server.places.place_words import Guess, find_place
from server.places.postcodes import find_position
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.partnership.districts import find_district
from server.queries.referrals import duty, referral_steps, referrals, versions
from server.queries.referrals.inbox import InboxRow, find_inbox_row, find_standing
from server.queries.referrals.referrals import ReferrerRow, StoredReferral
from server.queries.referrals.versions import NewVersion
from server.queries.sync.store import find_scopes, publish
from shared.model.codes import AlertSource, ReferralState
from shared.model.position import Position
from shared.model.referral import Alert, Referral, ReferralProgress
from shared.model.value import Id, Value
from shared.rules.referral import FINAL_STATES
from shared.rules.replies import ENGLISH
from sync.authoring import NewChange

REFERRER_KEPT = timedelta(days=90)
REFERENCE_LETTERS = 12


class Received(Value, frozen=True, kw_only=True):
    """What became of a report at once: its reference, and the district whose team has it (empty: the duty desk has it)."""

    reference: str
    due_on: date
    district_name: str = ""


class PublicReport(Value, frozen=True, kw_only=True):
    """What somebody told us. `key` is the form's own: sending the same form twice is one report.

    `district_id` is the area they chose; a postcode that we can find says it better, and a point best.
    """

    key: str
    place: str
    postcode: str = ""
    district_id: Id | None = None
    seen_text: str = ""
    appearance: str = ""
    concerns: str = ""
    people_count: int | None = None
    email: str = ""
    name: str = ""
    telephone: str = ""
    language: str = ENGLISH
    position: Position | None = None
    source: AlertSource = AlertSource.COUNCIL_FORM


def reference_of(key: str) -> str:
    """Returns the reference that a reporter keeps: sixty bits that nobody can guess, in groups of four letters."""
    text = b32encode(hashlib.sha256(f"report {key}".encode()).digest()).decode()[:REFERENCE_LETTERS]
    return "-".join(text[start : start + 4] for start in range(0, REFERENCE_LETTERS, 4))


def receive_report(
    session: Session, report: PublicReport, finder: DistrictFinder, now: datetime, new_id: Callable[[], Id]
) -> Received:
    """Stores the report and lets the team hear of it. A form sent again changes nothing; what it says otherwise then, since
    somebody went back and put it right, is kept for a person to take over or leave."""
    reference = reference_of(report.key)
    held = referrals.find_referral_ids(session, report.source, [reference]).get(reference)
    if held is not None:
        _keep_correction(session, held, report, now, new_id)
        return _say_received(session, reference, held)
    position = report.position or (find_position(report.postcode) if report.postcode else None)
    guess = None if position is not None else _guess_place(session, report, finder)
    position = guess.position if guess is not None else position
    alert = _alert(report, reference, position, guess, now, new_id())
    referral = _referral(session, alert, report.district_id, finder, now, new_id())
    referrals.add_alerts(session, [alert], "")
    held = referrals.find_referral_ids(session, report.source, [reference]).get(reference)
    if held is not None:  # pressed twice: the other press was stored since we looked
        return _say_received(session, reference, held)
    referrals.add_referrers(session, _list_referrers(report, alert.id, now))
    referrals.add_referrals(session, [StoredReferral(referral=referral)])
    _note(session, "report_received", referral.id, now, new_id)
    _tell_phones(session, referral, now, new_id)
    return _say_received(session, reference, referral.id)


def _list_referrers(report: PublicReport, alert_id: Id, now: datetime) -> list[ReferrerRow]:
    if not (report.email or report.name or report.telephone):
        return []
    kept = ReferrerRow(
        alert_id=alert_id, name=report.name, email=report.email, telephone=report.telephone, language=report.language,
        delete_on=day_of(now + REFERRER_KEPT),
    )  # fmt: skip
    return [kept]


def _keep_correction(
    session: Session, referral_id: Id, report: PublicReport, now: datetime, new_id: Callable[[], Id]
) -> None:
    held = versions.find_held_of(session, referral_id)
    if held is None:
        return
    if report.email or report.telephone:
        referrals.replace_referrer(session, _list_referrers(report, held.alert_id, now)[0], may_tell=bool(report.email))
    elif (
        report.source is AlertSource.COUNCIL_FORM
    ):  # our own form asks each time: whoever took it back is written to no more
        referrals.forget_referrer(session, held.alert_id)
    said = {name: getattr(report, name) for name in ("place", "appearance", "concerns", "seen_text", "postcode")}
    changes = {name: (held.words[name], text) for name, text in said.items() if text and text != held.words[name]}
    if report.people_count is not None and report.people_count != held.people_count:
        before = "" if held.people_count is None else str(held.people_count)
        changes["people_count"] = (before, str(report.people_count))
    known = versions.list_versions(session, referral_id)
    if not changes or any(each.is_told and each.changes == changes for each in known):
        return
    _keep_told(session, held.alert_id, changes, _list_told(report), now, new_id)
    _note(session, "report_corrected", referral_id, now, new_id)


def _keep_told(
    session: Session, alert_id: Id, changes: dict[str, tuple[str, str]], raw: dict[str, str], now: datetime,
    new_id: Callable[[], Id],
) -> None:  # fmt: skip
    """A version of whoever told us, for a person to take over or leave."""
    version = NewVersion(
        id=new_id(), alert_id=alert_id, received_at=now, raw=raw, extras={}, delete_on=day_of(now + REFERRER_KEPT),
        changes=changes, applied=(), settled_at=None, import_batch_id=versions.TOLD_BY_REPORTER,
    )  # fmt: skip
    versions.add_versions(session, [version])


def _guess_place(session: Session, report: PublicReport, finder: DistrictFinder) -> Guess | None:
    """Where its words are, if that is sure enough and in the area that was chosen, if one was."""
    chosen = find_district(session, report.district_id) if report.district_id else None
    guess = find_place(session, report.place, chosen.name if chosen else "")
    if guess is None:
        return None
    area = finder.find(guess.latitude, guess.longitude)
    return guess if area is not None and area == (report.district_id or area) else None


def _say_received(session: Session, reference: str, referral_id: Id) -> Received:
    """Who has it, as it is stored: a page that thanks says no more than that."""
    row = find_inbox_row(session, referral_id)
    if row is None:
        raise LookupError(f"The referral {referral_id} was stored a moment ago and is not there.")
    is_nobodys = duty.is_nobodys(session, referral_id)
    return Received(
        reference=reference, due_on=row.referral.due_on, district_name="" if is_nobodys else row.district_name
    )


def find_report(session: Session, reference: str) -> InboxRow | None:
    """Returns where the report with this reference stands, however its letters were typed; None for no such report.

    One that was folded into another stands where that one does. A reference of another shape than ours is no such report:
    an imported form's may be four digits, which anybody could try.
    """
    letters = "".join(letter for letter in reference.upper() if letter.isalnum())
    if len(letters) != REFERENCE_LETTERS:
        return None
    plain = "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
    found = referrals.find_referral_ids(session, AlertSource.COUNCIL_FORM, [plain]).get(plain)
    return find_standing(session, found) if found else None


def say_still_there(session: Session, found: InboxRow | None, now: datetime, new_id: Callable[[], Id]) -> bool:
    """Opens again what was over, with a new day to answer by, because whoever told us says that they are still there.

    False where there is no such report, or it is open already: then nothing changes.
    """
    if found is None or found.referral.state not in FINAL_STATES:
        return False
    due_on = promise(session, found.referral.district_id, now)
    _open_again(session, found.referral, "Whoever told us says that they are still there.", due_on, now, new_id)
    _note(session, "report_still_there", found.referral.id, now, new_id)
    return True


def say_more(session: Session, found: InboxRow | None, words: str, now: datetime, new_id: Callable[[], Id]) -> bool:
    """Keeps what whoever told us answered to our question, for a person to take over or leave, and lets the clock go on.

    Of several who were asked each is heard, though another answered before; and whoever answers what was closed meanwhile opens
    it again. False where there is no such report.
    """
    if found is None:
        return False
    referral = found.referral
    held = versions.find_held_of(session, referral.id)
    if held is None:
        return False
    place = f"{referral.place.rstrip('. ')}. {words}" if referral.place else words
    if any(
        each.is_told and each.changes.get("place", ("", ""))[1] == place
        for each in versions.list_versions(session, referral.id)
    ):
        return True  # pressed twice
    _keep_told(session, held.alert_id, {"place": (referral.place, place)}, {}, now, new_id)
    is_over = referral.state in FINAL_STATES
    if is_over or referral.state is ReferralState.NEEDS_INFORMATION:
        due_on = promise(session, referral.district_id, now) if is_over else resumed_due(session, referral, now)
        _open_again(session, referral, "Whoever told us has said more about where.", due_on, now, new_id)
    _note(session, "report_said_more", referral.id, now, new_id)
    return True


def _open_again(
    session: Session, referral: Referral, note: str, due_on: date, now: datetime, new_id: Callable[[], Id]
) -> None:
    """It is new in the inbox, by nobody's hand, and the phones that know it hear so."""
    step = ReferralProgress(
        id=new_id(), referral_id=referral.id, state=ReferralState.RECEIVED, at=now, worker_id="", note=note
    )
    referral_steps.add_step(session, step)
    referral_steps.set_due(session, referral.id, due_on)
    now_ms = int(now.timestamp() * 1000)
    scopes = sorted(find_scopes(session, referral.id))
    fresh = find_inbox_row(session, referral.id)
    if scopes and fresh is not None:
        bodies = (("referral.received", fresh.referral), ("referral.progressed", step))
        changes = [
            NewChange(
                id=new_id(), type=kind, scope=scope, entity=referral.id, at_ms=now_ms,
                payload=msgspec.Raw(msgspec.json.encode(body)),
            )
            for scope in scopes
            for kind, body in bodies
        ]  # fmt: skip
        publish(session, changes, now_ms)


def _note(session: Session, action: str, referral_id: Id, now: datetime, new_id: Callable[[], Id]) -> None:
    line = AuditLine(id=new_id(), at=now, action=action, subject_kind="referral", subject_id=referral_id)
    audit.add_lines(session, [line])


def _list_told(report: PublicReport) -> dict[str, str]:
    """What was said, and nothing of who said it."""
    return {
        name: str(value)
        for name, value in msgspec.to_builtins(report).items()
        if name not in {"key", "email", "name", "telephone", "position", "source", "language"} and value
    }


def _alert(
    report: PublicReport, reference: str, position: Position | None, guess: Guess | None, now: datetime, alert_id: Id
) -> Alert:
    return Alert(
        id=alert_id, source=report.source, source_reference=reference, received_at=now, raw=_list_told(report), reported_at=now,
        seen_text=report.seen_text, position=position, postcode=report.postcode, place=report.place,
        appearance=report.appearance, concerns=report.concerns, people_count=report.people_count, referrer_type="public",
        contact_consent=bool(report.email), guesses=(guess.say(),) if guess is not None else (),
    )  # fmt: skip


def _referral(
    session: Session, alert: Alert, chosen: Id | None, finder: DistrictFinder, now: datetime, referral_id: Id
) -> Referral:
    """A report of no place that we know waits for more; one outside every district is of another area."""
    where = alert.position
    district_id = finder.find(where.latitude, where.longitude) if where else chosen
    state = (
        ReferralState.RECEIVED
        if district_id
        else ReferralState.WRONG_AREA
        if where
        else ReferralState.NEEDS_INFORMATION
    )
    return Referral(
        id=referral_id, number=alert.source_reference, alert_id=alert.id, source=alert.source, reported_at=now,
        due_on=promise(session, district_id, now), state=state, seen_text=alert.seen_text, position=where, place=alert.place,
        description=alert.appearance, concerns=alert.concerns, people_count=alert.people_count, district_id=district_id,
        team_id=referrals.list_team_of_districts(session).get(district_id) if district_id else None,
    )  # fmt: skip


def _tell_phones(session: Session, referral: Referral, now: datetime, new_id: Callable[[], Id]) -> None:
    if referral.team_id is None:
        return
    now_ms = int(now.timestamp() * 1000)
    payload = msgspec.Raw(msgspec.json.encode(referral))
    change = NewChange(
        id=new_id(),
        type="referral.received",
        scope=f"team:{referral.team_id}",
        entity=referral.id,
        at_ms=now_ms,
        payload=payload,
    )
    publish(session, [change], now_ms)
