"""An alert that came again with other content: what is held of it, its versions, and what is written when one is taken over."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from server.database.positions import lay_flat, read_position
from server.queries.referrals.folded import list_folded
from server.queries.referrals.inbox import read_referral
from server.tables.referrals.referral import alert, alert_referrer, alert_version, referral
from shared.model.codes import AlertSource
from shared.model.position import Position
from shared.model.referral import Referral
from shared.model.value import Id, Value

CHUNK = 900
REFERRER_KEPT = timedelta(days=90)
"""How long what may say who reported is kept (privacy rule A8)."""
TOLD_BY_REPORTER = ""
"""The batch of a version that no file brought: whoever told us answered our question."""
WORDS = ("place", "appearance", "concerns", "seen_text", "age_group", "gender", "postcode")
"""What a newer version may say in other words, as columns of an alert."""
ON_REFERRAL = {
    "place": "place", "appearance": "description", "concerns": "concerns", "seen_text": "seen_text",
    "age_group": "age_group", "gender": "gender",
}  # fmt: skip
"""The same words as columns of the referral."""


class Held(Value, frozen=True, kw_only=True):
    """An alert that is held: its content, each raw row of its source so far, the newest last, and the referral that it opened.

    `extras` are the columns beside each raw row that may say who reported; None where they are forgotten, or nobody asked.
    """

    alert_id: Id
    raws: tuple[dict[str, str], ...]
    extras: tuple[dict[str, str] | None, ...] = ()
    words: dict[str, str]
    people_count: int | None
    position: Position | None
    referral: Referral | None
    closed_at: datetime | None = None


class NewVersion(Value, frozen=True, kw_only=True):
    """What is kept of a newer version."""

    id: Id
    alert_id: Id
    received_at: datetime
    raw: dict[str, str]
    extras: dict[str, str]
    delete_on: date
    changes: dict[str, tuple[str, str]]
    applied: tuple[str, ...]
    settled_at: datetime | None
    import_batch_id: Id


class OpenVersion(Value, frozen=True, kw_only=True):
    """A newer version, as the page of its referral shows it. `is_told`: whoever told us answered, not the source."""

    id: Id
    received_at: datetime
    changes: dict[str, tuple[str, str]]
    applied: tuple[str, ...]
    settled_at: datetime | None
    is_told: bool


def find_held(
    session: Session, source: AlertSource, references: Collection[str], today: date | None = None
) -> dict[str, Held]:
    """Which of these references of a source are held already; on `today` with what may say who reported, as far as it is kept."""
    wanted = sorted(set(references))
    held: dict[str, Held] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        query = select(alert).where(alert.c.source == str(source), alert.c.source_reference.in_(chunk))
        alerts = session.execute(query).mappings().all()
        ids = [found["id"] for found in alerts]
        if not ids:
            continue
        opened = {
            found["alert_id"]: found
            for found in session.execute(select(referral).where(referral.c.alert_id.in_(ids))).mappings()
        }
        raws: dict[Id, list[dict[str, str]]] = {each: [] for each in ids}
        beside: dict[Id, list[dict[str, str] | None]] = {
            each["id"]: [extras] for each, extras in zip(alerts, _list_extras(session, alerts, today), strict=True)
        }
        for alert_id, raw, extras, kept_until in session.execute(
            select(alert_version.c.alert_id, alert_version.c.raw, alert_version.c.extras, alert_version.c.delete_on)
            .where(alert_version.c.alert_id.in_(ids), alert_version.c.import_batch_id != TOLD_BY_REPORTER)
            .order_by(alert_version.c.received_at, alert_version.c.id)
        ):
            raws[alert_id].append(msgspec.json.decode(raw, type=dict[str, str]))
            is_kept = today is not None and today <= kept_until
            beside[alert_id].append(msgspec.json.decode(extras, type=dict[str, str]) if is_kept else None)
        for found in alerts:
            work = opened.get(found["id"])
            held[found["source_reference"]] = Held(
                alert_id=found["id"],
                raws=(msgspec.json.decode(found["raw"], type=dict[str, str]), *raws[found["id"]]),
                extras=tuple(beside[found["id"]]),
                words={name: found[name] for name in WORDS},
                people_count=found["people_count"],
                position=read_position(found),
                referral=None if work is None else read_referral(work),
                closed_at=None if work is None else work["closed_at"],
            )
    return held


def _list_extras(session: Session, alerts: Sequence[Any], today: date | None) -> list[dict[str, str] | None]:
    """The columns of each alert as it first came that may say who reported; None where they may be forgotten by now."""
    if today is None:
        return [None] * len(alerts)
    query = select(alert_referrer.c.alert_id, alert_referrer.c.extras, alert_referrer.c.delete_on)
    kept = {
        alert_id: msgspec.json.decode(extras, type=dict[str, str]) if today <= kept_until else None
        for alert_id, extras, kept_until in session.execute(
            query.where(alert_referrer.c.alert_id.in_([each["id"] for each in alerts]))
        )
    }
    # Of whom nothing was told nothing is kept, and nothing of whom it was forgotten: which of the two, the time tells.
    since = datetime.combine(today, time(), UTC) - REFERRER_KEPT
    return [
        kept[each["id"]] if each["id"] in kept else {} if (each["reported_at"] or each["received_at"]) > since else None
        for each in alerts
    ]


def add_versions(session: Session, versions: Sequence[NewVersion]) -> None:
    """Keep newer versions."""
    rows = [
        {
            **msgspec.structs.asdict(each),
            **{
                name: msgspec.json.encode(getattr(each, name)).decode()
                for name in ("raw", "extras", "changes", "applied")
            },
        }
        for each in versions
    ]
    if rows:
        session.execute(insert(alert_version), rows)


def take_words(session: Session, held: Held, words: Mapping[str, str]) -> None:
    """Let the alert and its referral say these words from now on."""
    session.execute(update(alert).where(alert.c.id == held.alert_id).values(**words))
    shown = {ON_REFERRAL[name]: text for name, text in words.items() if name in ON_REFERRAL}
    if held.referral is not None and shown:
        session.execute(update(referral).where(referral.c.id == held.referral.id).values(**shown))


def take_count(session: Session, held: Held, people_count: int) -> None:
    """Let the alert and its referral tell of so many people from now on."""
    session.execute(update(alert).where(alert.c.id == held.alert_id).values(people_count=people_count))
    if held.referral is not None:
        session.execute(update(referral).where(referral.c.id == held.referral.id).values(people_count=people_count))


def take_place(
    session: Session, held: Held, position: Position | None, district_id: Id | None, team_id: Id | None
) -> None:
    """Let the alert and its referral be at this place from now on, or at none, and in this district."""
    session.execute(update(alert).where(alert.c.id == held.alert_id).values(**lay_flat(position)))
    if held.referral is not None:
        values: dict[str, Any] = {**lay_flat(position), "district_id": district_id, "team_id": team_id}
        session.execute(update(referral).where(referral.c.id == held.referral.id).values(**values))


def list_versions(session: Session, referral_id: Id) -> list[OpenVersion]:
    """The newer versions of a referral's alert, the newest first."""
    query = (
        select(alert_version)
        .join(referral, referral.c.alert_id == alert_version.c.alert_id)
        .where(referral.c.id == referral_id)
        .order_by(alert_version.c.received_at.desc(), alert_version.c.id.desc())
    )
    return [
        OpenVersion(
            id=found["id"], received_at=found["received_at"], settled_at=found["settled_at"],
            is_told=found["import_batch_id"] == TOLD_BY_REPORTER,
            changes=msgspec.json.decode(found["changes"], type=dict[str, tuple[str, str]]),
            applied=msgspec.json.decode(found["applied"], type=tuple[str, ...]),
        )
        for found in session.execute(query).mappings()
    ]  # fmt: skip


