"""Signing in with an organisation's own account (OpenID Connect), and tying an account to a worker.

A worker is tied to issuer and subject by an invitation, which only they were sent, or by an administrator at the terminal.
A subject that nobody tied signs nobody in, whatever e-mail address it bears.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from server.actions.operation.invitations import find_invited
from server.actions.operation.signin import TRIES_PER_ADDRESS, SignedIn, SignIn, Told
from server.problems import NOT_LINKED, NOT_PROVEN, UNAVAILABLE, Failure, NotFound, TooManyTries
from server.queries.operation import audit, rate_limits
from server.queries.operation.rate_limits import Limit
from server.queries.partnership import identities, invitations, workers
from server.security.openid import Answered, Begun, NotBelieved, Provider, ProviderFailed
from server.security.tokens import hash_token
from shared.model.value import Id
from shared.model.worker import Worker

LIVES = timedelta(minutes=10)
"""How long somebody may be away at the provider."""
ONCE = Limit(purpose="agency-answer", tries=1, window=timedelta(hours=1))
"""An answer of the provider is taken once, however often it is shown."""
ACTION = "sign_in_organisation"
ACTION_AGAIN = "sign_in_organisation_again"
"""The same where the provider was told to let them prove themselves anew, and says that they did: a proof after very many looks
(privacy rule C8). Of the other nobody knows whether anything was asked."""
TAKEN = "This account belongs to another worker of this server already. Ask your administrator."


class AgencySignIn:
    """Signs people in by one provider."""

    def __init__(self, provider: Provider, signin: SignIn, secret: bytes) -> None:
        self.provider = provider
        self._signin = signin
        self._secret = secret

    def begin(
        self, now: datetime, next_path: str = "", invitation: str = "", *, again: bool = False
    ) -> tuple[str, Begun]:
        """Where to send the browser, and what to keep until it is back. Raises Failure (UNAVAILABLE), or NotFound for an
        invitation that is none."""
        if invitation:
            with self._signin.database.reading() as session:
                find_invited(session, invitation, self._secret, now)
        try:
            return self.provider.begin(now, next_path=next_path, invitation=invitation, again=again)
        except ProviderFailed as failed:
            raise Failure(UNAVAILABLE, f"The sign-in of your organisation cannot be used: {failed}.") from failed

    def finish(
        self, begun: Begun, answered: Answered, visit: tuple[str, str], now: datetime, new_id: Callable[[], Id]
    ) -> SignedIn:
        """Open a session for whom the provider proves. `visit` is the address it came from and the session it takes the place of.

        Raises Failure (NOT_PROVEN, NOT_LINKED, UNAVAILABLE) or TooManyTries; each try is on record.
        """
        address, old_token = visit
        told = Told(None, address, now, new_id)
        self._count(begun, answered, told)
        try:
            if not begun.begun_at <= now <= begun.begun_at + LIVES:
                raise NotBelieved("it took too long")
            subject = self.provider.finish(begun, answered, now)
        except NotBelieved as refused:
            self._signin.note(told.line(ACTION, str(refused)))
            raise Failure(NOT_PROVEN) from refused
        except ProviderFailed as failed:
            self._signin.note(told.line(ACTION, f"the provider failed: {failed}"))
            raise Failure(UNAVAILABLE, f"The sign-in of your organisation cannot be used: {failed}.") from failed
        worker = self._accept(begun.invitation, subject, now) if begun.invitation else self._find(subject)
        if worker is None or not worker.active:
            self._signin.note(Told(worker, address, now, new_id).line(ACTION, "nobody is tied to this account"))
            raise Failure(NOT_LINKED)
        told = Told(worker, address, now, new_id)
        with self._signin.database.writing() as session:
            if self._signin.hold_worker(session, worker.id) is not None:
                audit.add_lines(session, [told.line(ACTION_AGAIN if begun.again else ACTION)])
                return SignedIn(token=self._signin.start(session, worker, old_token, now), worker=worker)
            audit.add_lines(session, [told.line(ACTION, "let go meanwhile")])
        raise Failure(NOT_LINKED)

    def _count(self, begun: Begun, answered: Answered, told: Told) -> None:
        now_ms = int(told.now.timestamp() * 1000)
        with self._signin.database.writing() as session:
            wait_ms = rate_limits.count_try(session, TRIES_PER_ADDRESS, hash_token(told.address), now_ms)
            shown = [hash_token(f"state {begun.state}"), hash_token(f"code {answered.code}")]
            is_again = max(rate_limits.count_try(session, ONCE, each, now_ms) for each in shown) > 0
            if wait_ms or is_again:
                audit.add_lines(
                    session, [told.line(ACTION, "too many tries" if wait_ms else "the answer was used before")]
                )
        if wait_ms:
            raise TooManyTries(-(-wait_ms // 1000))
        if is_again:
            raise Failure(NOT_PROVEN)

    def _find(self, subject: str) -> Worker | None:
        with self._signin.database.reading() as session:
            worker_id = identities.find_worker_id(session, self.provider.settings.issuer, subject)
            return workers.find_worker(session, worker_id) if worker_id is not None else None

    def _accept(self, invitation: str, subject: str, now: datetime) -> Worker | None:
        """Tie the account to whom the link invited, once. An account that is somebody else's stays theirs."""
        issuer = self.provider.settings.issuer
        with self._signin.database.writing() as session:
            try:
                worker = find_invited(session, invitation, self._secret, now)
            except NotFound:
                return None
            if identities.find_worker_id(session, issuer, subject) not in {None, worker.id}:
                raise Failure(NOT_LINKED, TAKEN)
            if not invitations.use_invitation(session, invitation.partition(".")[0], now):
                return None
            identities.link(session, issuer, subject, worker.id, now)
            return worker
