"""What one running server is made of, put together in `server.app` and handed to every handler that asks for `services`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from server.actions.operation.agency_signin import AgencySignIn
from server.actions.operation.audit_sealing import Sealer
from server.actions.operation.drafts import Drafts
from server.actions.operation.enrolment import Enroller
from server.actions.operation.orders import Ledger
from server.actions.operation.signin import SignIn
from server.actions.operation.tokens import TokenIssuer
from server.actions.people.documents import Filing
from server.actions.people.identity import Finder
from server.actions.sync.sealed import BoxOpener
from server.database.engine import Database
from server.importers.refused import Tray
from server.queries.sync.store import Account, Project
from server.security.documents import DocumentKeys
from server.security.keys import Keys
from server.security.passing import Passing
from server.settings import Settings
from shared.model.value import Id


@dataclass(frozen=True, kw_only=True)
class Services:
    """Settings, database, keys, and the two things that only a composition root may make: the clock and new ids."""

    settings: Settings
    database: Database
    keys: Keys
    signin: SignIn
    agency_signin: AgencySignIn | None
    """An organisation's own sign-in, where one is set."""
    passing: Passing
    drafts: Drafts
    filing: Filing
    finder: Finder
    tray: Tray
    """Seals rows that an import refused."""
    files: DocumentKeys
    """Seals what is kept as files: what was sent to agencies, documents."""
    issuer: TokenIssuer
    enroller: Enroller
    ledger: Ledger
    sealer: Sealer
    opener: BoxOpener
    project: Project
    account: Account
    make_ready: Callable[[Session], None]
    clock: Callable[[], datetime]
    new_id: Callable[[], Id]
