"""A report whose reference is held already with other content: kept as a version, and taken over where that is safe.

Safe is what nobody could object to: its source closed it, or opened again what it had closed itself, its place is known
now, it says something where nothing was said.
Other words than ours wait for a person. Phones hear what was taken over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.orm import Session

from server.actions.operation.orders import order_placing
from server.actions.operation.outbox import Outbox
from server.actions.referrals.clock import promise, resumed_due
from server.importers.accounting import Importing
from server.importers.placing import Placed
from server.queries.referrals import inbox, referral_steps, versions
from server.queries.referrals.folded import find_head, is_over
from server.queries.referrals.referral_steps import NOBODYS_SCOPE
from server.queries.referrals.versions import WORDS, Held, NewVersion
from server.queries.sync.store import find_scopes, place_entity, publish
from shared.model.codes import ReferralState
from shared.model.position import Position
from shared.model.referral import Referral, ReferralProgress
from shared.model.value import Id
from shared.rules.referral import FINAL_STATES, normalise_outcome
from sync.authoring import NewChange

REFERRER_KEPT = timedelta(days=90)
THE_SOURCE: Id = ""
"""Who made a step that no worker made: the source said so."""
UNPLACED = (ReferralState.NEEDS_INFORMATION, ReferralState.WRONG_AREA)


@dataclass(frozen=True)
class Taking:
    """What one import needs to take newer versions over."""

    session: Session
    run: Importing
    batch_id: Id
    teams: Mapping[Id, Id]

    def take(self, placed: Placed, held: Held) -> None:
        """Keep the version, apply what is safe of it, and let phones and referrers hear."""
        changes = compare(placed, held)
        if "reopened" in changes and not self._was_closed_by_source(held):
            del changes["reopened"]
        is_open = held.referral is not None and held.referral.state not in FINAL_STATES
        has_place = "point" in changes and held.position is None
        applied: list[str] = []
        words = {name: now for name, (before, now) in changes.items() if name in WORDS and not before}
        if words:
            versions.take_words(self.session, held, words)
            applied += words
        if has_place and placed.position is not None and self._was_not_placed(held):
            self._take_place(placed, held)
            applied.append("point")
        if "reopened" in changes:
            self._reopen(held)
            applied.append("reopened")
            is_open = True
        if "closed" in changes and is_open:
            self._close(placed, held)
            applied.append("closed")
        waits = is_open and "closed" not in applied
        asked = {name for name in changes if name not in applied} if waits else set[str]()
        if self._tells_of_open(held):
            asked = changes.keys() - {"closed", "reopened"}
        self._keep(placed, held, changes, tuple(applied), asks=bool(asked))
        if applied and held.referral is not None:
            tell_phones(self.session, held.referral.id, self.run.now, self.run.new_id)

    def _tells_of_open(self, held: Held) -> bool:
        """Is it folded into another that is worked on? Whoever works on that one is to read all that this one says anew."""
        if held.referral is None or held.referral.state is not ReferralState.DUPLICATE_OF:
            return False
        return not is_over(self.session, find_head(self.session, held.referral.id))

    def _was_not_placed(self, held: Held) -> bool:
        return held.referral is not None and held.referral.state in UNPLACED and held.closed_at is None

    def _take_place(self, placed: Placed, held: Held) -> None:
        assert held.referral is not None and placed.position is not None
        district_id = placed.district_id or held.referral.district_id
        had_it = referral_steps.find_holder(self.session, held.referral.id)
        team_id = self.teams.get(district_id) if district_id else None
        versions.take_place(self.session, held, placed.position, district_id, team_id)
        if district_id is not None:
            self._resume(held.referral)
            note = "Its place came with a newer version from its source."
            step = self._step(held.referral.id, ReferralState.RECEIVED, note=note)
            referral_steps.add_step(self.session, step)
            referral_steps.note_left(self.session, step.id, had_it, held.referral.district_id or "")

    def _was_closed_by_source(self, held: Held) -> bool:
        """What a worker closed stays closed, whatever its source still calls it."""
        return held.referral is not None and referral_steps.find_closer(self.session, held.referral.id) == THE_SOURCE

    def _reopen(self, held: Held) -> None:
        """Open again as new, with a day of its own by which an answer is due."""
        assert held.referral is not None
        state = ReferralState.NEEDS_INFORMATION if held.position is None else ReferralState.RECEIVED
        step = self._step(held.referral.id, state, note="Its source opened it again.")
        referral_steps.add_step(self.session, step)
        referral_steps.set_due(
            self.session,
            held.referral.id,
            promise(self.session, held.referral.district_id, self.run.now, self.run.zone),
        )

    def _close(self, placed: Placed, held: Held) -> None:
        assert held.referral is not None
        self._resume(held.referral)
        outcome = normalise_outcome(placed.report.outcome_text)
        is_elsewhere = outcome is not None and outcome.state is ReferralState.WRONG_AREA
        step = self._step(
            held.referral.id,
            ReferralState.WRONG_AREA if is_elsewhere else ReferralState.CLOSED,
            outcome=outcome.text if outcome else placed.report.outcome_text,
            note="Its source closed it.",
        )
        referral_steps.add_step(self.session, step)
        Outbox(self.session, self.run.now, self.run.new_id).answer_referrers([step])

    def _resume(self, referral: Referral) -> None:
        """The clock that stood still while more was asked goes on."""
        if referral_steps.find_asked_at(self.session, referral.id) is not None:
            referral_steps.set_due(self.session, referral.id, resumed_due(self.session, referral, self.run.now))

    def _keep(
        self, placed: Placed, held: Held, changes: dict[str, tuple[str, str]], applied: tuple[str, ...], *, asks: bool
    ) -> None:
        report, now = placed.report, self.run.now
        version = NewVersion(
            id=self.run.new_id(), alert_id=held.alert_id, received_at=now, raw=dict(report.raw),
            extras=dict(report.extras), delete_on=self.run.day_of((report.reported_at or now) + REFERRER_KEPT), changes=changes,
            applied=applied, settled_at=None if asks else now, import_batch_id=self.batch_id,
        )  # fmt: skip
        versions.settle_overtaken(self.session, held.alert_id, list_said(placed), now)
        versions.add_versions(self.session, [version])

    def _step(self, referral_id: Id, state: ReferralState, **fields: str) -> ReferralProgress:
        return ReferralProgress(
            id=self.run.new_id(), referral_id=referral_id, state=state, at=self.run.now, worker_id=THE_SOURCE, **fields
        )

    @property
    def _now_ms(self) -> int:
        return int(self.run.now.timestamp() * 1000)


def tell_phones(session: Session, referral_id: Id, now: datetime, new_id: Callable[[], Id]) -> None:
    """The team that has it hears of it whole, as it is now, and no other: a phone takes the newest that it is sent."""
    row = inbox.find_inbox_row(session, referral_id)
    if row is None:
        return
    known_in = find_scopes(session, referral_id)
    scope = f"team:{row.referral.team_id}" if row.referral.team_id else NOBODYS_SCOPE
    if not known_in and (scope == NOBODYS_SCOPE or row.referral.state is not ReferralState.RECEIVED):
        return
    if known_in and known_in != frozenset({scope}):
        order_placing(session, referral_id, frozenset({scope}), now, new_id())
        place_entity(session, referral_id, frozenset({scope}))
    if scope == NOBODYS_SCOPE:
        return
    now_ms = int(now.timestamp() * 1000)
    said: list[tuple[str, object]] = [("referral.received", row.referral)]
    newest = referral_steps.find_newest(session, referral_id)
    if newest is not None:  # by its newest step a phone knows where it stands, not by what came
        said.append(("referral.progressed", newest))
    changes = [
        NewChange(
            id=new_id(), type=kind, scope=scope, entity=referral_id, at_ms=now_ms,
            payload=msgspec.Raw(msgspec.json.encode(body)),
        )
        for kind, body in said
    ]  # fmt: skip
    publish(session, changes, now_ms)


def compare(placed: Placed, held: Held) -> dict[str, tuple[str, str]]:
    """What the newer version says otherwise, by noun: what was held, and what it says now. What it leaves out is no change."""
    report = placed.report
    changes = {
        name: (held.words[name], getattr(report, name))
        for name in WORDS
        if getattr(report, name) and getattr(report, name) != held.words[name]
    }
    if report.people_count is not None and report.people_count != held.people_count:
        changes["people_count"] = (
            "" if held.people_count is None else str(held.people_count),
            str(report.people_count),
        )
    if placed.position is not None and not (placed.is_by_words and held.position):
        now = say_point(placed.position)
        before = say_point(held.position) if held.position else ""
        if now != before:
            changes["point"] = (before, now)
    if report.closed and held.closed_at is None:
        changes["closed"] = ("", report.outcome_text or "closed")
    if report.said_open and held.closed_at is not None:
        changes["reopened"] = ("closed", "open")
    return changes


def list_said(placed: Placed) -> set[str]:
    """The nouns of which a version says anything, the same as before or other."""
    report = placed.report
    whether = {
        "people_count": report.people_count is not None, "point": placed.position is not None and not placed.is_by_words,
        "closed": report.closed or report.said_open, "reopened": report.closed or report.said_open,
    }  # fmt: skip
    return {name for name in WORDS if getattr(report, name)} | {name for name, is_said in whether.items() if is_said}


def say_point(position: Position) -> str:
    """A pin as a newer version tells of it."""
    return f"{position.latitude:.5f}, {position.longitude:.5f}"