def find_held_of(session: Session, referral_id: Id) -> Held | None:
    """What is held of a referral's alert."""
    found = session.execute(
        select(alert.c.source, alert.c.source_reference)
        .join(referral, referral.c.alert_id == alert.c.id)
        .where(referral.c.id == referral_id)
    ).first()
    return None if found is None else find_held(session, AlertSource(found[0]), [found[1]]).get(found[1])


def settle_version(session: Session, version_id: Id, now: datetime, worker_id: Id) -> bool:
    """Say that a person has decided about a version; False when somebody had."""
    settled = session.execute(
        update(alert_version)
        .where(alert_version.c.id == version_id, alert_version.c.settled_at.is_(None))
        .values(settled_at=now, settled_by=worker_id)
    )
    return bool(settled.rowcount)  # type: ignore[attr-defined]


def settle_overtaken(session: Session, alert_id: Id, said: Collection[str], now: datetime) -> None:
    """Ask nobody any more about what a source has said anew since, of an alert: each earlier version whose open nouns are all
    among `said`. What whoever told us answered is no word of the source's."""
    waits = (
        alert_version.c.alert_id == alert_id, alert_version.c.settled_at.is_(None),
        alert_version.c.import_batch_id != TOLD_BY_REPORTER,
    )  # fmt: skip
    query = select(alert_version.c.id, alert_version.c.changes, alert_version.c.applied).where(*waits)
    overtaken = [
        version_id
        for version_id, changes, applied in session.execute(query)
        if msgspec.json.decode(changes).keys() - msgspec.json.decode(applied) <= set(said)
    ]
    if overtaken:
        session.execute(update(alert_version).where(alert_version.c.id.in_(overtaken)).values(settled_at=now))


def count_open_versions(session: Session, referral_ids: Collection[Id]) -> dict[Id, int]:
    """How many versions of each referral, and of those that are folded into it, wait for a person."""
    owner = list_folded(session, referral_ids)
    query = (
        select(referral.c.id, func.count())
        .join(alert_version, alert_version.c.alert_id == referral.c.alert_id)
        .where(referral.c.id.in_(owner), alert_version.c.settled_at.is_(None))
        .group_by(referral.c.id)
    )
    found = Counter[Id]()
    for referral_id, number in session.execute(query):
        found[owner[referral_id]] += number
    return dict(found)
