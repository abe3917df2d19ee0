"""A phone's tokens (privacy rule C5): a short-lived access token, and a refresh token that changes at every use.

Answers get lost in the field. A refresh token that comes again, signed by the same phone, gets the identical
successor within two minutes, and for longer as long as the successor was never used: then its answer was plainly
lost. Any other reuse means that two hold the token: the whole family is revoked. Tokens are derived from the server's
secret, so that the same successor can be made again; only hashes are stored.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from server.actions.operation.orders import order_tokens_revoked
from server.queries.operation import audit, devices
from server.queries.operation.audit import AuditLine
from server.queries.operation.devices import TokenRecord
from server.security.tokens import derive, hash_token, same
from server.settings import Settings
from shared.model.device import Tokens
from shared.model.value import Id

FORGOTTEN_MAX = 5_000
"""So many generations a restore may have forgotten: a phone that renews at every end of ten minutes' life, for a month."""


@dataclass(frozen=True)
class TokenIssuer:
    """Issues and rotates tokens."""

    secret: bytes
    settings: Settings

    def issue(self, session: Session, number: int, now: datetime, family_id: Id) -> Tokens:
        """The first tokens of a phone: a new family."""
        ends = now + self.settings.refresh_token_life
        return self._add(session, family_id, number, 1, now, ends)

    def rotate(self, session: Session, refresh: str, now: datetime, line_id: Id) -> Tokens | None:
        """The tokens that follow; None when the refresh token is good for nothing (more). Commit in either case."""
        found = devices.find_refresh(session, hash_token(refresh), lock=True)
        if found is None or found.revoked_at is not None or now > found.family_expires_at:
            return None
        if found.rotated_at is None:
            devices.mark_rotated(session, found.refresh_hash, now)
            number, ends = found.device_number, found.family_expires_at
            return self._add(session, found.family_id, number, found.generation + 1, now, ends)
        return self._repeat_or_revoke(session, found, found.rotated_at, now, line_id)

    def resume(self, session: Session, number: int, refresh: str, now: datetime) -> Tokens | None:
        """The tokens that follow one which a restore has forgotten; None for a token that this server never issued.

        The backup knows an earlier generation of the family, and nobody without the server's secret can make a later one.
        """
        latest = devices.find_latest_token(session, number)
        if latest is None or latest.revoked_at is not None or now > latest.family_expires_at:
            return None
        later = range(latest.generation + 1, latest.generation + 1 + FORGOTTEN_MAX)
        generation = next((each for each in later if same(self._refresh(latest.family_id, each), refresh)), None)
        if generation is None:
            return None
        devices.mark_rotated(session, latest.refresh_hash, now)
        self._add(session, latest.family_id, number, generation, now, latest.family_expires_at)
        devices.mark_rotated(session, hash_token(refresh), now)
        return self._add(session, latest.family_id, number, generation + 1, now, latest.family_expires_at)

    def _repeat_or_revoke(
        self, session: Session, used: TokenRecord, rotated_at: datetime, now: datetime, line_id: Id
    ) -> Tokens | None:
        successor = devices.find_generation(session, used.family_id, used.generation + 1)
        is_recent = now - rotated_at <= self.settings.refresh_grace
        if successor is not None and successor.rotated_at is None and (is_recent or successor.first_used_at is None):
            return self._tokens(successor)
        devices.revoke_family(session, used.family_id, now)
        order_tokens_revoked(session, used.family_id, now)
        audit.add_lines(session, [_alert(used, now, line_id)])
        return None

    def _add(
        self, session: Session, family_id: Id, number: int, generation: int, now: datetime, ends: datetime
    ) -> Tokens:
        access, refresh = self._words(family_id, generation)
        record = TokenRecord(
            refresh_hash=hash_token(refresh),
            access_hash=hash_token(access),
            family_id=family_id,
            device_number=number,
            generation=generation,
            issued_at=now,
            access_expires_at=now + self.settings.access_token_life,
            family_expires_at=ends,
        )
        devices.add_token(session, record)
        return self._tokens(record)

    def _tokens(self, record: TokenRecord) -> Tokens:
        access, refresh = self._words(record.family_id, record.generation)
        return Tokens(access=access, access_expires_at=record.access_expires_at, refresh=refresh)

    def _words(self, family_id: Id, generation: int) -> tuple[str, str]:
        return derive(self.secret, "access", family_id, str(generation)), self._refresh(family_id, generation)

    def _refresh(self, family_id: Id, generation: int) -> str:
        return derive(self.secret, "refresh", family_id, str(generation))


def _alert(used: TokenRecord, now: datetime, line_id: Id) -> AuditLine:
    return AuditLine(
        id=line_id,
        at=now,
        device_number=used.device_number,
        action="token_reused",
        subject_kind="device",
        subject_id=str(used.device_number),
        allowed=False,
        reason="A refresh token came back after its successor was in use: all tokens of this phone are revoked.",
    )
