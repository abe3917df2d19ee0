"""What a team lead decides about what was read: a newer version of an alert taken over or left, and guesses confirmed."""

import msgspec

from server.access import Access
from server.problems import NotFound
from server.queries.people import subjects
from server.queries.referrals import inbox, told, versions
from server.queries.referrals.versions import WORDS, Held
from server.queries.sync.store import find_scopes, publish
from shared.model.codes import PinSource
from shared.model.position import Position
from shared.model.value import Id
from shared.policy import Act
from sync.authoring import NewChange


def settle_version(access: Access, referral_id: Id, version_id: Id, *, is_taken: bool) -> None:
    """Take what a newer version says otherwise, or leave ours. Raises NotFound where somebody has decided already."""
    access.require(Act.PROGRESS_REFERRAL, subjects.find_referral(access.session, referral_id), detail=version_id)
    version = next(
        (each for each in versions.list_versions(access.session, referral_id) if each.id == version_id), None
    )
    held = versions.find_held_of(access.session, referral_id)
    if version is None or held is None:
        raise NotFound
    if not versions.settle_version(access.session, version_id, access.now, access.actor.worker_id):
        raise NotFound
    if is_taken:
        words = {
            name: _add_words(held.words[name], before, now) if version.is_told else now
            for name, (before, now) in version.changes.items()
            if name in WORDS
        }
        if words:
            versions.take_words(access.session, held, words)
        if "people_count" in version.changes:
            versions.take_count(access.session, held, int(version.changes["people_count"][1]))
        if "point" in version.changes:
            _take_point(access, held, version.changes["point"][1])
        tell_phones(access, referral_id)


def _add_words(held: str, before: str, now: str) -> str:
    """What is held, with what somebody added to what was held then: of two who answered neither's words are lost."""
    if held == before:
        return now
    added = now.removeprefix(f"{before.rstrip('. ')}. ") if before else now
    return f"{held.rstrip('. ')}. {added}" if held else added


def _take_point(access: Access, held: Held, text: str) -> None:
    """The pin moves; whose district it is stays as it was decided, and can be offered to another."""
    assert held.referral is not None
    latitude, longitude = (float(half) for half in text.split(","))
    position = Position(latitude=latitude, longitude=longitude, source=PinSource.REFERRAL)
    versions.take_place(access.session, held, position, held.referral.district_id, held.referral.team_id)


def confirm_guesses(access: Access, referral_id: Id) -> None:
    """Say that what was read as a person would read it was read rightly."""
    access.require(Act.PROGRESS_REFERRAL, subjects.find_referral(access.session, referral_id), detail="guesses")
    told.confirm_guesses(access.session, referral_id, access.now)


def tell_phones(access: Access, referral_id: Id) -> None:
    """A phone that knows the referral takes the newest that it is sent."""
    row = inbox.find_inbox_row(access.session, referral_id)
    now_ms = int(access.now.timestamp() * 1000)
    if row is None:
        return
    payload = msgspec.Raw(msgspec.json.encode(row.referral))
    changes = [
        NewChange(
            id=access.new_id(), type="referral.received", scope=scope, entity=referral_id, at_ms=now_ms, payload=payload,
            who=access.actor.worker_id,
        )
        for scope in sorted(find_scopes(access.session, referral_id))
    ]  # fmt: skip
    if changes:
        publish(access.session, changes, now_ms)
